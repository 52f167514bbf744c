"""Carries a change of the policy to its end: tells every account in batches, then has the version begin and bind people."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime

from upheld.actions.publication_notices import move_people, review_notices, tell_called_off, tell_people
from upheld.actions.publications import begin_due, note_withheld
from upheld.core.gate.binding import Binding
from upheld.jobs.work import Work, find_home
from upheld.web.hosts import find_shelf

# So that the other chores have their turn; a batch takes a part of a second, and 100,000 accounts some 25 minutes.
A_TURN_SECONDS = 3.0


def carry_changes(_work: Work, binding: Binding, now: datetime) -> None:
    """One round for one site; whatever it does not finish is taken up by the next one."""
    note_withheld(binding, list_files(binding.site), now)
    home = find_home(binding.site)
    if home:
        repeat(lambda: tell_people(binding, now, home=home))
        repeat(lambda: tell_called_off(binding, now, home=home))
    repeat(lambda: review_notices(binding, now))
    begin_due(binding, now)
    repeat(lambda: move_people(binding, now))


def repeat(deed: Callable[[], int]) -> None:
    """Do it until it finds nothing more to do, or its turn is over."""
    until = time.monotonic() + A_TURN_SECONDS
    while deed() and time.monotonic() < until:
        pass


def list_files(site: str) -> list[tuple[date, date, str]]:
    """Version, first day and digest of each text that lies in the folder; none while versions need no announcement."""
    shelf = find_shelf()
    if shelf.postings is None:
        return []
    return [(good.policy.version, good.since, good.policy.digest) for good in shelf.list_files(site)]
