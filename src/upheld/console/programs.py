"""Programs in the console: what reports events or fetches a carrier's feed by a key, which is shown once, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from upheld.actions.grants import name_staff
from upheld.actions.programs import EVENTS, FEED, LONGEST_NAME, HeldProgram, add_program, end_program, list_programs
from upheld.actions.recipients import list_recipients, name_recipients
from upheld.console.chrome import answer_seat
from upheld.console.dispatch import Shop, for_programs
from upheld.console.guards import StaffRequest
from upheld.console.moments import Moment, say_moment
from upheld.console.reading import name_everybody
from upheld.core.errors import UpheldError
from upheld.core.shipping.ordering import list_carrying

MAY_WORDS = {EVENTS: "reports what happens to shipments", FEED: "fetches what it is to carry"}
BOTH = f"{EVENTS} {FEED}"


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A program in words."""

    id: str
    name: str
    may: str
    carrier: str
    made_by: str
    made: Moment | None
    seen: Moment | None
    ended: Moment | None
    is_live: bool


class AddForm(forms.Form):
    """What it is called, whose it is, and what it may do."""

    name = forms.CharField(
        label="Name", help_text="What it is, such as the scanner at the depot.", max_length=LONGEST_NAME
    )
    carrier = forms.ChoiceField(label="Whose it is", required=False)
    may = forms.ChoiceField(label="What it may do")

    def __init__(self, *args: Any, shop: Shop, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = {carrying.recipient for carrying in list_carrying(shop.binding, {})}
        listed = [(one.id, one.title) for one in list_recipients(shop.site, with_ended=False) if one.kind in kinds]
        fields: Any = self.fields
        fields["carrier"].choices = [("", "our own"), *listed]
        fields["may"].choices = [*MAY_WORDS.items(), (BOTH, "both")]


def describe_row(program: HeldProgram, titles: dict[str, str], names: dict[str, str], now: datetime) -> ProgramRow:
    """The program as the list shows it."""
    return ProgramRow(
        id=program.id,
        name=program.name,
        may=", ".join(MAY_WORDS.get(right, right) for right in program.may),
        carrier=titles.get(program.carrier, "") if program.carrier else "our own",
        made_by=names.get(program.made_by, program.made_by),
        made=say_moment(program.made_at, now),
        seen=say_moment(program.seen_at, now),
        ended=say_moment(program.ended_at, now),
        is_live=program.is_live,
    )


@for_programs
@require_http_methods(["GET", "POST"])
def show_programs(request: StaffRequest, shop: Shop) -> HttpResponse:
    """All programs, and the form for a new one; a post adds it and shows its key this once."""
    form = AddForm(request.POST or None, shop=shop)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            chosen = form.cleaned_data
            try:
                program, key = add_program(
                    shop.binding,
                    name=chosen["name"],
                    may=chosen["may"].split(),
                    carrier=chosen["carrier"],
                    by=name_staff(request.staff.pk),
                    now=shop.now,
                )
            except UpheldError as error:
                form.add_error(None, f"{error.text}; {error.hint}")
            else:
                context = {"program": program, "key": key}
                return answer_seat(request, shop.seat, "console/program_key.html", context)
    titles, names = name_recipients(shop.site), name_everybody()
    rows = [describe_row(program, titles, names, shop.now) for program in list_programs(shop.site)]
    return answer_seat(request, shop.seat, "console/programs.html", {"rows": rows, "form": form}, status)


@for_programs
@require_POST
def end_one(request: StaffRequest, shop: Shop, program: str) -> HttpResponse:
    """A program, ended: its key opens nothing from this moment."""
    try:
        end_program(shop.binding, program=program, by=name_staff(request.staff.pk), now=shop.now)
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
    else:
        messages.success(request, "Its key opens nothing any more.")
    return redirect("console-programs", site=shop.site)
