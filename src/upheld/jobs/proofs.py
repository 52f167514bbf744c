"""Proofs that are made by themselves: when the program is new, when the policy changed, and every day; a visitor walks first."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections

from upheld.actions.proving import find_cause
from upheld.actions.visiting import is_walk_due
from upheld.jobs.mail import name_problem
from upheld.jobs.work import Work, find_work, iter_bindings, read_clock

logger = logging.getLogger(__name__)

# A server that has just begun has better things to do, and one that ends again at once need prove nothing.
FIRST_LOOK_SECONDS = 10.0
LOOK_EVERY_SECONDS = 30.0


def watch_proofs(ending: threading.Event) -> None:
    """Have each site proven when it is due, one after the other, until told to end."""
    work = find_work()
    if work.prove is None or ending.wait(FIRST_LOOK_SECONDS):
        return
    begun: set[str] = set()
    while not ending.is_set():
        close_old_connections()
        try:
            prove_due(work, ending, begun)
        except Exception as problem:  # noqa: BLE001 - the next look tries again
            logger.error("a proof could not be begun: %s", name_problem(problem))  # noqa: TRY400 - no traceback: it would show values
        ending.wait(LOOK_EVERY_SECONDS)


def prove_due(work: Work, ending: threading.Event, begun: set[str]) -> int:
    """How many sites were proven; `begun` are those that this process had proven before, and then these as well."""
    count = 0
    for binding in list(iter_bindings(read_clock())):
        is_begun = binding.site in begun
        cause = find_cause(binding, code=work.code, now=read_clock(), is_begun=is_begun)
        if cause and work.prove is not None and not ending.is_set():
            if work.visit is not None and not binding.stands_on and is_walk_due(binding, read_clock()):
                logger.info("a visitor walks through %s", binding.site)
                work.visit(binding.site, ending)
            if ending.is_set():
                break
            logger.info("proving %s: %s", binding.site, cause)
            begun.add(binding.site)
            work.prove(binding.site, cause, ending)
            count += 1
    return count
