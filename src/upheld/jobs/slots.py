"""A number for each process that does jobs, held by a lock: whoever comes back under a number takes up what it left."""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, connections

logger = logging.getLogger(__name__)

LOCK_FILE = "jobs.lock"
LOCK_NUMBER = 0x7570686A  # any number that nobody else uses in this database
MOST_WORKERS = 64
TRY_EVERY_SECONDS = 1.0


@contextmanager
def take_slot(state: Path, ending: threading.Event) -> Iterator[int | None]:
    """The number of this process while it works; None when it was told to end before one was free.

    On SQLite one process does all jobs and a second one waits for it. On PostgreSQL there are many numbers. The lock
    goes with the process, however it ends.
    """
    if connection.vendor == "postgresql":
        yield from take_number(ending)
    else:
        yield from take_file(state, ending)


def take_file(state: Path, ending: threading.Event) -> Iterator[int | None]:
    """The one number of a state folder."""
    with (state / LOCK_FILE).open("w") as file:
        has_told = False
        while not ending.is_set():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not has_told:
                    logger.warning("another server of this state folder does the jobs; this one waits")
                    has_told = True
                ending.wait(TRY_EVERY_SECONDS)
            else:
                yield 0
                return
        yield None


def take_number(ending: threading.Event) -> Iterator[int | None]:
    """The first free number of a PostgreSQL, on a connection of its own that nothing else uses or closes."""
    own = connections.create_connection("default")
    try:
        with own.cursor() as cursor:
            while not ending.is_set():
                for number in range(MOST_WORKERS):
                    cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_NUMBER, number])
                    if cursor.fetchone()[0]:
                        yield number
                        return
                ending.wait(TRY_EVERY_SECONDS)
            yield None
    finally:
        own.close()
