"""Parcels, staff and routes for the tests of pages: booked and moved by the real actions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

HOME = "http://lasership.localhost/"
CLEO = {"addressee.name": "Cleo Varga", "addressee.address": "3 Gull Street\nPort Ellery 90420"}
SITE = "lasership"


def book_one(binding: Any, person: Any, now: datetime, *, company: Any = None, named: Iterable[str] = ()) -> Any:
    """A parcel to Cleo, picked up at the bindery."""
    from upheld.actions.shipments import book_shipment, find_shipment

    order = {"pick-up place": "7 Paper Lane\nPort Ellery", "note": "ring twice"}
    booked = book_shipment(
        binding,
        person=person,
        company=company,
        values={"service.order": order, **CLEO},
        offer="Same day",
        weight="5 kg",
        named=list(named),
        now=now,
        home=HOME,
        ready_at=now,
    )
    return find_shipment(SITE, id=booked.id)


def move(binding: Any, shipment: Any, now: datetime, *states: str, received: str = "Sam at the desk") -> None:
    """Something happens to it, a minute apart, the last one now."""
    from upheld.actions.shipment_events import note_event

    for place, state in enumerate(states):
        note_event(
            binding,
            shipment=shipment.id,
            state=state,
            at=now - timedelta(minutes=len(states) - 1 - place),
            source="staff",
            by="s_1",
            now=now,
            home=HOME,
            received_by=received if state == "delivered" else "",
        )


def hire(binding: Any, now: datetime, role: str = "dispatch", name: str = "d.walsh") -> Any:
    """Somebody at dispatch with a live grant."""
    from upheld.actions.grants import give_grant
    from upheld.actions.staff import add_staff

    owner, staff = add_staff(f"o.{name}", is_owner=True), add_staff(name, is_owner=False)
    give_grant(binding, staff=staff, role=role, reason="plans the routes of the day", given_by=owner, now=now)
    return staff


def plan_route(staff: Any, shipments: Iterable[Any], now: datetime, **more: Any) -> Any:
    """A route over these parcels until tonight."""
    from upheld.actions.routes import make_route

    given: dict[str, Any] = {"name": "North line", "role": "dispatch", "ends_at": now + timedelta(hours=6)}
    return make_route(SITE, shipments=[one.id for one in shipments], staff=staff, now=now, **given | more)
