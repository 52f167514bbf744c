"""People who send parcels, for tests on every floor: what they fill in, and a shipment on its way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from upheld.core.gate.binding import Binding

HOME = "https://courier.example/"
MAREN = {"addressee.name": "Maren Holt", "addressee.address": "3 Signal Hill, North heights"}
ORDER = {"pick-up place": "7 Paper Lane, side door", "note": "Ring twice"}
TOLD = ("jo@harbour.example", "kim@harbour.example")
STAFF_ID = "s_" + "a" * 20


def book_one(binding: Binding, person: Any, now: datetime, **more: Any) -> Any:
    """One shipment of somebody, to Maren; nobody else is told unless `named` says so."""
    from upheld.actions.shipments import book_shipment

    asked = {"offer": "Same day", "weight": "5 kg", "values": {**MAREN, "service.order": ORDER}, **more}
    return book_shipment(binding, person=person, now=now, home=HOME, **asked)


def note_one(binding: Binding, shipment: str, state: str, now: datetime, **more: Any) -> Any:
    """Staff report that something happened, now unless `at` says otherwise."""
    from upheld.actions.shipment_events import note_event

    asked = {"at": now, "source": "staff", "by": STAFF_ID, "home": HOME, **more}
    if state == "delivered":
        asked.setdefault("received_by", "R. Holt, neighbour")
    return note_event(binding, shipment=shipment, state=state, now=now, **asked)


def deliver_one(binding: Binding, shipment: str, now: datetime, **more: Any) -> Any:
    """Picked up, and delivered an hour later."""
    note_one(binding, shipment, "picked-up", now)
    return note_one(binding, shipment, "delivered", now + timedelta(hours=1), **more)


def list_lines(kind: str) -> list[Any]:
    """What the ledger says in lines of this kind, the oldest first."""
    import json

    from upheld.records.models import Entry

    return [json.loads(row.text) for row in Entry.objects.filter(kind=kind).order_by("serial")]
