"""The second wall between sites: whoever reads or writes first enters one site, and the database shows no other.

On PostgreSQL the rows of other sites are hidden by row-level security; on SQLite the queries alone keep them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from django.apps import apps
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

WALL = "one_site"
SETTING = "upheld.site"  # a setting of PostgreSQL, not of ours: any with a dot may be made up


@contextmanager
def enter_site(site: str, *, is_part: bool = False) -> Iterator[None]:
    """One transaction in which only the rows of this site are there; what fails inside leaves nothing behind.

    Inside another one it is a savepoint, which costs two statements. `is_part` is for what belongs inside the caller's
    transaction and falls with it: no savepoint is made, and after an error that the caller catches the whole is undone.
    """
    with transaction.atomic(savepoint=not is_part):
        if not has_walls():
            yield
            return
        before = find_entered()
        if before == site:
            yield
            return
        set_entered(site)
        try:
            yield
        except BaseException:
            _entered[connections["default"]] = before  # the database goes back by itself, with the transaction
            raise
        set_entered(before)  # a transaction around this one may be in another site


@contextmanager
def read_site(site: str) -> Iterator[None]:
    """The same for what only reads. On SQLite it opens nothing: a transaction there would wait for whoever writes."""
    if not has_walls() or find_entered() == site:
        yield
        return
    with enter_site(site):
        yield


@cache
def has_walls() -> bool:
    """Whether the database is one that can hide rows; looked up once, because every act of every request asks."""
    return connection.vendor == "postgresql"


# Which site each open connection stands in, so that the database need not be asked.
_entered: WeakKeyDictionary[BaseDatabaseWrapper, str] = WeakKeyDictionary()


def find_entered() -> str:
    """The site that this thread stands in, or nothing."""
    return _entered.get(connections["default"], "")


def set_entered(site: str) -> None:
    """Stand in this site until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, site])
    _entered[connections["default"]] = site


def raise_walls(*, using: str, **_: Any) -> None:
    """Have PostgreSQL hide the rows of all other sites, in each table that has a site; called after every migration.

    FORCE, because otherwise the owner of a table, who is the user that we connect as, sees through. A superuser sees
    through in any case; `upheld doctor` looks whether we connect as one. A migration that changes rows has to enter
    each site, too.
    """
    if using != "default" or connections[using].vendor != "postgresql":
        return
    with connections[using].cursor() as cursor:
        for table in list_open_tables(using):
            name = connections[using].ops.quote_name(table)
            cursor.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
            cursor.execute(f"DROP POLICY IF EXISTS {WALL} ON {name}")
            cursor.execute(
                f"CREATE POLICY {WALL} ON {name} USING (site = current_setting('{SETTING}', true))"
                f" WITH CHECK (site = current_setting('{SETTING}', true))"
            )


def list_walled_tables() -> tuple[str, ...]:
    """The tables whose rows belong to one site each."""
    models = apps.get_app_config("records").get_models()
    return tuple(
        sorted(model._meta.db_table for model in models if any(field.name == "site" for field in model._meta.fields))  # noqa: SLF001 - Django's own documented name
    )


def list_open_tables(using: str = "default") -> tuple[str, ...]:
    """Those of them that stand in PostgreSQL without their wall, or with a part of it."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid"
            " WHERE relrowsecurity AND relforcerowsecurity AND polname = %s AND relnamespace = to_regnamespace(current_schema())",
            [WALL],
        )
        walled = {row[0] for row in cursor.fetchall()}
        there = set(connections[using].introspection.table_names(cursor))
    return tuple(table for table in list_walled_tables() if table in there - walled)


def has_open_role(using: str = "default") -> bool:
    """Whether the user that we connect as sees through all walls: a superuser, or one with BYPASSRLS."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])
