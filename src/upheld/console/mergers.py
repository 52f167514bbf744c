"""A merger from the desk: put on record, told to everybody by the jobs, handed over in batches, done or called off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from upheld.actions.merger_transfer import count_left, fetch_batch, find_next_ripe, list_batches, transfer_batch
from upheld.actions.mergers import (
    HeldMerger,
    begin_telling,
    cancel_merger,
    check_merger_staff,
    find_merger,
    finish_merger,
    list_mergers,
    open_merger,
)
from upheld.actions.merging import CANCELLED, DONE, OPEN, TELLING, TOLD_ALL, TRANSFERRING
from upheld.actions.recipients import list_recipients
from upheld.console.chrome import answer_seat
from upheld.console.demand_view import link_sentence, list_stops
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import read_now, say_moment
from upheld.console.releases import quote
from upheld.core.errors import StaffError, UpheldError
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import capitalise
from upheld.core.rights.merging import find_telling, find_transfer
from upheld.web.binding import make_binding
from upheld.web.hosts import find_address

STATES = {
    OPEN: ("warning", "on record; nobody was told yet"),
    TELLING: ("warning", "everybody is being told"),
    TOLD_ALL: ("good", "everybody has their message"),
    TRANSFERRING: ("good", "handing over"),
    DONE: ("plain", "done"),
    CANCELLED: ("plain", "called off"),
}
STOPS = ("On record", "Everybody is told", "The time in between", "Handing over", "Done")


class OpenForm(forms.Form):
    """Who takes over, and where their policy stands."""

    recipient = forms.ChoiceField(label="Who takes over", help_text="From the register of recipients.")
    policy_address = forms.URLField(
        label="Where their policy stands",
        help_text="The whole address. Everybody is told it.",
        max_length=300,
        assume_scheme="https",
    )

    def __init__(self, *args: Any, binding: Binding, site: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        transfer, fields = find_transfer(binding.policy), self.fields
        choices: Any = fields
        choices["recipient"].choices = [
            (one.id, one.title)
            for kind in (transfer.kinds if transfer else ())
            for one in list_recipients(site, kind=kind, with_ended=False)
        ]


def may_merge(binding: Binding, request: StaffRequest, now: datetime) -> bool:
    """Whether a merger is theirs to work on."""
    try:
        check_merger_staff(binding, request.staff, now)
    except StaffError:
        return False
    return True


@for_seat
@require_http_methods(["GET", "POST"])
def show_mergers(request: StaffRequest, seat: Seat) -> HttpResponse:
    """Mergers of the site, and the form to put one on record."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    transfer, telling = find_transfer(binding.policy), find_telling(binding.policy)
    is_theirs = transfer is not None and may_merge(binding, request, now)
    form = OpenForm(request.POST or None, binding=binding, site=seat.site)
    context: dict[str, Any] = {"form": form}
    status = HTTPStatus.OK
    if request.method == "POST":
        if not is_theirs:
            raise Http404
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            home = request.build_absolute_uri(find_address(request, seat.shelved))
            try:
                held = open_merger(binding, **form.cleaned_data, home=home, staff=request.staff, now=now)
            except UpheldError as error:
                context |= {"refusal": error, "quotes": quote(request, seat, binding, error)}
            else:
                return redirect("console-merger", site=seat.site, merger=held.row.id)
    address = find_address(request, seat.shelved)
    found = list_mergers(seat.site) if is_theirs else ()
    context |= {
        "is_named": transfer is not None,
        "is_theirs": is_theirs,
        "rows": [describe_row(held, now) for held in found],
        "stands": any(held.stands for held in found),
        "sentences": [
            sentence
            for rule in (transfer, telling)
            if rule and (sentence := link_sentence(binding.policy, rule.sentence, address))
        ],
    }
    return answer_seat(request, seat, "console/mergers.html", context, status)


def describe_row(held: HeldMerger, now: datetime) -> dict[str, Any]:
    """A merger as the list shows it."""
    mark, state = STATES[held.row.state]
    return {
        "id": held.row.id,
        "title": held.successor,
        "made": say_moment(held.row.made_at, now),
        "from": say_moment(held.row.transfer_from, now),
        "mark": mark,
        "state": state,
        "people": held.people,
        "told": held.told,
        "transferred": held.transferred,
    }


@for_seat
@require_http_methods(["GET", "POST"])
def show_merger(request: StaffRequest, seat: Seat, merger: str) -> HttpResponse:
    """One merger: how far it is, who was told, who stays and why, and the files."""
    return answer_merger(request, seat, merger)


def answer_merger(request: StaffRequest, seat: Seat, merger: str, error: UpheldError | None = None) -> HttpResponse:
    """The page of a merger, with what was refused."""
    now = read_now()
    binding, held = make_binding(seat.shelved, now.date()), find_merger(seat.site, merger)
    if held is None or find_transfer(binding.policy) is None or not may_merge(binding, request, now):
        raise Http404
    address, row = find_address(request, seat.shelved), held.row
    left = count_left(binding, held, now)
    has_come = row.transfer_from is not None and row.transfer_from <= now
    noticed = held.queued + held.told + held.untold
    context = {
        "merger": held,
        "row": describe_row(held, now),
        "stops": list_stops(STOPS, find_stop(held, has_come=has_come), is_over=row.state == DONE),
        "figures": [
            ("People and companies on record", held.people),
            ("Have their message on its way", held.queued),
            ("Told", held.told),
            ("Could not be told", held.untold),
            ("Went over", held.transferred),
        ],
        "noticed": noticed,
        "left": [{"why": one.reason, "people": one.people, "sentence": link_sentence(binding.policy, one.sentence, address)} for one in left],
        "may_go": next((one.people for one in left if one.reason == "told, and may go now"), 0),
        "batches": [{"row": batch, "made": say_moment(batch.made_at, now), "there": batch.made_at} for batch in list_batches(seat.site, merger)],
        "next_ripe": say_moment(find_next_ripe(row), now),
        "has_come": has_come,
        "refusal": error,
        "quotes": quote(request, seat, binding, error) if error else [],
    }  # fmt: skip
    return answer_seat(request, seat, "console/merger.html", context, HTTPStatus.CONFLICT if error else HTTPStatus.OK)


def find_stop(held: HeldMerger, *, has_come: bool) -> int:
    """At which stop a merger is."""
    if held.row.state == CANCELLED:
        return -1
    places = {OPEN: 0, TELLING: 1, TOLD_ALL: 3 if has_come else 2, TRANSFERRING: 3, DONE: 4}
    return places[held.row.state]


@for_seat
@require_POST
def do_one(request: StaffRequest, seat: Seat, merger: str, what: str) -> HttpResponse:
    """One step of a merger; what is refused stands on its page with the sentence."""
    now = read_now()
    binding, step = make_binding(seat.shelved, now.date()), STEPS.get(what)
    if step is None or find_merger(seat.site, merger) is None or not may_merge(binding, request, now):
        raise Http404
    try:
        said = step(request, binding, merger, now)
    except UpheldError as error:
        return answer_merger(request, seat, merger, error)
    messages.success(request, said)
    return redirect("console-merger", site=seat.site, merger=merger)


def tell_one(request: StaffRequest, binding: Binding, merger: str, now: datetime) -> str:
    """Have everybody told."""
    begin_telling(binding, merger, staff=request.staff, now=now)
    return "Everybody is being told. You may leave this page; it goes on by itself."


def transfer_one(request: StaffRequest, binding: Binding, merger: str, now: datetime) -> str:
    """Hand over the next batch, on the merger's own case."""
    held = find_merger(binding.site, merger)
    went = transfer_batch(binding, merger, staff=request.staff, case=held.row.case if held else "", now=now)
    return f"{went} went over in this batch." if went else "Nobody is left who may go now."


def finish_one(request: StaffRequest, binding: Binding, merger: str, now: datetime) -> str:
    """Carry it to its end."""
    finish_merger(binding, merger, staff=request.staff, now=now)
    return "The merger is done. Whoever is still here stays."


def cancel_one(request: StaffRequest, binding: Binding, merger: str, now: datetime) -> str:
    """Call it off."""
    cancel_merger(binding, merger, staff=request.staff, now=now)
    return "The merger is called off. Whoever was told is told so."


Step = Callable[[StaffRequest, Binding, str, datetime], str]
STEPS: dict[str, Step] = {"tell": tell_one, "transfer": transfer_one, "finish": finish_one, "cancel": cancel_one}


@for_seat
@require_POST
def take_batch(request: StaffRequest, seat: Seat, merger: str, number: int) -> HttpResponse:
    """One file of what went over; each time is counted."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    if find_merger(seat.site, merger) is None or not may_merge(binding, request, now):
        raise Http404
    try:
        found = fetch_batch(binding, merger, number, staff=request.staff, now=now)
    except UpheldError as error:
        messages.error(request, f"{capitalise(error.text)}; {error.hint}.")
        return redirect("console-merger", site=seat.site, merger=merger)
    answer = HttpResponse(found.document, content_type="application/jsonl")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return answer
