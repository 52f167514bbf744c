"""Parcels of the past come in with their people: numbered by their day, seen by their customer, and nobody is told again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import binding, databases, now
from upheld.core.gate.binding import Binding

__all__ = ["binding", "databases", "now"]

SITE = "lasership"
ORDER = {"offer": "Same day", "weight": "1 kg", "pick-up place": "7 Paper Lane"}


@pytest.fixture
def bring(databases: dict[str, Path], binding: Binding, now: datetime) -> Any:
    """Brings in one person with parcels that were booked so many days ago."""
    from upheld.actions.import_shipments import Sent
    from upheld.actions.imports import Newcomer, Part, import_people

    def make_part(days: int, *states: str) -> Part:
        then = now - timedelta(days=days)
        events = tuple((state, then + timedelta(hours=place)) for place, state in enumerate(("booked", *states)))
        values = {
            "service.order": ORDER,
            "addressee.name": "Cleo Varga",
            "addressee.address": "3 Gull Street",
            "addressee.email": ["cleo@varga.example"],
        }
        told = Part("service", {"service.shipment": {"received by": "Cleo"}}, events[-1][1], "automatic")
        sent = Sent("Same day", "1 kg", 1190, then + timedelta(hours=8), events, named=("cleo@varga.example",))
        return Part("order", values, then, "form", sent, told if states[-1:] == ("delivered",) else None)

    def bring_in(*parcels: tuple[Any, ...]) -> Any:
        values = {"person.name": "Dara Lund", "person.email": "dara@lund.example"}
        since = now - timedelta(days=300)
        parts = (Part("registration", values, since), *(make_part(*parcel) for parcel in parcels))
        import_people(binding, [Newcomer(parts, since, id="p_" + "d" * 20)], now=now, is_backdated=True)

    return bring_in


def test_they_are_numbered_by_the_day_of_their_booking(bring: Any, now: datetime) -> None:
    from upheld.records.models import Shipment

    bring((3,), (200, "picked-up", "delivered"), (40, "picked-up"))
    numbers = Shipment.objects.order_by("booked_at").values_list("number", "state", "price")
    assert list(numbers) == [
        ("2026-000001", "delivered", 1190),
        ("2026-000002", "picked-up", 1190),
        ("2026-000003", "booked", 1190),
    ]


def test_the_customer_sees_what_it_was_and_how_it_ended(bring: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.shipments import find_shipment, list_events, open_shipment

    bring((200, "picked-up", "delivered"))
    held = find_shipment(SITE, number="2026-000001")
    assert held is not None
    opened = {value.data: value.value for value in open_shipment(binding, held, now=now).values}
    assert opened["addressee.name"] == "Cleo Varga"
    assert opened["service.order"] == ORDER
    assert opened["service.shipment"] == {"received by": "Cleo"}
    assert [event.state for event in list_events(SITE, held)] == ["booked", "picked-up", "delivered"]


def test_what_is_kept_until_after_the_delivery_has_its_end(bring: Any, now: datetime) -> None:
    from upheld.records.models import Item, Shipment

    bring((200, "picked-up", "delivered"), (3, "picked-up"))
    delivered, under_way = Shipment.objects.order_by("booked_at")
    ends = Item.objects.get(id=delivered.addressee).keep_until
    assert ends == delivered.delivered_at + timedelta(days=730)
    assert Item.objects.get(id=delivered.told).keep_until == ends
    assert Item.objects.get(id=under_way.addressee).keep_until is None


def test_nobody_is_told_and_the_ledger_has_a_line_for_each_thing(bring: Any) -> None:
    from upheld.records.models import Entry, NamedAddress, Outgoing

    bring((200, "picked-up", "delivered"), (3,))
    assert not Outgoing.objects.exists()
    assert sorted(NamedAddress.objects.values_list("state", flat=True)) == ["named", "queued"]
    kinds = list(Entry.objects.filter(kind__startswith="shipment.").values_list("kind", flat=True))
    assert sorted(kinds) == ["shipment.booked"] * 2 + ["shipment.event"] * 2
    said = " ".join(Entry.objects.values_list("text", flat=True))
    assert "Cleo" not in said
    assert "varga" not in said


def test_who_comes_in_twice_has_each_parcel_once_and_later_ones_go_on_from_the_last_number(
    bring: Any, binding: Binding, now: datetime
) -> None:
    from tests.pages.parcels import book_one
    from upheld.records.models import Person, Shipment

    bring((3,))
    bring((3,))
    assert Shipment.objects.count() == 1
    assert book_one(binding, Person.objects.get(), now).number == "2026-000002"
