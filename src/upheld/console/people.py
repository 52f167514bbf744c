"""One person: staff say for what and on which case, then see what the gate permits and what it withholds, and why."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from upheld.actions.cases import list_cases, open_case
from upheld.actions.grants import name_staff
from upheld.actions.ledger_reading import list_lines
from upheld.actions.publications import list_bound
from upheld.actions.seeking import Sought, find_row, find_sought
from upheld.actions.staff_reading import list_tied, open_for_staff
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import Moment, read_now, say_moment
from upheld.console.opened import view_opening
from upheld.console.reading import READING_KINDS, describe_reading
from upheld.core.errors import UpheldError
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import say_name
from upheld.core.rights.answering import find_answering
from upheld.core.rights.telling import say_day
from upheld.web.binding import make_binding

NEW = "new:"
# A case that staff open is of one of these kinds: words, not sentences about somebody.
NEW_KINDS = {
    "question": "they asked something",
    "delivery": "about an order or a delivery",
    "correction": "something about them is wrong",
    "complaint": "they complain",
    "account": "about their account",
}


class OpenForm(forms.Form):
    """In which role, for which purpose, on which case."""

    role = forms.ChoiceField(label="Your role")
    purpose = forms.ChoiceField(label="What for", help_text="The policy's purposes; the gate answers for this one.")
    case = forms.ChoiceField(label="On which case", help_text="Everything you open is written down with it.")

    def __init__(self, *args: Any, binding: Binding, seat: Seat, person: Sought, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = binding.policy.words
        fields: Any = self.fields
        fields["role"].choices = [(role, words.label(role, "role")) for role in seat.roles]
        fields["purpose"].choices = [(leaf, say_name(leaf, "purpose", words)) for leaf in words.leaves("purpose")]
        standing = [(case.id, f"{case.number}, {case.kind}") for case in list_cases(seat.site, person=person.id)]
        fields["case"].choices = standing + [(NEW + kind, f"New case: {said}") for kind, said in NEW_KINDS.items()]


@for_seat
@require_http_methods(["GET", "POST"])
def show_person(request: StaffRequest, seat: Seat, person: str) -> HttpResponse:
    """Before anything is opened only the id and since when; a post opens."""
    now = read_now()
    found = find_sought(seat.site, person)
    if found is None:
        raise Http404
    binding = make_binding(seat.shelved, now.date())
    form = OpenForm(request.POST or None, binding=binding, seat=seat, person=found)
    context: dict[str, Any] = {"form": form, "person": found, "since": say_moment(found.created_at, now)}
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            status, opened = open_person(request, seat, found, form.cleaned_data, now)
            context |= opened
            form = OpenForm(
                {**form.cleaned_data, "case": opened.get("case", "")}, binding=binding, seat=seat, person=found
            )
            context["form"] = form
        else:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    context["bound"] = view_bound(seat, found, now)
    lines = list_lines(seat.site, kinds=READING_KINDS, person=found.id, most=10)
    context["readings"] = [describe_reading(line, binding.policy.words, now) for line in lines]
    return answer_seat(request, seat, "console/person.html", context, status)


def view_bound(seat: Seat, person: Sought, now: datetime) -> tuple[tuple[str, Moment | None], ...]:
    """Which versions have bound the person and since when, the latest first; dates and nothing else."""
    row = find_row(seat.site, person.id)
    bound = list_bound(seat.site, row) if row is not None else ()
    return tuple((say_day(one.version), say_moment(one.since, now)) for one in reversed(bound))


def open_person(
    request: StaffRequest, seat: Seat, person: Sought, chosen: dict[str, str], now: datetime
) -> tuple[HTTPStatus, dict[str, Any]]:
    """What the gate lets through, as the page shows it; a new case is opened first when one was asked for."""
    binding, case = make_binding(seat.shelved, now.date()), chosen["case"]
    if case.startswith(NEW):
        kind = case.removeprefix(NEW)
        by = name_staff(request.staff.pk)
        due_at = find_answering(binding.policy, kind).find_due(now)
        case = open_case(
            seat.site, kind=kind, person=person.id, purpose=chosen["purpose"], by=by, due_at=due_at, now=now
        ).id
    try:
        opening = open_for_staff(
            binding,
            staff=request.staff,
            role=chosen["role"],
            person=person.id,
            purpose=chosen["purpose"],
            case=case,
            now=now,
        )
    except UpheldError as error:
        return HTTPStatus.CONFLICT, {"refusal": error, "case": case}
    # who belongs to whom is shown to whoever may see something of them, and as ids alone
    tied = list_tied(seat.site, person.id) if opening.values else ()
    return HTTPStatus.OK, {"opened": view_opening(request, seat, binding, opening, now), "case": case, "tied": tied}
