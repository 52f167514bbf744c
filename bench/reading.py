"""What is held about people, read over HTTP by themselves: as a page and as JSON, each value through the gate, each look a line."""

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
from bench.held import NOW, invent, open_house
from bench.questions import POLICY, ROOT
from bench.visitors import Visit, find_port, run_server, send_all

PART = "what is held, over HTTP"
HOST = "lasership.localhost"
PEOPLE, ITEMS = 40, 2
LOOKS = 2_000
WARM_UP = 500
STARTED_AFTER_SECONDS = 5.0  # the process for jobs loads its library on the same core
RATE, MOST_SECONDS = 400, 0.010


def measure_reading() -> Iterator[Row]:
    """The rows of this part."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {name: value for name, value in os.environ.items() if not name.startswith("UPHELD_")}
        command = [sys.executable, "-m", "bench.reading", folder]
        done = subprocess.run(command, env=variables, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        as_json, as_page, alone = look_often(Path(folder) / "state", json.loads(done.stdout.splitlines()[-1]))
    for what, looks in (("as JSON", as_json), ("as a page", as_page)):
        is_aim = looks is as_json
        yield Row(
            PART,
            f"five values of {ITEMS} items, {what}",
            looks.rate,
            "/s",
            None,
            "",
            f"{RATE}/s" if is_aim else "",
            looks.rate >= RATE if is_aim else None,
        )
        yield Row(
            PART,
            f"99 of 100 wait at most, {what}",
            looks.most,
            "s",
            None,
            "",
            "10 ms" if is_aim else "",
            looks.most <= MOST_SECONDS if is_aim else None,
        )

    yield Row(
        PART,
        "99 of 100 wait at most, as JSON, one after the other",
        alone.most,
        "s",
        None,
        "",
        "10 ms",
        alone.most <= MOST_SECONDS,
    )


def look_often(state: Path, sessions: dict[str, list[str]]) -> tuple[Visit, Visit, Visit]:
    """What people saw who looked at what is held about them, through the API, in their account, and with nobody beside them."""
    port = find_port()
    arguments = ["serve", "--port", str(port), "--policies", str(POLICY.parents[1]), "--state", str(state)]
    with run_server("upheld.cli.main", arguments, port, {}):
        time.sleep(STARTED_AFTER_SECONDS)
        looks = []
        for path, header, tokens in (
            ("/api/v1/me/held", "Authorization: Bearer {}", sessions["api"]),
            ("/account/held", "Cookie: session={}", sessions["page"]),
        ):
            requests = [
                f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{header.format(tokens[number % PEOPLE])}\r\n\r\n".encode()
                for number in range(LOOKS)
            ]
            send_all(port, requests[:WARM_UP])
            looks.append(send_all(port, requests))
            looks.append(send_all(port, requests[: LOOKS // 2], connections=1))
    return looks[0], looks[2], looks[1]


def sign_people_in(folder: str) -> None:
    """In the child: a house with people who are signed in, and what they hold as JSON."""
    binding = open_house(folder)
    from upheld.actions.imports import import_people  # noqa: PLC0415 - Django lives in the child alone
    from upheld.actions.sessions import open_session  # noqa: PLC0415 - the same
    from upheld.records.models import Person  # noqa: PLC0415 - the same

    import_people(binding, invent(PEOPLE, ITEMS), now=NOW)
    people = list(Person.objects.filter(site=binding.site))
    opened = {
        method: [open_session(binding, person=person, now=NOW, method=method) for person in people]
        for method in ("api", "page")
    }
    print(json.dumps(opened))


if __name__ == "__main__":
    sign_people_in(sys.argv[1])
