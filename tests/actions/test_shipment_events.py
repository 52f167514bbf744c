"""What is reported of a shipment counts once, in whatever order it comes; what cannot be is refused and stands in the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.senders import HOME, STAFF_ID, book_one, deliver_one, list_lines, note_one
from tests.actions.stage import Cast
from upheld.core.errors import ShipmentError
from upheld.core.gate.binding import Binding

HOUR = timedelta(hours=1)


@pytest.fixture
def booked(binding: Binding, now: datetime, cast: Cast) -> Any:
    """A shipment of Bo."""
    return book_one(binding, cast.bo, now)


def test_a_shipment_goes_its_way_step_by_step(binding: Binding, now: datetime, booked: Any) -> None:
    from upheld.actions.shipments import list_events

    states = ["picked-up", "at-depot", "on-its-way", "attempted", "on-its-way", "delivered"]
    for number, state in enumerate(states, 1):
        noted = note_one(binding, booked.id, state, now + number * HOUR)
        assert (noted.state, noted.is_new, noted.is_late, noted.number) == (state, True, False, booked.number)
    assert [event.state for event in list_events(binding.site, booked.id)] == ["booked", *states]
    assert [line["body"]["state"] for line in list_lines("shipment.event")] == states


def test_the_same_report_twice_counts_once_and_says_so(binding: Binding, now: datetime, booked: Any) -> None:
    from upheld.records.models import ShipmentEvent

    first = note_one(binding, booked.id, "picked-up", now, serial="scan 7")
    for again in (
        note_one(binding, booked.id, "picked-up", now + HOUR, serial="scan 7"),
        note_one(binding, booked.number, "picked-up", now + HOUR, at=now),
    ):
        assert (again.id, again.is_new, again.state) == (first.id, False, "picked-up")
    assert ShipmentEvent.objects.filter(state="picked-up").count() == 1
    assert len(list_lines("shipment.event")) == 1


def test_the_same_number_of_somebody_else_is_another_event(binding: Binding, now: datetime, booked: Any) -> None:
    note_one(binding, booked.id, "picked-up", now, serial="1")
    assert note_one(binding, booked.id, "at-depot", now + HOUR, serial="1", by="s_" + "b" * 20).is_new


def test_what_comes_late_is_kept_and_changes_nothing(binding: Binding, now: datetime, booked: Any) -> None:
    from upheld.actions.shipments import find_shipment, list_events

    note_one(binding, booked.id, "on-its-way", now + 2 * HOUR)
    late = note_one(binding, booked.id, "picked-up", now + 3 * HOUR, at=now + HOUR)
    assert (late.is_new, late.is_late, late.state) == (True, True, "on-its-way")
    held = find_shipment(binding.site, id=booked.id)
    assert held is not None
    assert (held.state, held.changed_at) == ("on-its-way", now + 2 * HOUR)
    assert [(event.state, event.is_late) for event in list_events(binding.site, held)] == [
        ("booked", False),
        ("picked-up", True),
        ("on-its-way", False),
    ]


@pytest.mark.parametrize(
    ("before", "state", "more", "code", "reason"),
    [
        ([], "delivered", {}, "B107", "cannot-follow"),
        ([], "attempted", {}, "B107", "cannot-follow"),
        (["picked-up"], "cancelled", {}, "B107", "cannot-follow"),
        (["cancelled"], "picked-up", {}, "B107", "cannot-follow"),
        (["picked-up", "delivered"], "attempted", {}, "B107", "cannot-follow"),
        (["picked-up", "delivered"], "delivered", {}, "B107", "cannot-follow"),
        ([], "vanished", {}, "B107", "unknown-state"),
        ([], "picked-up", {"source": "customer"}, "B107", "not-theirs-to-say"),
        (["picked-up"], "delivered", {"received_by": "  "}, "B109", "nobody-named"),
        (["picked-up"], "delivered", {"received_by": "x" * 121}, "B109", "nobody-named"),
        (["picked-up"], "delivered", {"received_by": "A\u202eB"}, "B109", "nobody-named"),
        (["picked-up"], "delivered", {"received_by": "A\nB"}, "B109", "nobody-named"),
    ],
)
def test_what_cannot_be_is_refused_with_a_line(
    binding: Binding,
    now: datetime,
    booked: Any,
    *,
    before: list[str],
    state: str,
    more: dict[str, Any],
    code: str,
    reason: str,
) -> None:
    from upheld.actions.shipments import find_shipment, list_events

    for number, done in enumerate(before, 1):
        note_one(binding, booked.id, done, now + number * HOUR)
    with pytest.raises(ShipmentError) as refused:
        note_one(binding, booked.id, state, now + 9 * HOUR, **more)
    assert refused.value.code == code
    [line] = list_lines("shipment.event-refused")
    assert line["body"]["reason"] == reason
    held = find_shipment(binding.site, id=booked.id)
    assert held is not None
    assert held.state == (before[-1] if before else "booked")
    assert len(list_events(binding.site, held)) == 1 + len(before)


@pytest.mark.parametrize(("after", "is_taken"), [(timedelta(seconds=30), True), (HOUR, False), (-HOUR, False)])
def test_a_moment_lies_between_the_booking_and_now(
    binding: Binding, now: datetime, booked: Any, after: timedelta, is_taken: bool
) -> None:
    if is_taken:
        assert note_one(binding, booked.id, "picked-up", now, at=now + after).is_new
        return
    with pytest.raises(ShipmentError) as refused:
        note_one(binding, booked.id, "picked-up", now, at=now + after)
    assert refused.value.code == "B108"


def test_a_shipment_that_is_not_there_is_refused_without_a_hint_of_others(
    binding: Binding, now: datetime, booked: Any
) -> None:
    for key in ("2026-009999", "sh_" + "x" * 20, ""):
        with pytest.raises(ShipmentError) as refused:
            note_one(binding, key, "picked-up", now)
        assert refused.value.code == "B106"
    assert [line["body"]["reason"] for line in list_lines("shipment.event-refused")] == ["unknown-shipment"] * 3


def test_a_customer_calls_off_what_is_not_picked_up(binding: Binding, now: datetime, cast: Cast, booked: Any) -> None:
    noted = note_one(binding, booked.id, "cancelled", now, source="customer", by=cast.bo.id)
    assert (noted.state, noted.proofs.queued) == ("cancelled", 0)


def test_a_delivery_seals_who_received_it_and_the_clock_of_keeping_begins(
    binding: Binding, now: datetime, booked: Any
) -> None:
    from upheld.actions.shipments import find_shipment, open_shipment
    from upheld.records.models import Item, ShipmentEvent

    deliver_one(binding, booked.id, now)
    held = find_shipment(binding.site, id=booked.id)
    assert held is not None
    assert held.delivered_at == now + HOUR
    told = {found.data: found.value for found in open_shipment(binding, held, now=now).values}["service.shipment"]
    assert told == {
        "number": booked.number,
        "offer": "Same day",
        "delivered": "20 November 2026, 10:00 UTC",
        "received by": "R. Holt, neighbour",
    }
    ends = dict(Item.objects.filter(id__in=[held.addressee, held.told]).values_list("id", "keep_until"))
    assert set(ends.values()) == {now + HOUR + timedelta(days=730)}
    assert "Holt" not in repr(list(ShipmentEvent.objects.values())) + repr(list(Item.objects.values()))


@pytest.mark.parametrize("states", [["cancelled"], ["picked-up", "returned"]])
def test_the_clock_begins_as_well_for_what_never_arrives(
    binding: Binding, now: datetime, booked: Any, states: list[str]
) -> None:
    from upheld.actions.shipments import find_shipment
    from upheld.records.models import Item

    for number, state in enumerate(states, 1):
        note_one(binding, booked.id, state, now + number * HOUR)
    held = find_shipment(binding.site, id=booked.id)
    assert held is not None
    assert Item.objects.get(id=held.addressee).keep_until == held.changed_at + timedelta(days=730)
    assert held.delivered_at is None


def test_a_step_asks_the_database_little(
    binding: Binding, now: datetime, booked: Any, django_assert_few_queries: Any
) -> None:
    note_one(binding, booked.id, "picked-up", now)
    with django_assert_few_queries(6):
        note_one(binding, booked.id, "at-depot", now + HOUR)


@pytest.fixture
def django_assert_few_queries() -> Any:
    """Holds what stands inside to so many statements, those that begin and end a transaction left out."""
    from contextlib import contextmanager

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    @contextmanager
    def hold(most: int) -> Any:
        with CaptureQueriesContext(connection) as captured:
            yield
        frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SELECT set_config")
        asked = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(frame)]
        assert len(asked) <= most, asked

    return hold


def test_two_reports_at_once_count_once(binding: Binding, now: datetime, booked: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from upheld.actions.shipment_events import note_event
    from upheld.records.models import ShipmentEvent

    def report(number: int) -> bool:
        try:
            noted = note_event(
                binding, shipment=booked.id, state="picked-up", at=now, source="staff", by=STAFF_ID, now=now,
                home=HOME, serial="scan 7",
            )  # fmt: skip
            return noted.is_new
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        news = list(pool.map(report, range(4)))
    assert news.count(True) == 1
    assert ShipmentEvent.objects.filter(state="picked-up").count() == 1


def test_nobody_fills_the_table_with_reports(binding: Binding, now: datetime, booked: Any, monkeypatch: Any) -> None:
    from upheld.actions import shipment_events

    monkeypatch.setattr(shipment_events, "MOST_EVENTS", 3)
    note_one(binding, booked.id, "picked-up", now)
    note_one(binding, booked.id, "at-depot", now + HOUR)
    with pytest.raises(ShipmentError):
        note_one(binding, booked.id, "on-its-way", now + 2 * HOUR)
    assert list_lines("shipment.event-refused")[-1]["body"]["reason"] == "too-many"


def test_in_whatever_order_the_steps_arrive_the_latest_moment_decides(
    binding: Binding, now: datetime, cast: Cast
) -> None:
    from itertools import permutations

    from upheld.actions.shipments import find_shipment, list_events

    steps = [("picked-up", now + HOUR), ("at-depot", now + 2 * HOUR), ("on-its-way", now + 3 * HOUR)]
    for order in permutations(steps):
        made = book_one(binding, cast.bo, now)
        for state, at in order:
            note_one(binding, made.id, state, now + 4 * HOUR, at=at)
        held = find_shipment(binding.site, id=made.id)
        assert held is not None
        assert (held.state, held.changed_at) == ("on-its-way", now + 3 * HOUR), order
        assert [event.state for event in list_events(binding.site, held)] == ["booked", *(state for state, _ in steps)]
