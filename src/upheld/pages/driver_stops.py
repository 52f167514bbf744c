"""What a driver sees of a route: its stops in a line, and of one stop what is needed there; reports are read here, and noted elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.urls import reverse

from upheld.actions.routes import HeldRoute, open_stop
from upheld.actions.shipments import NOTE, PICK_UP, READY, WEIGHT, HeldShipment
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import capitalise
from upheld.core.shipping.offers import Shipping
from upheld.core.shipping.states import ATTEMPTED, BOOKED, DELIVERED, OVER, PICKED_UP
from upheld.pages.shipping_held import Mark, view_state
from upheld.web.form_tokens import issue_token
from upheld.web.forms import TOKEN, Why, bans_hidden_fields, quote_sentences
from upheld.web.hosts import SiteRequest

FIRST_WORDS = {PICKED_UP: "Mark as picked up", DELIVERED: "Mark as delivered", ATTEMPTED: "Nobody was there"}
# what the driver is told of an order at the pick-up; its price is nobody's business there
TOLD = (PICK_UP, READY, WEIGHT, NOTE)


@dataclass(frozen=True, slots=True)
class Drive:
    """One look of a driver at their route, on the phone that it is bound to; `device` is what its cookie holds."""

    request: SiteRequest
    binding: Binding
    shipping: Shipping
    route: HeldRoute
    token: str
    device: str
    now: datetime

    @property
    def href(self) -> str:
        """The address of the route."""
        return reverse("route", args=[self.token])


@dataclass(frozen=True, slots=True)
class Typed:
    """What a driver wrote about one stop, and what is wrong with it."""

    received: str = ""
    at: str = ""
    who_error: str = ""
    at_error: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """A category that stays closed at a stop, with the sentences that say so."""

    label: str
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class StopView:
    """One stop opened: what the driver needs there, and what can be reported."""

    place: int
    number: str
    mark: Mark
    due: str
    values: tuple[tuple[str, tuple[str, ...]], ...]
    withheld: tuple[Closed, ...]
    deeds: tuple[tuple[str, str], ...]
    asks_who: bool
    action: str
    token: str
    received: str
    at: str
    who_error: str
    at_error: str


@dataclass(frozen=True, slots=True)
class StopLine:
    """One stop in the list: nothing of it is opened."""

    place: int
    number: str
    mark: Mark
    due: str
    href: str
    is_done: bool
    is_next: bool


def find_next(route: HeldRoute, stops: Sequence[HeldShipment]) -> int:
    """The place of the stop to go to: the first that is not done; what was picked up on this route comes after the rest."""
    left = [(place, shipment) for place, shipment in enumerate(stops, 1) if not is_done(route, shipment)]
    return min(left, key=lambda one: (is_loaded(route, one[1]), one[0]))[0] if left else 0


def is_done(route: HeldRoute, shipment: HeldShipment) -> bool:
    """Whether nothing is left to do at this stop on this route."""
    return shipment.state in OVER or (shipment.state == ATTEMPTED and shipment.changed_at >= route.made_at)


def is_loaded(route: HeldRoute, shipment: HeldShipment) -> bool:
    """Whether the driver picked it up on this route."""
    return shipment.state == PICKED_UP and shipment.changed_at >= route.made_at


def view_line(drive: Drive, shipment: HeldShipment, place: int, *, is_next: bool) -> StopLine:
    """One stop of the list."""
    return StopLine(
        place=place,
        number=shipment.number,
        mark=view_state(drive.shipping, shipment.state),
        due=say_due(shipment, drive.now),
        href=reverse("route-stop", args=[drive.token, place]),
        is_done=is_done(drive.route, shipment),
        is_next=is_next,
    )


def say_due(shipment: HeldShipment, now: datetime) -> str:
    """By when it is to be there: the time alone for today, with its day for any other; nothing for what is over."""
    if shipment.due_at is None or not shipment.is_open:
        return ""
    day = "" if shipment.due_at.date() == now.date() else f"{shipment.due_at.day} {shipment.due_at:%B}, "
    return f"by {day}{shipment.due_at:%H:%M} UTC"


def view_stop(drive: Drive, shipment: HeldShipment, place: int, typed: Typed) -> StopView:
    """One stop with what the gate opens of it now."""
    opening = open_stop(drive.binding, route=drive.route, shipment=shipment, now=drive.now)
    policy, line = drive.binding.policy, view_line(drive, shipment, place, is_next=False)
    values: list[tuple[str, tuple[str, ...]]] = []
    for opened in opening.values:
        if isinstance(opened.value, Mapping):
            values += [(capitalise(name), split(opened.value[name])) for name in TOLD if opened.value.get(name)]
        else:
            values.append((say_label(drive.binding, opened.data), split(str(opened.value))))
    withheld = tuple(
        Closed(say_label(drive.binding, part.data), quote_sentences(policy, part.verdict.because, reverse("policy")))
        for part in opening.withheld
    )
    token = issue_token(drive.binding.site, name_form(drive, place), drive.device, drive.now)
    is_hidden = not bans_hidden_fields(policy)
    deeds = list_deeds(shipment)
    return StopView(
        place=place,
        number=shipment.number,
        mark=line.mark,
        due=line.due,
        values=tuple(values),
        withheld=withheld,
        deeds=tuple((state, FIRST_WORDS[state]) for state in deeds),
        asks_who=DELIVERED in deeds,
        action=line.href if is_hidden else f"{line.href}?{TOKEN}={token}",
        token=token if is_hidden else "",
        received=typed.received,
        at=typed.at or f"{drive.now:%H:%M}",
        who_error=typed.who_error,
        at_error=typed.at_error,
    )


def list_deeds(shipment: HeldShipment) -> tuple[str, ...]:
    """What a driver can report of it now."""
    if shipment.state in OVER:
        return ()
    return (PICKED_UP,) if shipment.state == BOOKED else (DELIVERED, ATTEMPTED)


def say_label(binding: Binding, leaf: str) -> str:
    """A category as it is said to somebody whom it is not about."""
    return capitalise(binding.policy.words.label(leaf, "data").removeprefix("your "))


def split(text: str) -> tuple[str, ...]:
    """A text by its lines."""
    return tuple(text.splitlines())


def name_form(drive: Drive, place: int) -> str:
    """What the token of a stop's form is bound to."""
    return f"{drive.route.id} {place}"


def read_time(text: str, shipment: HeldShipment, now: datetime) -> datetime | None:
    """The moment of a time of day that was typed: today's, or yesterday's if that is still to come. None for no time.

    A minute stands for its sixty seconds: this one is now, and that of the last event is no earlier than the event.
    """
    try:
        clock = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day; its day and zone come next
    except ValueError:
        return None
    at = datetime.combine(now.date(), clock, UTC)
    if at > now:
        at -= timedelta(days=1)
    minute = timedelta(minutes=1)
    if at + minute > now:
        return now
    return shipment.changed_at if at < shipment.changed_at < at + minute else at
