"""What an opening looks like: values with where they come from, and what is withheld with the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest

from upheld.actions.vault import HeldItem, OpenedValue, Opening, Value, Withheld
from upheld.console.guards import Seat
from upheld.console.moments import Moment, say_moment
from upheld.core.gate.act import SILENT
from upheld.core.gate.binding import Binding
from upheld.core.gate.explain import say_changes
from upheld.core.policy.model import Words, write_plainly
from upheld.web.hosts import find_address


@dataclass(frozen=True, slots=True)
class SentenceLink:
    """A sentence of the policy, whole, and where it stands."""

    text: str
    anchor: str
    href: str


@dataclass(frozen=True, slots=True)
class ValueView:
    """One category with its value in lines, and the sentence that permits showing it."""

    label: str
    lines: tuple[str, ...]
    sentence: SentenceLink | None


@dataclass(frozen=True, slots=True)
class ItemView:
    """What came in at once: where, when, under which version; `sentence` when one permits all of its values."""

    where: str
    sentence: SentenceLink | None
    when: Moment | None
    corrected: Moment | None
    until: Moment | None
    version: str
    values: tuple[ValueView, ...]


@dataclass(frozen=True, slots=True)
class WithheldView:
    """Categories that stay closed for one reason: the sentence, or that none speaks of it, and what would change it."""

    labels: tuple[str, ...]
    sentence: SentenceLink | None
    summary: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpeningView:
    """One opening as the page shows it."""

    items: tuple[ItemView, ...]
    withheld: tuple[WithheldView, ...]
    entry: str


def view_opening(request: HttpRequest, seat: Seat, binding: Binding, opening: Opening, now: datetime) -> OpeningView:
    """The opening, item by item, and what is withheld, reason by reason."""
    address = find_address(request, seat.shelved)
    by_item: dict[str, list[OpenedValue]] = {}
    for value in opening.values:
        by_item.setdefault(value.item.id, []).append(value)
    items = tuple(view_item(binding, values, address, now) for values in by_item.values())
    reasons: dict[tuple[str, ...], list[Withheld]] = {}
    for part in opening.withheld:
        reasons.setdefault((part.verdict.outcome, *part.verdict.because[:1]), []).append(part)
    withheld = tuple(view_withheld(binding, parts, address) for parts in reasons.values())
    return OpeningView(items, withheld, opening.entry)


def view_item(binding: Binding, values: list[OpenedValue], address: str, now: datetime) -> ItemView:
    """One item with the values that were opened."""
    item = values[0].item
    words = binding.policy.words
    permitting = [link_sentence(binding, value.because, address, item) for value in values]
    is_one = all(sentence == permitting[0] for sentence in permitting)
    shown = tuple(
        ValueView(say_label(value.data, words), write_lines(value.value), None if is_one else sentence)
        for value, sentence in zip(values, permitting, strict=True)
    )
    return ItemView(
        where=write_plainly(item.touchpoint).capitalize(),
        sentence=permitting[0] if is_one else None,
        when=say_moment(item.collected_at, now),
        corrected=say_moment(item.corrected_at, now),
        until=say_moment(item.keep_until, now),
        version=item.version.isoformat(),
        values=shown,
    )


def view_withheld(binding: Binding, parts: list[Withheld], address: str) -> WithheldView:
    """What one sentence withholds, or the silence of all of them."""
    first = parts[0]
    words = binding.policy.words
    labels = tuple(dict.fromkeys(say_label(part.data, words) for part in parts))
    sentence = link_sentence(binding, first.verdict.because, address, first.item)
    if first.verdict.outcome == SILENT or sentence is None:
        return WithheldView(labels, None, "No sentence of the policy permits it.", ())
    if first.verdict.is_cut:
        return WithheldView(labels, sentence, "The policy rules it out.", ())
    changes = say_changes(binding.gate, first.act, {"granted": True})
    return WithheldView(labels, sentence, "The policy permits it, but not as things stand.", changes)


def link_sentence(binding: Binding, because: tuple[str, ...], address: str, item: HeldItem) -> SentenceLink | None:
    """The deciding sentence, from the version in force or the one that the item came in under."""
    return find_link(binding, because[0], address, item.version) if because else None


def find_link(binding: Binding, ref: str, address: str, *older: date) -> SentenceLink | None:
    """The sentence of this reference in the version in force, or in an older one; None when it stands in none."""
    for version in (binding.current, *older):
        sentence = binding.gates[version].table.policy.find_sentence(ref)
        if sentence is not None:
            anchor = ref.partition("#")[2]
            page = "privacy" if version == binding.current else f"privacy/{version.isoformat()}"
            return SentenceLink(sentence.text, anchor, f"{address}{page}#{anchor}")
    return None


def say_label(leaf: str, words: Words) -> str:
    """The category as staff say it: a policy's labels speak to the person, `your name`."""
    return words.label(leaf, "data").removeprefix("your ")


def write_lines(value: Value) -> tuple[str, ...]:
    """A value as lines of text."""
    if isinstance(value, str):
        return tuple(value.splitlines()) or ("",)
    if isinstance(value, list):
        return tuple(value)
    return tuple(line for name, text in value.items() for line in f"{name}: {text}".splitlines())
