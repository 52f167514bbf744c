"""The process that does jobs: claims its number, takes up what it left, then looks for work until it is told to end."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from dbos import DBOS, DBOSConfig
from django.db import close_old_connections, connections

from upheld.jobs.campaigns import look_for_campaigns
from upheld.jobs.chores import do_chores
from upheld.jobs.inbound import watch_inbox
from upheld.jobs.mail import name_problem
from upheld.jobs.pickup import Pickup
from upheld.jobs.proofs import watch_proofs
from upheld.jobs.slots import take_slot
from upheld.jobs.work import Work, place_work

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.5
LOOK_AGAIN_SECONDS = 0.05  # there was something, so there may be more
END_WITHIN_SECONDS = 8
MOST_FAILURES = 60  # in a row; after that a process that begins anew has better chances
THREADS = 8
SQLITE = "sqlite:///"
# The version of what a job remembers, not of the program: jobs of an earlier program are taken up by a later one.
# Since 2 a job holds several messages; what one of version 1 left half sent is found by the sweep and is in doubt.
JOBS_VERSION = "2"


def run_jobs(work: Work) -> None:
    """Do jobs until this process is told to end; what runs then is given a few seconds."""
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: ending.set())
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # whoever started this process may have it decide alone
        signal.signal(signal.SIGINT, lambda _number, _frame: ending.set())
    place_work(work)
    with take_slot(work.state, ending) as slot:
        if slot is None:
            return
        launch(work.database, slot)
        beside = [
            threading.Thread(target=work_beside, args=(ending,), name=name)
            for name, work_beside in (
                ("chores", do_chores),
                ("inbox", watch_inbox),
                ("campaigns", look_for_campaigns),
                ("proofs", watch_proofs),
            )
        ]
        for thread in beside:
            thread.start()
        try:
            look_for_mail(ending)
        finally:
            ending.set()
            DBOS.destroy(workflow_completion_timeout_sec=END_WITHIN_SECONDS)
            for thread in beside:
                thread.join(END_WITHIN_SECONDS)
            connections.close_all()


def look_for_mail(ending: threading.Event) -> None:
    """Look into the outbox again and again. Raises RuntimeError when it cannot be read for half a minute."""
    pickup, failures = Pickup(), 0
    while not ending.is_set():
        close_old_connections()
        try:
            found, failures = pickup.look(), 0
        except Exception as problem:  # noqa: BLE001 - a full disk, a busy file, a database that is away: often gone soon
            logger.error("the outbox cannot be read: %s", name_problem(problem))  # noqa: TRY400 - no traceback: it would show values
            found, failures = 0, failures + 1
            if failures >= MOST_FAILURES:
                raise RuntimeError("the outbox could not be read for too long") from None
        ending.wait(LOOK_AGAIN_SECONDS if found else LOOK_EVERY_SECONDS)


def launch(database: str, slot: int) -> None:
    """Start the library that remembers jobs, with everything off by which it would reach beyond this machine."""
    for name in [name for name in os.environ if name.startswith("DBOS_")]:
        del os.environ[name]  # nothing of the machine may sign this process up for somebody's cloud
    prepare_file(database)
    config: DBOSConfig = {
        "name": "upheld",
        "system_database_url": database,
        "dbos_system_schema": "upheld_jobs",
        "application_version": JOBS_VERSION,
        "executor_id": f"jobs-{slot}",
        "max_executor_threads": THREADS,
        "enable_otlp": False,
        "log_level": "WARNING",
        # Nothing here waits for what other processes tell by the library; each look costs a query.
        "use_listen_notify": False,
        "notification_listener_polling_interval_sec": 1.0,
        "scheduler_polling_interval_sec": 3600.0,
    }
    DBOS(config=config)
    tell_in_our_log()
    DBOS.launch()


def prepare_file(database: str) -> None:
    """For SQLite: a file that only this user reads, written so that readers never wait."""
    if not database.startswith(SQLITE):
        return
    place = Path(database.removeprefix(SQLITE))
    place.touch(mode=0o600)
    with closing(sqlite3.connect(place)) as opened:
        opened.execute("PRAGMA journal_mode=WAL")


def tell_in_our_log() -> None:
    """The library's log goes where ours goes, in the same form."""
    library = logging.getLogger("dbos")
    library.handlers.clear()
    library.propagate = True
