"""Programs of carriers report only on what was handed to them and get only what the policy lets go; a wrong key gets nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import read_mails
from tests.actions.senders import MAREN, STAFF_ID, list_lines
from tests.actions.stage import open_courier
from tests.api.programs import COMPANY, Program
from tests.api.test_shipments import book

BOTH = ("events", "feed")


def add(kind: str = "carriers", may: tuple[str, ...] = BOTH, carrier: str | None = None) -> tuple[str, Any, str]:
    """A carrier of this kind with a program: the carrier's id, the program, its key."""
    from tests.actions.test_shipments import add_outside
    from upheld.actions.programs import add_program

    now, binding = datetime.now(UTC), open_courier()
    listed = add_outside(binding, kind, now) if carrier is None else carrier
    held, key = add_program(binding, name="Quay Vans scanner", may=may, carrier=listed, by=STAFF_ID, now=now)
    return listed, held, key


def hand_over(number: str, carrier: str) -> None:
    from upheld.actions.shipments import find_shipment, hand_over

    binding = open_courier()
    held = find_shipment(binding.site, number=number)
    assert held is not None
    hand_over(binding, shipment=held.id, carrier=carrier, by=STAFF_ID, now=datetime.now(UTC))


def report(program: Program, key: str, number: str, state: str, **more: Any) -> Any:
    body = {"state": state, "at": datetime.now(UTC).isoformat(), **more}
    return program.call("POST", f"/shipments/{number}/events", body, authorization=f"Bearer {key}")


@pytest.fixture
def number(program: Program) -> str:
    """A shipment that was booked a while ago."""
    from upheld.records.models import Shipment

    program.come_in()
    made = str(book(program, named=["jo@harbour.example"]).json()["number"])
    then = datetime.now(UTC) - timedelta(hours=5)
    Shipment.objects.update(booked_at=then, changed_at=then)
    return made


def test_a_carrier_s_program_reports_a_shipment_to_its_end(program: Program, number: str) -> None:
    carrier, _, key = add()
    hand_over(number, carrier)
    first = report(program, key, number, "picked-up", serial="1")
    assert first.json() == {"number": number, "state": "picked-up", "is_new": True, "is_late": False}
    assert report(program, key, number, "picked-up", serial="1").json()["is_new"] is False
    early = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert report(program, key, number, "at-depot", serial="0", at=early).json()["is_late"] is True
    done = report(program, key, number, "delivered", serial="2", received_by="R. Holt")
    assert done.json()["state"] == "delivered"
    assert {mail.to for mail in read_mails() if mail.kind.startswith("proof")} == {
        "cy@reed.example",
        "jo@harbour.example",
    }
    found = program.get(f"/shipments/{number}").json()
    assert "received by: R. Holt" in found["values"]["service.shipment"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"state": "delivered", "received_by": ""}, "B107"),
        ({"state": "on-its-way", "at": "2999-01-01T00:00:00Z"}, "B108"),
        ({"state": "on-its-way", "at": "0001-01-01T00:00:00+14:00"}, "B108"),
        ({"state": "on-its-way", "at": "2026-01-01T00:00:00"}, "F901"),
        ({"state": "booked"}, "F901"),
        ({"state": "cancelled"}, "F901"),
    ],
)
def test_what_cannot_be_reported_is_a_problem(program: Program, number: str, more: dict[str, Any], code: str) -> None:
    carrier, _, key = add()
    hand_over(number, carrier)
    answer = report(program, key, number, **more)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_program_reports_on_no_shipment_of_others(program: Program, number: str) -> None:
    _, held, key = add()
    _, _, ours = add(may=("events",), carrier="")
    answers = [report(program, key, number, "picked-up"), report(program, key, "2026-999999", "picked-up")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    lines = [line["body"] for line in list_lines("shipment.event-refused")]
    assert [line["reason"] for line in lines] == ["other-carrier", "unknown-shipment"]
    assert {line["by"] for line in lines} == {held.id}
    assert report(program, ours, number, "picked-up").status_code == 200


def test_the_feed_has_what_a_delivery_needs_and_nothing_else(program: Program, number: str) -> None:
    carrier, _, key = add()
    hand_over(number, carrier)
    feed = program.call("GET", "/feed", authorization=f"Bearer {key}").json()
    [one] = feed["shipments"]
    assert one["number"] == feed["after"] == number
    assert set(one["values"]) <= {"addressee.name", "addressee.address", "person.phone"}
    assert one["values"]["addressee.address"] == MAREN["addressee.address"]
    assert program.call("GET", f"/feed?after={number}", authorization=f"Bearer {key}").json()["shipments"] == []
    [line] = list_lines("data.disclosed")
    assert (line["body"]["recipient"], line["body"]["ground"], line["body"]["purpose"]) == (
        "carriers", "service", "fulfil.service",
    )  # fmt: skip
    assert line["body"]["outside"] == carrier


def test_for_a_company_s_parcel_the_carrier_gets_the_telephone_of_whoever_booked_it(program: Program) -> None:
    program.come_in({**COMPANY, "person.phone": "+15550142555"})
    made = book(program).json()["number"]
    carrier, _, key = add()
    hand_over(made, carrier)
    [one] = program.call("GET", "/feed", authorization=f"Bearer {key}").json()["shipments"]
    assert one["values"] == {**MAREN, "person.phone": "+15550142555"}
    assert len({line["person"] for line in list_lines("data.disclosed")}) == 2


def test_a_parcel_shop_gets_the_name_and_nothing_else(program: Program, number: str) -> None:
    shop, _, key = add("parcel shops")
    hand_over(number, shop)
    [one] = program.call("GET", "/feed", authorization=f"Bearer {key}").json()["shipments"]
    assert one["values"] == {"addressee.name": MAREN["addressee.name"]}


def test_the_feed_of_a_carrier_has_no_shipment_of_another(program: Program, number: str) -> None:
    carrier, _, _ = add()
    _, _, other = add()
    hand_over(number, carrier)
    assert program.call("GET", "/feed", authorization=f"Bearer {other}").json() == {"shipments": [], "after": None}
    assert list_lines("data.disclosed") == []


def test_a_key_opens_what_it_is_for_until_it_ends(program: Program, number: str) -> None:
    from upheld.actions.programs import end_program

    carrier, held, key = add(may=("events",))
    hand_over(number, carrier)
    assert program.call("GET", "/feed", authorization=f"Bearer {key}").status_code == 401
    assert report(program, program.token, number, "picked-up").status_code == 401
    assert program.call("GET", "/shipments", authorization=f"Bearer {key}").status_code == 401
    end_program(open_courier(), program=held.id, by=STAFF_ID, now=datetime.now(UTC))
    assert report(program, key, number, "picked-up").status_code == 401


def test_wrong_keys_are_counted_and_right_ones_still_come_in(program: Program, number: str) -> None:
    carrier, _, key = add()
    hand_over(number, carrier)
    answers = [report(program, f"up_{number}", number, "picked-up").status_code for _ in range(31)]
    assert answers == [401] * 30 + [429]
    assert report(program, key, number, "picked-up").status_code == 200


def test_the_key_is_nowhere_to_be_read(program: Program) -> None:
    from upheld.records.models import Entry
    from upheld.records.models import Program as Row

    _, _, key = add()
    assert key.startswith("up_")
    assert key not in repr(list(Row.objects.values())) + repr(list(Entry.objects.values()))


def test_a_report_asks_the_database_little(program: Program, number: str) -> None:
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    carrier, _, key = add()
    hand_over(number, carrier)
    report(program, key, number, "picked-up")
    with CaptureQueriesContext(connections["default"]) as captured:
        assert report(program, key, number, "at-depot").status_code == 200
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SELECT set_config")
    asked = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(frame)]
    # the program, the shipment, what is known, the event, the line, the state
    assert len(asked) <= 6, asked


def test_a_carrier_who_left_the_register_fetches_nothing_more(program: Program, number: str) -> None:
    from upheld.records.models import Recipient

    carrier, _, key = add()
    hand_over(number, carrier)
    Recipient.objects.filter(id=carrier).update(ended_at=datetime.now(UTC))
    answer = program.call("GET", "/feed", authorization=f"Bearer {key}")
    assert (answer.status_code, answer.json()["code"]) == (422, "B110")
    assert list_lines("data.disclosed") == []
