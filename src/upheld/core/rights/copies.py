"""A copy of everything held about a person, as values, and written as JSON and as CSV; opens nothing and asks no gate."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

FORMAT = "copy/1"
STAFF = "s_"  # how the id of a member of staff begins
Value = str | Mapping[str, str] | list[str]
COLUMNS = (
    "what", "about", "category", "label", "value", "where", "at", "corrected", "version", "purposes", "until", "because",
)  # fmt: skip
# A spreadsheet takes a cell that opens with one of these for a formula and may run it.
# (OWASP, "CSV Injection", read 2025-11-20)
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Kept:
    """How long something is kept: until `ends_at` where that is known, and in words in any case."""

    ends_at: datetime | None
    words: str
    sentence: str


@dataclass(frozen=True, slots=True)
class HeldValue:
    """One category of one item with its value, where and when it came in and under which version."""

    about: str
    owner: str
    item: str
    data: str
    label: str
    value: Value
    touchpoint: str
    where: str
    collected_at: datetime
    corrected_at: datetime | None
    version: date
    purposes: tuple[str, ...]
    purpose_words: tuple[str, ...]
    kept: Kept
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WithheldValue:
    """One category of one item that the policy does not open to the person, with the sentences that say so."""

    about: str
    owner: str
    item: str
    data: str
    label: str
    where: str
    collected_at: datetime
    version: date
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """One answer to one choice."""

    choice: str
    label: str
    answer: str
    at: datetime
    version: date
    where: str
    is_signal: bool
    entry: str


@dataclass(frozen=True, slots=True)
class PermissionGiven:
    """One permission: who may get which data for which purpose, given where and when.

    `ended_at` is None until it was withdrawn or used up; `until` is its own end, None for one that has none.
    """

    permission: str
    recipient: str
    data: tuple[str, ...]
    labels: tuple[str, ...]
    purpose: str
    purpose_words: str
    given_at: datetime
    ended_at: datetime | None
    version: date
    where: str
    entry: str
    until: datetime | None = None
    is_once: bool = False


@dataclass(frozen=True, slots=True)
class LineAbout:
    """One line of the ledger about the person; `place` is None until the sequencer has come by.

    `details` are the fields of the line that say more, by their names; `by` is who did it when it was not the person: a
    member of staff, or another user of their company.
    """

    entry: str
    about: str
    kind: str
    meaning: str
    at: datetime
    place: int | None
    by: str
    details: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def is_by_staff(self) -> bool:
        """Whether a member of staff did it."""
        return self.by.startswith(STAFF)

    @property
    def is_by_user(self) -> bool:
        """Whether another user of the company did it."""
        return bool(self.by) and not self.is_by_staff


@dataclass(frozen=True, slots=True)
class AccountFact:
    """Something about the account itself that is no item, such as when its password was changed."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything held about a person at one moment; for the user of a company's account, what is held about the company too."""

    site: str
    business: str
    person: str
    version: date
    made_at: datetime
    account: tuple[AccountFact, ...]
    values: tuple[HeldValue, ...]
    withheld: tuple[WithheldValue, ...]
    answers: tuple[AnswerGiven, ...]
    permissions: tuple[PermissionGiven, ...]
    lines: tuple[LineAbout, ...]

    @property
    def item_count(self) -> int:
        """How many items it opens."""
        return len({value.item for value in self.values})


def write_json(copy: Copy) -> str:
    """The copy as JSON, of the structure in docs/copies.md."""
    document = {
        "upheld": FORMAT,
        "site": copy.site,
        "business": copy.business,
        "person": copy.person,
        "version": copy.version.isoformat(),
        "made-at": _say(copy.made_at),
        "account": [{"name": fact.name, "label": fact.label, "value": fact.value} for fact in copy.account],
        "held": [_describe_value(value) for value in copy.values],
        "withheld": [_describe_withheld(part) for part in copy.withheld],
        "choices": [_describe_answer(answer) for answer in copy.answers],
        "permissions": [_describe_permission(given) for given in copy.permissions],
        "ledger": [_describe_line(line) for line in copy.lines],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _describe_value(value: HeldValue) -> dict[str, object]:
    return {
        "about": value.about,
        "item": value.item,
        "category": value.data,
        "label": value.label,
        "value": value.value,
        "from": {"touchpoint": value.touchpoint, "words": value.where},
        "collected-at": _say(value.collected_at),
        "corrected-at": _say(value.corrected_at) or None,
        "version": value.version.isoformat(),
        "purposes": [
            {"name": name, "label": words} for name, words in zip(value.purposes, value.purpose_words, strict=True)
        ],
        "kept": {"until": _say(value.kept.ends_at) or None, "words": value.kept.words, "because": value.kept.sentence},
        "because": list(value.because),
    }


def _describe_withheld(part: WithheldValue) -> dict[str, object]:
    return {
        "about": part.about,
        "item": part.item,
        "category": part.data,
        "label": part.label,
        "from": part.where,
        "collected-at": _say(part.collected_at),
        "version": part.version.isoformat(),
        "because": list(part.because),
    }


def _describe_answer(answer: AnswerGiven) -> dict[str, object]:
    return {
        "choice": answer.choice,
        "label": answer.label,
        "answer": answer.answer,
        "at": _say(answer.at),
        "version": answer.version.isoformat(),
        "from": answer.where,
        "by-browser-signal": answer.is_signal,
        "ledger-line": answer.entry or None,
    }


def _describe_permission(given: PermissionGiven) -> dict[str, object]:
    return {
        "permission": given.permission,
        "recipient": given.recipient,
        "data": [{"name": name, "label": words} for name, words in zip(given.data, given.labels, strict=True)],
        "purpose": {"name": given.purpose, "label": given.purpose_words},
        "given-at": _say(given.given_at),
        "until": _say(given.until) or None,
        "once": given.is_once,
        "ended-at": _say(given.ended_at) or None,
        "version": given.version.isoformat(),
        "from": given.where,
        "ledger-line": given.entry,
    }


def _describe_line(line: LineAbout) -> dict[str, object]:
    return {
        "line": line.entry,
        "about": line.about,
        "kind": line.kind,
        "meaning": line.meaning,
        "at": _say(line.at),
        "place": line.place,
        "by-staff": line.by if line.is_by_staff else None,
        "by-user": line.by if line.is_by_user else None,
        "details": {name: list(values) for name, values in line.details},
    }


def write_csv(copy: Copy) -> str:
    """The copy as CSV, one row a value, commas and quotes as in RFC 4180.

    A cell that a spreadsheet would take for a formula has an apostrophe before it; phone numbers that begin with + have.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in iter_rows(copy):
        writer.writerow([guard_cell(cell) for cell in row])
    return text.getvalue()


def iter_rows(copy: Copy) -> Iterator[tuple[str, ...]]:
    """The rows of the CSV, in the order of COLUMNS, not yet guarded."""
    for fact in copy.account:
        yield ("account", "you", fact.name, fact.label, fact.value, *[""] * 7)
    for value in copy.values:
        yield (
            "held", value.about, value.data, value.label, say_value(value.value), value.where,
            _say(value.collected_at), _say(value.corrected_at), value.version.isoformat(),
            "; ".join(value.purpose_words), _say(value.kept.ends_at) or value.kept.words, " ".join(value.because),
        )  # fmt: skip
    for part in copy.withheld:
        yield (
            "withheld", part.about, part.data, part.label, "", part.where, _say(part.collected_at), "",
            part.version.isoformat(), "", "", " ".join(part.because),
        )  # fmt: skip
    for answer in copy.answers:
        yield (
            "choice", "you", answer.choice, answer.label, answer.answer, answer.where, _say(answer.at), "",
            answer.version.isoformat(), "", "", answer.entry,
        )  # fmt: skip
    for given in copy.permissions:
        yield (
            "permission", "you", " ".join(given.data), given.recipient, "; ".join(given.labels), given.where,
            _say(given.given_at), "", given.version.isoformat(), given.purpose_words,
            _say(given.ended_at) or _say(given.until) or "until you withdraw it", given.entry,
        )  # fmt: skip
    for line in copy.lines:
        yield ("ledger", line.about, line.kind, line.meaning, line.entry, "", _say(line.at), *[""] * 5)


def say_value(value: Value) -> str:
    """A value as one text: lists line by line, parts with their names, answers behind their questions."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(f"{name}{'' if name.endswith('?') else ':'} {part}" for name, part in value.items())
    return "\n".join(str(part) for part in value)


def guard_cell(text: str) -> str:
    """The cell such that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


def _say(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment is not None else ""
