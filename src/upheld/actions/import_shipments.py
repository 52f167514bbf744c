"""Shipments of the past that come in with their people: rows, events, named addresses and lines, by the batch.

Nobody is told of them any more, and no message goes out: what was sent about them comes in as mails of the past.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from upheld.actions.ids import draw_id
from upheld.actions.ledger import Line
from upheld.actions.naming import NAMED, QUEUED
from upheld.actions.people import digest_identifier
from upheld.actions.rows import insert_rows, update_rows
from upheld.core.gate.binding import Binding
from upheld.core.shipping.ordering import find_ordering
from upheld.core.shipping.states import DELIVERED
from upheld.records.models import NamedAddress, Shipment, ShipmentEvent
from upheld.records.walls import enter_site

SOURCE = "driver"
WAITING = "?"  # how a number begins that is given once all are there, by the day of the booking
SHIPMENT = (
    "id",
    "site",
    "number",
    "person_id",
    "company",
    "booked_by",
    "order",
    "addressee",
    "told",
    "offer",
    "weight",
    "price",
    "state",
    "version",
    "booked_at",
    "due_at",
    "changed_at",
    "delivered_at",
)
EVENT = ("id", "site", "shipment_id", "state", "at", "noted_at", "source", "by")
NAMED_ADDRESS = ("site", "shipment_id", "place", "digest", "state")
IN_A_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Sent:
    """One shipment of the past: what was booked, by whom, and what happened, the first thing first.

    `price` is in cents, `booked_by` the id of whoever booked it for the company whose it is, or for themselves.
    """

    offer: str
    weight: str
    price: int
    due_at: datetime | None
    events: tuple[tuple[str, datetime], ...]
    booked_by: str = ""
    named: tuple[str, ...] = ()

    @property
    def ended_at(self) -> datetime:
        """When the last thing happened."""
        return self.events[-1][1]

    @property
    def state(self) -> str:
        """What it came to."""
        return self.events[-1][0]


@dataclass(slots=True)
class Shipments:
    """The rows of one batch on their way into its transaction."""

    shipments: list[tuple[object, ...]] = field(default_factory=list)
    events: list[tuple[object, ...]] = field(default_factory=list)
    named: list[tuple[object, ...]] = field(default_factory=list)

    def insert(self) -> None:
        """Put them in; belongs inside the transaction that puts in their people and items."""
        insert_rows(Shipment, SHIPMENT, self.shipments)
        insert_rows(ShipmentEvent, EVENT, self.events)
        insert_rows(NamedAddress, NAMED_ADDRESS, self.named)

    def add(
        self,
        binding: Binding,
        *,
        person: str,
        is_company: bool,
        sent: Sent,
        order: dict[str, str],
        told: str,
        now: datetime,
    ) -> list[Line]:
        """Add one; `order` are the items that hold its categories, `told` the one that says how it ended. The lines due."""
        ordering = find_ordering(binding.gate.table)
        if ordering is None:
            return []
        shipment, site, booked_at = draw_id("sh"), binding.site, sent.events[0][1]
        self.shipments.append(
            (
                shipment,
                site,
                f"{WAITING}{shipment}",
                person,
                person if is_company else "",
                sent.booked_by or person,
                order.get(ordering.order, ""),
                order.get(ordering.name, ""),
                told,
                sent.offer,
                sent.weight,
                sent.price,
                sent.state,
                binding.current,
                booked_at,
                sent.due_at,
                sent.ended_at,
                sent.ended_at if sent.state == DELIVERED else None,
            )
        )
        booked = {"shipment": shipment, "order": order.get(ordering.order), "touchpoint": ordering.touchpoint}
        lines = [Line(draw_id("e"), "shipment.booked", person, booked_at, {k: v for k, v in booked.items() if v})]
        for place, (state, at) in enumerate(sent.events):
            event, source = draw_id("ev"), SOURCE if place else "customer"
            self.events.append((event, site, shipment, state, at, at, source, "" if place else sent.booked_by))
            if place:
                fields = {"shipment": shipment, "event": event, "state": state, "source": source, "moment": at}
                lines.append(Line(draw_id("e"), "shipment.event", person, at, fields))
        state = QUEUED if sent.state == DELIVERED else NAMED
        for place, address in enumerate(sent.named, 1):
            self.named.append((site, shipment, place, digest_identifier(site, "email", address, now), state))
        return lines


def number_shipments(site: str) -> int:
    """How many shipments that came in got their number: one row after the other by when they were booked."""
    with enter_site(site):
        waiting = Shipment.objects.filter(site=site, number__startswith=WAITING).order_by("booked_at", "id")
        rows = list(waiting.values_list("id", "booked_at"))
        counts: dict[int, int] = {}
        numbered = []
        for shipment, booked_at in rows:
            year = booked_at.year
            if year not in counts:
                counts[year] = _find_last(site, year)
            counts[year] += 1
            numbered.append([shipment, f"{year}-{counts[year]:06d}"])
        for start in range(0, len(numbered), IN_A_BATCH):
            update_rows(Shipment, ("number",), numbered[start : start + IN_A_BATCH])
    return len(rows)


def _find_last(site: str, year: int) -> int:
    last = Shipment.objects.filter(site=site, number__startswith=f"{year}-").order_by("-number").first()
    return int(last.number.partition("-")[2]) if last else 0
