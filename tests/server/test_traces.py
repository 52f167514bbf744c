"""What people leave behind in the files of a running server: nothing in the clear but mails in the folder that asks for it.

Somebody registers, confirms, signs in, corrects, sends a form, takes a copy and closes the account, all of it over HTTP,
and the server's own jobs carry the mails; then every byte of the state folder and of the log is looked through.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import COURIER
from tests.server.test_serving import START, find_port

# In every value that anybody types here, so that one search finds them all.
MARK = "zqx7w"
PASSWORD = f"{MARK} and a lantern"
BEA = {"person.name": f"Bea {MARK}", "person.email": f"bea@{MARK}.example", "person.zip": "90417"}
PHONE = "+15550187349"
WAIT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Serving:
    """A server over the courier's policy, its state folder and what it says."""

    port: int
    state: Path
    log: Path

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        headers = {"Host": f"lasership.localhost:{self.port}", "Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.port}/api/v1{path}"
        request = urllib.request.Request(address, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - an address of this machine
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, json.load(answer)

    def wait_for_link(self, to: str, page: str) -> str:
        """The secret part of the link in a mail, once the jobs have carried it."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            for path in (self.state / "mail").glob("*.eml"):
                mail = message_from_bytes(path.read_bytes(), policy=policy.default)
                text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
                found = re.search(rf"/account/{page}/(\S+)", text)
                if str(mail["To"]) == to and found:
                    return found[1]
            time.sleep(0.1)
        raise AssertionError(f"no mail led to {page}")

    def read_rows(self, database: str, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.state / database}?mode=ro", uri=True)) as opened:
            return opened.execute(query).fetchall()

    def list_holders(self, *pieces: bytes) -> list[str]:
        """The files that hold one of these, by their path in the state folder, and the log; mails left out."""
        files = [path for path in self.state.rglob("*") if path.is_file() and path.parent.name != "mail"]
        return [str(path) for path in (*files, self.log) if any(piece in path.read_bytes() for piece in pieces)]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    port, state, log = find_port(), tmp_path / "var", tmp_path / "log"
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / COURIER.name).symlink_to(COURIER)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("UPHELD_", "DJANGO_"))}
    command = [sys.executable, "-c", START, str(policies), str(port), str(state), "no"]
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, env=clean | {"UPHELD_MAIL": "folder", "UPHELD_PROOFS": "no"}, stdout=said, stderr=said
        )
    made = Serving(port, state, log)
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    try:
        yield made
    finally:
        process.terminate()
        process.wait(30)


def come_in(serving: Serving) -> str:
    """Bea registers, confirms her address, mistypes and then gives her password; her token."""
    told = {**BEA, "person.phone": PHONE, "sign-in.password": PASSWORD}
    assert serving.call("POST", "/register", {"values": told, "choices": {"marketing": False}})[0] == 202
    token = serving.wait_for_link(BEA["person.email"], "verify")
    assert serving.call("POST", "/verify", {"token": token, "password": PASSWORD})[0] == 200
    given = {"email": BEA["person.email"], "password": PASSWORD}
    assert serving.call("POST", "/sign-in", given | {"password": f"{PASSWORD}s"})[0] == 401
    status, opened = serving.call("POST", "/sign-in", given)
    assert status == 200
    return str(opened["token"])


@pytest.mark.sqlite
def test_nothing_that_people_typed_lies_in_the_clear_and_after_the_erasure_nothing_at_all(serving: Serving) -> None:
    token = come_in(serving)
    status, held = serving.call("GET", "/me/held", token=token)
    assert status == 200
    assert BEA["person.name"] in json.dumps(held)
    changes = {"values": {"person.name": f"Beatrix {MARK}"}}
    assert serving.call("PATCH", "/me/held", changes, token)[0] == 200
    assert serving.call("POST", "/forms/feedback", {"values": {"message.feedback": f"{MARK} asks"}}, token)[0] < 300
    assert serving.call("POST", "/forgot", {"email": BEA["person.email"]})[0] == 202
    assert serving.call("GET", "/me/copy", token=token)[0] == 200
    serving.wait_for_link(BEA["person.email"], "new-password")
    pieces = (MARK.encode(), PHONE.encode(), PHONE[1:].encode(), token.encode())
    assert serving.list_holders(*pieces) == []
    assert b"beatrix" not in serving.log.read_bytes().lower()

    [[bea]] = serving.read_rows("upheld.sqlite3", "SELECT DISTINCT person_id FROM records_signin")
    keys = serving.read_rows("keys.sqlite3", f"SELECT wrapped FROM keyring_personkey WHERE person = '{bea}'")
    assert serving.list_holders(*(key for [key] in keys))
    assert serving.call("POST", "/me/close", {"password": PASSWORD, "is_erased": True}, token)[0] == 200
    assert serving.call("GET", "/me/held", token=token)[0] == 401
    assert serving.list_holders(*(key for [key] in keys)) == []
    # Her id is left in the ledger, in the list of destroyed keys and in cases, and nowhere else.
    tables = serving.read_rows("upheld.sqlite3", "SELECT name FROM sqlite_master WHERE type = 'table'")
    for [table] in tables:
        rows = serving.read_rows("upheld.sqlite3", f"SELECT * FROM {table}")
        assert bea not in str(rows) or table in ("records_entry", "records_case"), table
    assert serving.list_holders(*pieces) == []
