"""SQLite's journal beside a database file: written back by whoever has time, and emptied where something was erased."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connections

logger = logging.getLogger(__name__)


def empty_journal(alias: str) -> bool:
    """Whether the journal of this database is empty now; PostgreSQL keeps its own in its own way, and is left alone.

    Not possible inside a transaction, nor while somebody reads for longer than a connection waits; then a later call
    does it.
    """
    connection = connections[alias]
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy = cursor.fetchone()[0]
    except DatabaseError as problem:
        logger.warning("the journal of %s is not emptied now: %s", alias, type(problem).__name__)
        return False
    return not is_busy


def write_back(alias: str) -> bool:
    """Whether the journal of this database was copied into its file, as far as nobody still reads what stood before.

    Keeps nobody waiting. Whoever commits would do it otherwise, and the larger the file the longer that takes.
    """
    connection = connections[alias]
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        is_blocked, in_journal, written = cursor.fetchone()
    return not is_blocked and in_journal == written
