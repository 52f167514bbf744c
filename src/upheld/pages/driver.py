"""A driver's pages: the stops of a day behind a link, on the one telephone that opened it with the number from dispatch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.routes import (
    ELSEWHERE,
    HERE,
    NEW,
    WRONG,
    Look,
    find_stop,
    list_stops,
    look_at_route,
    open_route,
)
from upheld.actions.shipment_events import LONGEST_NAME, note_event
from upheld.actions.shipments import HeldShipment, find_business
from upheld.core.errors import ShipmentError
from upheld.core.fields.entrance import find_session_cookie
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import capitalise
from upheld.core.shipping.offers import Shipping
from upheld.core.shipping.states import ATTEMPTED, DELIVERED, PICKED_UP
from upheld.pages.account.asking import refuse_method
from upheld.pages.account.guards import keep_private
from upheld.pages.account.mine import say_moment
from upheld.pages.chrome import make_chrome
from upheld.pages.driver_stops import FIRST_WORDS, Drive, Typed, find_next, name_form, read_time, view_line, view_stop
from upheld.web.binding import make_binding
from upheld.web.cookies import NARROWER, read_site_cookies, set_site_cookie
from upheld.web.form_tokens import FAST, FORGED, GOOD, WORDS, read_token
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

DONE_WORDS = {PICKED_UP: "picked up", DELIVERED: "delivered", ATTEMPTED: "noted as nobody there"}
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
