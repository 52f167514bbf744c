"""How a rehearsal says what it tried; what every file of rehearsals begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import DONE, MISSING, REFUSED, WORKS, Step
from upheld.rehearsal.stage import Stage

# Tries one rule on a stage that was made anew for it, and yields what it tried, step by step.
Rehearsal = Callable[[Stage, Rule], Iterator[Step]]


def works(says: str, is_kept: bool, saw: str = "", *lines: str) -> Step:  # noqa: FBT001 - reads as a sentence
    """Something that the rule permits was done, and has to work."""
    return Step(WORKS, says, bool(is_kept), "" if is_kept else saw, lines)


def refused(says: str, is_kept: bool, saw: str = "", *lines: str) -> Step:  # noqa: FBT001 - the same
    """Something that the rule does not permit was tried, and has to be refused, leaving nothing behind."""
    return Step(REFUSED, says, bool(is_kept), "" if is_kept else saw, lines)


def done(says: str, is_kept: bool, saw: str = "", *lines: str) -> Step:  # noqa: FBT001 - the same
    """Something that the rule makes a duty has to have happened: in time, and not before."""
    return Step(DONE, says, bool(is_kept), "" if is_kept else saw, lines)


def missing(says: str) -> Step:
    """A piece of the house that the rule needs is not built; what it is, in plain words."""
    return Step(MISSING, says)
