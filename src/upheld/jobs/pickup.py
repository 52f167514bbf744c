"""Looks into the outbox and starts a durable job for each message that is due; hands nothing over itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from dbos import DBOS, SetWorkflowID

from upheld.actions.outbox import Due, list_due
from upheld.jobs.mail import deliver_mail
from upheld.jobs.work import iter_bindings, read_clock

MOST_AT_ONCE = 50
# A run that ended and left its message due met a busy or broken database; a new one need not hurry.
RUN_AGAIN_AFTER_SECONDS = 10.0
# A run that another process began and that has not moved its message for so long died with that process.
PRESUME_DEAD_AFTER_SECONDS = 900.0
FORGET_AFTER_SECONDS = 3600.0


@dataclass(slots=True)
class Run:
    """The last run of a message: for which turn of the outbox, the how manieth of that turn, and when it was begun."""

    turn: str
    count: int
    begun: float
    looked: float

    @property
    def name(self) -> str:
        """The id of the job; the same turn gives the same name in every process."""
        return f"{self.turn}.{self.count}" if self.count else self.turn


@dataclass(slots=True)
class Pickup:
    """Starts jobs for due messages and remembers which ones."""

    runs: dict[str, Run] = field(default_factory=dict)

    def look(self) -> int:
        """How many jobs were started, over all sites."""
        now = read_clock()
        started = 0
        for binding in iter_bindings(now):
            started += sum(self.start(binding.site, due) for due in list_due(binding.site, now, MOST_AT_ONCE))
        self.forget()
        return started

    def start(self, site: str, due: Due) -> bool:
        """Whether a job was started. One of a name runs once, however many processes start it."""
        moment = time.monotonic()
        last = self.runs.get(due.message)
        if last is None or last.turn != due.run:
            run = Run(due.run, 0, moment, moment)
        elif may_begin_anew(last, moment):
            run = Run(due.run, last.count + 1, moment, moment)
        else:
            return False
        self.runs[due.message] = run
        with SetWorkflowID(run.name):
            DBOS.start_workflow(deliver_mail, site, due.message, run.name)
        return True

    def forget(self) -> None:
        """Drop runs of long ago."""
        limit = time.monotonic() - FORGET_AFTER_SECONDS
        for message in [message for message, run in self.runs.items() if run.begun < limit]:
            del self.runs[message]


def may_begin_anew(run: Run, moment: float) -> bool:
    """Whether a run has ended and left its message due, or seems to have died; asked seldom, as each time costs a query."""
    if moment - run.looked < RUN_AGAIN_AFTER_SECONDS:
        return False
    run.looked = moment
    status = DBOS.get_workflow_status(run.name)
    is_over = status is None or status.status not in ("PENDING", "ENQUEUED", "DELAYED")
    return is_over or moment - run.begun >= PRESUME_DEAD_AFTER_SECONDS
