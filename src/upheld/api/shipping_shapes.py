"""What goes in and out about shipments, as the committed OpenAPI document describes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import AwareDatetime, BaseModel, Field

from upheld.actions.naming import MOST_NAMED
from upheld.api.shapes import Closed, Name, Text
from upheld.core.shipping.offers import MOST_STOPS

Number = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{6}$")]
State = Literal["booked", "picked-up", "at-depot", "on-its-way", "delivered", "attempted", "returned", "cancelled"]
Happened = Literal[State, "not-delivered-after-all"]
Reported = Literal["picked-up", "at-depot", "on-its-way", "delivered", "attempted", "returned"]
Stops = Annotated[int, Field(ge=1, le=MOST_STOPS)]


def say(state: str) -> State:
    """A state that a row has, as one of those in the document."""
    return cast("State", state)


def say_event(state: str) -> Happened:
    """What happened by an event that a row has."""
    return cast("Happened", state)


class OfferShape(BaseModel):
    """One thing that can be booked; prices in cents by weight."""

    name: str
    text: str
    pick_up_until: str
    delivered_by: str
    days: int
    prices: dict[str, int]


class ShippingShape(BaseModel):
    """What can be booked, and which categories an order has. `further_stop` is in cents."""

    offers: list[OfferShape]
    steps: list[str]
    further_stop: int
    currency: str
    touchpoint: str
    fields: list[str]
    most_named: int


class PriceShape(BaseModel):
    """A price in cents and as people read it, and by when a parcel that is ready now is delivered."""

    cents: int
    price: str
    due_at: datetime


class Booking(Closed):
    """An order. `values` are by category: the addressee's name and address."""

    offer: Name
    weight: Name
    values: Annotated[dict[Name, Text], Field(max_length=10)]
    named: Annotated[list[Name], Field(default_factory=list, max_length=4 * MOST_NAMED)]
    pick_up: Text = ""
    note: Text = ""
    ready_at: AwareDatetime | None = None


class Booked(BaseModel):
    """What a booking gave."""

    number: str
    cents: int
    price: str
    due_at: datetime | None
    named: int


class ShipmentShape(BaseModel):
    """A shipment in a list: nothing of what was written."""

    number: str
    state: State
    words: str
    offer: str
    weight: str
    cents: int
    is_company: bool
    booked_at: datetime
    due_at: datetime | None
    delivered_at: datetime | None


class EventShape(BaseModel):
    """One thing that happened. A late one came after a later one; a delivery may be taken back as a mistake."""

    state: Happened
    words: str
    at: datetime
    is_late: bool


class NamedShape(BaseModel):
    """Somebody who is to hear of the delivery: the address, and `named`, `queued`, `stopped`, `refused` or `own`."""

    address: str
    state: str


class WholeShipment(ShipmentShape):
    """One shipment with its way, and what the customer wrote by category; what stays closed says why."""

    events: list[EventShape]
    values: dict[str, str]
    named: list[NamedShape]
    withheld: dict[str, list[str]]


class Report(Closed):
    """An event that a program reports. `serial` is its own number for it: the same one twice counts once."""

    state: Reported
    at: AwareDatetime
    serial: Annotated[str, Field(max_length=64)] = ""
    received_by: Annotated[str, Field(max_length=200)] = ""


class Noted(BaseModel):
    """What a report came to: the state of the shipment now, whether the report was new, and whether it came late."""

    number: str
    state: State
    is_new: bool
    is_late: bool


class FedShape(BaseModel):
    """One shipment for its carrier: its number, and by category what the policy lets go."""

    number: str
    values: dict[str, str]


class FeedShape(BaseModel):
    """A page of the feed; fetch the next one with `after` set to the last number."""

    shipments: list[FedShape]
    after: str | None
