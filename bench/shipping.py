"""Events of shipments over HTTP: a carrier's program reports steps, and deliveries that are told to three people at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.clock import Row
from bench.held import invent, open_house
from bench.questions import POLICY, ROOT
from bench.reading import STARTED_AFTER_SECONDS
from bench.visitors import Visit, find_port, run_server, send_all

PART = "events of shipments, over HTTP"
HOST = "lasership.localhost"
PEOPLE, SHIPMENTS, STEPS = 40, 400, 6
WARM_UP = 400
MOST_SECONDS = 0.015
NAMED = ("first@named.example", "second@named.example")


def measure_shipping() -> Iterator[Row]:
    """The rows of this part."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {name: value for name, value in os.environ.items() if not name.startswith("UPHELD_")}
        command = [sys.executable, "-m", "bench.shipping", folder]
        done = subprocess.run(command, env=variables, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        steps, alone, deliveries = report_often(Path(folder) / "state", json.loads(done.stdout.splitlines()[-1]))
    for what, reports, is_aim in (
        ("a step", steps, True),
        ("a step, one after the other", alone, True),
        ("a delivery, with proof to the customer and two others", deliveries, False),
    ):
        yield Row(PART, what, reports.rate, "/s")
        yield Row(
            PART,
            f"99 of 100 wait at most, {what}",
            reports.most,
            "s",
            None,
            "",
            "15 ms" if is_aim else "",
            reports.most <= MOST_SECONDS if is_aim else None,
        )


def report_often(state: Path, made: dict[str, list[str]]) -> tuple[Visit, Visit, Visit]:
    """What a program saw that reported steps, steps with nobody beside it, and then the deliveries."""
    port = find_port()
    arguments = ["serve", "--port", str(port), "--policies", str(POLICY.parents[1]), "--state", str(state)]
    [key], numbers = made["keys"], made["numbers"]
    began = datetime.now(UTC) - timedelta(hours=4)
    steps = [
        make_report(
            key, number, ("on-its-way", "at-depot")[step % 2], began + timedelta(minutes=step), serial=str(step)
        )
        for step in range(STEPS)
        for number in numbers
    ]
    deliveries = [
        make_report(key, number, "delivered", began + timedelta(hours=1), serial="end", received_by="Somebody")
        for number in numbers
    ]
    with run_server("upheld.cli.main", arguments, port, {}):
        time.sleep(STARTED_AFTER_SECONDS)
        send_all(port, steps[:WARM_UP])
        together, alone = send_all(port, steps[WARM_UP:-WARM_UP]), send_all(port, steps[-WARM_UP:], connections=1)
        return together, alone, send_all(port, deliveries)


def make_report(key: str, number: str, state: str, at: datetime, *, serial: str, received_by: str = "") -> bytes:
    """The request of a program."""
    body = json.dumps({"state": state, "at": at.isoformat(), "serial": serial, "received_by": received_by}).encode()
    head = (
        f"POST /api/v1/shipments/{number}/events HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def book_often(folder: str) -> None:
    """In the child: a house with people who have booked, and the business's own program; its key as JSON."""
    binding = open_house(folder)
    from upheld.actions.imports import import_people  # noqa: PLC0415 - Django lives in the child alone
    from upheld.actions.programs import add_program  # noqa: PLC0415 - the same
    from upheld.actions.shipments import book_shipment  # noqa: PLC0415 - the same
    from upheld.records.models import Person  # noqa: PLC0415 - the same

    now = datetime.now(UTC) - timedelta(hours=5)
    import_people(binding, invent(PEOPLE, 1), now=now)
    people = list(Person.objects.filter(site=binding.site))
    values = {"addressee.name": "Somebody", "addressee.address": "1 Quay Street", "service.order": {}}
    numbers = [
        book_shipment(
            binding,
            person=people[number % PEOPLE],
            values=values,
            offer="Same day",
            weight="5 kg",
            named=NAMED,
            now=now,
        ).number
        for number in range(SHIPMENTS)
    ]
    _, key = add_program(binding, name="scanner", may=["events"], by="s_" + "a" * 20, now=now)
    print(json.dumps({"keys": [key], "numbers": numbers}))


if __name__ == "__main__":
    book_often(sys.argv[1])
