"""A delivery that was reported by mistake: staff take it back within a day, and whoever was told of it is told so, once.

The shipment is on its way again, and the clocks that its end began stand still. What was reported stays on record.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from upheld.actions.facts import LAST_SIGN_IN
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.proofs import Proofs, queue_corrections, say_moment
from upheld.actions.shipment_events import STAFF
from upheld.actions.shipments import NUMBER, OFFER
from upheld.actions.vault import STARTS_AT_COLLECTION, put_items
from upheld.core.errors import ShipmentError
from upheld.core.gate.binding import Binding
from upheld.core.rights.keeping import NO_END, list_keepings
from upheld.core.shipping.ordering import SHIPMENT, find_ordering, find_recorded
from upheld.core.shipping.states import DELIVERED, NOT_DELIVERED, ON_ITS_WAY
from upheld.records.models import Item, Person, Shipment, ShipmentEvent
from upheld.records.walls import enter_site, read_site

WITHIN = timedelta(days=1)


def may_take_back(site: str, shipment: str, now: datetime) -> bool:
    """Whether this shipment counts as delivered and that was noted no more than a day ago."""
    with read_site(site):
        row = Shipment.objects.filter(site=site, id=shipment, state=DELIVERED).first()
        return row is not None and _is_fresh(row, now)


def take_delivery_back(binding: Binding, *, shipment: str, by: str, now: datetime, home: str) -> Proofs:
    """Put a delivered shipment back on its way; how many corrections were queued. `by` is a member of staff.

    Raises ShipmentError B106 for a shipment that is not there, B107 for one that is not delivered or whose delivery was
    noted more than a day ago. Side effects: an event, a record where the policy has shipments recorded, no end of keeping
    until the next delivery, a message for each who was told, a line.
    """
    site = binding.site
    with enter_site(site):
        row = Shipment.objects.select_for_update().filter(site=site, id=shipment).first()
        if row is None:
            raise ShipmentError("B106", "there is no such shipment", "look at the board")
        if row.state != DELIVERED or not _is_fresh(row, now):
            hint = "within a day of when the delivery was noted; after that, open a case"
            raise ShipmentError("B107", "there is no delivery that can still be taken back", hint)
        event, owner, told_at = draw_id("ev"), Person.objects.get(site=site, id=row.person_id), row.delivered_at or now
        ShipmentEvent.objects.create(
            id=event, site=site, shipment=row, state=NOT_DELIVERED, at=now, noted_at=now, source=STAFF, by=by
        )
        row.state, row.changed_at, row.delivered_at = ON_ITS_WAY, now, None
        _stop_clock(binding, row)
        row.told = _record(binding, row, owner, now) or row.told
        row.save(update_fields=["state", "changed_at", "delivered_at", "told"])
        corrections = queue_corrections(binding, row, owner, at=told_at, home=home, now=now)
        write_line(
            site,
            "shipment.undelivered",
            at=now,
            person=row.person_id,
            by=by,
            shipment=row.id,
            event=event,
            mails=corrections.queued,
            refused=corrections.refused,
            stopped=corrections.stopped,
        )
    return corrections


def _is_fresh(row: Shipment, now: datetime) -> bool:
    noted = ShipmentEvent.objects.filter(site=row.site, shipment=row, state=DELIVERED, is_late=False)
    last = noted.order_by("-noted_at").values_list("noted_at", flat=True).first()
    return last is not None and now - last <= WITHIN


def _stop_clock(binding: Binding, row: Shipment) -> None:
    """What is kept until some time after the delivery has no end again, until there is one."""
    ordering = find_ordering(binding.gates[row.version].table)
    keeping = list_keepings(binding.gates[row.version].table).get(ordering.name if ordering else "", NO_END)
    if row.addressee and keeping.event not in STARTS_AT_COLLECTION and keeping.event != LAST_SIGN_IN:
        Item.objects.filter(site=row.site, id=row.addressee).update(keep_until=None)


def _record(binding: Binding, row: Shipment, owner: Person, now: datetime) -> str:
    """The item that says so, where the policy has shipments recorded: the one that says `delivered` is not the last word."""
    recorded = find_recorded(binding.gate.table, SHIPMENT)
    if recorded is None:
        return ""
    leaf, touchpoint = recorded
    said = {NUMBER: row.number, OFFER: row.offer, NOT_DELIVERED.replace("-", " "): say_moment(now)}
    [item] = put_items(binding, person=owner, touchpoint=touchpoint, values={leaf: said}, now=now, method="automatic")
    return item.id
