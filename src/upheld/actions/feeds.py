"""The feed of a carrier: of each shipment handed to them its number, and what the policy lets go so that it can be carried.

No more stands in it: weight, price and offer belong to the order, and whoever carries needs none of them unless the
policy says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.disclosures import disclose_each
from upheld.actions.facts import gather_facts
from upheld.actions.programs import HeldProgram
from upheld.actions.vault import Value, find_limit_of
from upheld.core.errors import ShipmentError
from upheld.core.fields.entrance import find_entrance
from upheld.core.gate.binding import Binding
from upheld.core.rights.releasing import SERVICE
from upheld.core.shipping.ordering import find_carrying
from upheld.core.shipping.states import OPEN
from upheld.records.models import Item, Person, Recipient, Shipment
from upheld.records.walls import read_site

MOST_FETCHED = 50
MOST_DETAILS = 4  # items of somebody's own details, the newest first


@dataclass(frozen=True, slots=True)
class FedShipment:
    """One shipment as its carrier gets it: values by category."""

    number: str
    values: Mapping[str, Value]


def fetch_feed(
    binding: Binding, program: HeldProgram, *, now: datetime, after: str = "", most: int = MOST_FETCHED
) -> tuple[FedShipment, ...]:
    """The open shipments handed to the program's carrier whose numbers come behind `after`, in their order.

    The gate is asked for each category, of the version under which the shipment was booked as well, and told that the
    customer asked for the service. Raises ShipmentError B110 once the carrier's line of the register has ended. Side
    effects: for each shipment a row and a line that say what went.
    """
    if not program.carrier:
        return ()
    with read_site(binding.site):
        if not Recipient.objects.filter(site=binding.site, id=program.carrier, ended_at__isnull=True).exists():
            raise ShipmentError("B110", "this carrier gets nothing more", "ask the business")
        found = Shipment.objects.filter(
            site=binding.site, carrier=program.carrier, state__in=OPEN, number__gt=after
        ).select_related("person")
        rows = list(found.order_by("number")[:most])
    return tuple(_feed_one(binding, row, now) for row in rows)


def _feed_one(binding: Binding, row: Shipment, now: datetime) -> FedShipment:
    """What goes of the shipment's own item and of the customer's details; for a company, of whoever booked for it."""
    values = _disclose(binding, row, row.person, now)
    if row.company:
        with read_site(binding.site):
            booker = Person.objects.filter(site=binding.site, id=row.booked_by, closed_at__isnull=True).first()
        if booker is not None:
            values |= _disclose(binding, row, booker, now)
    return FedShipment(row.number, values)


def _disclose(binding: Binding, row: Shipment, person: Person, now: datetime) -> dict[str, Value]:
    """What goes of one person, by category; what they corrected last stands for what was before."""
    carrying = find_carrying(
        binding,
        row.recipient,
        gather_facts(binding, person),
        sorted({find_limit_of(row.version, person), person.version}),
    )
    items = _list_items(binding, row, person)
    if carrying is None or not items:
        return {}
    disclosed = disclose_each(
        binding,
        person=person,
        data=carrying.data,
        purpose=carrying.purpose,
        kind=row.recipient,
        ground=SERVICE,
        facts={"requested": True},
        now=now,
        recipient=row.carrier,
        subject=row.id,
        items=items,
    )
    newest = sorted(disclosed.values, key=lambda value: value.item.corrected_at or value.item.collected_at)
    return {value.data: value.value for value in newest}


def _list_items(binding: Binding, row: Shipment, person: Person) -> list[Item]:
    """What the shipment's own item holds, and the person's own details as they opened their account."""
    entrance = find_entrance(binding.gate.table)
    forms = (entrance.registration, entrance.company) if entrance is not None else ()
    with read_site(binding.site):
        items = Item.objects.filter(site=binding.site, person=person)
        own = items.filter(touchpoint__in=[form.touchpoint for form in forms if form is not None])
        return [*items.filter(id=row.addressee), *own.order_by("-collected_at")[:MOST_DETAILS]]
