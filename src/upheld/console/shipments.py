"""Shipments in the console: what is under way, due first; and one of them, opened through the gate, moved, handed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from upheld.actions.cases import open_case
from upheld.actions.grants import name_staff
from upheld.actions.naming import list_named
from upheld.actions.recipients import list_recipients, name_recipients
from upheld.actions.routes import list_routed, list_routes
from upheld.actions.seeking import find_sought
from upheld.actions.shipment_events import LONGEST_NAME, STAFF, note_event
from upheld.actions.shipments import (
    ANY_OPEN,
    HeldEvent,
    HeldShipment,
    count_shipments,
    find_shipment,
    hand_over,
    list_events,
    list_shipments,
)
from upheld.actions.staff_reading import open_for_staff
from upheld.actions.undelivered import may_take_back, take_delivery_back
from upheld.console.chrome import answer_seat
from upheld.console.dispatch import MARKS, Shop, for_dispatch, link_sentences
from upheld.console.guards import StaffRequest
from upheld.console.moments import Moment, say_moment
from upheld.console.opened import SentenceLink, view_opening
from upheld.console.people import NEW, OpenForm
from upheld.console.reading import name_everybody
from upheld.core.errors import RefusedError, UpheldError
from upheld.core.shipping.ordering import list_carrying
from upheld.core.shipping.states import DELIVERED, FOLLOWS, STATES
from upheld.web.hosts import find_site_home

A_PAGE = 50
ALL = "all"
TYPED = "%Y-%m-%dT%H:%M"
HEARS = {"named": "waits", "queued": "told", "stopped": "said stop", "refused": "refused by the policy"}
SAID_BY = {"customer": "the customer", "driver": "a driver", "program": "a program"}


@dataclass(frozen=True, slots=True)
class ShipmentRow:
    """A shipment in words; nothing of it is opened."""

    id: str
    number: str
    state: str
    mark: str
    what: str
    due: Moment | None
    booked: Moment | None
    delivered: Moment | None
    is_late: bool
    with_whom: str
    price: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in words: when it happened, when we heard of it, and from whom."""

    words: str
    at: Moment | None
    noted: Moment | None
    by: str
    is_late: bool


def describe_row(shop: Shop, shipment: HeldShipment, titles: dict[str, str], routed: dict[str, str]) -> ShipmentRow:
    """The shipment as the board shows it."""
    with_whom = titles.get(shipment.carrier, "") if shipment.carrier else ""
    if not with_whom and shipment.id in routed:
        with_whom = f"route {routed[shipment.id]}"
    return ShipmentRow(
        id=shipment.id,
        number=shipment.number,
        state=shop.shipping.say_state(shipment.state),
        mark=MARKS.get(shipment.state, "plain"),
        what=f"{shipment.offer}, up to {shipment.weight}" if shipment.weight else shipment.offer,
        due=say_moment(shipment.due_at, shop.now),
        booked=say_moment(shipment.booked_at, shop.now),
        delivered=say_moment(shipment.delivered_at, shop.now),
        is_late=shipment.is_open and shipment.due_at is not None and shipment.due_at < shop.now,
        with_whom=with_whom,
        price=shop.shipping.say_price(shipment.price),
    )


@for_dispatch
@require_safe
def show_shipments(request: StaffRequest, shop: Shop) -> HttpResponse:
    """The board: what is under way, what is due first before the rest; other states on demand; one by its number."""
    looked_for = request.GET.get("number", "").strip()[:24]
    found = find_shipment(shop.site, number=complete_number(looked_for, shop.now)) if looked_for else None
    if found is not None:
        return redirect("console-shipment", site=shop.site, shipment=found.id)
    state = request.GET.get("state", ANY_OPEN)
    state = state if state in (*STATES, ALL) else ANY_OPEN
    page, counts = read_page(request), count_shipments(shop.site)
    rows = list_shipments(shop.site, state="" if state == ALL else state, most=A_PAGE + 1, skip=(page - 1) * A_PAGE)
    titles, routed = name_recipients(shop.site), list_routed(shop.site, [row.id for row in rows], shop.now)
    said = [(name, shop.shipping.say_state(name), counts.get(name, 0), name == state) for name in STATES]
    context = {
        "rows": [describe_row(shop, row, titles, routed) for row in rows[:A_PAGE]],
        "counts": said,
        "open_count": sum(counts.get(name, 0) for name, following in FOLLOWS.items() if following),
        "all_count": sum(counts.values()),
        "state": state,
        "page": page,
        "is_more": len(rows) > A_PAGE,
        "looked_for": looked_for,
        "is_none": bool(looked_for),
        "tried": [route for route in list_routes(shop.site) if route.elsewhere and route.is_open(shop.now)],
    }
    return answer_seat(request, shop.seat, "console/shipments.html", context)


def complete_number(text: str, now: datetime) -> str:
    """The whole number of a shipment: figures alone are taken for one of this year."""
    return f"{now.year}-{int(text):06d}" if text.isascii() and text.isdigit() and len(text) <= 6 else text


def read_page(request: StaffRequest) -> int:
    """Which page is asked for: the first for anything that is no number of one."""
    text = request.GET.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


@for_dispatch
@require_http_methods(["GET", "POST"])
def show_shipment(request: StaffRequest, shop: Shop, shipment: str) -> HttpResponse:
    """One shipment by what is no secret; a post opens what is, in a role, for a purpose, on a case."""
    held = access_shipment(shop, shipment)
    owner = find_sought(shop.site, held.person)
    if owner is None:
        raise Http404
    first = {"role": shop.seeing.role, "purpose": shop.seeing.purpose, "case": f"{NEW}delivery"}
    given = request.POST if request.method == "POST" else None
    form = OpenForm(given, initial=first, binding=shop.binding, seat=shop.seat, person=owner)
    context: dict[str, Any] = {"form": form}
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            status, opened = open_one(request, shop, held, form.cleaned_data)
            context |= opened
            again = {**form.cleaned_data, "case": opened.get("case", "")}
            context["form"] = OpenForm(again, binding=shop.binding, seat=shop.seat, person=owner)
        else:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer_shipment(request, shop, held, context, status)


def access_shipment(shop: Shop, shipment: str) -> HeldShipment:
    """The shipment of this id; 404 for none of the site."""
    held = find_shipment(shop.site, id=shipment)
    if held is None:
        raise Http404
    return held


def open_one(
    request: StaffRequest, shop: Shop, held: HeldShipment, chosen: dict[str, str]
) -> tuple[HTTPStatus, dict[str, Any]]:
    """What the gate lets through of this shipment alone; a new case is opened first when one was asked for."""
    case = chosen["case"]
    if case.startswith(NEW):
        kind, by = case.removeprefix(NEW), name_staff(request.staff.pk)
        case = open_case(shop.site, kind=kind, person=held.person, purpose=chosen["purpose"], by=by, now=shop.now).id
    try:
        opening = open_for_staff(
            shop.binding,
            staff=request.staff,
            role=chosen["role"],
            person=held.person,
            purpose=chosen["purpose"],
            case=case,
            items=(held.order, held.addressee, held.told),
            now=shop.now,
        )
    except UpheldError as error:
        return HTTPStatus.CONFLICT, {"refusal": error, "case": case}
    return HTTPStatus.OK, {"opened": view_opening(request, shop.seat, shop.binding, opening, shop.now), "case": case}


def answer_shipment(
    request: StaffRequest, shop: Shop, held: HeldShipment, context: dict[str, Any], status: int = HTTPStatus.OK
) -> HttpResponse:
    """The page of one shipment, with what can be done with it."""
    titles, routed = name_recipients(shop.site), list_routed(shop.site, [held.id], shop.now)
    names = name_everybody()
    kinds = {carrying.recipient for carrying in list_carrying(shop.binding, {}, (held.version,))}
    around = {
        "shipment": describe_row(shop, held, titles, routed),
        "person": held.person,
        "is_company": bool(held.company),
        "is_open": held.is_open,
        "route": routed.get(held.id, ""),
        "carrier": held.carrier,
        "carriers": [(one.id, one.title) for one in list_recipients(shop.site, with_ended=False) if one.kind in kinds],
        "events": [describe_event(shop, event, names) for event in list_events(shop.site, held)],
        "named": [(one.place, HEARS.get(one.state, one.state)) for one in list_named(shop.site, held.id)],
        "following": [(state, shop.shipping.say_state(state)) for state in FOLLOWS[held.state]],
        "may_take_back": may_take_back(shop.site, held.id, shop.now),
        "moment": f"{shop.now:{TYPED}}",
        "longest": LONGEST_NAME,
    }
    return answer_seat(request, shop.seat, "console/shipment.html", {**around, **context}, status)


def describe_event(shop: Shop, event: HeldEvent, names: dict[str, str]) -> EventRow:
    """The event in words."""
    return EventRow(
        words=shop.shipping.say_state(event.state),
        at=say_moment(event.at, shop.now),
        noted=say_moment(event.noted_at, shop.now) if event.noted_at != event.at else None,
        by=names.get(event.by) or SAID_BY.get(event.source, event.source),
        is_late=event.is_late,
    )


def show_closed(
    request: StaffRequest, shop: Shop, held: HeldShipment, sentences: tuple[SentenceLink, ...]
) -> HttpResponse:
    """The shipment with the sentence that keeps it from a carrier."""
    owner = find_sought(shop.site, held.person)
    if owner is None:
        raise Http404
    form = OpenForm(None, binding=shop.binding, seat=shop.seat, person=owner)
    context = {"form": form, "sentences": sentences, "is_kept": True}
    return answer_shipment(request, shop, held, context, HTTPStatus.CONFLICT)


@for_dispatch
@require_POST
def note_one(request: StaffRequest, shop: Shop, shipment: str) -> HttpResponse:
    """Something happened to it, says dispatch."""
    held = access_shipment(shop, shipment)
    state, received = request.POST.get("state", ""), request.POST.get("received", "")
    at = read_moment(request.POST.get("at", ""), held, shop.now)
    try:
        noted = note_event(
            shop.binding,
            shipment=held.id,
            state=state,
            at=at,
            source=STAFF,
            by=name_staff(request.staff.pk),
            received_by=received if state == DELIVERED else "",
            now=shop.now,
            home=find_site_home(request, shop.seat.shelved),
        )
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
    else:
        said = shop.shipping.say_state(state)
        late = " It is older than what was known, so it changed nothing." if noted.is_late else ""
        known = "" if noted.is_new else " That was known already."
        messages.success(request, f"Noted: {said}.{late}{known}")
    return redirect("console-shipment", site=shop.site, shipment=held.id)


def read_moment(text: str, held: HeldShipment, now: datetime) -> datetime:
    """The moment that was typed, in UTC; this minute is now, as is what cannot be read. No earlier within a minute than what is known."""
    try:
        at = datetime.strptime(text[:16], TYPED).replace(tzinfo=UTC)
    except ValueError:
        return now
    if at == now.replace(second=0, microsecond=0):
        return now
    return held.changed_at if at == held.changed_at.replace(second=0, microsecond=0) else at


@for_dispatch
@require_POST
def take_back_one(request: StaffRequest, shop: Shop, shipment: str) -> HttpResponse:
    """A delivery was reported by mistake, says dispatch; whoever was told of it is told so."""
    held = access_shipment(shop, shipment)
    by, home = name_staff(request.staff.pk), find_site_home(request, shop.seat.shelved)
    try:
        told = take_delivery_back(shop.binding, shipment=held.id, by=by, now=shop.now, home=home)
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
    else:
        mails = (
            f"{told.queued} {'mail says' if told.queued == 1 else 'mails say'} so"
            if told.queued
            else "Nobody was told of it"
        )
        messages.success(request, f"It is on its way again. {mails}.")
    return redirect("console-shipment", site=shop.site, shipment=held.id)


@for_dispatch
@require_POST
def hand_one(request: StaffRequest, shop: Shop, shipment: str) -> HttpResponse:
    """A carrier drives it from now on, or the business itself again."""
    held, carrier = access_shipment(shop, shipment), request.POST.get("carrier", "")
    if carrier and list_routed(shop.site, [held.id], shop.now):
        messages.error(request, "It is on a route of today; end that one first.")
        return redirect("console-shipment", site=shop.site, shipment=held.id)
    try:
        hand_over(shop.binding, shipment=held.id, carrier=carrier, by=name_staff(request.staff.pk), now=shop.now)
    except RefusedError as refused:
        sentences = link_sentences(request, shop.seat, shop.binding, refused.because)
        return show_closed(request, shop, held, sentences)
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}" if error.hint else error.text)
    else:
        title = name_recipients(shop.site).get(carrier, "")
        messages.success(request, f"{title} carries it from now on." if title else "We carry it ourselves.")
    return redirect("console-shipment", site=shop.site, shipment=held.id)
