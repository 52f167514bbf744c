"""What staff do about one case: take it, give it, name its kind, answer it, carry out the no that it says, close it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from upheld.actions.case_answers import answer_case, stop_by_case
from upheld.actions.cases import OUTCOMES, assign_case, close_case, list_kinds, sort_case, take_case
from upheld.actions.grants import list_grants, name_staff
from upheld.actions.notices import Queueing
from upheld.actions.staff import find_staff
from upheld.console.case_forms import AnswerForm, AssignForm, SortForm, StopForm, say_kind
from upheld.console.cases import answer_case_page, find_held
from upheld.console.guards import Seat, StaffRequest, for_grants, for_seat
from upheld.console.moments import read_now
from upheld.console.opened import find_link
from upheld.core.errors import RefusedError, UpheldError
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import join_words, say_name
from upheld.web.binding import make_binding
from upheld.web.hosts import find_address

WHY_NOT = {
    "no address": "There is no address to answer to: whoever wrote is not on record, and their message names none.",
    "no class": "The policy has no class of message that carries an answer.",
    "suppressed": "The address gets no more messages of this class.",
}


@for_seat
@require_POST
def take_one(request: StaffRequest, seat: Seat, case: str) -> HttpResponse:
    """The case is theirs from now on."""
    try:
        held = take_case(seat.site, case, by=name_staff(request.staff.pk), now=read_now())
    except UpheldError as error:
        return complain(request, seat, "", error)
    messages.success(request, f"Case {held.number} is yours.")
    return redirect("console-case", site=seat.site, case=case)


@for_grants
@require_POST
def assign_one(request: StaffRequest, seat: Seat, case: str) -> HttpResponse:
    """The owner gives the case to somebody with a live grant."""
    now = read_now()
    live = sorted({grant.username for grant in list_grants(seat.site) if grant.is_live(now)})
    form = AssignForm(request.POST, names=live)
    if not form.is_valid():
        return answer_again(request, seat, case, {"assign_form": form})
    try:
        held = assign_case(seat.site, case, to=find_staff(form.cleaned_data["staff"]), by=request.staff, now=now)
    except UpheldError as error:
        return complain(request, seat, case, error)
    messages.success(request, f"Case {held.number} is with {form.cleaned_data['staff']}.")
    return redirect("console-case", site=seat.site, case=case)


@for_seat
@require_POST
def sort_one(request: StaffRequest, seat: Seat, case: str) -> HttpResponse:
    """The case gets another kind, and the deadline that goes with it."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    form = SortForm(request.POST, kinds=list_kinds(binding.policy), kind="")
    if not form.is_valid():
        return answer_again(request, seat, case, {"sort_form": form})
    kind = form.cleaned_data["kind"]
    try:
        held = sort_case(binding, case, kind=kind, by=name_staff(request.staff.pk), now=now)
    except UpheldError as error:
        return complain(request, seat, case, error)
    due = f", due {held.due_at:%Y-%m-%d %H:%M} UTC" if held.due_at else ""
    messages.success(request, f"Case {held.number}: {say_kind(kind)}{due}.")
    return redirect("console-case", site=seat.site, case=case)


@for_seat
@require_POST
def answer_one(request: StaffRequest, seat: Seat, case: str) -> HttpResponse:
    """The answer goes out by mail, if the gate lets it; else the page says why, with what was typed."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    form = AnswerForm(request.POST, seat=seat, words=binding.policy.words)
    if not form.is_valid():
        return answer_again(request, seat, case, {"answer_form": form})
    home = find_address(request, seat.shelved)
    try:
        queueing = answer_case(
            binding,
            staff=request.staff,
            role=form.cleaned_data["role"],
            case=case,
            text=form.cleaned_data["text"],
            now=now,
            home=home,
        )
    except RefusedError as refused:
        return answer_again(
            request, seat, case, {"answer_form": form, "not_sent": show_refused(binding, refused.because, home)}
        )
    except UpheldError as error:
        return answer_again(request, seat, case, {"answer_form": form, "refusal": error})
    if not queueing.is_queued:
        return answer_again(
            request, seat, case, {"answer_form": form, "not_sent": show_not_sent(binding, queueing, home)}
        )
    messages.success(request, "Your answer is on its way. Close the case when nothing is left to do.")
    return redirect("console-case", site=seat.site, case=case)


def show_not_sent(binding: Binding, queueing: Queueing, address: str) -> dict[str, Any]:
    """Why an answer was not queued: in words, with the sentence when one refuses it."""
    if queueing.verdict is not None and queueing.reason == "refused":
        return show_refused(binding, queueing.verdict.because, address)
    return {"words": WHY_NOT.get(queueing.reason, "The answer was not queued."), "sentence": None}


def show_refused(binding: Binding, because: tuple[str, ...], address: str) -> dict[str, Any]:
    """That the policy does not permit it, with the sentence that says so."""
    link = find_link(binding, because[0], address) if because else None
    words = "The policy does not permit this." if link else "No sentence of the policy permits this."
    return {"words": words, "sentence": link}


@for_seat
@require_POST
def stop_one(request: StaffRequest, seat: Seat, case: str) -> HttpResponse:
    """The no that the message says is carried out, for the person or the address that it names."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    form = StopForm(request.POST, seat=seat, words=binding.policy.words)
    if not form.is_valid():
        return answer_again(request, seat, case, {"stop_form": form})
    chosen, home = form.cleaned_data, find_address(request, seat.shelved)
    try:
        choices = stop_by_case(
            binding,
            staff=request.staff,
            role=chosen["role"],
            case=case,
            address=chosen["address"],
            now=now,
            home=home,
        )
    except RefusedError as refused:
        return answer_again(
            request, seat, case, {"stop_form": form, "not_sent": show_refused(binding, refused.because, home)}
        )
    except UpheldError as error:
        return answer_again(request, seat, case, {"stop_form": form, "refusal": error})
    said = join_words([say_name(choice, "choice", binding.policy.words) for choice in choices])
    done = f"A no to {said} is recorded." if choices else "The address gets nothing more that can be stopped."
    messages.success(request, done)
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
        return complain(request, seat, "", error)
    messages.success(request, f"Case {held.number} is closed.")
    return redirect("console-cases", site=seat.site)


def answer_again(request: StaffRequest, seat: Seat, case: str, extra: dict[str, Any]) -> HttpResponse:
    """The page of the case with a form as it was sent, and what is wrong."""
    held = find_held(seat, case)
    form = next((value for name, value in extra.items() if name.endswith("_form")), None)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else HTTPStatus.CONFLICT
    return answer_case_page(request, seat, held, {"wrong_form": form, **extra}, status)


def complain(request: StaffRequest, seat: Seat, case: str, error: UpheldError) -> HttpResponse:
    """Back to the case, or to the list, with what did not work."""
    messages.error(request, f"{error.text}; {error.hint}")
    if case:
        return redirect("console-case", site=seat.site, case=case)
    return redirect("console-cases", site=seat.site)
