"""A driver's pages: the stops of a day behind a link, on the one telephone that opened it with the number from dispatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.routes import (
    ELSEWHERE,
    HERE,
    NEW,
    WRONG,
    HeldRoute,
    Look,
    find_stop,
    list_stops,
    look_at_route,
    open_route,
    open_stop,
)
from upheld.actions.shipment_events import LONGEST_NAME, note_event
from upheld.actions.shipments import NOTE, PICK_UP, READY, WEIGHT, HeldShipment, find_business
from upheld.core.errors import ShipmentError
from upheld.core.fields.entrance import find_session_cookie
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import capitalise
from upheld.core.shipping.offers import Shipping
from upheld.core.shipping.states import ATTEMPTED, BOOKED, DELIVERED, OVER, PICKED_UP
from upheld.pages.account.asking import refuse_method
from upheld.pages.account.guards import keep_private
from upheld.pages.account.mine import say_moment
from upheld.pages.chrome import make_chrome
from upheld.pages.shipping_held import Mark, view_state
from upheld.web.binding import make_binding
from upheld.web.cookies import NARROWER, read_site_cookies, set_site_cookie
from upheld.web.form_tokens import FAST, FORGED, GOOD, WORDS, issue_token, read_token
from upheld.web.forms import TOKEN, Why, bans_hidden_fields, quote_sentences
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

FIRST_WORDS = {PICKED_UP: "Mark as picked up", DELIVERED: "Mark as delivered", ATTEMPTED: "Nobody was there"}
DONE_WORDS = {PICKED_UP: "picked up", DELIVERED: "delivered", ATTEMPTED: "noted as nobody there"}
# what the driver is told of an order at the pick-up; its price is nobody's business there
TOLD = (PICK_UP, READY, WEIGHT, NOTE)
NOBODY = "say who took it: a name, or for example the front desk."
NO_TIME = "is no time such as 14:05"
NOT_HERE = (
    "This route is open on another phone",
    "A route works on the phone that opened it first, and this is another one. So nothing is shown here.",
    "Dispatch sees that it was tried. If you are the driver and have changed your phone, call dispatch: they make a new link.",
)
IS_OVER = (
    "This link shows nothing",
    "The day of the route is over, or dispatch has ended it, or a part of the link is missing.",
    "If you are on your way, call dispatch: they make a new link.",
)


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


@same_origin_posts
def show_route(request: SiteRequest, token: str) -> HttpResponse:
    """The route on its phone; on the first opening the number is asked for; elsewhere nothing."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    now = datetime.now(UTC)
    binding, shipping = access_routes(request, now)
    if request.method == "POST":
        return take_number(request, binding, token, now)
    look = look_at_route(binding.site, token, read_devices(request, binding), now)
    if look.outcome != HERE or look.route is None:
        return show_shut(request, look)
    drive = Drive(request, binding, shipping, look.route, token, look.device, now)
    return show_stops(drive)


@same_origin_posts
def show_stop(request: SiteRequest, token: str, place: str) -> HttpResponse:
    """One stop of the route on its phone; a post reports what happened there."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    now = datetime.now(UTC)
    binding, shipping = access_routes(request, now)
    look = look_at_route(binding.site, token, read_devices(request, binding), now)
    if look.outcome != HERE or look.route is None:
        return show_shut(request, look)
    shipment = find_stop(binding.site, look.route.id, int(place))
    if shipment is None:
        raise Http404
    drive = Drive(request, binding, shipping, look.route, token, look.device, now)
    if request.method == "POST":
        return take_report(drive, shipment, int(place))
    return show_one(drive, shipment, int(place))


def access_routes(request: SiteRequest, now: datetime) -> tuple[Binding, Shipping]:
    """The site's gates and what it carries; 404 where the policy takes no order, or names no cookie for a visit."""
    binding = make_binding(request.shelved, now.date())
    found = find_business(binding)
    if found is None or find_session_cookie(binding.gate.table) is None:
        raise Http404
    return binding, found[0]


def read_devices(request: SiteRequest, binding: Binding) -> tuple[str, ...]:
    """What the browser holds under the name of the policy's session cookie; one of them may be this route's."""
    cookie = find_session_cookie(binding.gate.table)
    return read_site_cookies(request, cookie.name) if cookie else ()


def take_number(request: SiteRequest, binding: Binding, token: str, now: datetime) -> HttpResponse:
    """The number from dispatch: the right one binds the route to this browser, by the policy's cookie on this path alone."""
    look = open_route(binding.site, token, request.POST.get("number", "")[:12], now)
    cookie = find_session_cookie(binding.gate.table)
    if look.outcome != HERE or cookie is None:
        return show_shut(request, look)
    answer = HttpResponseRedirect(reverse("route", args=[token]), status=HTTPStatus.SEE_OTHER)
    set_site_cookie(answer, request, cookie.name, look.device, below=f"{NARROWER}{token}")
    return keep_private(answer)


def show_shut(request: SiteRequest, look: Look) -> HttpResponse:
    """The form for the number, or why nothing is shown here; says nothing about the route."""
    context: dict[str, object] = {"chrome": make_chrome(request.shelved)}
    if look.outcome in (NEW, WRONG):
        is_wrong = look.outcome == WRONG
        fault = "That is not the number. Ask dispatch to say it once more." if is_wrong else ""
        status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
        context |= {"action": request.path, "left": look.left, "fault": fault}
        return keep_private(HttpResponse(render_to_string("pages/shipping/driver_number.html", context), status=status))
    title, *lines = NOT_HERE if look.outcome == ELSEWHERE else IS_OVER
    status = HTTPStatus.FORBIDDEN if look.outcome == ELSEWHERE else HTTPStatus.NOT_FOUND
    context |= {"title": title, "lines": lines}
    return keep_private(HttpResponse(render_to_string("pages/shipping/driver_shut.html", context), status=status))


def show_stops(drive: Drive) -> HttpResponse:
    """All stops by their numbers; only the next one is opened."""
    stops = list_stops(drive.binding.site, drive.route.id)
    following = find_next(drive.route, stops)
    lines = tuple(
        view_line(drive, shipment, place, is_next=place == following) for place, shipment in enumerate(stops, 1)
    )
    done, _, place = drive.request.GET.get("done", "").partition(":")
    said = f"Stop {place} is {DONE_WORDS[done]}." if done in DONE_WORDS and place.isdigit() and len(place) < 3 else ""
    context = {
        "chrome": make_chrome(drive.request.shelved),
        "route": drive.route,
        "until": say_moment(drive.route.ends_at),
        "next": view_stop(drive, stops[following - 1], following, Typed()) if following else None,
        "stops": lines,
        "left": sum(not line.is_done for line in lines),
        "done": said,
    }
    return keep_private(HttpResponse(render_to_string("pages/shipping/driver_route.html", context)))


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
        due=f"by {shipment.due_at:%H:%M} UTC" if shipment.due_at and shipment.is_open else "",
        href=reverse("route-stop", args=[drive.token, place]),
        is_done=is_done(drive.route, shipment),
        is_next=is_next,
    )


def view_stop(drive: Drive, shipment: HeldShipment, place: int, typed: Typed) -> StopView:
    """One stop with what the gate opens of it now."""
    opening = open_stop(drive.binding, route=drive.route, shipment=shipment, now=drive.now)
    policy, line = drive.binding.policy, view_line(drive, shipment, place, is_next=False)
    values: list[tuple[str, tuple[str, ...]]] = []
    for opened in opening.values:
        if isinstance(opened.value, dict):
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


def show_one(
    drive: Drive,
    shipment: HeldShipment,
    place: int,
    *,
    typed: Typed | None = None,
    fault: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page of one stop."""
    context = {
        "chrome": make_chrome(drive.request.shelved),
        "route": drive.route,
        "route_href": drive.href,
        "stop": view_stop(drive, shipment, place, typed or Typed()),
        "fault": fault,
    }
    return keep_private(HttpResponse(render_to_string("pages/shipping/driver_stop.html", context), status=status))


def say_wrong(drive: Drive, shipment: HeldShipment, place: int, typed: Typed, words: str) -> HttpResponse:
    """The stop once more, with what was typed and what is wrong with it."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return show_one(drive, shipment, place, typed=typed, fault=capitalise(words), status=status)


def take_report(drive: Drive, shipment: HeldShipment, place: int) -> HttpResponse:
    """What the driver says, noted; back to the route. The same page sent twice counts once."""
    posted = {name: drive.request.POST.getlist(name) for name in drive.request.POST}
    token = read_token(
        posted,
        drive.request.GET,
        site=drive.binding.site,
        form=name_form(drive, place),
        session=drive.device,
        now=drive.now,
    )
    do, received = drive.request.POST.get("do", ""), drive.request.POST.get("received", "").strip()
    typed = Typed(received[:LONGEST_NAME], drive.request.POST.get("at", "")[:5])
    at = read_time(typed.at, shipment, drive.now)
    if token.outcome not in (GOOD, FAST):
        return say_wrong(drive, shipment, place, typed, f"{WORDS.get(token.outcome, WORDS[FORGED])}.")
    if do not in FIRST_WORDS:
        return say_wrong(drive, shipment, place, typed, "nothing was chosen.")
    if do == DELIVERED and not received:
        return say_wrong(drive, shipment, place, replace(typed, who_error=capitalise(NOBODY)), NOBODY)
    if at is None:
        said = f"The time {NO_TIME}."
        return say_wrong(drive, shipment, place, replace(typed, at_error=said), said)
    try:
        note_event(
            drive.binding,
            shipment=shipment.id,
            state=do,
            at=at,
            source="driver",
            by=drive.route.id,
            serial=token.digest.hex(),
            received_by=received if do == DELIVERED else "",
            now=drive.now,
            home=find_home(drive.request),
        )
    except ShipmentError as problem:
        said = capitalise(f"{problem.text}; {problem.hint}" if problem.hint else problem.text)
        return show_one(drive, shipment, place, typed=typed, fault=f"{said}.", status=HTTPStatus.CONFLICT)
    return keep_private(HttpResponseRedirect(f"{drive.href}?done={do}:{place}", status=HTTPStatus.SEE_OTHER))


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
