"""The parcels of a demo: a year of them in all states, and a day that is under way by the actions that everybody uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import COURIER, binding, databases, now
from upheld.core.gate.binding import Binding
from upheld.server.demo_recipe import FILE, Recipe, read_recipe

__all__ = ["binding", "databases", "now"]

HOME = "http://courier.example/"
PEOPLE = 60


@pytest.fixture
def recipe() -> Recipe:
    found = read_recipe(COURIER / FILE)
    assert found is not None
    return found


@pytest.fixture
def fill(databases: dict[str, Path], binding: Binding, recipe: Recipe, now: datetime) -> Callable[..., Any]:
    """Fills the courier's site with its year, and with its day."""

    def fill_now(*, with_today: bool = False) -> list[str]:
        from upheld.actions.filling import make_staff, staff_roles
        from upheld.server.demo import fill_site
        from upheld.server.demo_today import fill_today

        first = fill_site(binding, recipe, people=PEOPLE, now=now, announce=lambda _line: None)
        said: list[str] = []
        if with_today:
            owner = make_staff("a-long-word-of-nobody")
            names = staff_roles(binding, owner, "a-long-word-of-nobody", now)
            for _ in range(2):  # the second time nothing is done again
                fill_today(binding, recipe, first, names, home=HOME, now=now, announce=said.append)
        return said

    return fill_now


def test_a_year_of_parcels_is_there_with_what_happened_to_each(fill: Callable[..., Any], now: datetime) -> None:
    from upheld.records.models import Item, NamedAddress, Shipment, ShipmentEvent

    fill()
    rows = list(Shipment.objects.order_by("number"))
    assert len(rows) > PEOPLE / 2
    assert [row.booked_at for row in rows] == sorted(row.booked_at for row in rows)
    assert now - timedelta(days=366) < rows[0].booked_at
    states = Counter(row.state for row in rows)
    assert states["delivered"] > len(rows) / 2
    for row in rows:
        events = list(ShipmentEvent.objects.filter(shipment=row).order_by("at"))
        assert events[0].state == "booked"
        assert events[-1].state == row.state
        assert max(event.at for event in events) <= now
        assert Item.objects.filter(id=row.order, person=row.person).exists()
        assert bool(row.told) == (row.state in ("delivered", "returned", "cancelled"))
        assert row.price > 0
    assert NamedAddress.objects.filter(state="queued").exists()


def test_today_is_under_way_by_the_same_actions_and_can_be_tried(
    fill: Callable[..., Any], binding: Binding, now: datetime
) -> None:
    from upheld.actions.programs import find_program
    from upheld.actions.routes import open_route
    from upheld.records.models import Outgoing, Recipient, Shipment

    before, told = 0, fill(with_today=True)
    program, driver = told
    today = Shipment.objects.filter(booked_at__gte=now - timedelta(hours=6)).exclude(booked_by="")
    assert {"booked", "picked-up", "on-its-way", "attempted", "delivered"} <= set(today.values_list("state", flat=True))
    assert Outgoing.objects.filter(kind__startswith="proof-of-delivery", state="queued").count() > before
    assert Shipment.objects.filter(carrier=Recipient.objects.get(title="Tern Coast Freight").id).count() == 2
    assert find_program(binding.site, program.split()[1], now) is not None
    link, number = driver.split()[1], "".join(driver.split("number ")[1].split(",")[0].split())
    assert link.startswith(f"{HOME}route/")
    assert open_route(binding.site, link.rpartition("/")[2], number, now).outcome == "here"
