"""Finding one person by an exact identifier: one or nobody, counted, slowed down, and each look in the ledger."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from upheld.actions.grants import name_staff
from upheld.actions.people import list_identifier_leaves
from upheld.actions.seeking import BY_ID, seek_person
from upheld.actions.throttle import count_try
from upheld.console.chrome import answer_seat, find_words
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import read_now

MOST_LOOKS = ((20, timedelta(minutes=1)), (300, timedelta(days=1)))
WORDS = {"email": "E-mail address", "phone": "Phone number", BY_ID: "Id, such as p_…", "username": "User name"}


class FindForm(forms.Form):
    """What is looked for, whole and exact."""

    kind = forms.ChoiceField(label="What you know")
    text = forms.CharField(
        label="Exactly as they gave it",
        help_text="Whole, not a part of it. A phone number with its country, such as +1 555 0142.",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "search": "yes"}),
    )

    def __init__(self, *args: Any, seat: Seat, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [*dict.fromkeys(list_identifier_leaves(find_words(seat.shelved)).values()), BY_ID]
        fields: Any = self.fields
        fields["kind"].choices = [(kind, WORDS[kind]) for kind in kinds]


@for_seat
@require_http_methods(["GET", "POST"])
def show_find(request: StaffRequest, seat: Seat) -> HttpResponse:
    """The form, or the way to the person; a policy that joins the site of another has nobody, and its versions come first."""
    if seat.shelved.home is not None:
        return redirect("console-publications", site=seat.site)
    context: dict[str, Any] = {"form": FindForm(seat=seat), "is_none": False}
    if request.method != "POST":
        return answer_seat(request, seat, "console/find.html", context)
    form = FindForm(request.POST, seat=seat)
    context["form"] = form
    if not form.is_valid():
        return answer_seat(request, seat, "console/find.html", context, HTTPStatus.UNPROCESSABLE_ENTITY)
    by, now = name_staff(request.staff.pk), read_now()
    counted = [
        count_try(site=seat.site, what="seek", who=by, most=most, within=time, now=now) for most, time in MOST_LOOKS
    ]
    if not all(counted):
        return answer_seat(request, seat, "console/find_slower.html", {}, HTTPStatus.TOO_MANY_REQUESTS)
    found = seek_person(seat.site, kind=form.cleaned_data["kind"], text=form.cleaned_data["text"], by=by, now=now)
    if found is not None:
        return redirect("console-person", site=seat.site, person=found.id)
    return answer_seat(request, seat, "console/find.html", context | {"is_none": True})
