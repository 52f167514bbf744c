"""Observed evidence from what really happened: one walk through the ledger, which is checked on the way, and the records.

Writes no line of its own; only waiting lines get their places first, so that what was looked at can be shown to others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from upheld.actions.ledger import find_size, name_origin, sequence_entries
from upheld.actions.ledger_head import find_head
from upheld.actions.ledger_reading import Verification, walk_ledger
from upheld.actions.observing_records import survey_records
from upheld.actions.proving import CLOCKS_APART
from upheld.core.errors import SealError, VaultError
from upheld.core.gate.binding import Binding
from upheld.core.proof.evidence import BROKE_OFF, Evidence
from upheld.core.proof.history import History
from upheld.core.proof.observing import observe_rules
from upheld.core.proof.runs import Ledger
from upheld.core.seal.entries import write_moment
from upheld.records.models import ProofRun
from upheld.records.walls import read_site

SET_BACK = "the clock was set back"
TOLD_EACH = 20_000
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen: the evidence by the number of the rule, how far the ledger reached, what is wrong with it or the clock."""

    evidence: Mapping[int, Evidence]
    ledger: Ledger
    faults: tuple[str, ...]
    counts: Mapping[str, int]


def observe(
    binding: Binding, now: datetime, tell: Tell = lambda _done, _all: None, *, state: Path | None = None
) -> Observation:
    """Observed evidence for the version in force; `tell` hears how many lines of how many were looked at.

    `state` is the folder of the log of visits, which is not looked at without it. Over a ledger that was altered, or under
    a clock that was set back, no evidence holds: the faults say what is wrong, and lines that go against a rule still do.
    """
    site = binding.site
    refused = _sequence(site, now)
    size = find_size(site)
    history = History(binding.gates)
    head = find_head(site)
    walked = walk_ledger(site, now, [head] if head else [], _follow(history, size, tell))
    at = write_moment(now)
    faults = tuple(filter(None, (walked.fault or refused, _find_clock_fault(site, history, now))))
    survey = survey_records(binding, now, state)
    evidence = observe_rules(binding.policy, history, survey, at=at)
    unspoken = [f"line {line}: {says}" for line, says in history.unspoken]
    if faults:
        evidence = {number: _break_off(one, faults[0]) for number, one in evidence.items()}
    tell(walked.size, walked.size)
    return Observation(
        MappingProxyType(evidence), _name_ledger(site, walked), (*faults, *unspoken), MappingProxyType(history.counts)
    )


def _sequence(site: str, now: datetime) -> str:
    """Give every waiting line its place; why that was refused, in words, where it was."""
    try:
        while sequence_entries(site, now):
            pass
    except (VaultError, SealError) as problem:
        return problem.text
    return ""


def _follow(history: History, size: int, tell: Tell) -> Callable[[Mapping[str, Any]], None]:
    def see(told: Mapping[str, Any]) -> None:
        history.see(told)
        if history.size % TOLD_EACH == 0:
            tell(history.size, max(size, history.size))

    return see


def _find_clock_fault(site: str, history: History, now: datetime) -> str:
    """Whether something on record lies in the future, so that the clock has gone back since."""
    if history.last_at > write_moment(now + CLOCKS_APART):
        return f"{SET_BACK}: a line of the ledger is of a later moment than this one"
    with read_site(site):
        is_later = ProofRun.objects.filter(site=site, began_at__gt=now + CLOCKS_APART).exists()
    return f"{SET_BACK}: a proof on record is of a later moment than this one" if is_later else ""


def _break_off(found: Evidence, fault: str) -> Evidence:
    """The same evidence, which holds no more; what failed has failed all the same."""
    if found.outcome == "fails":
        return found
    return replace(found, outcome=BROKE_OFF, says=f"the ledger cannot be relied on: {fault}", steps=(), lines=())


def _name_ledger(site: str, walked: Verification) -> Ledger:
    return Ledger(name_origin(site), walked.size, walked.root) if walked.size else Ledger()
