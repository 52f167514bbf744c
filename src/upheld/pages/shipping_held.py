"""A shipment as its customer sees it: the line of its stops, what was ordered and for whom, who hears of it; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upheld.actions.naming import NAMED, QUEUED, REFUSED, STOPPED, list_named
from upheld.actions.shipments import (
    NOTE,
    NUMBER,
    PICK_UP,
    PRICE,
    HeldEvent,
    HeldShipment,
    find_shipment,
    open_shipment,
)
from upheld.actions.shipments import OFFER as OFFER_PART
from upheld.actions.shipments import WEIGHT as WEIGHT_PART
from upheld.actions.vault import OpenedValue, Opening
from upheld.core.policy.saying.names import capitalise
from upheld.core.rights.copies import say_value
from upheld.core.shipping.offers import Shipping
from upheld.core.shipping.ordering import Ordering
from upheld.core.shipping.states import (
    ATTEMPTED,
    BOOKED,
    CANCELLED,
    DELIVERED,
    ON_ITS_WAY,
    OVER,
    PICKED_UP,
    RETURNED,
)
from upheld.pages.account.guards import Account
from upheld.pages.account.mine import Moment, list_subjects, say_moment
from upheld.pages.shipping_form import NOTE as NOTE_FIELD
from upheld.pages.shipping_form import OFFER, WEIGHT
from upheld.pages.shipping_form import PICK_UP as PICK_UP_FIELD

# What a customer waits for, in this order; a depot lies on the way of some parcels and is shown once one was there.
USUAL = (BOOKED, PICKED_UP, ON_ITS_WAY, DELIVERED)
AT_THE_HEAD = {NUMBER, OFFER_PART, WEIGHT_PART, PRICE}
MARKS = {DELIVERED: "good", ATTEMPTED: "warning", RETURNED: "broken", CANCELLED: "stated"}
HEARS = {
    NAMED: ("silent", "is told on delivery"),
    QUEUED: ("good", "told"),
    STOPPED: ("stated", "asked not to be told"),
    REFUSED: ("refused", "not told: the policy does not let it"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as word and mark."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a shipment's line: `sort` is `been`, `last` or `to-come`, or `off` where the line ends early."""

    words: str
    at: Moment | None
    note: str
    sort: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """One address that was named, and what became of it."""

    address: str
    mark: Mark


def view_state(shipping: Shipping, state: str) -> Mark:
    """A state in the words of the policy file, with its mark."""
    return Mark(MARKS.get(state, "plain"), shipping.say_state(state))


def draw_line(shipping: Shipping, shipment: HeldShipment, events: Sequence[HeldEvent]) -> tuple[Stop, ...]:
    """What happened, one stop for each, and what is still to come; a report that came late stands where it happened."""
    last = max((place for place, event in enumerate(events) if not event.is_late), default=-1)
    stops = []
    for place, event in enumerate(events):
        sort = "been" if place != last else ("off" if event.state in (CANCELLED, RETURNED) else "last")
        note = f"reported on {say_moment(event.noted_at).words}" if event.is_late else ""
        stops.append(Stop(shipping.say_state(event.state), say_moment(event.at), note, sort))
    return (*stops, *expect_stops(shipping, shipment, {event.state for event in events}))


def expect_stops(shipping: Shipping, shipment: HeldShipment, been: set[str]) -> tuple[Stop, ...]:
    """The usual stops that are still to come; the last one with the time that was booked."""
    if shipment.state in OVER:
        return ()
    been = been - {DELIVERED}  # what is not over was not delivered, whatever was reported by mistake
    furthest = max((USUAL.index(state) for state in been if state in USUAL), default=0)
    due = f"by {say_moment(shipment.due_at).words}" if shipment.due_at else ""
    return tuple(
        Stop(shipping.say_state(state), None, due if state == DELIVERED else "", "to-come")
        for state in USUAL[furthest + 1 :]
    )


def open_own(account: Account, shipment: HeldShipment) -> Opening:
    """What its customer may see of it; that they looked is a line in the ledger."""
    is_own = shipment.person == account.person.id
    by = "" if is_own else account.person.id
    return open_shipment(account.binding, shipment, by=by, now=account.now)


def list_facts(account: Account, ordering: Ordering, values: Sequence[OpenedValue]) -> tuple[tuple[str, str], ...]:
    """The opened values but the named addresses, each with its label; an order is told part by part, each part once.

    Its number, offer and price stand at the head of the page.
    """
    words = account.binding.policy.words
    facts: list[tuple[str, str]] = []
    for opened in values:
        if opened.data == ordering.email:
            continue
        if isinstance(opened.value, Mapping):
            facts += [
                (capitalise(name), part) for name, part in opened.value.items() if part and name not in AT_THE_HEAD
            ]
        else:
            facts.append((capitalise(words.label(opened.data, "data")), say_value(opened.value)))
    return tuple(dict.fromkeys(facts))


def list_hearing(
    account: Account, ordering: Ordering, shipment: HeldShipment, values: Sequence[OpenedValue]
) -> tuple[Hearing, ...]:
    """Who was named to hear of the delivery, each with what became of it; nothing where the addresses stay closed."""
    found = next((opened.value for opened in values if opened.data == ordering.email), ())
    addresses = [found] if isinstance(found, str) else list(found)
    states = {name.place: name.state for name in list_named(account.site, shipment.id)}
    return tuple(
        Hearing(address, Mark(*HEARS.get(states.get(place, NAMED), HEARS[NAMED])))
        for place, address in enumerate(addresses, 1)
    )


def find_own(account: Account, number: str) -> HeldShipment | None:
    """The shipment of this number when it is theirs or their company's."""
    return find_shipment(account.site, number=number, persons=list_subjects(account)) if number else None


def fill_again(account: Account, ordering: Ordering, shipping: Shipping, number: str) -> dict[str, str]:
    """What stands in the form when somebody sends the same again: shown to themselves, so asked of the gate like that.

    Nothing for a number that is not theirs. Who was to hear of the old one is asked anew.
    """
    shipment = find_own(account, number)
    if shipment is None:
        return {}
    typed: dict[str, str] = {}
    if shipping.find_offer(shipment.offer) is not None:
        typed |= {OFFER: shipment.offer, WEIGHT: shipment.weight}
    for opened in open_own(account, shipment).values:
        if opened.data in (ordering.name, ordering.address) and isinstance(opened.value, str):
            typed[opened.data] = opened.value
        if opened.data == ordering.order and isinstance(opened.value, Mapping):
            typed[PICK_UP_FIELD] = opened.value.get(PICK_UP, "")
            typed[NOTE_FIELD] = opened.value.get(NOTE, "")
    return typed
