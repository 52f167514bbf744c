"""The least that a server can do: a fixed body of the page's size, and one INSERT with its COMMIT; nothing of ours.

Plain WSGI beside the pages; for what is written, a bare Starlette, which is what one would take to write fast.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

Start = Callable[[str, list[tuple[str, str]]], object]
CREATE = "CREATE TABLE IF NOT EXISTS lines (number INTEGER PRIMARY KEY, kind TEXT, at TEXT)"
BODY = b"x" * int(os.environ.get("YARDSTICK_BYTES", "0"))
SYNCHRONOUS = os.environ.get("YARDSTICK_SYNCHRONOUS", "NORMAL")
INSERT = "INSERT INTO lines (kind, at) VALUES ('choice.given', '2016-06-13T12:00:00Z')"


def answer_page(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    """A body of YARDSTICK_BYTES bytes; for `/insert` an empty one, once the line is committed."""
    if environ["PATH_INFO"] == "/insert":
        insert_line(open_database(os.environ["YARDSTICK_DATABASE"]))
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(BODY)))])
    return [BODY]


_opened: dict[int, sqlite3.Connection] = {}


def open_database(path: str) -> sqlite3.Connection:
    """This thread's connection, with the same promises as the site's: write-ahead log, synced at checkpoints."""
    thread = threading.get_ident()
    if thread not in _opened:
        _opened[thread] = connect(path)
    return _opened[thread]


def connect(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=5)
    database.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous={SYNCHRONOUS}; PRAGMA foreign_keys=ON;")
    database.execute(CREATE)
    return database


def insert_line(database: sqlite3.Connection) -> None:
    """One line, committed."""
    database.execute("BEGIN IMMEDIATE")
    database.execute(INSERT)
    database.execute("COMMIT")


def make_starlette() -> Any:
    """A bare Starlette that takes a form and puts one line into the database, committed, before it answers."""
    from starlette.applications import Starlette  # noqa: PLC0415 - only the server's process needs it
    from starlette.requests import Request  # noqa: PLC0415 - the same
    from starlette.responses import Response  # noqa: PLC0415 - the same
    from starlette.routing import Route  # noqa: PLC0415 - the same

    def insert(_request: Request) -> Response:  # no coroutine: Starlette runs it in a thread, as the disk is waited for
        insert_line(open_database(os.environ["YARDSTICK_DATABASE"]))
        return Response()

    return Starlette(routes=[Route("/insert", insert, methods=["POST"])])


def serve(port: int, threads: int, application: str = "answer_page") -> None:
    """The server that the site has too, with one process and so many threads."""
    from granian import Granian  # noqa: PLC0415 - only the server's process needs it
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    Granian(
        f"bench.yardstick:{application}",
        factory=application == "make_starlette",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI if application == "make_starlette" else Interfaces.WSGI,
        workers=1,
        blocking_threads=1 if application == "make_starlette" else threads,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
