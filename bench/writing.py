"""Forms over HTTP: a survey that is checked, sealed and put on the ledger, beside a bare Starlette that puts in one line."""

from __future__ import annotations

import re
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from bench.clock import Row
from bench.questions import POLICY
from bench.visitors import Visit, find_port, read_answer, run_server, send_all
from upheld.server.run import THREADS_A_WORKER

PART = "forms over HTTP"
HOST = "lasership.localhost"
FORM = "/survey"
SUBMISSIONS = 1_200
WARM_UP = 80
INSERTS = 4_000
SHARE = 0.1
MOST_SECONDS = 0.025
TOKEN = re.compile(rb'name="form:token" value="([^"]+)"')
PICK = re.compile(rb'name="([^"]+:\d+)" value="1"')
LINES = re.compile(rb'<textarea[^>]* name="([^"]+)"')
OLD_ENOUGH_SECONDS = 2.5  # a form that comes back sooner was not filled in by a person


def measure_writing() -> Iterator[Row]:
    """The rows of this part."""
    with tempfile.TemporaryDirectory() as folder:
        inserted = visit_starlette(Path(folder) / "yardstick.sqlite3")
        ours = send_forms(Path(folder) / "state")
    share = ours.rate / inserted.rate
    yield Row(
        PART,
        "a survey with four answers, checked, sealed, on the ledger and committed",
        ours.rate,
        "/s",
        share,
        "{} × the yardstick",
        f"{SHARE} × the yardstick",
        is_reached=share >= SHARE,
    )
    yield Row(
        PART,
        "99 of 100 wait at most",
        ours.most,
        "s",
        ours.most / inserted.most,
        "{} × the yardstick",
        "25 ms",
        is_reached=ours.most <= MOST_SECONDS,
    )
    yield Row(PART, "50 of 100 wait at most", ours.half, "s", ours.half / inserted.half, "{} × the yardstick")
    yield Row(PART, "the yardstick: a bare Starlette, one INSERT and COMMIT", inserted.rate, "/s")
    yield Row(PART, "99 of 100 wait at most for the yardstick", inserted.most, "s")


def visit_starlette(database: Path) -> Visit:
    """What visitors saw who posted to the yardstick."""
    port = find_port()
    variables = {"YARDSTICK_DATABASE": str(database), "YARDSTICK_SYNCHRONOUS": "FULL"}
    request = b"POST /insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    with run_server("bench.yardstick", [str(port), str(THREADS_A_WORKER), "make_starlette"], port, variables):
        send_all(port, [request] * (INSERTS // 10))
        return send_all(port, [request] * INSERTS)


def send_forms(state: Path) -> Visit:
    """What people saw who filled in the survey, each from a network of their own, as a proxy in front of it would say."""
    port = find_port()
    state.mkdir()
    arguments = ["serve", "--port", str(port), "--policies", str(POLICY.parents[1]), "--state", str(state)]
    with run_server("upheld.cli.main", arguments, port, {"UPHELD_PROXY": "127.0.0.1"}):
        posts = fetch_forms(port, WARM_UP + SUBMISSIONS)
        time.sleep(OLD_ENOUGH_SECONDS)
        send_all(port, posts[:WARM_UP])
        return send_all(port, posts[WARM_UP:])


def fetch_forms(port: int, count: int) -> list[bytes]:
    """So many forms, each asked for once and filled in, as requests that send them back."""
    posts = []
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for number in range(count):
            # a network of its own for each: one network may send only so many forms an hour
            network = f"2001:db8:{number // 250:x}:{number % 250:x}::1"
            connection.sendall(make_request("GET", network))
            posts.append(make_request("POST", network, fill_in(read_answer(connection), number)))
    return posts


def fill_in(page: bytes, number: int) -> bytes:
    """The form of this page with the first answer to each question and a line of text."""
    token = TOKEN.search(page)
    if token is None:
        raise RuntimeError("the page has no form")
    fields = {name.decode(): "1" for name in PICK.findall(page)}
    fields |= {name.decode(): f"Nothing, go on like this ({number})" for name in LINES.findall(page)}
    return urlencode({**fields, "form:token": token.group(1).decode(), "form:website": ""}).encode()


def make_request(method: str, network: str, body: bytes = b"") -> bytes:
    """A request as the proxy hands it on."""
    lines = [
        f"{method} {FORM} HTTP/1.1",
        f"Host: {HOST}",
        f"X-Forwarded-For: {network}",
        "X-Forwarded-Proto: https",
    ]
    if body:
        lines += [
            "Content-Type: application/x-www-form-urlencoded",
            f"Origin: https://{HOST}",
            f"Content-Length: {len(body)}",
        ]
    return "\r\n".join([*lines, "", ""]).encode() + body
