"""Routes in the console: a driver's stops chosen from what is under way, the link and the number shown once, and an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from upheld.actions.grants import name_staff
from upheld.actions.routes import (
    LONGEST_NAME,
    MOST_STOPS,
    HeldRoute,
    end_route,
    find_route,
    list_routed,
    list_routes,
    list_stops,
    make_route,
)
from upheld.actions.shipments import ANY_OPEN, list_shipments
from upheld.console.chrome import answer_seat
from upheld.console.dispatch import Shop, for_dispatch
from upheld.console.guards import StaffRequest
from upheld.console.moments import Moment, say_moment
from upheld.console.reading import name_everybody
from upheld.console.shipments import ShipmentRow, describe_row
from upheld.core.errors import UpheldError
from upheld.web.hosts import find_site_home

PATH = "route/"  # the site's addresses have the same
MOST_OFFERED = 200
TODAY, TOMORROW = "today", "tomorrow"
MOST_PLACES = 99


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route in words; `alarm` says what somebody should look at."""

    id: str
    name: str
    made_by: str
    made: Moment | None
    ends: Moment | None
    opened: Moment | None
    stops: int
    mark: str
    state: str
    alarm: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Pick:
    """A shipment that can be put on a route, whether it is chosen, and its place when one was given."""

    row: ShipmentRow
    is_chosen: bool
    place: str


def describe_route_row(route: HeldRoute, names: dict[str, str], now: datetime) -> RouteRow:
    """The route as the list shows it."""
    is_open = route.is_open(now)
    if route.is_dead:
        mark, state = "bad", "ended by wrong numbers"
    elif not is_open:
        mark, state = "plain", "ended"
    else:
        mark, state = ("good", "on its way") if route.opened_at else ("warning", "not opened yet")
    alarm = ""
    if route.elsewhere:
        times = "once" if route.elsewhere == 1 else f"{route.elsewhere} times"
        alarm = f"opened elsewhere {times}: nothing was shown there"
    elif route.failures and not route.is_dead:
        alarm = f"{route.failures} wrong number{'' if route.failures == 1 else 's'}"
    return RouteRow(
        id=route.id,
        name=route.name,
        made_by=names.get(route.made_by, route.made_by),
        made=say_moment(route.made_at, now),
        ends=say_moment(route.closed_at or route.ends_at, now),
        opened=say_moment(route.opened_at, now),
        stops=route.stops,
        mark=mark,
        state=state,
        alarm=alarm,
        is_open=is_open,
    )


@for_dispatch
@require_safe
def show_routes(request: StaffRequest, shop: Shop) -> HttpResponse:
    """The routes, the newest first, with what somebody should look at."""
    names = name_everybody()
    rows = [describe_route_row(route, names, shop.now) for route in list_routes(shop.site)]
    return answer_seat(request, shop.seat, "console/routes.html", {"rows": rows})


@for_dispatch
@require_http_methods(["GET", "POST"])
def make_one(request: StaffRequest, shop: Shop) -> HttpResponse:
    """The shipments that can be driven; a post makes the route and shows its link and its number this once."""
    if request.method != "POST":
        return answer_choosing(request, shop, chosen=request.GET.getlist("pick"))
    chosen = request.POST.getlist("pick")
    try:
        made = make_route(
            shop.site,
            name=request.POST.get("name", ""),
            shipments=sort_chosen(request, chosen),
            role=shop.seeing.role,
            ends_at=find_end(request.POST.get("day", TODAY), shop.now),
            staff=request.staff,
            now=shop.now,
        )
    except UpheldError as error:
        fault = f"{error.text}; {error.hint}"
        return answer_choosing(request, shop, chosen=chosen, fault=fault, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    context = {
        "route": made.route,
        "link": f"{find_site_home(request, shop.seat.shelved)}{PATH}{made.token}",
        "number": f"{made.number[:3]} {made.number[3:]}",
        "until": say_moment(made.route.ends_at, shop.now),
    }
    return answer_seat(request, shop.seat, "console/route_link.html", context)


def answer_choosing(
    request: StaffRequest, shop: Shop, *, chosen: list[str], fault: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    """The form of a new route with what was chosen; a shipment that a carrier or another route has is not offered."""
    found = list_shipments(shop.site, state=ANY_OPEN, most=MOST_OFFERED)
    routed = list_routed(shop.site, [row.id for row in found], shop.now)
    picks = [
        Pick(describe_row(shop, one, {}, {}), one.id in chosen, request.POST.get(f"place {one.id}", "")[:2])
        for one in found
        if not one.carrier and one.id not in routed
    ]
    context = {
        "picks": picks,
        "name": request.POST.get("name", "")[:LONGEST_NAME],
        "is_tomorrow": request.POST.get("day") == TOMORROW,
        "fault": fault,
        "longest": LONGEST_NAME,
        "most": MOST_STOPS,
    }
    return answer_seat(request, shop.seat, "console/route_new.html", context, status)


def sort_chosen(request: StaffRequest, chosen: list[str]) -> list[str]:
    """The chosen ones by the places that were given, the rest behind them as they stood."""

    def find_place(one: str) -> int:
        text = request.POST.get(f"place {one}", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else MOST_PLACES + 1

    return sorted(chosen, key=find_place)


def find_end(day: str, now: datetime) -> datetime:
    """When the day of a route ends: at midnight, in UTC."""
    after = 2 if day == TOMORROW else 1
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=after), time(), UTC)


@for_dispatch
@require_safe
def show_one(request: StaffRequest, shop: Shop, route: str) -> HttpResponse:
    """One route with its stops."""
    held = find_route(shop.site, route)
    if held is None:
        return redirect("console-routes", site=shop.site)
    stops = [describe_row(shop, one, {}, {}) for one in list_stops(shop.site, route)]
    context = {"route": describe_route_row(held, name_everybody(), shop.now), "stops": stops}
    return answer_seat(request, shop.seat, "console/route.html", context)


@for_dispatch
@require_POST
def end_one(request: StaffRequest, shop: Shop, route: str) -> HttpResponse:
    """A route, ended: its link shows nothing from this moment."""
    try:
        held = end_route(shop.site, route, by=name_staff(request.staff.pk), now=shop.now)
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
    else:
        messages.success(request, f"The route {held.name} is ended; its link shows nothing any more.")
    return redirect("console-routes", site=shop.site)
