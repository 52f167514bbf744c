"""Looks into the outbox and starts durable jobs for the messages that are due; hands nothing over itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dbos import DBOS, SetWorkflowID

from upheld.actions.ids import draw_id
from upheld.actions.sending import Due, list_due
from upheld.jobs.mail import deliver_mails
from upheld.jobs.work import iter_bindings, read_clock

# As many jobs as there are threads for them, each with so many messages at most; fewer are shared out evenly.
JOBS, MOST_IN_A_JOB, LEAST_IN_A_JOB = 8, 64, 8
MOST_AT_ONCE = JOBS * MOST_IN_A_JOB
# A run that ended and left its message due met a busy or broken database; a new one need not hurry.
RUN_AGAIN_AFTER_SECONDS = 10.0
# A run that another process began and that has not moved its message for so long died with that process.
PRESUME_DEAD_AFTER_SECONDS = 900.0
FORGET_AFTER_SECONDS = 3600.0


@dataclass(slots=True)
class Run:
    """A job that was started for some messages: its id, when it was begun, when it was last looked at, whether it is over."""

    name: str
    begun: float
    looked: float
    is_over: bool = False


@dataclass(slots=True)
class Pickup:
    """Starts jobs for due messages and remembers which message is in which job, and in which turn of the outbox."""

    runs: dict[str, tuple[str, Run]] = field(default_factory=dict)

    def look(self) -> int:
        """How many jobs were started, over all sites."""
        now = read_clock()
        started = 0
        for binding in iter_bindings(now):
            due = [due for due in list_due(binding.site, now, MOST_AT_ONCE) if self.may_start(due)]
            for some in share_out(due):
                self.start(binding.site, some)
                started += 1
        self.forget()
        return started

    def may_start(self, due: Due) -> bool:
        """Whether no job has this message in this turn, or the one that had it is over."""
        turn, run = self.runs.get(due.message, ("", None))
        return run is None or turn != due.run or may_begin_anew(run, time.monotonic())

    def start(self, site: str, some: Sequence[Due]) -> None:
        """Start a job. Of two in which a message stands, as in two processes, the one that begins it hands it over."""
        moment = time.monotonic()
        run = Run(draw_id("j"), moment, moment)
        for due in some:
            self.runs[due.message] = (due.run, run)
        with SetWorkflowID(run.name):
            DBOS.start_workflow(deliver_mails, site, [due.message for due in some], run.name)

    def forget(self) -> None:
        """Drop runs of long ago."""
        limit = time.monotonic() - FORGET_AFTER_SECONDS
        for message in [message for message, (_, run) in self.runs.items() if run.begun < limit]:
            del self.runs[message]


def share_out(due: Sequence[Due]) -> Iterator[Sequence[Due]]:
    """The messages in the order of their waiting, cut into jobs."""
    size = min(max(LEAST_IN_A_JOB, -(-len(due) // JOBS)), MOST_IN_A_JOB)
    for start in range(0, len(due), size):
        yield due[start : start + size]


def may_begin_anew(run: Run, moment: float) -> bool:
    """Whether a run has ended and left its message due, or seems to have died; asked seldom, as each time costs a query."""
    if run.is_over or moment - run.looked < RUN_AGAIN_AFTER_SECONDS:
        return run.is_over
    run.looked = moment
    status = DBOS.get_workflow_status(run.name)
    has_ended = status is None or status.status not in ("PENDING", "ENQUEUED", "DELAYED")
    run.is_over = has_ended or moment - run.begun >= PRESUME_DEAD_AFTER_SECONDS
    return run.is_over
