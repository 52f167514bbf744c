"""Brings both databases up to date before anything is served; other servers of the same databases wait meanwhile."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import DatabaseError, connections, router
from django.db.migrations.executor import MigrationExecutor

from upheld.core.errors import SettingError
from upheld.server.environment import Environment

LOCK_FILE = "migrating.lock"
LOCK_NUMBER = 0x75706864  # any number that nobody else uses in this database
CALLED = {"default": "data", "keys": "keys"}


def bring_up_to_date(
    environment: Environment, announce: Callable[[str], None], aliases: tuple[str, ...] = ("keys", "default")
) -> int:
    """How many steps were taken; each database is told of before it begins. Raises SettingError S709 when one fails."""
    taken = 0
    with wait_for_turn(environment):
        for alias in aliases:
            called = CALLED[alias]
            try:
                steps = list_steps(alias)
                if steps:
                    count = "one step" if len(steps) == 1 else f"{len(steps)} steps"
                    announce(f"database   {called}: bringing it up to date, {count}")
                    call_command("migrate", database=alias, interactive=False, verbosity=0)
                    taken += len(steps)
            except DatabaseError as problem:
                raise SettingError(
                    "S709",
                    f"the database of the {called} cannot be used: {type(problem).__name__}",
                    "check that its server runs, that this user owns it and that its disk has room",
                ) from None
    return taken


def list_steps(alias: str) -> list[str]:
    """The migrations that a database still lacks, by name; those of the other database's tables are no concern of it."""
    executor = MigrationExecutor(connections[alias])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [
        f"{migration.app_label}.{migration.name}"
        for migration, _ in plan
        if router.allow_migrate(alias, migration.app_label)
    ]


@contextmanager
def wait_for_turn(environment: Environment) -> Iterator[None]:
    """One server at a time: of this state folder by a file, of this PostgreSQL by a lock of its own."""
    with (environment.state / LOCK_FILE).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        connection = connections["default"]
        is_postgres = connection.vendor == "postgresql"
        try:
            if is_postgres:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
            yield
        except DatabaseError:
            raise SettingError(
                "S709", "the database of the data does not answer", "check that its server runs and lets this user in"
            ) from None
        finally:
            if is_postgres and connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_NUMBER])


def close_connections() -> None:
    """Close what this process has opened: its children begin as copies of it and must not share a connection."""
    connections.close_all()
