"""What was taken in under a narrower version: counted, handed over and fed by the newer one once its person agreed to it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.actions.senders import MAREN, STAFF_ID, book_one
from tests.actions.stage import Cast
from tests.actions.test_agreements import agree, let_bind
from tests.actions.test_reports import make
from tests.actions.test_shipments import add_outside
from tests.actions.versions import TODAY, bind_with, read_table
from upheld.core.count.reports import Period
from upheld.core.errors import RefusedError
from upheld.core.gate.binding import Binding

NARROW = date(2026, 11, 18)
NO_ADDRESSEE = ("share only addressee.name, addressee.address, person.phone with", "share only person.phone with")
NO_ORDERS = (
    ("reporting use only visit, service, answer.survey", "reporting use only visit, answer.survey"),
    ("reporting show only visit, service, answer.survey", "reporting show only visit, answer.survey"),
)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))


def bind_both(*changes: tuple[str, str]) -> tuple[Binding, Binding]:
    """The narrow version in force, and then the newer one; both are known."""
    tables = read_table(NARROW, *changes), read_table(TODAY)
    return bind_with(*tables, current=NARROW), bind_with(*tables)


def come_to(person: Any) -> Any:
    """The newer version binds them, and they have not agreed to it for what came before."""
    return let_bind(person)


def test_a_parcel_is_handed_over_and_fed_by_the_version_that_was_agreed_to(cast: Cast, now: datetime) -> None:
    from upheld.actions.feeds import fetch_feed
    from upheld.actions.programs import HeldProgram, add_program
    from upheld.actions.shipments import hand_over

    then, newer = bind_both(NO_ADDRESSEE)
    booked = book_one(then, let_bind(cast.ada, NARROW), now)
    carrier = add_outside(newer, "carriers", now)
    come_to(cast.ada)
    with pytest.raises(RefusedError):
        hand_over(newer, shipment=booked.id, carrier=carrier, by=STAFF_ID, now=now)
    agree(newer, cast.ada, now)
    hand_over(newer, shipment=booked.id, carrier=carrier, by=STAFF_ID, now=now)
    program, _ = add_program(newer, name="Quay", may=("feed",), carrier=carrier, by=STAFF_ID, now=now)
    assert isinstance(program, HeldProgram)
    [fed] = fetch_feed(newer, program, now=now)
    assert fed.values["addressee.address"] == MAREN["addressee.address"]


def test_orders_are_counted_by_the_version_that_was_agreed_to(cast: Cast, now: datetime, tmp_path: Path) -> None:
    from upheld.actions.people import create_person

    then, newer = bind_both(*NO_ORDERS)
    at = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
    people = [create_person(then, now=at) for _ in range(11)]
    for person in people:
        book_one(then, person, at)
        come_to(person)
    assert make(newer, "orders", now, tmp_path, period=NOVEMBER)["What customers book"] == {}
    for person in people:
        agree(newer, person, now)
    assert make(newer, "orders", now, tmp_path, period=NOVEMBER)["What customers book"] == {"Same day": 11}
