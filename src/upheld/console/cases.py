"""Cases: what somebody wants, opened through the gate, taken by one of the staff and closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from upheld.actions.cases import OUTCOMES, HeldCase, close_case, find_case, list_cases, take_case
from upheld.actions.grants import name_staff
from upheld.actions.staff_reading import open_for_staff
from upheld.console.chrome import answer_seat, find_words
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import Moment, read_now, say_moment
from upheld.console.opened import view_opening
from upheld.console.reading import name_everybody
from upheld.core.errors import UpheldError
from upheld.core.policy.saying.names import say_name
from upheld.web.binding import make_binding


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in words."""

    id: str
    number: str
    kind: str
    person: str
    who: str
    opened: Moment | None
    due: Moment | None
    closed: Moment | None
    is_late: bool
    outcome: str


class ReadForm(forms.Form):
    """In which role and for which purpose the message is read."""

    role = forms.ChoiceField(label="Your role")
    purpose = forms.ChoiceField(label="What for")

    def __init__(self, *args: Any, seat: Seat, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = find_words(seat.shelved)
        fields: Any = self.fields
        fields["role"].choices = [(role, words.label(role, "role")) for role in seat.roles]
        fields["purpose"].choices = [(leaf, say_name(leaf, "purpose", words)) for leaf in words.leaves("purpose")]


def describe_row(case: HeldCase, names: dict[str, str], now: datetime) -> CaseRow:
    """The case as the list shows it."""
    return CaseRow(
        id=case.id,
        number=case.number,
        kind=case.kind,
        person=case.person,
        who=names.get(case.assigned_to, ""),
        opened=say_moment(case.opened_at, now),
        due=say_moment(case.due_at, now),
        closed=say_moment(case.closed_at, now),
        is_late=case.is_open and case.due_at is not None and case.due_at < now,
        outcome=case.outcome,
    )


@for_seat
@require_safe
def show_cases(request: StaffRequest, seat: Seat) -> HttpResponse:
    """Open cases, the one due first before the others; closed ones on demand."""
    now, names = read_now(), name_everybody()
    is_open = request.GET.get("state") != "closed"
    rows = [describe_row(case, names, now) for case in list_cases(seat.site, is_open=is_open)]
    return answer_seat(request, seat, "console/cases.html", {"rows": rows, "is_open": is_open})


@for_seat
@require_http_methods(["GET", "POST"])
def show_case(request: StaffRequest, seat: Seat, case: str) -> HttpResponse:
    """One case; a post reads the message that opened it, through the gate."""
    now, held = read_now(), find_case(seat.site, case)
    if held is None:
        raise Http404
    form = ReadForm(request.POST or None, seat=seat)
    context: dict[str, Any] = {"case": describe_row(held, name_everybody(), now), "is_open": held.is_open}
    context |= {"form": form, "has_message": bool(held.item and held.person), "outcomes": OUTCOMES}
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid() and held.item:
        binding = make_binding(seat.shelved, now.date())
        chosen = form.cleaned_data
        try:
            opening = open_for_staff(
                binding,
                staff=request.staff,
                role=chosen["role"],
                person=held.person,
                purpose=chosen["purpose"],
                case=case,
                item=held.item,
                now=now,
            )
            context["opened"] = view_opening(request, seat, binding, opening, now)
        except UpheldError as error:
            status, context["refusal"] = HTTPStatus.CONFLICT, error
    return answer_seat(request, seat, "console/case.html", context, status)


@for_seat
@require_POST
def take_one(request: StaffRequest, seat: Seat, case: str) -> HttpResponse:
    """The case is theirs from now on."""
    try:
        held = take_case(seat.site, case, by=name_staff(request.staff.pk), now=read_now())
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
        return redirect("console-cases", site=seat.site)
    messages.success(request, f"Case {held.number} is yours.")
    return redirect("console-case", site=seat.site, case=case)


@for_seat
@require_POST
def close_one(request: StaffRequest, seat: Seat, case: str) -> HttpResponse:
    """The case is closed with one of the outcomes."""
    outcome = request.POST.get("outcome", "")
    try:
        held = close_case(
            seat.site,
            case,
            outcome=outcome if outcome in OUTCOMES else "?",
            by=name_staff(request.staff.pk),
            now=read_now(),
        )
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
    else:
        messages.success(request, f"Case {held.number} is closed.")
    return redirect("console-cases", site=seat.site)
