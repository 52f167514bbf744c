"""The page about the API is run: each of its commands, in its order, against the courier's site with somebody signed up."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.customers import CY, PASSWORD, find_mail
from tests.api.programs import REGISTRATION, Program

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^curl .*$", PAGE, re.MULTILINE)
NEWCOMER = "mara@quist.example"


def run_command(program: Program, command: str, given: dict[str, str]) -> Any:
    """The answer to one `curl` of the page, with what a reader puts in."""
    for name, value in given.items():
        command = command.replace(name, value)
    words = shlex.split(command)[1:]
    address, options = words[0], dict(zip(words[1::2], words[2::2], strict=True))
    assert options.keys() <= {"-X", "-H", "--json", "-o"}, command
    scheme, _, program.token = options.get("-H", "").removeprefix("Authorization: ").partition(" ")
    assert scheme in ("", "Bearer")
    body = json.loads(options["--json"]) if "--json" in options else None
    method = options.get("-X", "GET" if body is None else "POST")
    return program.call(method, address.removeprefix("$SITE"), body)


@pytest.fixture
def customer(program: Program) -> Program:
    """The same program, with a customer of the site as the demo has them."""
    assert program.register(REGISTRATION).status_code == 202
    assert program.verify().status_code == 200
    return program


def test_every_command_of_the_page_does_what_the_page_says(customer: Program) -> None:
    from upheld.actions.ledger import sequence_entries

    last_day = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    given = {"$EMAIL": CY["person.email"], "$PASSWORD": PASSWORD, "THE-LAST-DAY": last_day}
    codes = []
    for command in COMMANDS:
        if "THE-ENTRY" in command:
            sequence_entries("lasership", datetime.now(UTC))
        answer = run_command(customer, command, given)
        codes.append(answer.status_code)
        said = answer.json()
        if "/register" in command:
            given["THE-LAST-PART-OF-THE-LINK"] = find_mail(NEWCOMER, "verify-address").token
        if "/shipments" in command and answer.status_code == 201:
            given |= {"THE-NUMBER": said["number"], "$KEY": add_scanner(), "THE-MOMENT": datetime.now(UTC).isoformat()}
        if "/sign-in" in command:
            given["$TOKEN"] = said["token"]
        if "/me/lines" in command:
            given["THE-ENTRY"] = said[0]["entry"]
    assert codes == [200, 202, *[200] * 10, 201, *[200] * 3, 201, *[200] * 4, 403]


def add_scanner() -> str:
    """The key of a program of the house itself."""
    from tests.actions.senders import STAFF_ID
    from tests.actions.stage import open_courier
    from upheld.actions.programs import add_program

    return add_program(open_courier(), name="scanner", may=("events",), by=STAFF_ID, now=datetime.now(UTC))[1]


def test_the_refusal_on_the_page_is_the_one_that_is_given(customer: Program) -> None:
    customer.sign_in()
    given = {"$TOKEN": customer.token}
    (printed,) = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)
    answer = run_command(customer, COMMANDS[-1], given)
    assert answer.json() == json.loads(printed)


def test_a_link_that_was_used_and_a_token_that_is_none_get_the_statuses_of_the_page(customer: Program) -> None:
    told = {int(line.split("|")[1]) for line in PAGE.splitlines() if re.match(r"\| \d{3} ", line)}
    link = find_mail(CY["person.email"], "verify-address").token
    for status, answer in (
        (422, customer.post("/verify", {"token": link, "password": PASSWORD})),
        (401, customer.call("GET", "/me/held", authorization="Bearer nobody")),
        (404, customer.get("/nothing")),
        (400, customer.call("POST", "/verify", {"token": link}, **{"content-type": "text/plain"})),
        (422, customer.register({**REGISTRATION, "person.age": "44"})),
    ):
        assert answer.status_code == status, answer.content
        assert answer["Content-Type"] == "application/problem+json"
        assert status in told
