"""The stage on PostgreSQL: every table is emptied before a test, and a test's own queries stand inside the courier's walls.

Our code's queries do not: what forgets to enter a site finds nothing, as it would with an operator.
"""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg

from tests.postgres import find_server

TESTS = str(Path(__file__).parents[1])
OURS = str(Path(__file__).parents[2] / "src" / "upheld")
KEPT = ("django_migrations", "django_content_type", "auth_permission")


@contextmanager
def use_postgres(site: str) -> Iterator[None]:
    """Both databases empty."""
    from django.db import connections

    with ExitStack() as stack:
        for alias in ("default", "keys"):
            empty_database(connections.settings[alias]["NAME"])
        stack.enter_context(connections["default"].execute_wrapper(make_entering(site)))
        yield
        leave_clean()


def leave_clean() -> None:
    """Our connections as good as new for the next test; a new one for each test takes longer than many a test.

    One in which something is under way still, or that was closed, begins anew.
    """
    from django.db import DatabaseError, connections

    for alias in ("default", "keys"):
        held = connections[alias]
        if held.connection is None:
            continue
        if held.in_atomic_block or held.needs_rollback or not held.get_autocommit():
            held.close()
            continue
        try:
            with held.cursor() as cursor:
                cursor.execute("SELECT set_config('upheld.site', '', false), pg_advisory_unlock_all()")
        except DatabaseError:
            held.close()


def empty_database(name: str) -> None:
    """Delete every row as the superuser, who sees through the walls; much faster than to truncate so many small tables."""
    keep_reach(name).execute(list_deletes(name))


@cache
def list_deletes(name: str) -> str:
    """One text with a statement for each table that tests write to, past the rules between tables."""
    rows = keep_reach(name).execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    tables = sorted(row[0] for row in rows if row[0] not in KEPT)
    return "; ".join(["SET session_replication_role = replica", *(f'DELETE FROM "{table}"' for table in tables)])


@cache
def keep_reach(name: str) -> Any:
    """A connection of the superuser to one of our databases, for the whole run: each new one would look up all tables anew."""
    connection = psycopg.connect(find_server(), dbname=name, autocommit=True)
    atexit.register(connection.close)
    return connection


def make_entering(site: str) -> Callable[..., Any]:
    """A wrapper that Django calls for every query: one that a test makes itself sees the rows of this site."""

    def wrap(execute: Callable[..., Any], query: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not is_asked_by_test(sys._getframe(1)):
            return execute(query, params, many, context)
        cursor = context["cursor"].cursor
        before = read_site(cursor)
        if before:
            return execute(query, params, many, context)
        cursor.execute("SELECT set_config('upheld.site', %s, false)", [site])
        try:
            return execute(query, params, many, context)
        finally:
            if not context["connection"].needs_rollback and not is_broken(cursor):
                keep_result(cursor, context)

    def keep_result(cursor: Any, context: dict[str, Any]) -> None:
        # on a cursor of its own: the first one still holds the rows that were asked for
        with context["connection"].connection.cursor() as other:
            other.execute("SELECT set_config('upheld.site', '', false)")

    return wrap


def is_broken(cursor: Any) -> bool:
    """Whether the transaction has failed and takes no further statement."""
    return bool(cursor.connection.info.transaction_status.name == "INERROR")


def read_site(cursor: Any) -> str:
    """The site that has been entered, or nothing."""
    cursor.execute("SELECT current_setting('upheld.site', true)")
    return str(cursor.fetchone()[0] or "")


def is_asked_by_test(frame: FrameType | None) -> bool:
    """Whether the query comes from a test and not from our code: whoever of the two stands nearer has asked."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(OURS):
            return False
        if name.startswith(TESTS) and name != __file__:
            return True
        frame = frame.f_back
    return False
