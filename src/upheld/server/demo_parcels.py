"""Invents parcels: a year of those that were sent, to come in with their people, and what to book today; stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Protocol

from upheld.actions.import_shipments import Sent
from upheld.actions.imports import Mailed, Part
from upheld.actions.proofs import NAMED_KIND, OWN_KIND, say_moment
from upheld.actions.shipments import NOTE, OFFER, PICK_UP, PRICE, READY, WEIGHT, find_business
from upheld.actions.vault import Value
from upheld.core.gate.binding import Binding
from upheld.core.shipping.offers import Offer, Shipping, plan_due
from upheld.core.shipping.ordering import SHIPMENT, Ordering, find_proof, find_recorded
from upheld.core.shipping.states import (
    AT_DEPOT,
    ATTEMPTED,
    BOOKED,
    CANCELLED,
    DELIVERED,
    ON_ITS_WAY,
    PICKED_UP,
    RETURNED,
)

OPENS, CLOSES = 7, 17  # between these hours people book
FRIDAY = 4
# of a hundred: the rest is delivered at once
CALLED_OFF, TAKEN_BACK, AT_SECOND = 3, 2, 6
LATE_ONCE_IN = 12
NOTES, RECEIVED = "note", "received"


class Someone(Protocol):
    """An invented person, as far as a parcel needs them."""

    name: str
    email: str
    address: str


@dataclass(frozen=True, slots=True)
class Invented:
    """One parcel of the past: the part that comes in with its person, and the mails that it sent."""

    part: Part
    mails: tuple[tuple[Mailed, str], ...]


@dataclass(slots=True)
class ParcelInventor:
    """Invents the parcels of one site that has them; `texts` are lists of sentences from the recipe."""

    binding: Binding
    shipping: Shipping
    ordering: Ordering
    texts: dict[str, Sequence[str]]
    chance: Random
    now: datetime

    def invent(
        self, customer: Someone, others: Sequence[Someone], booked_by: str, at: datetime, chance: Random
    ) -> Invented:
        """A parcel to the first of these others, of which the rest are to hear; by these chances."""
        self.chance = chance
        booked_at = min(self.move_to_day(at), at)
        offer = self.chance.choice(self.shipping.offers)
        weight = self.chance.choice(list(offer.prices))
        ready_at = booked_at + timedelta(minutes=15 * self.chance.randint(1, 12))
        due_at = plan_due(self.shipping, offer, ready_at)
        events = [event for event in self.invent_events(booked_at, ready_at, due_at) if event[1] <= self.now]
        named = tuple(other.email for other in others[1:]) if self.ordering.email else ()
        sent = Sent(offer.name, weight, offer.prices[weight], due_at, tuple(events), booked_by, named)
        values = self.write_order(customer, others[0], named, offer=offer, weight=weight, ready_at=ready_at)
        told = self.tell_end(sent, others[0])
        part = Part(self.ordering.touchpoint, values, booked_at, "form", sent, told)
        return Invented(part, tuple(self.list_mails(sent)))

    def move_to_day(self, at: datetime) -> datetime:
        """The moment, on a working day and within the hours in which people book."""
        day = at - timedelta(days=max(0, at.weekday() - FRIDAY))
        return day.replace(hour=self.chance.randint(OPENS, CLOSES), minute=self.chance.randrange(60), second=0)

    def invent_events(
        self, booked_at: datetime, ready_at: datetime, due_at: datetime
    ) -> tuple[tuple[str, datetime], ...]:
        """What happens to it, in order; a few are called off, taken back, or arrive at the second attempt."""
        fate = self.chance.randrange(100)
        if fate < CALLED_OFF:
            return (BOOKED, booked_at), (CANCELLED, booked_at + timedelta(minutes=self.chance.randint(2, 40)))
        early = timedelta(minutes=self.chance.randint(8, 150))
        is_late = self.chance.randrange(LATE_ONCE_IN) == 0
        arrives = max(due_at + early if is_late else due_at - early, ready_at + timedelta(minutes=25))
        whole = arrives - ready_at
        on_the_way = [
            (state, ready_at + whole * share)
            for state, share in ((PICKED_UP, 0.2), (AT_DEPOT, 0.45), (ON_ITS_WAY, 0.75))
        ]
        last = [(DELIVERED, arrives)]
        if fate < CALLED_OFF + TAKEN_BACK:
            last = [(ATTEMPTED, arrives), (RETURNED, arrives + timedelta(hours=20))]
        elif fate < CALLED_OFF + TAKEN_BACK + AT_SECOND:
            last = [(ATTEMPTED, arrives), (DELIVERED, arrives + timedelta(hours=19))]
        return (BOOKED, booked_at), *((state, trim(at)) for state, at in (*on_the_way, *last))

    def write_order(
        self, customer: Someone, other: Someone, named: Sequence[str], *, offer: Offer, weight: str, ready_at: datetime
    ) -> dict[str, Value]:
        """What the customer said, by category."""
        order = {OFFER: offer.name, WEIGHT: weight, PRICE: self.shipping.say_price(offer.prices[weight])}
        order |= {READY: f"{ready_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC", PICK_UP: customer.address}
        note = self.pick(NOTES)
        values: dict[str, Value] = {
            self.ordering.order: order | ({NOTE: note} if note else {}),
            self.ordering.name: other.name,
            self.ordering.address: other.address,
        }
        return values | ({self.ordering.email: list(named)} if named else {})

    def tell_end(self, sent: Sent, other: Someone) -> Part | None:
        """What is recorded of how it ended, where the policy has that; None while it is under way."""
        recorded = find_recorded(self.binding.gate.table, SHIPMENT)
        if recorded is None or sent.state not in (DELIVERED, RETURNED, CANCELLED):
            return None
        leaf, touchpoint = recorded
        said = {OFFER: sent.offer, sent.state: say_moment(sent.ended_at)}
        if sent.state == DELIVERED:
            said["received by"] = self.pick(RECEIVED) or other.name
        return Part(touchpoint, {leaf: said}, sent.ended_at, "automatic")

    def list_mails(self, sent: Sent) -> list[tuple[Mailed, str]]:
        """The proofs of delivery, each with the address it went to; empty for the customer's own."""
        proof = find_proof(self.binding.gate.table)
        if proof is None or sent.state != DELIVERED:
            return []
        to_all = [(OWN_KIND, ""), *((NAMED_KIND, address) for address in sent.named)]
        return [(Mailed(proof.mail_class, kind, sent.ended_at), address) for kind, address in to_all]

    def pick(self, words: str) -> str:
        """One of the sentences of the recipe, or half of the time none."""
        texts = self.texts.get(words, ())
        return self.chance.choice(texts) if texts and self.chance.random() < 0.5 else ""


def open_parcels(
    binding: Binding, texts: dict[str, Sequence[str]], chance: Random, now: datetime
) -> ParcelInventor | None:
    """Who invents the parcels of this site; None where its policy has none sent."""
    business = find_business(binding)
    return None if business is None else ParcelInventor(binding, *business, texts=texts, chance=chance, now=now)


def trim(at: datetime) -> datetime:
    """The moment without what is smaller than a minute."""
    return at.replace(second=0, microsecond=0)
