"""The list of cases, and one case: taken or given, read through the gate by whoever has it, answered, closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from upheld.actions.case_answers import Origin, can_be_answered, find_origin, read_message
from upheld.actions.cases import (
    OUTCOMES,
    CaseCounts,
    HeldCase,
    count_cases,
    find_case,
    list_cases,
    list_kinds,
)
from upheld.actions.grants import list_grants, name_staff
from upheld.console.case_forms import AnswerForm, AssignForm, ReadForm, SortForm, StopForm, say_kind
from upheld.console.chrome import answer_seat, find_words
from upheld.console.guards import Seat, StaffRequest, for_grants
from upheld.console.moments import Moment, read_now, say_moment
from upheld.console.opened import SentenceLink, find_link, view_opening
from upheld.console.reading import name_everybody
from upheld.core.errors import UpheldError
from upheld.core.gate.binding import Binding
from upheld.core.rights.answering import STOP_REQUEST, find_answering, list_stopped_by_message
from upheld.web.binding import make_binding
from upheld.web.hosts import find_address

MINE, NOBODYS, LATE, CLOSED = "mine", "nobodys", "late", "closed"
VIEWS = (("", "open"), (MINE, "with you"), (NOBODYS, "with nobody"), (LATE, "late"), (CLOSED, "closed"))


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
    answered: Moment | None
    closed: Moment | None
    is_late: bool
    is_mine: bool
    outcome: str


@dataclass(frozen=True, slots=True)
class View:
    """One way to narrow the list: its words, how many there are (none: not counted) and whether one is there."""

    name: str
    words: str
    count: int | None
    is_here: bool


def describe_row(case: HeldCase, names: dict[str, str], now: datetime, me: str = "") -> CaseRow:
    """The case as pages show it."""
    return CaseRow(
        id=case.id,
        number=case.number,
        kind=say_kind(case.kind),
        person=case.person,
        who=names.get(case.assigned_to, ""),
        opened=say_moment(case.opened_at, now),
        due=say_moment(case.due_at, now),
        answered=say_moment(case.answered_at, now),
        closed=say_moment(case.closed_at, now),
        is_late=case.is_late(now),
        is_mine=bool(me) and case.assigned_to == me,
        outcome=case.outcome,
    )


@for_grants
@require_safe
def show_cases(request: StaffRequest, seat: Seat) -> HttpResponse:
    """Open cases, the one due first before the others, narrowed to some of them; closed ones on demand."""
    now, names, me = read_now(), name_everybody(), name_staff(request.staff.pk)
    view = CLOSED if request.GET.get("state") == CLOSED else request.GET.get("view", "")
    counts = count_cases(seat.site, mine=me, now=now)
    rows = [describe_row(case, names, now, me) for case in list_chosen(seat.site, view, me, now)]
    context: dict[str, Any] = {"rows": rows, "views": list_views(counts, view), "view": view}
    context |= {"is_open": view != CLOSED, "sees_people": bool(seat.roles)}
    return answer_seat(request, seat, "console/cases.html", context)


def list_chosen(site: str, view: str, me: str, now: datetime) -> tuple[HeldCase, ...]:
    """The cases of a view; of one that is none, all that are open."""
    if view == CLOSED:
        return list_cases(site, is_open=False)
    assigned = {MINE: me, NOBODYS: ""}.get(view)
    return list_cases(site, assigned_to=assigned, late_at=now if view == LATE else None)


def list_views(counts: CaseCounts, view: str) -> tuple[View, ...]:
    """The ways to narrow the list, with how many cases each shows."""
    found = {"": counts.all, MINE: counts.mine, NOBODYS: counts.nobodys, LATE: counts.late}
    here = view if view in dict(VIEWS) else ""
    return tuple(View(name, words, found.get(name), name == here) for name, words in VIEWS)


@for_grants
@require_http_methods(["GET", "POST"])
def show_case(request: StaffRequest, seat: Seat, case: str) -> HttpResponse:
    """One case; a post reads the message that opened it, through the gate, if the case is theirs."""
    now = read_now()
    held = find_held(seat, case)
    binding = make_binding(seat.shelved, now.date())
    form = ReadForm(request.POST or None, seat=seat, words=find_words(seat.shelved), purpose=held.purpose)
    extra: dict[str, Any] = {"read_form": form}
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid() and held.item:
        chosen = form.cleaned_data
        try:
            opening = read_message(
                binding, staff=request.staff, role=chosen["role"], purpose=chosen["purpose"], case=case, now=now
            )
            extra["opened"] = view_opening(request, seat, binding, opening, now)
        except UpheldError as error:
            status, extra["refusal"] = HTTPStatus.CONFLICT, error
    return answer_case_page(request, seat, held, extra, status)


def find_held(seat: Seat, case: str) -> HeldCase:
    """The case of this site; raises Http404 for any other."""
    held = find_case(seat.site, case)
    if held is None:
        raise Http404
    return held


def answer_case_page(
    request: StaffRequest,
    seat: Seat,
    held: HeldCase,
    extra: dict[str, Any],
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The page of a case with what can be done about it now; `extra` holds forms that came back and what was opened."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    words, names, me = binding.policy.words, name_everybody(), name_staff(request.staff.pk)
    origin = find_origin(seat.site, held)
    row = describe_row(held, names, now, me)
    answering = find_answering(binding.policy, held.kind)
    context: dict[str, Any] = {
        "case": row,
        "is_open": held.is_open,
        "is_stop": held.kind == STOP_REQUEST,
        "origin": origin,
        "origin_words": say_origin(origin) if held.is_open else "",
        "due_sentence": link_due(request, seat, binding, answering.sentence),
        "outcomes": OUTCOMES,
        "sees_people": bool(seat.roles),
        "answer_to": say_answer_to(binding, held, origin),
        "read_form": ReadForm(seat=seat, words=words, purpose=held.purpose),
        "answer_form": AnswerForm(seat=seat, words=words),
        "sort_form": SortForm(kinds=list_kinds(binding.policy), kind=held.kind),
    }
    if list_stopped_by_message(binding.policy):
        context["stop_form"] = StopForm(seat=seat, words=words)
    if request.staff.is_owner and held.is_open:
        live = sorted({grant.username for grant in list_grants(seat.site) if grant.is_live(now)})
        context["assign_form"] = AssignForm(names=live) if live else None
    return answer_seat(request, seat, "console/case.html", context | extra, status)


def link_due(request: StaffRequest, seat: Seat, binding: Binding, ref: str) -> SentenceLink | None:
    """The sentence that sets the deadline, if one does."""
    return find_link(binding, ref, find_address(request, seat.shelved)) if ref else None


def say_origin(origin: Origin | None) -> str:
    """How the message came, in words."""
    if origin is None:
        return ""
    if not origin.is_mail:
        return "by the form"
    return "by mail, from a sender whom our mail server proved" if origin.is_proved else "by mail, sender not proved"


def say_answer_to(binding: Binding, held: HeldCase, origin: Origin | None) -> str:
    """Where an answer would go, in words; empty where there is no address to answer to."""
    if not can_be_answered(binding, held, origin):
        return ""
    if origin is not None and origin.is_mail and not origin.is_proved:
        return "the address that the message names as its sender"
    return "the address that is on file"
