"""The two databases, data and keys apart: how Django opens them, and how they come into being; knows no model."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from upheld.core.errors import SettingError
from upheld.server.environment import Environment

KEYS_SUFFIX = "_keys"
# Every PostgreSQL has it, so there is a place to stand on while another database is made.
FIRST_DATABASE = "postgres"
NO_SUCH_DATABASE = "3D000"
CONNECT_SECONDS = 10
# One writer at a time and readers never wait: a write begins as a write (IMMEDIATE), so it cannot fail half-way for the
# lock. FULL keeps an acknowledged write through a power cut. What is erased is overwritten (secure_delete). The process
# for jobs writes the journal back each second; only when it has grown to 64 MB without that does whoever commits do it.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
        "PRAGMA wal_autocheckpoint=16384;"
    ),
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """The address of one PostgreSQL database, taken apart."""

    name: str
    host: str
    port: str
    user: str
    password: str = field(repr=False)
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Databases:
    """Where the data and the keys lie: a file, or an address of PostgreSQL."""

    default: Path | Postgres
    keys: Path | Postgres

    def each(self) -> tuple[tuple[str, Path | Postgres], ...]:
        """Both with their names."""
        return (("default", self.default), ("keys", self.keys))


def find_databases(environment: Environment) -> Databases:
    """Where both lie. Raises SettingError S703 when they would be one and the same."""
    default: Path | Postgres = environment.state / "upheld.sqlite3"
    keys: Path | Postgres = environment.state / "keys.sqlite3"
    if environment.database:
        default = read_address(environment.database)
        keys = read_address(environment.database, suffix=KEYS_SUFFIX)
    if environment.keys_database:
        keys = read_address(environment.keys_database)
    if isinstance(default, Postgres) and isinstance(keys, Postgres) and is_same(default, keys):
        raise SettingError(
            "S703", "data and keys would lie in one database", "name another one in `UPHELD_KEYS_DATABASE`"
        )
    return Databases(default, keys)


def read_address(address: str, suffix: str = "") -> Postgres:
    """An address that environment.py has found whole, taken apart; `suffix` is put behind the database's name."""
    parts = urlsplit(address)
    # A folder of sockets cannot stand where a host does and comes behind the question mark, as libpq has it.
    options = dict(parse_qsl(parts.query))
    return Postgres(
        name=unquote(parts.path.strip("/")) + suffix,
        host=options.pop("host", parts.hostname or ""),
        port=options.pop("port", str(parts.port or "")),
        user=options.pop("user", unquote(parts.username or "")),
        password=options.pop("password", unquote(parts.password or "")),
        options=tuple(options.items()),
    )


def is_same(one: Postgres, other: Postgres) -> bool:
    """Whether both lead to one database."""
    return (one.name, one.host, one.port or "5432") == (other.name, other.host, other.port or "5432")


def describe_database(place: Path | Postgres) -> dict[str, Any]:
    """The database as Django's settings have it. Connections stay open; each thread of a worker has its own."""
    if isinstance(place, Path):
        return {
            "ENGINE": "upheld.records.sqlite",
            "NAME": place,
            "OPTIONS": SQLITE_OPTIONS,
            "CONN_MAX_AGE": None,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": place.name,
        "HOST": place.host,
        "PORT": place.port,
        "USER": place.user,
        "PASSWORD": place.password,
        "OPTIONS": {"connect_timeout": CONNECT_SECONDS, **dict(place.options)},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,  # a server that was started again in between is noticed before a request fails
    }


def make_missing(databases: Databases) -> tuple[str, ...]:
    """The names of the PostgreSQL databases that were missing and are made now. Raises SettingError S709."""
    made = []
    for _, place in databases.each():
        if isinstance(place, Postgres) and not is_there(place):
            make_database(place)
            made.append(place.name)
    return tuple(made)


def is_there(place: Postgres) -> bool:
    """Whether the database exists. Raises SettingError S709 when its server does not answer or lets nobody in."""
    # a server over SQLite need not have it
    import psycopg  # noqa: PLC0415

    try:
        connect(place).close()
    except psycopg.OperationalError as problem:
        # The server names the state in its message alone when the connection itself is refused.
        if problem.sqlstate == NO_SUCH_DATABASE or f'database "{place.name}" does not exist' in str(problem):
            return False
        raise refuse_database(place) from None
    return True


def make_database(place: Postgres) -> None:
    """Make the database, by way of one that is always there. Raises SettingError S709 when that is not permitted."""
    # the same
    import psycopg  # noqa: PLC0415
    from psycopg import sql  # noqa: PLC0415

    try:
        with closing(connect(place, FIRST_DATABASE)) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(place.name)))
    except psycopg.errors.DuplicateDatabase:
        return  # another server of ours was first
    except psycopg.Error:
        raise SettingError(
            "S709",
            f"there is no database `{place.name}`, and this user may not make it",
            f"make it as an administrator: createdb --owner {place.user or 'USER'} {place.name}",
        ) from None


def connect(place: Postgres, name: str = "") -> Any:
    """A connection of psycopg in autocommit, past Django; to the place's own database or to another on its server."""
    # the same
    import psycopg  # noqa: PLC0415

    parts = {"host": place.host, "port": place.port, "user": place.user, "password": place.password}
    given: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, **dict(place.options)}
    given |= {part: value for part, value in parts.items() if value}
    return psycopg.connect(dbname=name or place.name, autocommit=True, **given)


def refuse_database(place: Postgres) -> SettingError:
    """What is said when PostgreSQL does not let us in; its own message may repeat the user's name and stays out."""
    where = f"{place.host or 'this machine'}{':' + place.port if place.port else ''}"
    return SettingError(
        "S709",
        f"the database `{place.name}` on {where} does not let us in",
        "check that it runs and that the user and the password are right",
    )


def has_rows(place: Path | Postgres, table: str) -> bool:
    """Whether this table is there and holds anything; asked past Django, before its settings are made."""
    if isinstance(place, Path):
        if not place.is_file():
            return False
        with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as connection:
            try:
                return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None  # noqa: S608 - ours
            except sqlite3.OperationalError:
                return False
    if not is_there(place):
        return False
    with closing(connect(place)) as connection:
        if connection.execute("SELECT to_regclass(%s)", [table]).fetchone()[0] is None:
            return False
        return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None  # noqa: S608 - the same
