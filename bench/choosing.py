"""A choice over HTTP: somebody signed in says yes or no, on the ledger and committed, beside a bare Starlette that puts in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.clock import Row
from bench.questions import POLICY, ROOT
from bench.reading import STARTED_AFTER_SECONDS
from bench.visitors import Visit, find_port, run_server, send_all
from bench.writing import visit_starlette

PART = "choices over HTTP"
HOST = "lasership.localhost"
CHOICE = "marketing"
PEOPLE = 40
ANSWERS, WARM_UP = 3_000, 500
SHARE, MOST_SECONDS = 0.25, 0.010


def measure_choosing() -> Iterator[Row]:
    """The rows of this part."""
    with tempfile.TemporaryDirectory() as folder:
        inserted = visit_starlette(Path(folder) / "yardstick.sqlite3")
        variables = {name: value for name, value in os.environ.items() if not name.startswith("UPHELD_")}
        command = [sys.executable, "-m", "bench.reading", folder]
        done = subprocess.run(command, env=variables, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        answered = answer_often(Path(folder) / "state", json.loads(done.stdout.splitlines()[-1])["api"])
    share = answered.rate / inserted.rate
    yield Row(
        PART,
        "a yes or a no, each the other of the one before, on the ledger and committed",
        answered.rate,
        "/s",
        share,
        "{} × the yardstick",
        f"{SHARE} × the yardstick",
        is_reached=share >= SHARE,
    )
    yield Row(
        PART,
        "99 of 100 wait at most",
        answered.most,
        "s",
        answered.most / inserted.most,
        "{} × the yardstick",
        "10 ms",
        is_reached=answered.most <= MOST_SECONDS,
    )
    yield Row(PART, "50 of 100 wait at most", answered.half, "s", answered.half / inserted.half, "{} × the yardstick")
    yield Row(PART, "the yardstick: a bare Starlette, one INSERT and COMMIT", inserted.rate, "/s")


def answer_often(state: Path, tokens: list[str]) -> Visit:
    """What people saw who changed their mind again and again, through the API."""
    port = find_port()
    arguments = ["serve", "--port", str(port), "--policies", str(POLICY.parents[1]), "--state", str(state)]
    requests = [make_answer(tokens[number % PEOPLE], is_yes=number // PEOPLE % 2 == 0) for number in range(ANSWERS)]
    with run_server("upheld.cli.main", arguments, port, {}):
        time.sleep(STARTED_AFTER_SECONDS)
        send_all(port, requests[:WARM_UP])
        return send_all(port, requests)


def make_answer(token: str, *, is_yes: bool) -> bytes:
    """The request of somebody who is signed in."""
    body = json.dumps({"is_yes": is_yes}).encode()
    head = (
        f"PUT /api/v1/me/choices/{CHOICE} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
