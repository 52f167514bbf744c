"""A legal demand in words: how far it is, what it lacks, who agreed, what stays here and by which sentence. Reads, writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from upheld.actions.approvals import Voice, list_voices, list_waiting, name_outside
from upheld.actions.demand_answers import count_answers, list_missing
from upheld.actions.demand_release import Package, list_reasons
from upheld.actions.demands import (
    APPROVED,
    ASKED,
    CLOSED,
    DRAFT,
    REFUSED,
    RELEASED,
    Details,
    HeldDemand,
)
from upheld.actions.vault import Value
from upheld.console.moments import Moment, say_moment
from upheld.console.opened import SentenceLink, say_label, write_lines
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Policy
from upheld.core.policy.saying.names import capitalise, join_words, say_fact, say_name
from upheld.core.rights.approving import OUTSIDE, WAITING
from upheld.core.rights.demanding import IN_SCOPE, Ground

STATES = {
    DRAFT: ("plain", "being written"),
    ASKED: ("warning", "waits for answers"),
    APPROVED: ("good", "agreed to"),
    REFUSED: ("bad", "not agreed to"),
    RELEASED: ("good", "given out"),
    CLOSED: ("plain", "closed"),
}
STOPS = ("Taken down", "Put to those who agree", "Agreed to", "Given out", "Closed")
REACHED = {DRAFT: 0, ASKED: 1, REFUSED: 1, APPROVED: 2, RELEASED: 3, CLOSED: 4}
DONE, HERE, AHEAD = "done", "here", "ahead"
_SAID = {DONE: "done", HERE: "here", AHEAD: "to come"}


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop on the way of a demand or a merger, and whether it lies behind."""

    words: str
    state: str
    said: str


@dataclass(frozen=True, slots=True)
class GroundView:
    """A ground in the policy's words: what it says, what it needs, and the sentence."""

    name: str
    words: str
    needs: str
    sentence: SentenceLink | None


@dataclass(frozen=True, slots=True)
class DemandRow:
    """A demand as a list shows it."""

    id: str
    number: str
    ground: str
    to: str
    due: Moment | None
    made: Moment | None
    is_late: bool
    mark: str
    state: str
    agreed: str


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """Who agreed, or did not, and how."""

    who: str
    how: str
    answer: str
    at: Moment | None
    entry: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """Categories that stay here for one reason."""

    labels: str
    why: str
    sentence: SentenceLink | None


def list_stops(words: Iterable[str], reached: int, *, is_over: bool = False) -> tuple[Stop, ...]:
    """The stops with where one is now."""
    states = [
        DONE if place < reached or is_over else HERE if place == reached else AHEAD
        for place in range(len(tuple(words)))
    ]
    return tuple(Stop(said, state, _SAID[state]) for said, state in zip(words, states, strict=True))


def view_stops(held: HeldDemand) -> tuple[Stop, ...]:
    """How far a demand is."""
    return list_stops(STOPS, REACHED[held.row.state], is_over=held.row.state == CLOSED)


def link_sentence(policy: Policy, ref: str, address: str) -> SentenceLink | None:
    """A sentence of the policy in force, with where it stands."""
    found = policy.find_sentence(ref) if ref else None
    if found is None:
        return None
    anchor = ref.partition("#")[2]
    return SentenceLink(found.text, anchor, f"{address}privacy#{anchor}")


def view_ground(policy: Policy, ground: Ground, address: str) -> GroundView:
    """The ground in words."""
    facts = [fact for fact in (IN_SCOPE if ground.is_scoped else "", *ground.statements) if fact]
    needs = [say_fact(fact, policy) for fact in facts]
    if ground.needs_citation:
        named = policy.words.label(ground.document, "document") if ground.document else ""
        needs.append(f"the clause of the {named} is named" if named else "what it rests on is named")
    if ground.approval.count:
        needs.append(say_fact(str(ground.approval), policy))
    declared = policy.words.of_sort("ground")[ground.name]
    said = capitalise(declared.value or ground.name)
    return GroundView(ground.name, said, capitalise(join_words(needs)), link_sentence(policy, ground.sentence, address))


def view_row(binding: Binding, held: HeldDemand, titles: dict[str, str], now: datetime) -> DemandRow:
    """The demand as a list shows it."""
    row, words = held.row, binding.policy.words
    mark, state = STATES[row.state]
    asking = held.asking
    agreed = f"{count_answers(binding, held, now)} of {asking.count}" if asking and asking.count else ""
    grounds = words.of_sort("ground")
    return DemandRow(
        id=row.id,
        number=row.number,
        ground=capitalise(grounds[row.ground].value) if row.ground in grounds else row.ground,
        to=titles.get(row.recipient) or say_name(row.kind, "recipient", words),
        due=say_moment(row.due_at, now),
        made=say_moment(row.made_at, now),
        is_late=held.is_open and row.due_at is not None and row.due_at < now,
        mark=mark,
        state=state,
        agreed=agreed,
    )


def view_missing(binding: Binding, held: HeldDemand, details: Details) -> tuple[str, ...]:
    """What has to be there before anybody can agree, as sentences."""
    return tuple(f"{capitalise(missing)}." for missing in list_missing(binding, held, details))


def view_voices(binding: Binding, held: HeldDemand, names: dict[str, str], now: datetime) -> list[VoiceRow]:
    """Every answer to the demand as it stands."""
    role = held.ground.approval.role if held.ground else ""
    voices = list_voices(binding.site, held.row.id, held.row.asked, role, now)
    return [
        VoiceRow(
            who=names.get(voice.by) or name_outside(binding.site, voice.by) or "nobody objected",
            how=_say_method(voice),
            answer="agreed" if voice.is_yes else "did not agree",
            at=say_moment(voice.at, now),
            entry=voice.entry,
            is_live=voice.is_live,
        )
        for voice in voices
    ]


def _say_method(voice: Voice) -> str:
    if voice.method == WAITING:
        return "the time that the policy names has passed"
    if voice.method == OUTSIDE:
        return "from outside, by a mailed link that worked once"
    return "in the console" if voice.is_live else "in the console; holds the role no more, so it does not count"


def view_waiting(binding: Binding, held: HeldDemand, now: datetime) -> list[dict[str, object]]:
    """What stands in and has not answered yet."""
    return [
        {
            "is_time": one.method == WAITING,
            "who": name_outside(binding.site, one.id),
            "until": say_moment(one.counts_from or one.ends_at, now),
        }
        for one in list_waiting(binding.site, held.row.id, held.row.asked)
    ]


def view_kept(binding: Binding, held: HeldDemand, address: str) -> list[Kept]:
    """What stays here of what is asked for: before the release what lies outside its instrument, afterwards all of it."""
    words, policy = binding.policy.words, binding.policy
    if not held.row.withheld:
        labels = join_words(say_label(leaf, words) for leaf in held.narrowed.left_out)
        sentence = link_sentence(policy, held.ground.sentence if held.ground else "", address)
        why = "Asked for, and not named by its instrument, or not covered by the policy."
        return [Kept(capitalise(labels), why, sentence)] if labels else []
    found: dict[tuple[str, str], list[str]] = {}
    for part in list_reasons(held.row):
        ref = next(iter(part["because"]), "")
        found.setdefault((part["reason"], ref), []).append(say_label(part["data"], words))
    return [
        Kept(
            capitalise(join_words(dict.fromkeys(labels))),
            f"{capitalise(reason)}." if reason else "The policy does not let it go.",
            link_sentence(policy, ref, address),
        )
        for (reason, ref), labels in found.items()
    ]


def view_package(binding: Binding, package: Package, now: datetime) -> dict[str, Any]:
    """What was released, as a page to be printed."""
    words, told = binding.policy.words, json.loads(package.document)
    people = [
        {
            "person": one["person"],
            "digest": one["digest"],
            "data": [
                (
                    capitalise(say_label(part["name"], words)),
                    [write_lines(_read_plain(value)) for value in part["values"]],
                )
                for part in one["given"]["data"]
            ],
        }
        for one in told["people"]
    ]
    withheld = join_words(dict.fromkeys(say_label(part["data"], words) for part in told["withheld"]))
    at = say_moment(datetime.fromisoformat(told["at"]), now)
    return {"told": told, "at": at, "people": people, "withheld": withheld, "package": package}


def _read_plain(value: object) -> Value:
    """A value as it was before it was written: pairs are parts with names beyond ASCII."""
    if isinstance(value, list) and value and all(isinstance(pair, list) for pair in value):
        return {str(name): str(text) for name, text in value}
    return value  # type: ignore[return-value]  # JSON of a value that was one
