"""A driver's link: one number, one device, one day; everything else shows nothing and is told."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import Cast, binding, cast, databases, now
from tests.web.sites import set_up_django
from upheld.core.errors import StaffError

__all__ = ["binding", "cast", "databases", "now"]

SITE = "lasership"


@pytest.fixture(autouse=True)
def _django() -> None:
    set_up_django()


def put_shipment(cast: Cast, now: datetime, number: int = 1, state: str = "booked") -> Any:
    """A row without anything sealed."""
    from upheld.actions.ids import draw_id
    from upheld.records.models import Shipment

    return Shipment.objects.create(
        id=draw_id("sh"),
        site=SITE,
        number=f"2026-{number:06}",
        person=cast.ada,
        order="i_none",
        state=state,
        version=datetime(2016, 10, 3).date(),  # noqa: DTZ001 - the day of a version
        booked_at=now,
        changed_at=now,
    )


def add_driver(name: str = "d.walsh") -> Any:
    from upheld.actions.staff import add_staff

    return add_staff(name, is_owner=False)


def make_one(cast: Cast, now: datetime, **more: Any) -> Any:
    from upheld.actions.routes import make_route
    from upheld.records.models import Staff

    given: dict[str, Any] = {
        "name": "North line",
        "role": "dispatch",
        "ends_at": now + timedelta(hours=8),
        "staff": Staff.objects.first() or add_driver(),
    }
    shipments = more.pop("shipments", None) or [put_shipment(cast, now).id]
    return make_route(SITE, shipments=shipments, now=now, **given | more)


def wrong(number: str) -> str:
    return f"{(int(number) + 1) % 10**6:06}"


def list_reasons() -> list[str]:
    from upheld.records.models import Entry

    texts = Entry.objects.filter(site=SITE, kind="route.refused").order_by("serial").values_list("text", flat=True)
    return [json.loads(text)["body"]["reason"] for text in texts]


def test_the_right_number_opens_the_route_on_that_device_and_on_no_other(cast: Cast, now: datetime) -> None:
    from upheld.actions.routes import look_at_route, open_route

    made = make_one(cast, now)
    assert look_at_route(SITE, made.token, (), now).outcome == "new"
    opened = open_route(SITE, made.token, made.number, now)
    assert opened.outcome == "here"
    assert look_at_route(SITE, made.token, ("of a customer", opened.device), now).outcome == "here"
    for devices in ((), ("somebody else's",)):
        found = look_at_route(SITE, made.token, devices, now)
        assert found.outcome == "elsewhere"
        assert found.route is None
    assert open_route(SITE, made.token, made.number, now).outcome == "elsewhere"
    assert list_reasons() == ["another-device"] * 3


def test_five_wrong_numbers_end_the_link_even_for_the_right_one(cast: Cast, now: datetime) -> None:
    from upheld.actions.routes import find_route, open_route

    made = make_one(cast, now)
    tried = [open_route(SITE, made.token, wrong(made.number), now) for _ in range(5)]
    assert [look.outcome for look in tried] == ["wrong"] * 4 + ["over"]
    assert [look.left for look in tried] == [4, 3, 2, 1, 0]
    assert open_route(SITE, made.token, made.number, now).outcome == "over"
    found = find_route(SITE, made.route.id)
    assert found is not None
    assert found.is_dead
    assert list_reasons() == ["wrong-number"] * 4 + ["too-many-wrong-numbers"]


def test_a_route_is_over_at_its_end_and_when_it_is_ended(cast: Cast, now: datetime) -> None:
    from upheld.actions.routes import end_route, look_at_route, open_route

    made = make_one(cast, now)
    device = open_route(SITE, made.token, made.number, now).device
    assert look_at_route(SITE, made.token, (device,), made.route.ends_at).outcome == "over"
    end_route(SITE, made.route.id, by="s_1", now=now)
    assert look_at_route(SITE, made.token, (device,), now).outcome == "over"
    with pytest.raises(StaffError, match="W122"):
        end_route(SITE, made.route.id, by="s_1", now=now)


def test_unknown_links_are_over_and_leave_no_line(databases: object, now: datetime) -> None:
    from upheld.actions.routes import look_at_route, open_route

    assert look_at_route(SITE, "x" * 43, (), now).outcome == "over"
    assert open_route(SITE, "x" * 43, "000000", now).outcome == "over"
    assert list_reasons() == []


def test_no_secret_lies_in_the_tables_or_in_the_ledger(cast: Cast, now: datetime) -> None:
    from upheld.records.models import Entry, Route

    made = make_one(cast, now)
    row = Route.objects.get()
    assert made.token.encode() not in bytes(row.link)
    assert made.number not in row.code
    said = " ".join(
        str(body) for body in Entry.objects.filter(kind__startswith="route.").values_list("text", flat=True)
    )
    assert made.token not in said
    assert made.number not in said
    assert "North line" not in said


def test_a_shipment_is_on_one_open_route_at_a_time(cast: Cast, now: datetime) -> None:
    from upheld.actions.routes import end_route, list_routed

    shipment = put_shipment(cast, now)
    first = make_one(cast, now, shipments=[shipment.id])
    with pytest.raises(StaffError, match="is on the route North line"):
        make_one(cast, now, shipments=[shipment.id])
    assert list_routed(SITE, [shipment.id], now) == {shipment.id: "North line"}
    end_route(SITE, first.route.id, by="s_1", now=now)
    assert list_routed(SITE, [shipment.id], now) == {}
    make_one(cast, now, shipments=[shipment.id])


@pytest.mark.parametrize(
    "more",
    [
        {"name": ""},
        {"name": "x" * 41},
        {"name": "turned \u202e round"},
        {"shipments": ["sh_of_nobody"]},
        {"ends_at": datetime.fromisoformat("2026-11-20T09:00:00+00:00")},
    ],
)
def test_a_route_that_makes_no_sense_is_not_made(cast: Cast, now: datetime, more: dict[str, Any]) -> None:
    from upheld.records.models import Route

    with pytest.raises(StaffError, match="W121"):
        make_one(cast, now, **more)
    assert not Route.objects.exists()


def test_what_was_delivered_goes_on_no_route(cast: Cast, now: datetime) -> None:
    with pytest.raises(StaffError, match="2026-000007 is over"):
        make_one(cast, now, shipments=[put_shipment(cast, now, 7, "delivered").id])


def test_stops_come_in_the_order_that_was_chosen(cast: Cast, now: datetime) -> None:
    from upheld.actions.routes import list_routes, list_stops

    chosen = [put_shipment(cast, now, number) for number in (3, 1, 2)]
    made = make_one(cast, now, shipments=[row.id for row in chosen])
    assert [row.number for row in list_stops(SITE, made.route.id)] == ["2026-000003", "2026-000001", "2026-000002"]
    assert [route.stops for route in list_routes(SITE)] == [3]


def test_of_two_phones_that_open_a_link_at_once_one_gets_it(cast: Cast, now: datetime) -> None:
    from django.db import connections

    from upheld.actions.routes import open_route

    made = make_one(cast, now)

    def open_one(_: int) -> str:
        try:
            return open_route(SITE, made.token, made.number, now).outcome
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(open_one, range(4)))
    assert outcomes == ["elsewhere", "elsewhere", "elsewhere", "here"]


def test_wrong_numbers_at_once_are_all_counted(cast: Cast, now: datetime) -> None:
    from django.db import connections

    from upheld.actions.routes import find_route, open_route

    made = make_one(cast, now)

    def try_one(_: int) -> str:
        try:
            return open_route(SITE, made.token, wrong(made.number), now).outcome
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(try_one, range(8)))
    assert outcomes.count("wrong") == 4
    found = find_route(SITE, made.route.id)
    assert found is not None
    assert found.failures == 5
