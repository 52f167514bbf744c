"""What a replay of the ledger notes down: how often what happened, which lines go against which rules, and what stands by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from typing import Any, NamedTuple

from upheld.core.gate.decide import Gate
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.model import Rule
from upheld.core.policy.reading.declare import parse_days
from upheld.core.proof.happenings import (
    Answers,
    Case,
    Demand,
    Grants,
    Held,
    Merger,
    Permission,
    Review,
    Said,
    add_time,
)
from upheld.core.proof.rereading import Done, Known, Rereading, Weighed

LINES_KEPT = 3  # of what was counted: the first two and the last
BROKEN_KEPT = 20  # of what goes against a rule: the first ones
MOST_UNSPOKEN = 20
Key = tuple[Any, ...]


@dataclass(slots=True)
class Tally:
    """How often something happened: when first and last, and a few of the lines."""

    count: int = 0
    first: str = ""
    last: str = ""
    lines: list[str] = field(default_factory=list)

    def add(self, at: str, line: str) -> None:
        """Once more."""
        self.count += 1
        if at < self.first or not self.first:
            self.first = at
        self.last = max(self.last, at)
        if len(self.lines) < LINES_KEPT:
            self.lines.append(line)
        else:
            self.lines[-1] = line


@dataclass(slots=True)
class Broken:
    """What goes against one rule: how many lines, the first of them, and what the first one says."""

    says: str
    count: int = 0
    first: str = ""
    last: str = ""
    lines: list[str] = field(default_factory=list)

    def add(self, at: str, line: str) -> None:
        """One line more."""
        self.count += 1
        self.first = self.first or at
        self.last = at
        if len(self.lines) < BROKEN_KEPT and line not in self.lines:
            self.lines.append(line)


class Line(NamedTuple):
    """One line as it is replayed, with the version of the policy under which it was written."""

    id: str
    kind: str
    at: str
    person: str
    by: str
    body: Mapping[str, Any]
    version: date
    reading: Rereading

    def names(self, field_name: str) -> tuple[str, ...]:
        """A list of names; empty where the line has none."""
        return tuple(self.body.get(field_name, ()))

    def text(self, field_name: str) -> str:
        """A field that is a text; empty where the line has none."""
        return str(self.body.get(field_name, ""))


class Book:
    """Everything that a replay knows and has found, by version of the policy."""

    def __init__(self, gates: Mapping[date, Gate]) -> None:
        self.gates = gates
        self.readings = {version: Rereading(gate) for version, gate in gates.items()}
        self.current = max(gates)  # until a line says which version began to bind
        self.tallies: dict[date, dict[Key, Tally]] = {version: {} for version in gates}
        self.broken: dict[date, dict[int, Broken]] = {version: {} for version in gates}
        self.unspoken: list[tuple[str, str]] = []
        self.unspoken_count = 0
        # what stands at the line that is being replayed
        self.answers, self.grants, self.held = Answers(), Grants(), Held()
        self.permissions: dict[str, Permission] = {}
        self.demands: dict[str, Demand] = {}
        self.mergers: dict[str, Merger] = {}
        self.recipients: dict[str, Review] = {}
        self.cases: dict[str, Case] = {}
        self.parcels: dict[str, str] = {}  # who booked it
        self.delivered: dict[str, tuple[str, str]] = {}  # when, and by which line, as long as nobody was told
        self.reported: set[str] = set()  # parcels whose last report is that they were delivered
        self.booked_here: set[str] = set()
        self.sent: dict[str, str] = {}
        self.ends: dict[str, tuple[tuple[str, ...], int] | None] = {}
        self.limits: dict[tuple[int, str], tuple[tuple[int, int, float], ...]] = {}
        self.permitted: dict[str, list[Permission]] = {}  # by who gave them
        self.recent: dict[tuple[int, str], list[str]] = {}
        self.announced: dict[str, tuple[str, str, str]] = {}
        self.began = ""  # when the first versions began to bind

    def own_permissions(self, person: str) -> list[Permission]:
        """What this person has permitted."""
        return self.permitted.get(person, [])

    def tally(self, line: Line, *key: object, version: date | None = None) -> None:
        """Count what the line tells."""
        found = self.tallies[line.version if version is None else version]
        tally = found.get(key)
        if tally is None:
            tally = found[key] = Tally()
        tally.add(line.at, line.id)

    def go_against(self, line: Line, rules: Iterable[int], says: str, version: date | None = None) -> None:
        """Note that the line goes against these rules, by their numbers; against none by name where there are none."""
        found = self.broken[line.version if version is None else version]
        numbers = tuple(rules)
        for number in numbers:
            if number not in found:
                found[number] = Broken(says)
            found[number].add(line.at, line.id)
        if not numbers:
            self.unspoken_count += 1
            if len(self.unspoken) < MOST_UNSPOKEN:
                self.unspoken.append((line.id, says))

    def weigh(self, line: Line, done: Done) -> Weighed:
        """Count an act and weigh it; what goes against rules is for the caller to note, with the words for it."""
        self.tally(line, "act", done)
        return line.reading.weigh(done)

    def know_choices(self, line: Line, at: str = "") -> tuple[Known, dict[str, Said | None]]:
        """What the history knows of the choices of the line's person at its moment; nothing where it names nobody."""
        if not line.person:
            return (), {}
        modes = line.reading.table.choices
        said = {choice: self.answers.find(line.person, choice, at or line.at) for choice in modes}
        return _know(modes, said.values()), said

    def list_known(self, line: Line, since: str) -> list[Known]:
        """The same for every moment since then: what was known at one of them."""
        modes = line.reading.table.choices
        said = [self.answers.list_since(line.person, choice, since, line.at) for choice in modes]
        different = [{_name_answer(one): one for one in answers}.values() for answers in said]
        return [_know(modes, answers) for answers in product(*different)]

    def was_kept(self, line: Line, weigh: Callable[[Known], Weighed], within: timedelta) -> bool:
        """Whether it was permitted at some moment within this time before the line: two acts at once stand in one order."""
        return bool(line.person) and any(
            weigh(one).is_kept for one in self.list_known(line, add_time(line.at, -within))
        )

    def find_broken_choices(
        self, line: Line, weigh: Callable[[Known], Weighed], known: Known, said: Mapping[str, Said | None]
    ) -> tuple[int, ...]:
        """Rules about choices that are gone against beside those that were weighed: a yes would have made it right.

        Who was never asked was treated as if they had said yes; who said no, as if it had not reached us in time.
        """
        found: list[int] = []
        for choice, answer in said.items():
            healed = dict(known) | {f"chosen {choice}": True, f"refused {choice}": False}
            if (answer is not None and answer.is_yes) or not weigh(tuple(sorted(healed.items()))).is_kept:
                continue
            for number, rule in enumerate(line.reading.rules):
                if choice not in rule.part("choices"):
                    continue
                is_default = rule.form == "choice_is" and rule.part("mode") == ("opt-in",) and answer is None
                is_late = answer is not None and rule.form == "choice_changed" and is_changed_there(rule, answer)
                if is_default or (is_late and answer is not None and _is_past(line, rule, answer)):
                    found.append(number)
        return tuple(found)


_CHOICES: dict[tuple[tuple[str, str, str], ...], Known] = {}


def _know(modes: Mapping[str, str], said: Iterable[Said | None]) -> Known:
    """What these answers to these choices let be known, in the order of the choices."""
    state = tuple([(choice, mode, _name_answer(one)) for (choice, mode), one in zip(modes.items(), said, strict=True)])
    known = _CHOICES.get(state)
    if known is None:
        facts: dict[str, bool] = {}
        for choice, mode, answer in state:
            facts |= {k: v for k, v in answer_choice(choice, answer, mode).items() if v is not None}
        known = _CHOICES[state] = tuple(sorted(facts.items()))
    return known


def _name_answer(said: Said | None) -> str:
    return "unasked" if said is None else "yes" if said.is_yes else "no"


def is_changed_there(rule: Rule, said: Said) -> bool:
    """Whether a rule about changing a choice speaks of the place where this answer was given."""
    place = said.touchpoint
    return bool({f"at:{place}", f"by:{place}"} & set(rule.part("changes"))) or (
        place == "message" and "by:email" in rule.part("changes")
    )


def _is_past(line: Line, rule: Rule, said: Said) -> bool:
    time = timedelta(days=read_days(line.reading, rule.part("within")) or 0.0)
    return line.at > add_time(said.at, time)


def read_days(reading: Rereading, words: tuple[str, ...]) -> float | None:
    """A time in a rule in days, written out or as the name of a parameter; None for what is none."""
    text = " ".join(words)
    parameter = reading.policy.parameters.get(text)
    return parse_days(parameter.value if parameter else text) if text else None


def find_rules(reading: Rereading, form: str, key: str = "", name: str = "") -> tuple[int, ...]:
    """The numbers of the rules of a form, of those alone that have this word in this part where one is given."""
    return tuple(
        number for number, rule in enumerate(reading.rules) if rule.form == form and (not key or name in rule.part(key))
    )
