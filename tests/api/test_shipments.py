"""What a customer's program does with shipments: price, booking, looking, calling off; and what is not theirs is not there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.actions.customers import CY
from tests.actions.senders import MAREN
from tests.actions.stage import COURIER
from tests.api.programs import COMPANY, REGISTRATION, Program
from tests.web.sites import open_workshop

BOOKING = {"offer": "Same day", "weight": "5 kg", "values": MAREN, "note": "Ring twice"}
OTHER = {**REGISTRATION, "person.name": "Di Vale", "person.email": "di@vale.example"}


def book(program: Program, **more: Any) -> Any:
    return program.post("/shipments", {**BOOKING, **more})


def test_what_can_be_booked_stands_there_with_its_prices(program: Program) -> None:
    found = program.get("/shipping").json()
    assert found["offers"][0]["prices"]["5 kg"] == 1450
    assert found["fields"] == ["service.order", "addressee.name", "addressee.address", "addressee.email"]
    price = program.get("/shipping/price?offer=Same%20day&weight=5%20kg&stops=2").json()
    assert (price["cents"], price["price"]) == (1770, "$17.70")
    wrong = program.get("/shipping/price?offer=Same%20day&weight=50%20kg")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "B102")


def test_somebody_books_and_sees_what_became_of_it(program: Program) -> None:
    program.come_in()
    booked = book(program, named=["jo@harbour.example"])
    assert booked.status_code == 201, booked.content
    number = booked.json()["number"]
    [listed] = program.get("/shipments").json()
    assert (listed["number"], listed["state"], listed["words"], listed["cents"]) == (number, "booked", "Booked", 1450)
    assert "Holt" not in str(listed)
    found = program.get(f"/shipments/{number}").json()
    assert found["values"]["addressee.name"] == MAREN["addressee.name"]
    assert found["named"] == [{"address": "jo@harbour.example", "state": "named"}]
    assert [event["state"] for event in found["events"]] == ["booked"]
    assert program.get("/shipments?state=delivered").json() == []


def test_somebody_calls_off_once(program: Program) -> None:
    program.come_in()
    number = book(program).json()["number"]
    assert program.post(f"/shipments/{number}/cancel").json()["state"] == "cancelled"
    again = program.post(f"/shipments/{number}/cancel")
    assert (again.status_code, again.json()["code"]) == (422, "B107")


def test_nobody_sees_the_shipment_of_somebody_else(program: Program) -> None:
    program.come_in()
    number = book(program).json()["number"]
    program.token = ""
    for path in ("/shipments", f"/shipments/{number}"):
        assert program.get(path).status_code == 401
    program.come_in(OTHER)
    assert program.get("/shipments").json() == []
    assert program.get(f"/shipments/{number}").status_code == 404
    assert program.post(f"/shipments/{number}/cancel").status_code == 404


def test_what_a_company_s_user_books_is_the_company_s(program: Program) -> None:
    program.come_in(COMPANY)
    number = book(program).json()["number"]
    found = program.get(f"/shipments/{number}").json()
    assert found["is_company"]
    assert found["values"]["addressee.address"] == MAREN["addressee.address"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"offer": "By balloon"}, "B101"),
        ({"values": {}}, "B104"),
        ({"values": {**MAREN, "person.phone": "+15550142000"}}, "B104"),
        ({"named": ["nobody"]}, "B105"),
        ({"ready_at": "1999-01-01T00:00:00Z"}, "B108"),
        ({"ready_at": "9999-12-31T23:59:59-14:00"}, "B108"),
        ({"colour": "red"}, "F901"),
    ],
)
def test_what_cannot_be_booked_is_a_problem_with_its_code(program: Program, more: dict[str, Any], code: str) -> None:
    from upheld.records.models import Shipment

    program.come_in()
    answer = book(program, **more)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert not Shipment.objects.exists()
    assert CY["person.email"] not in answer.content.decode()


def test_a_number_that_is_none_is_no_fault(program: Program) -> None:
    program.come_in()
    assert program.get("/shipments/2026-999999").status_code == 404
    assert program.get("/shipments/abc").status_code == 422


def test_a_policy_without_a_word_of_it_has_no_shipments(databases: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "policies" / COURIER.name
    folder.mkdir(parents=True)
    for name in (min(path.name for path in COURIER.glob("*.policy.md")), "terms.md"):
        shutil.copy(COURIER / name, folder / name)
    open_workshop(tmp_path)
    program = Program()
    program.come_in()
    assert program.get("/shipping").status_code == 404
    assert program.get("/shipping/price?offer=Same%20day&weight=5%20kg").status_code == 404
    assert book(program).status_code == 404
    assert program.get("/shipments").status_code == 404


def test_a_delivery_that_was_taken_back_is_said_to_be(program: Program) -> None:
    from datetime import timedelta

    from tests.actions.senders import HOME, STAFF_ID, deliver_one
    from tests.actions.stage import open_courier
    from upheld.actions.undelivered import take_delivery_back
    from upheld.records.models import Shipment

    program.come_in()
    number = book(program).json()["number"]
    row = Shipment.objects.get(number=number)
    deliver_one(open_courier(), row.id, row.booked_at)
    at = row.booked_at + timedelta(hours=2)
    take_delivery_back(open_courier(), shipment=row.id, by=STAFF_ID, now=at, home=HOME)
    found = program.get(f"/shipments/{number}").json()
    assert (found["state"], found["delivered_at"]) == ("on-its-way", None)
    assert found["events"][-1]["state"] == "not-delivered-after-all"
