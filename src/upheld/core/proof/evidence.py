"""Evidence for one rule: of which kind, what was tried or counted, and what came of it; knows no rule and no store."""

from __future__ import annotations

from dataclasses import dataclass, field

FORMAL, REHEARSED, OBSERVED, ATTESTED = "formal", "rehearsed", "observed", "attested"
KINDS = (FORMAL, REHEARSED, OBSERVED, ATTESTED)

HOLDS = "holds"  # everything that was looked at is as the rule says
FAILS = "fails"  # something is not, and it is named
IDLE = "idle"  # there was nothing to look at: it never happened, or nothing in the house does it
LACKS = "lacks"  # this part of the house is not built, so it cannot be shown
BROKE_OFF = "broke off"  # the look could not be finished
LAPSED = "lapsed"  # what somebody vouched for has run out
AWAITED = "awaited"  # it has not been made yet
OUTCOMES = (HOLDS, FAILS, IDLE, LACKS, BROKE_OFF, LAPSED, AWAITED)

WORKS, REFUSED, DONE, MISSING = "works", "refused", "done", "missing"
# What a step shows: the permitted works; the forbidden is refused; a duty is done, in time and not before; a piece of the
# house that the rule needs is not built.
SORTS = (WORKS, REFUSED, DONE, MISSING)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried, or looked at.

    `says` tells in plain words what was done and what should come of it (`a form with one field more is sent: refused`),
    `saw` what came of it instead, where `is_kept` is no. `lines` are ids of lines in the ledger that show it. A step of the
    sort `missing` says what is not built.
    """

    sort: str
    says: str
    is_kept: bool = True
    saw: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence of one kind for one rule.

    `says` sums it up in one plain sentence. `count` is how many acts, lines or rows were looked at, `since` and `until` the
    period they are from and `at` when the look was taken (moments as the ledger writes them, empty where there is none).
    `lines` are ids of lines in the ledger that it rests on.
    """

    kind: str
    outcome: str
    says: str
    steps: tuple[Step, ...] = ()
    count: int | None = None
    since: str = ""
    until: str = ""
    at: str = ""
    lines: tuple[str, ...] = field(default=())

    @property
    def is_exercised(self) -> bool:
        """Whether what the rule permits was really done here."""
        return any(step.sort == WORKS and step.is_kept for step in self.steps) or (
            self.kind == OBSERVED and self.outcome == HOLDS and bool(self.count)
        )


def sum_up_steps(kind: str, steps: tuple[Step, ...], *, at: str = "") -> Evidence:
    """The evidence that these steps make: it fails with the first that is not kept, lacks what is not built."""
    failing = next((step for step in steps if not step.is_kept), None)
    tried = tuple(step for step in steps if step.sort != MISSING)
    missing = tuple(step for step in steps if step.sort == MISSING)
    lines = tuple(dict.fromkeys(line for step in steps for line in step.lines))
    if failing is not None:
        saw = f"; {failing.saw}" if failing.saw else ""
        return Evidence(kind, FAILS, f"{failing.says}{saw}", steps, len(tried), at=at, lines=lines)
    if missing:
        return Evidence(kind, LACKS, missing[0].says, steps, len(tried), at=at, lines=lines)
    if not tried:
        return Evidence(kind, IDLE, "nothing in the house does this", steps, 0, at=at)
    counts = [sum(step.sort == sort for step in tried) for sort in (WORKS, REFUSED, DONE)]
    words = [
        words.format(count)
        for count, words in zip(counts, ("{} worked", "{} were refused", "{} were done in time"), strict=True)
        if count
    ]
    said = f"{len(tried)} things were tried: {', '.join(words)}" if len(tried) > 1 else tried[0].says
    return Evidence(kind, HOLDS, said, steps, len(tried), at=at, lines=lines)
