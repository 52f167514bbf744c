"""Tells everybody of a merger in batches, and looks after what the legal desk left to time; each round may be cut short."""

from __future__ import annotations

from datetime import datetime

from upheld.actions.demand_answers import settle_demands
from upheld.actions.demand_release import forget_packages, tell_after_bars
from upheld.actions.merger_transfer import forget_batches
from upheld.actions.mergers import settle_notices, tell_batch, tell_cancelled
from upheld.core.gate.binding import Binding
from upheld.core.rights.demanding import list_grounds
from upheld.core.rights.merging import find_transfer
from upheld.jobs.publications import repeat
from upheld.jobs.work import Work


def carry_merger(_work: Work, binding: Binding, now: datetime) -> None:
    """One round of telling for one site; whatever it does not finish is taken up by the next one."""
    if find_transfer(binding.policy) is None:
        return
    repeat(lambda: tell_batch(binding, now))
    repeat(lambda: settle_notices(binding, now))
    repeat(lambda: tell_cancelled(binding, now))
    forget_batches(binding, now)


def mind_desk(_work: Work, binding: Binding, now: datetime) -> None:
    """Count the times of waiting that are over, tell people of whom a bar is over, and destroy packages that are done with."""
    if not list_grounds(binding.policy):
        return
    settle_demands(binding, now)
    tell_after_bars(binding, now)
    forget_packages(binding, now)
