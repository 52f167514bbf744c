"""The policy page: from the application itself in one process, and over the loopback beside a server that does nothing."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

from bench.clock import Row, time_rounds
from bench.questions import POLICY, ROOT
from bench.visitors import Visit, find_port, run_server, visit
from bench.yardstick import connect, insert_line
from upheld.server.run import THREADS_A_WORKER

PART = "the policy page"
YARDSTICK = "the yardstick"
HOST = "lasership.localhost"
PATH = "/privacy"
KEPT, ANEW = 500, 10
REQUESTS = 4_000
INSERTS = 500
TARGET = 300


def measure_page() -> Iterator[Row]:
    """The rows of this part."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        kept, anew, asked = run_alone(state / "alone")
        ours = visit_site(state / "served")
        bare, inserted = visit_yardstick(state / "served.sqlite3", ours.body_bytes)
        with_file = INSERTS / time_rounds(lambda: insert_lines(state / "alone.sqlite3"), rounds=5)
    aim, reached = "300/s", ours.rate >= TARGET
    yield Row(
        PART, "the application alone, page kept from an earlier visitor", kept, "/s", None, "", aim, kept >= TARGET
    )
    yield Row(PART, "the application alone, page made anew for each visitor", anew, "/s", anew / kept, "{} × page kept")
    yield Row(
        PART,
        "the application alone, one question put to the gate on its page",
        asked,
        "/s",
        asked / kept,
        "{} × page kept",
    )
    what = f"over the loopback, server on one core, {ours.body_bytes:,} bytes packed"
    yield Row(PART, what, ours.rate, "/s", ours.rate / bare.rate, "{} × the yardstick", aim, reached)
    yield Row(PART, "99 of 100 visitors wait at most", ours.most, "s", ours.most / bare.most, "{} × the yardstick")
    yield Row(YARDSTICK, "a fixed body of the same size over the loopback", bare.rate, "/s")
    what = "one INSERT and COMMIT over the loopback, SQLite"
    yield Row(YARDSTICK, what, inserted.rate, "/s", inserted.rate / bare.rate, "{} × the fixed body")
    yield Row(YARDSTICK, "one INSERT and COMMIT, SQLite, no server", with_file, "/s")


def run_alone(state: Path) -> tuple[float, float, float]:
    """Answers per second of the application in a process of its own: page kept, made anew, and a question to the gate."""
    command = [sys.executable, "-m", "bench.page"]
    variables = {**os.environ, **name_settings(state)}
    done = subprocess.run(command, env=variables, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    kept, anew, asked = json.loads(done.stdout)
    return kept, anew, asked


def name_settings(state: Path) -> dict[str, str]:
    """The server's settings for a folder of its own."""
    state.mkdir()
    return {
        "UPHELD_STATE": str(state),
        "UPHELD_POLICIES": str(POLICY.parents[1]),
        "DJANGO_SETTINGS_MODULE": "upheld.server.settings",
    }


def visit_site(state: Path) -> Visit:
    """Visitors of the site as `upheld serve` starts it."""
    port = find_port()
    arguments = ["serve", "--port", str(port), "--policies", str(POLICY.parents[1]), "--state", str(state)]
    with run_server("upheld.cli.main", arguments, port, {}):
        visit(port, HOST, PATH, REQUESTS // 10)
        return visit(port, HOST, PATH, REQUESTS)


def visit_yardstick(database: Path, body_bytes: int) -> tuple[Visit, Visit]:
    """Visitors of the yardstick: for a body of this size, and for one line put into a database."""
    port = find_port()
    variables = {"YARDSTICK_BYTES": str(body_bytes), "YARDSTICK_DATABASE": str(database)}
    with run_server("bench.yardstick", [str(port), str(THREADS_A_WORKER)], port, variables):
        visit(port, HOST, "/", REQUESTS // 10)
        return visit(port, HOST, "/", REQUESTS), visit(port, HOST, "/insert", INSERTS)


def insert_lines(path: Path) -> None:
    database = connect(path)
    for _ in range(INSERTS):
        insert_line(database)
    database.close()


def answer_alone() -> None:
    """In the child: the rates of the application called as a server calls it, printed as JSON."""
    from upheld.server.environment import read_environment  # noqa: PLC0415 - Django lives in the child alone
    from upheld.server.run import prepare  # noqa: PLC0415

    prepare(dataclasses.replace(read_environment(os.environ), port=find_port()), lambda _line: None)
    from upheld.pages.ask_view import find_link  # noqa: PLC0415 - all of these read the settings that are now there
    from upheld.server.wsgi import application  # noqa: PLC0415
    from upheld.web.bodies import BODIES  # noqa: PLC0415
    from upheld.web.hosts import find_shelf  # noqa: PLC0415

    def make_anew() -> None:
        BODIES.kept.clear()
        answer(application, PATH)

    answer(application, PATH)
    good = find_shelf().policies[0].versions[-1]
    query = find_link(good, good.site.questions[0])
    kept = KEPT / time_rounds(lambda: [answer(application, PATH) for _ in range(KEPT)])
    anew = 1 / time_rounds(make_anew, rounds=ANEW)
    asked = ANEW / time_rounds(lambda: [answer(application, f"{PATH}/ask", query) for _ in range(ANEW)])
    print(json.dumps([kept, anew, asked]))


def answer(application: Any, path: str, query: str = "") -> None:
    """One request past any server; raises AssertionError for another answer than 200."""
    environ: dict[str, Any] = {
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": HOST,
        "HTTP_ACCEPT_ENCODING": "gzip",
    }
    setup_testing_defaults(environ)
    statuses: list[str] = []
    body = application(environ, lambda status, _headers: statuses.append(status))
    assert b"".join(body)
    body.close()
    assert statuses == ["200 OK"]


if __name__ == "__main__":
    answer_alone()
