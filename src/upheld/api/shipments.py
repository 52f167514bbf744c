"""Shipments for the signed-in customer: what it costs, booking, what became of it, calling off."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Router, Status
from pydantic import Field

from upheld.actions.naming import MOST_NAMED, list_named
from upheld.actions.shipment_events import CUSTOMER, note_event
from upheld.actions.shipments import (
    NOTE,
    PICK_UP,
    HeldShipment,
    book_shipment,
    find_business,
    find_shipment,
    list_events,
    list_shipments,
    open_shipment,
)
from upheld.actions.throttle import count_try
from upheld.actions.vault import Value
from upheld.api.doorway import Caller, Doorway, SignedIn, find_caller, find_doorway
from upheld.api.problems import answer_too_often
from upheld.api.shapes import Name, Problem
from upheld.api.shipping_shapes import (
    Booked,
    Booking,
    EventShape,
    NamedShape,
    Noted,
    Number,
    OfferShape,
    PriceShape,
    ShipmentShape,
    ShippingShape,
    State,
    Stops,
    WholeShipment,
    say,
    say_event,
)
from upheld.core.rights.copies import say_value
from upheld.core.shipping.offers import Shipping, plan_due, quote_price
from upheld.core.shipping.ordering import Ordering
from upheld.core.shipping.states import CANCELLED
from upheld.web.hosts import find_home

router = Router(tags=["Shipments"])
MOST_BOOKED, WITHIN = 60, timedelta(hours=1)
Skip = Annotated[int, Field(ge=0, le=100_000)]


def access_business(doorway: Doorway) -> tuple[Shipping, Ordering]:
    """What can be booked; raises Http404 where the policy in force has no word of it."""
    business = find_business(doorway.binding)
    if business is None:
        raise Http404
    return business


@router.get("/shipping", response={200: ShippingShape, 404: Problem}, summary="What can be booked")
def get_shipping(request: HttpRequest) -> ShippingShape:
    """Offers with their prices, and the categories that an order has under the policy in force."""
    shipping, ordering = access_business(find_doorway(request))
    offers = [
        OfferShape(
            name=offer.name,
            text=offer.text,
            pick_up_until=f"{offer.pick_up_until:%H:%M}",
            delivered_by=f"{offer.delivered_by:%H:%M}",
            days=offer.days,
            prices=dict(offer.prices),
        )
        for offer in shipping.offers
    ]
    return ShippingShape(
        offers=offers,
        steps=list(shipping.steps),
        further_stop=shipping.further_stop,
        currency=shipping.currency,
        touchpoint=ordering.touchpoint,
        fields=[leaf for leaf in (ordering.order, ordering.name, ordering.address, ordering.email) if leaf],
        most_named=MOST_NAMED if ordering.email else 0,
    )


@router.get("/shipping/price", response={200: PriceShape, 404: Problem, 422: Problem}, summary="What it costs")
def get_price(request: HttpRequest, offer: Name, weight: Name, stops: Stops = 1) -> PriceShape:
    """The price of one offer for one weight; nothing is kept of the question."""
    doorway = find_doorway(request)
    shipping, _ = access_business(doorway)
    cents = quote_price(shipping, offer, weight, stops)
    found = next(known for known in shipping.offers if known.name == offer)
    return PriceShape(cents=cents, price=shipping.say_price(cents), due_at=plan_due(shipping, found, doorway.now))


@router.post(
    "/shipments",
    auth=SignedIn(),
    response={201: Booked, 401: Problem, 403: Problem, 404: Problem, 422: Problem, 429: Problem},
    summary="Book a shipment",
)
def post_shipment(request: HttpRequest, booking: Booking) -> Status[Booked] | HttpResponse:
    """All of it is taken in or nothing. It belongs to the company whose account the caller uses, else to themselves."""
    caller = find_caller(request)
    shipping, ordering = access_business(caller.doorway)
    who = caller.person.id
    if not count_try(
        site=caller.doorway.site, what="booking", who=who, most=MOST_BOOKED, within=WITHIN, now=caller.now
    ):
        return answer_too_often()
    typed = {PICK_UP: booking.pick_up, NOTE: booking.note}
    values: dict[str, Value] = {**booking.values}
    values[ordering.order] = {name: text for name, text in typed.items() if text}
    booked = book_shipment(
        caller.binding,
        person=caller.person,
        company=caller.company,
        values=values,
        offer=booking.offer,
        weight=booking.weight,
        named=booking.named,
        ready_at=booking.ready_at,
        now=caller.now,
        home=find_home(request),
        method="api",
    )
    shape = Booked(
        number=booked.number,
        cents=booked.price,
        price=shipping.say_price(booked.price),
        due_at=booked.due_at,
        named=booked.named,
    )
    return Status(201, shape)


@router.get(
    "/shipments",
    auth=SignedIn(),
    response={200: list[ShipmentShape], 401: Problem, 404: Problem},
    summary="Your shipments",
)
def get_shipments(request: HttpRequest, state: State | None = None, skip: Skip = 0) -> list[ShipmentShape]:
    """Your own and those of the company whose account you use, the latest first; fifty at once."""
    caller = find_caller(request)
    shipping, _ = access_business(caller.doorway)
    found = list_shipments(
        caller.doorway.site, state=state or "", person=caller.person, company=caller.company, skip=skip
    )
    return [tell_shipment(shipping, held) for held in found]


@router.get(
    "/shipments/{number}",
    auth=SignedIn(),
    response={200: WholeShipment, 401: Problem, 403: Problem, 404: Problem},
    summary="One shipment with its way",
)
def get_shipment(request: HttpRequest, number: Path[Number]) -> WholeShipment:
    """What happened to it and what you wrote, opened for you; each look is a line in the ledger."""
    caller = find_caller(request)
    shipping, ordering = access_business(caller.doorway)
    held = find_own(caller, number)
    opening = open_shipment(
        caller.binding, held, by="" if held.person == caller.person.id else caller.person.id, now=caller.now
    )
    values = {opened.data: opened.value for opened in opening.values}
    addresses = values.pop(ordering.email, [])
    named = list_named(caller.doorway.site, held.id)
    events = [
        EventShape(
            state=say_event(event.state), words=shipping.say_state(event.state), at=event.at, is_late=event.is_late
        )
        for event in list_events(caller.doorway.site, held)
    ]
    return WholeShipment(
        **tell_shipment(shipping, held).model_dump(),
        events=events,
        values={leaf: say_value(value) for leaf, value in values.items()},
        named=[
            NamedShape(address=address, state=name.state)
            for address, name in zip(addresses if isinstance(addresses, list) else [], named, strict=False)
        ],
        withheld={part.data: list(part.verdict.because) for part in opening.withheld},
    )


@router.post(
    "/shipments/{number}/cancel",
    auth=SignedIn(),
    response={200: Noted, 401: Problem, 404: Problem, 422: Problem},
    summary="Call off a shipment",
)
def post_cancel(request: HttpRequest, number: Path[Number]) -> Noted:
    """As long as it is not picked up. What was taken down about it stays as long as the policy says."""
    caller = find_caller(request)
    access_business(caller.doorway)
    noted = note_event(
        caller.binding,
        shipment=find_own(caller, number).id,
        state=CANCELLED,
        at=caller.now,
        source=CUSTOMER,
        by=caller.person.id,
        now=caller.now,
        home=find_home(request),
    )
    return Noted(number=noted.number, state=say(noted.state), is_new=noted.is_new, is_late=noted.is_late)


def find_own(caller: Caller, number: str) -> HeldShipment:
    """The shipment of this number when it is theirs or their company's; raises Http404."""
    held = find_shipment(caller.doorway.site, number=number, persons=caller.persons)
    if held is None:
        raise Http404
    return held


def tell_shipment(shipping: Shipping, held: HeldShipment) -> ShipmentShape:
    """A shipment as it goes out in a list."""
    return ShipmentShape(
        number=held.number,
        state=say(held.state),
        words=shipping.say_state(held.state),
        offer=held.offer,
        weight=held.weight,
        cents=held.price,
        is_company=bool(held.company),
        booked_at=held.booked_at,
        due_at=held.due_at,
        delivered_at=held.delivered_at,
    )
