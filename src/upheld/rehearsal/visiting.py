"""The log of visits in a rehearsal: noted by the real middleware and the real log, and in its file as soon as it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from upheld.actions.visits import VisitLog
from upheld.web import visit_log

if TYPE_CHECKING:
    from upheld.rehearsal.stage import Stage


@contextmanager
def note_visits(stage: Stage) -> Iterator[VisitLog]:
    """Note visits in a log of the stage's own from here on; `flush` writes those that wait into the file."""
    before, log = visit_log._writer, VisitLog(stage.work.state)  # noqa: SLF001 - what was there is put back
    log.thread = threading.current_thread()  # none is started: a rehearsal writes when it looks
    visit_log.place_visit_writer(log.write)
    try:
        yield log
    finally:
        visit_log.place_visit_writer(before)
