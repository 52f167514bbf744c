"""The legal desk: demands taken down, put to those who have to agree, given out, and what somebody else may object to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from upheld.actions.cases import OUTCOMES
from upheld.actions.demand_answers import answer_demand, begin_stand_in, object_to_demand, put_demand
from upheld.actions.demand_bars import answer_bar, extend_bar, find_bar, list_reasons
from upheld.actions.demand_release import fetch_package, release_demand
from upheld.actions.demands import (
    ASKED,
    add_person,
    change_demand,
    close_demand,
    drop_person,
    find_demand,
    list_demands,
    open_details,
    read_demand,
    take_down,
)
from upheld.actions.grants import name_staff
from upheld.actions.recipients import name_recipients
from upheld.actions.seeking import seek_person
from upheld.console.chrome import answer_seat
from upheld.console.demand_form import TakeForm, fill_form
from upheld.console.demand_view import (
    view_ground,
    view_kept,
    view_missing,
    view_package,
    view_row,
    view_stops,
    view_voices,
    view_waiting,
)
from upheld.console.find import FindForm
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import read_now, say_moment
from upheld.console.opened import say_label
from upheld.console.reading import name_everybody
from upheld.console.releases import quote
from upheld.core.errors import UpheldError
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.rights.demanding import list_desk_roles, list_grounds
from upheld.core.rights.telling import say_day
from upheld.web.binding import make_binding
from upheld.web.hosts import find_address


def is_of_desk(binding: Binding, seat: Seat, request: StaffRequest) -> bool:
    """Whether somebody in this seat works at the legal desk; where nobody has to agree, it is the owner's."""
    roles = set(list_desk_roles(binding.policy))
    return bool(roles & set(seat.roles)) if roles else request.staff.is_owner


@for_seat
@require_safe
def show_demands(request: StaffRequest, seat: Seat) -> HttpResponse:
    """Demands to be worked on, the one due first before the others; for others of the staff, what they may object to."""
    now = read_now()
    binding, titles = make_binding(seat.shelved, now.date()), name_recipients(seat.site)
    is_open, is_desk = request.GET.get("state") != "closed", is_of_desk(binding, seat, request)
    address = find_address(request, seat.shelved)
    found = list_demands(binding, now, is_open=is_open) if is_desk else ()
    waiting = [
        held for held in list_demands(binding, now) if held.row.state == ASKED and view_waiting(binding, held, now)
    ]
    grounds = {ground.name: ground for ground in list_grounds(binding.policy)}
    context = {
        "rows": [view_row(binding, held, titles, now) for held in found],
        "waiting": [] if is_desk else [view_row(binding, held, titles, now) for held in waiting],
        "is_open": is_open,
        "is_desk": is_desk,
        "grounds": [view_ground(binding.policy, ground, address) for ground in grounds.values()],
        "roles": join_words(say_name(role, "role", binding.policy.words) for role in list_desk_roles(binding.policy)),
    }
    return answer_seat(request, seat, "console/demands.html", context)


@for_seat
@require_http_methods(["GET", "POST"])
def take_one(request: StaffRequest, seat: Seat, demand: str = "") -> HttpResponse:
    """Take a demand down, or change one: then whoever had agreed agrees again."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    held = find_demand(binding, demand, now) if demand else None
    if not is_of_desk(binding, seat, request) or (demand and (held is None or not held.is_open)):
        raise Http404
    if held is not None and request.method == "GET":
        read_demand(binding, demand, staff=request.staff, now=now)  # what is shown in the fields was read
    form = TakeForm(
        request.POST or None, binding=binding, site=seat.site, initial=fill_form(held) if held is not None else None
    )
    context: dict[str, Any] = {"form": form, "held": held}
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            taking, staff = form.make_taking(), request.staff
            try:
                taken = (
                    change_demand(binding, demand, taking=taking, staff=staff, now=now)
                    if demand
                    else take_down(binding, taking=taking, staff=staff, now=now)
                )
            except UpheldError as error:
                context |= {"refusal": error, "quotes": quote(request, seat, binding, error)}
            else:
                messages.success(request, f"Demand {taken.row.number} is taken down. Next: whom it is about.")
                return redirect("console-demand", site=seat.site, demand=taken.row.id)
    return answer_seat(request, seat, "console/demand_form.html", context, status)


@for_seat
@require_http_methods(["GET", "POST"])
def show_demand(request: StaffRequest, seat: Seat, demand: str) -> HttpResponse:
    """One demand; a post reads what it rests on."""
    return answer_demand_page(request, seat, demand, is_read=request.method == "POST")


def answer_demand_page(
    request: StaffRequest,
    seat: Seat,
    demand: str,
    *,
    error: UpheldError | None = None,
    is_read: bool = False,
) -> HttpResponse:
    """The page of a demand, with what was refused, or the texts."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    held = find_demand(binding, demand, now)
    if held is None or not is_of_desk(binding, seat, request):
        raise Http404
    address, names, words = find_address(request, seat.shelved), name_everybody(), binding.policy.words
    details = read_demand(binding, demand, staff=request.staff, now=now) if is_read else open_details(held.row)
    voices, bar = view_voices(binding, held, names, now), find_bar(binding, held, now)
    context = {
        "demand": held,
        "row": view_row(binding, held, name_recipients(seat.site), now),
        "stops": view_stops(held),
        "ground": view_ground(binding.policy, held.ground, address) if held.ground else None,
        "given": capitalise(join_words(say_label(leaf, words) for leaf in held.narrowed.given)),
        "missing": view_missing(binding, held, details),
        "details": details if is_read else None,
        "voices": voices,
        "has_answered": any(voice.who == request.staff.username for voice in voices),
        "waiting": view_waiting(binding, held, now),
        "kept": view_kept(binding, held, address),
        "form": FindForm(seat=seat),
        "may_agree": held.ground is not None and held.ground.approval.role in seat.roles,
        "role": say_name(held.ground.approval.role, "role", words) if held.ground else "",
        "released": say_moment(held.row.released_at, now),
        "held_until": say_day(held.held_until.date()) if held.held_until else "",
        "made_by": names.get(held.row.made_by, held.row.made_by),
        "bar_stands": held.row.barred_until is not None and held.row.barred_until >= now.date(),
        "bar": bar,
        "bar_by": names.get(bar.made_by, bar.made_by) if bar else "",
        "has_answered_bar": bar is not None and name_staff(request.staff.pk) in bar.answered,
        "bar_reasons": list_reasons(binding.site, demand) if is_read else (),
        "refusal": error,
        "quotes": quote(request, seat, binding, error) if error else [],
        "outcomes": OUTCOMES,
    }
    return answer_seat(request, seat, "console/demand.html", context, HTTPStatus.CONFLICT if error else HTTPStatus.OK)


@for_seat
@require_POST
def do_one(request: StaffRequest, seat: Seat, demand: str, what: str) -> HttpResponse:
    """One step of a demand; what is refused stands on its page with the sentence."""
    step = STEPS.get(what)
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    if step is None or find_demand(binding, demand, now) is None:
        raise Http404
    if not is_of_desk(binding, seat, request) and what != "object":
        raise Http404
    try:
        step(request, seat, binding, demand, now)
    except UpheldError as error:
        if is_of_desk(binding, seat, request):
            return answer_demand_page(request, seat, demand, error=error)
        messages.error(request, f"{capitalise(error.text)}; {error.hint}.")
        return redirect("console-demands", site=seat.site)
    if not is_of_desk(binding, seat, request):
        return redirect("console-demands", site=seat.site)
    return redirect("console-demand", site=seat.site, demand=demand)


Step = Callable[[StaffRequest, Seat, Binding, str, datetime], None]


def add_one(request: StaffRequest, seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Find a person by an exact identifier, and have the demand be about them."""
    form = FindForm(request.POST, seat=seat)
    by = name_staff(request.staff.pk)
    found = (
        seek_person(seat.site, kind=form.cleaned_data["kind"], text=form.cleaned_data["text"], by=by, now=now)
        if form.is_valid()
        else None
    )
    if found is None:
        messages.error(request, "Nobody, or more than one. Check it for a typing error.")
    else:
        add_person(binding, demand, person=found.id, staff=request.staff, now=now)


def drop_one(request: StaffRequest, _seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """The demand is not about this person."""
    drop_person(binding, demand, person=request.POST.get("person", ""), staff=request.staff, now=now)


def put_one(request: StaffRequest, _seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Put it to those who have to agree."""
    put_demand(binding, demand, staff=request.staff, now=now)
    messages.success(request, "It stands as it is, and can be agreed to. A change takes the answers back.")


def answer_one(request: StaffRequest, _seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Agree, or do not."""
    is_yes = request.POST.get("answer") == "yes"
    seen = request.POST.get("asked", "")
    answer_demand(binding, demand, staff=request.staff, is_yes=is_yes, seen=seen, now=now)
    messages.success(request, "Your answer is recorded.")


def wait_one(request: StaffRequest, _seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Begin the time that stands in for a missing voice."""
    begin_stand_in(binding, demand, staff=request.staff, now=now)
    messages.success(request, "The time runs. Whoever works here sees it and may object.")


def ask_one(request: StaffRequest, seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Ask somebody outside; the link goes to them by mail and is shown to nobody here."""
    home = request.build_absolute_uri(find_address(request, seat.shelved))
    who, email = request.POST.get("who", "").strip() or "-", request.POST.get("email", "")
    begin_stand_in(binding, demand, staff=request.staff, who=who, email=email, home=home, now=now)
    messages.success(request, "They are asked by mail. The link is in that message alone.")


def object_one(request: StaffRequest, _seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Object while time is waited for."""
    object_to_demand(binding, demand, staff=request.staff, now=now)
    messages.success(request, "Your objection is recorded; nothing is given out.")


def release_one(request: StaffRequest, seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Give out what it may have."""
    home = request.build_absolute_uri(find_address(request, seat.shelved))
    release_demand(binding, demand, staff=request.staff, home=home, now=now)
    messages.success(
        request, "It is given out. The package lies ready below, for 30 days or until you close the demand."
    )


def extend_one(request: StaffRequest, _seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Ask that people may not be told before a later day."""
    try:
        until = date.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        messages.error(request, "Name a day.")
        return
    reason = request.POST.get("reason", "")
    extend_bar(binding, demand, until=until, reason=reason, staff=request.staff, now=now)
    messages.success(request, "It is recorded with its reason. Until enough people agreed, the old day stands.")


def answer_longer(request: StaffRequest, _seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Agree that people are told later, or do not."""
    is_yes, seen = request.POST.get("answer") == "yes", request.POST.get("asked", "")
    answer_bar(binding, demand, staff=request.staff, is_yes=is_yes, seen=seen, now=now)
    messages.success(request, "Your answer is recorded.")


def close_one(request: StaffRequest, _seat: Seat, binding: Binding, demand: str, now: datetime) -> None:
    """Close it with its case."""
    outcome = request.POST.get("outcome", "")
    close_demand(binding, demand, staff=request.staff, outcome=outcome if outcome in OUTCOMES else "?", now=now)


STEPS: dict[str, Step] = {
    "add": add_one,
    "drop": drop_one,
    "put": put_one,
    "answer": answer_one,
    "wait": wait_one,
    "ask": ask_one,
    "object": object_one,
    "release": release_one,
    "extend": extend_one,
    "longer": answer_longer,
    "close": close_one,
}


@for_seat
@require_POST
def take_package(request: StaffRequest, seat: Seat, demand: str) -> HttpResponse:
    """The package as a file for programs, or as a page to be printed; each time is counted."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    if not is_of_desk(binding, seat, request) or find_demand(binding, demand, now) is None:
        raise Http404
    try:
        package = fetch_package(binding, demand, staff=request.staff, now=now)
    except UpheldError as error:
        return answer_demand_page(request, seat, demand, error=error)
    if request.POST.get("form") == "page":
        return answer_seat(request, seat, "console/demand_package.html", view_package(binding, package, now))
    answer = HttpResponse(package.document, content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{seat.site}-{demand}.json"'
    return answer
