"""Walks of the invented visitor: what one saw from outside, rule by rule, and how that stands beside what the ledger shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from upheld.core.proof.evidence import AWAITED, BROKE_OFF, FAILS, LACKS, MISSING, OBSERVED, Evidence, Step, sum_up_steps

FROM_OUTSIDE = "whether every connection is encrypted shows from outside alone, and not in the records"


@dataclass(frozen=True, slots=True)
class WalkedStep:
    """One thing that was tried from outside, and the numbers of the rules (among those in force) that it is about."""

    rules: tuple[int, ...]
    step: Step


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part that was not walked, and why, in plain words; `rules` are those it would have been about."""

    part: str
    why: str
    rules: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """All that one walk brought. `faults` are what went wrong with the walk itself, such as an account that stayed."""

    steps: tuple[WalkedStep, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """How many steps were not kept."""
        return sum(not one.step.is_kept for one in self.steps)

    @property
    def is_good(self) -> bool:
        """Whether nothing that was tried went wrong."""
        return not self.failed and not self.faults


def write_walk(walk: Walk) -> dict[str, list[Any]]:
    """A walk as plain lists, for the records."""
    steps = [
        {
            "rules": list(one.rules),
            "sort": one.step.sort,
            "says": one.step.says,
            "is_kept": one.step.is_kept,
            "saw": one.step.saw,
        }
        for one in walk.steps
    ]
    skipped = [{"part": one.part, "why": one.why, "rules": list(one.rules)} for one in walk.skipped]
    return {"steps": steps, "skipped": skipped, "faults": list(walk.faults)}


def read_walk(steps: Iterable[Any], skipped: Iterable[Any], faults: Iterable[str]) -> Walk:
    """A walk from these lists again."""
    return Walk(
        tuple(
            WalkedStep(tuple(one["rules"]), Step(one["sort"], one["says"], one["is_kept"], one["saw"])) for one in steps
        ),
        tuple(Skipped(one["part"], one["why"], tuple(one["rules"])) for one in skipped),
        tuple(faults),
    )


def weigh_walk(walk: Walk, *, day: str, line: str, at: str) -> dict[int, Evidence]:
    """Observed evidence by the number of the rule; `day` is that of the walk, `line` its line, `at` the moment of the look.

    It counts nothing: a count is of the ledger alone, so that whoever holds the ledger comes to the same. A rule about
    which every part was skipped awaits its walk.
    """
    by_rule: dict[int, list[Step]] = {}
    for one in walk.steps:
        for number in one.rules:
            by_rule.setdefault(number, []).append(replace(one.step, lines=(line,) if line else ()))
    found = {}
    for number, steps in by_rule.items():
        evidence = sum_up_steps(OBSERVED, tuple(steps), at=at)
        said = f"on {day} an invented visitor walked the site from outside, in a browser"
        says = f"{said}: {evidence.says}" if evidence.outcome == FAILS else said
        found[number] = replace(evidence, says=says, count=None, lines=())
    for part in walk.skipped:
        for number in part.rules:
            says = f"the invented visitor did not try {part.part}: {part.why}"
            found.setdefault(number, Evidence(OBSERVED, AWAITED, says, at=at))
    return found


def join_walked(seen: Mapping[int, Evidence], walked: Mapping[int, Evidence]) -> dict[int, Evidence]:
    """What the ledger shows with what the visitor saw: one piece for each rule, as a proof has it.

    Count, period and lines stay those of the ledger. What the visitor saw fail fails; where the ledger cannot be relied
    on, or a part was not walked, the visitor adds nothing.
    """
    joined = dict(seen)
    for number, one in walked.items():
        there = joined.get(number)
        if there is None:
            joined[number] = one
        elif one.outcome == FAILS:
            says = there.says if there.outcome == FAILS else one.says
            joined[number] = replace(there, outcome=FAILS, says=says, steps=there.steps + one.steps)
        elif one.outcome not in (AWAITED, BROKE_OFF) and there.outcome != BROKE_OFF:
            joined[number] = _add_seen(there, one)
    return joined


def _add_seen(there: Evidence, one: Evidence) -> Evidence:
    """What was seen from outside beside what is on record; it makes up for what shows from outside alone."""
    seen = tuple(step for step in one.steps if step.sort != MISSING)
    kept = tuple(step for step in there.steps if not (seen and step.sort == MISSING and step.says == FROM_OUTSIDE))
    if there.outcome != LACKS or len(kept) == len(there.steps) or any(step.sort == MISSING for step in kept):
        return replace(there, steps=there.steps + seen)
    return replace(there, outcome=one.outcome, says=one.says, steps=kept + seen)
