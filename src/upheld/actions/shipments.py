"""Shipments: booked through the gate, listed, opened, handed to a carrier. What a customer said lies sealed in items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.db.models import F, Q, QuerySet

from upheld.actions.facts import gather_facts
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.naming import name_addresses, read_addresses
from upheld.actions.vault import Opening, Value, find_limit_of, open_items, put_items
from upheld.core.errors import RefusedError, ShipmentError
from upheld.core.fields.submission import has_hidden, tidy_text
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.shipping.offers import Shipping, find_shipping, plan_due, quote_price
from upheld.core.shipping.ordering import (
    USE,
    Ordering,
    find_carrying,
    find_ordering,
    find_recorded,
    list_customising_purposes,
    list_fulfilling_purposes,
)
from upheld.core.shipping.states import BOOKED, OPEN, OVER
from upheld.records.models import Item, Person, Recipient, Shipment, ShipmentEvent
from upheld.records.walls import enter_site, read_site

# What is noted of an order, as its customer reads it.
NUMBER, OFFER, WEIGHT, PRICE = "number", "offer", "weight", "price"
PICK_UP, READY, NOTE = "pick-up place", "ready at", "note"
TYPED = (PICK_UP, READY, NOTE)
LONGEST_NAME, LONGEST_TEXT = 200, 400
MOST_LISTED = 50
MOST_LOOKED_AT = 5  # each is opened whenever somebody looks: enough to see a habit, and no more of what is held
ANY_OPEN = "open"
LAST_DAYS, NEXT_DAYS = timedelta(days=1), timedelta(days=60)  # how far from now a parcel can be ready


@dataclass(frozen=True, slots=True)
class HeldShipment:
    """A shipment as pages and programs show it: nothing of what the customer wrote. `person` is whose it is."""

    id: str
    number: str
    person: str
    company: str
    booked_by: str
    state: str
    offer: str
    weight: str
    price: int
    recipient: str
    carrier: str
    version: date
    booked_at: datetime
    due_at: datetime | None
    changed_at: datetime
    delivered_at: datetime | None
    order: str
    addressee: str
    told: str

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.state not in OVER


@dataclass(frozen=True, slots=True)
class BookedShipment:
    """What a booking gave: the number that the customer is told, the price in cents, and how many others are to hear."""

    id: str
    number: str
    price: int
    due_at: datetime | None
    named: int


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """One thing that happened, as pages show it."""

    id: str
    state: str
    at: datetime
    noted_at: datetime
    source: str
    by: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody ordered most often, from their own history, and the sentences that let a page be fitted to them.

    `number` is that of their last shipment of this offer.
    """

    number: str
    offer: str
    weight: str
    pick_up: str
    orders: int
    because: tuple[str, ...]


def find_business(binding: Binding) -> tuple[Shipping, Ordering] | None:
    """What can be booked and where orders come in; None where the policy in force has no word of one of them."""
    shipping, ordering = find_shipping(binding.policy), find_ordering(binding.gate.table)
    return (shipping, ordering) if shipping is not None and ordering is not None else None


def access_business(binding: Binding) -> tuple[Shipping, Ordering]:
    """The same, for those who cannot go on without; raises RefusedError."""
    found = find_business(binding)
    if found is None:
        raise RefusedError("collect an order")
    return found


def book_shipment(
    binding: Binding,
    *,
    person: Person,
    company: Person | None = None,
    values: Mapping[str, Value],
    offer: str,
    weight: str,
    named: Iterable[str] = (),
    now: datetime,
    home: str = "",  # noqa: ARG001 - as for every action that may one day send something; a booking sends nothing
    method: str = "form",
    shown: str = "",
    ready_at: datetime | None = None,
) -> BookedShipment:
    """A new shipment, whole or not at all: items, row, named addresses, first event, lines in the ledger.

    `values` are by category: the addressee's name and address as texts, the order as a mapping of `TYPED`. `named` are
    the addresses of those who are to hear of the delivery; two that are one count once. It belongs to the company for
    which the person books, else to themselves. Raises ShipmentError B101 or B102 for what is not offered, B104 for what
    is missing, B105 for addresses that cannot be taken, B108 for a moment that cannot be; RefusedError where the policy does not let a category in.
    """
    shipping, ordering = access_business(binding)
    price = quote_price(shipping, offer, weight)
    due_at = _plan_due(shipping, offer, ready_at, now)
    given = _read_values(ordering, values)
    addresses = read_addresses(ordering, named)
    owner, by = (company, person.id) if company else (person, "")
    with enter_site(binding.site):
        row = Shipment(
            id=draw_id("sh"),
            site=binding.site,
            number=draw_number(binding.site, now),
            person=owner,
            company=company.id if company else "",
            booked_by=person.id,
            offer=offer,
            weight=weight,
            price=price,
            version=binding.current,
            booked_at=now,
            due_at=due_at,
            changed_at=now,
        )
        whole = _lay_out(ordering, row, given, addresses, price=shipping.say_price(price), ready_at=ready_at)
        items = put_items(
            binding,
            person=owner,
            touchpoint=ordering.touchpoint,
            values=whole,
            now=now,
            method=method,
            shown=shown,
            by=by,
        )
        row.order, row.addressee = _find_holder(items, ordering.order), _find_holder(items, ordering.name)
        row.save(force_insert=True)
        name_addresses(row, addresses, now)
        _note_booking(binding, row, ordering, now, by)
    return BookedShipment(row.id, row.number, price, due_at, len(addresses))


def _plan_due(shipping: Shipping, offer: str, ready_at: datetime | None, now: datetime) -> datetime:
    if ready_at is not None and not now - LAST_DAYS <= ready_at <= now + NEXT_DAYS:
        raise ShipmentError("B108", "the parcel cannot be ready then", f"within the next {NEXT_DAYS.days} days")
    found = next(known for known in shipping.offers if known.name == offer)
    return plan_due(shipping, found, ready_at or now)


def _lay_out(
    ordering: Ordering,
    row: Shipment,
    given: _Given,
    addresses: tuple[str, ...],
    *,
    price: str,
    ready_at: datetime | None,
) -> dict[str, Value]:
    """What is sealed of an order, by category."""
    order = {NUMBER: row.number, OFFER: row.offer, WEIGHT: row.weight, PRICE: price}
    if ready_at is not None:
        order[READY] = f"{ready_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    whole: dict[str, Value] = {ordering.order: order | given.order, **given.addressee}
    if addresses:
        whole[ordering.email] = list(addresses)
    return whole


def _note_booking(binding: Binding, row: Shipment, ordering: Ordering, now: datetime, by: str) -> None:
    """The first event, the record of use where the policy has one, and the line."""
    ShipmentEvent.objects.create(
        id=draw_id("ev"),
        site=row.site,
        shipment=row,
        state=BOOKED,
        at=now,
        noted_at=now,
        source="customer",
        by=row.booked_by,
    )
    recorded = find_recorded(binding.gate.table, USE)
    if recorded is not None:
        leaf, touchpoint = recorded
        words = {leaf: f"{row.number}: {row.offer}, {row.weight}"}
        put_items(binding, person=row.person, touchpoint=touchpoint, values=words, now=now, method="automatic")
    write_line(
        binding.site,
        "shipment.booked",
        at=now,
        person=row.person_id,
        by=by,
        known=binding.names,
        shipment=row.id,
        order=row.order,
        company=row.company or None,
        touchpoint=ordering.touchpoint,
        version=binding.current.isoformat(),
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """What somebody filled in, held to its limits."""

    order: dict[str, str]
    addressee: dict[str, Value]


def _read_values(ordering: Ordering, values: Mapping[str, Value]) -> _Given:
    known = {ordering.order, ordering.name, ordering.address}
    if set(values) - known:
        raise ShipmentError("B104", "the order says something that is not asked for", "send what the form asks for")
    typed = values.get(ordering.order, {})
    if not isinstance(typed, Mapping) or set(typed) - set(TYPED):
        raise ShipmentError("B104", "the order cannot be read", "it has: " + ", ".join(TYPED))
    order = {name: _read_text(f"the {name}", text, LONGEST_TEXT) for name, text in typed.items()}
    addressee: dict[str, Value] = {}
    for leaf, words, most in (
        (ordering.name, "whom it goes to", LONGEST_NAME),
        (ordering.address, "where it goes to", LONGEST_TEXT),
    ):
        text = _read_text(words, values.get(leaf, ""), most)
        if not text:
            raise ShipmentError("B104", f"the order does not say {words}", "fill it in")
        addressee[leaf] = text
    return _Given({name: text for name, text in order.items() if text}, addressee)


def _read_text(words: str, text: object, most: int) -> str:
    clean = tidy_text(text, has_lines=True) if isinstance(text, str) else None
    if clean is None or len(clean) > most:
        raise ShipmentError("B104", f"{words} is too long, or no text", f"at most {most} characters")
    if has_hidden(clean, has_lines=True):
        raise ShipmentError("B104", f"{words} has a character in it that cannot be kept", "type it again")
    return clean


def _find_holder(items: tuple[Item, ...], leaf: str) -> str:
    return next((item.id for item in items if leaf in item.categories), "")


def draw_number(site: str, now: datetime) -> str:
    """The next number of this year, such as `2026-000123`. Two that ask at once wait for each other."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"upheld shipments {site}"])
    numbers = Shipment.objects.filter(site=site, number__startswith=f"{now.year}-").order_by("-number")
    last = numbers.values_list("number", flat=True).first()
    return f"{now.year}-{int(last.partition('-')[2]) + 1 if last else 1:06d}"


def list_shipments(
    site: str,
    *,
    state: str = "",
    person: Person | None = None,
    company: Person | None = None,
    carrier: str = "",
    most: int = MOST_LISTED,
    skip: int = 0,
) -> tuple[HeldShipment, ...]:
    """Shipments behind the first `skip`: of one state, or `open` for all to which something is still to come.

    Of the person, of the company, or of both when both are given; of everybody when neither is. Open ones stand by when
    they are due, the others by when they were booked, the latest first.
    """
    with read_site(site):
        rows = _filter(site, state, person, company, carrier)
        if state in (ANY_OPEN, *OPEN):
            ordered = rows.order_by(F("due_at").asc(nulls_last=True), "number")
        else:
            ordered = rows.order_by("-booked_at", "-number")
        return tuple(describe_shipment(row) for row in ordered[skip : skip + most])


def count_shipments(site: str, *, person: Person | None = None, company: Person | None = None) -> dict[str, int]:
    """How many shipments are in each state; states with none are left out."""
    with read_site(site):
        return dict(Counter(_filter(site, "", person, company, "").values_list("state", flat=True)))


def _filter(site: str, state: str, person: Person | None, company: Person | None, carrier: str) -> QuerySet[Shipment]:
    rows = Shipment.objects.filter(site=site)
    if state:
        rows = rows.filter(state__in=OPEN) if state == ANY_OPEN else rows.filter(state=state)
    if person is not None or company is not None:
        owners = [owner.id for owner in (person, company) if owner is not None]
        rows = rows.filter(Q(person__in=owners))
    return rows.filter(carrier=carrier) if carrier else rows


def find_shipment(
    site: str,
    *,
    number: str = "",
    id: str = "",  # noqa: A002 - what it is called everywhere
    persons: Iterable[Person] | None = None,
) -> HeldShipment | None:
    """The shipment of this number or id, or None; with `persons`, only when it belongs to one of them."""
    with read_site(site):
        rows = Shipment.objects.filter(site=site, **({"number": number} if number else {"id": id}))
        if persons is not None:
            rows = rows.filter(person__in=[person.id for person in persons])
        row = rows.first()
    return None if row is None else describe_shipment(row)


def list_events(site: str, shipment: HeldShipment | str) -> tuple[HeldEvent, ...]:
    """What happened to a shipment, in the order in which it happened."""
    key = shipment if isinstance(shipment, str) else shipment.id
    with read_site(site):
        rows = list(ShipmentEvent.objects.filter(site=site, shipment=key).order_by("at", "noted_at", "id"))
    return tuple(HeldEvent(row.id, row.state, row.at, row.noted_at, row.source, row.by, row.is_late) for row in rows)


def open_shipment(
    binding: Binding,
    shipment: HeldShipment,
    *,
    action: str = "show",
    counterpart: str = "self",
    purpose: str = "",
    facts: Mapping[str, bool | None] | None = None,
    data: Iterable[str] | None = None,
    by: str = "",
    case: str = "",
    now: datetime,
) -> Opening:
    """What this act may open of one shipment: the order, whom it goes to, how it ended; the rest with its sentences.

    Staff and the users of a company give their id in `by`, staff the purpose and the case as well. Side effect: one line
    in the ledger.
    """
    with read_site(binding.site):
        owner = Person.objects.get(site=binding.site, id=shipment.person)
        wanted = [key for key in (shipment.order, shipment.addressee, shipment.told) if key]
        items = list(Item.objects.filter(site=binding.site, person=owner, id__in=wanted).order_by("collected_at", "id"))
    return open_items(
        binding,
        person=owner,
        action=action,
        counterpart=counterpart,
        purpose=purpose,
        facts=facts,
        data=data,
        items=items,
        by=by,
        case=case,
        now=now,
    )


def hand_over(binding: Binding, *, shipment: str, carrier: str, by: str, now: datetime) -> HeldShipment:
    """The shipment, carried by a line of the recipients register from now on; by the business itself when `carrier` is empty.

    Nothing goes out by it: the carrier's program fetches what the gate lets go. Raises ShipmentError B106 for an unknown
    or ended shipment, B110 for a recipient who has ended or to whom the policy does not let go what a delivery needs.
    """
    with enter_site(binding.site):
        row = Shipment.objects.select_for_update().filter(site=binding.site, id=shipment).first()
        if row is None or row.state in OVER:
            raise ShipmentError("B106", "there is no such shipment, or it is over", "look at its page")
        kind = _find_kind(binding, row, carrier) if carrier else ""
        row.recipient, row.carrier = kind, carrier
        row.save(update_fields=["recipient", "carrier"])
        write_line(
            binding.site,
            "shipment.handed",
            at=now,
            person=row.person_id,
            by=by,
            known=binding.names,
            shipment=row.id,
            recipient=kind or None,
            outside=carrier or None,
            version=binding.current.isoformat(),
        )
    return describe_shipment(row)


def _find_kind(binding: Binding, row: Shipment, carrier: str) -> str:
    """What the policy calls this recipient, when it lets go to them whom the parcel goes to."""
    listed = Recipient.objects.filter(site=binding.site, id=carrier, ended_at__isnull=True).first()
    ordering = find_ordering(binding.gate.table)
    if listed is None or ordering is None:
        raise ShipmentError("B110", "nobody of that id carries", "look at the register of recipients")
    owner = Person.objects.get(site=binding.site, id=row.person_id)
    limit = find_limit_of(row.version, owner)
    found = find_carrying(binding, listed.kind, gather_facts(binding, owner), (limit,))
    if found is None or ordering.name not in found.data:
        purpose = next(iter(list_fulfilling_purposes(binding.policy.words)), "")
        act = Act("share", (ordering.name,), purpose, listed.kind)
        raise RefusedError(str(act), binding.ask(act, {"requested": True}, limit).because)
    return listed.kind


def suggest(binding: Binding, person: Person, now: datetime, *, company: Person | None = None) -> Suggestion | None:
    """What the person orders most often, from their own last orders; None without any, or where the policy does not let a
    page be fitted to them. Side effect: one line in the ledger when something was opened.
    """
    business = find_business(binding)
    purpose = next(iter(list_customising_purposes(binding.policy.words)), "")
    if business is None or not purpose:
        return None
    owner, (_, ordering) = company or person, business
    with read_site(binding.site):
        own = Shipment.objects.filter(site=binding.site, person=owner, booked_by=person.id).order_by("-booked_at")
        orders = dict(own.values_list("order", "number")[:MOST_LOOKED_AT])
        items = list(Item.objects.filter(site=binding.site, person=owner, id__in=list(orders))) if orders else []
    if not items:
        return None
    opening = open_items(
        binding, person=owner, action="use", purpose=purpose, data=(ordering.order,), items=items, now=now
    )
    read = {opened.item.id: opened.value for opened in opening.values if isinstance(opened.value, Mapping)}
    if not read:
        return None
    usual = {
        key: Counter(order[key] for order in read.values() if order.get(key)).most_common(1)
        for key in (OFFER, WEIGHT, PICK_UP)
    }
    said = {key: found[0][0] if found else "" for key, found in usual.items()}
    last = next((number for item, number in orders.items() if read.get(item, {}).get(OFFER) == said[OFFER]), "")
    return Suggestion(last, said[OFFER], said[WEIGHT], said[PICK_UP], len(read), opening.values[0].because)


def describe_shipment(row: Shipment) -> HeldShipment:
    """The row as a value."""
    return HeldShipment(
        id=row.id,
        number=row.number,
        person=row.person_id,
        company=row.company,
        booked_by=row.booked_by,
        state=row.state,
        offer=row.offer,
        weight=row.weight,
        price=row.price,
        recipient=row.recipient,
        carrier=row.carrier,
        version=row.version,
        booked_at=row.booked_at,
        due_at=row.due_at,
        changed_at=row.changed_at,
        delivered_at=row.delivered_at,
        order=row.order,
        addressee=row.addressee,
        told=row.told,
    )
