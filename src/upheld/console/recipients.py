"""The register of recipients: which kinds the policy declares and what each may get, and the organisations of each kind."""

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

from upheld.actions.recipients import (
    LONGEST_CONTACT,
    LONGEST_TITLE,
    HeldRecipient,
    add_recipient,
    end_recipient,
    list_recipients,
    may_keep_register,
    review_recipient,
)
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import Moment, read_now, say_moment
from upheld.console.reading import name_everybody
from upheld.core.errors import UpheldError
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import OTHER, Policy, Words
from upheld.core.policy.saying.answers import Given, answer_given
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.rights.reviews import find_review
from upheld.web.binding import make_binding
from upheld.web.hosts import find_address


@dataclass(frozen=True, slots=True)
class Share:
    """One thing that a kind may get: which data, for what, when; and the sentence that says so."""

    data: str
    purposes: str
    only_if: str
    anchor: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class KindView:
    """One kind of recipient in the policy's words; `count` organisations of it are in the register."""

    name: str
    words: str
    shares: tuple[Share, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the register in words."""

    id: str
    title: str
    kind: str
    made_by: str
    made: Moment | None
    review: Moment | None
    ended: Moment | None
    mark: str
    state: str
    stands: bool


class AddForm(forms.Form):
    """Who, of which kind, and how they are reached."""

    kind = forms.ChoiceField(label="Kind", help_text="Only what the policy declares. It decides what they may get.")
    title = forms.CharField(label="Organisation", max_length=LONGEST_TITLE)
    email = forms.EmailField(
        label="E-mail address", required=False, help_text="Sealed. They are told here when somebody says no."
    )
    post = forms.CharField(
        label="Postal address", required=False, max_length=LONGEST_CONTACT, widget=forms.Textarea, help_text="Sealed."
    )

    def __init__(self, *args: Any, words: Words, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["kind"].choices = [
            (kind, capitalise(say_name(kind, "recipient", words))) for kind in words.leaves("recipient")
        ]


@for_seat
@require_http_methods(["GET", "POST"])
def show_recipients(request: StaffRequest, seat: Seat) -> HttpResponse:
    """The kinds, the register, and a new line."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    form = AddForm(request.POST or None, words=binding.policy.words)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            told = form.cleaned_data
            contact = {"email": told["email"], "post": told["post"]}
            try:
                made = add_recipient(
                    binding, kind=told["kind"], title=told["title"], contact=contact, by=request.staff, now=now
                )
            except UpheldError as error:
                form.add_error(None, f"{capitalise(error.text)}; {error.hint}")
            else:
                messages.success(request, f"{made.title} is in the register.")
                return redirect("console-recipients", site=seat.site)
    found, names = list_recipients(seat.site), name_everybody()
    context = {
        "kinds": view_kinds(binding, found, find_address(request, seat.shelved)),
        "rows": [describe_row(one, binding.policy.words, names, now) for one in found],
        "form": form if may_keep_register(binding, by=request.staff, now=now) else None,
        "review": find_review(binding.policy, "recipients"),
        "days": find_review(binding.policy, "recipients").period.days,
    }
    return answer_seat(request, seat, "console/recipients.html", context, status)


@for_seat
@require_POST
def change_one(request: StaffRequest, seat: Seat, recipient: str, deed: str) -> HttpResponse:
    """A line, looked at again or ended."""
    now = read_now()
    change, said = (review_recipient, "Reviewed") if deed == "review" else (end_recipient, "Ended")
    try:
        row = change(make_binding(seat.shelved, now.date()), recipient, by=request.staff, now=now)
    except UpheldError as error:
        messages.error(request, f"{capitalise(error.text)}; {error.hint}")
    else:
        messages.success(request, f"{said}: {row.title}.")
    return redirect("console-recipients", site=seat.site)


def list_given(binding: Binding) -> dict[str, tuple[Given, ...]]:
    """What each kind may get, by the version in force."""
    found: dict[str, list[Given]] = {}
    for given in answer_given(binding.gate.table):
        found.setdefault(given.recipient, []).append(given)
    return {name: tuple(rows) for name, rows in found.items()}


def view_share(given: Given, policy: Policy, address: str) -> Share:
    """One thing that a kind may get."""
    words = policy.words
    sentence = next((found for ref in given.because if (found := policy.find_sentence(ref))), None)
    anchor = sentence.ref.partition("#")[2] if sentence else ""
    return Share(
        data=capitalise(join_words(say_name(name, "data", words) for name in given.data)),
        purposes=join_words(say_name(name, "purpose", words) for name in given.purposes),
        only_if=given.only_if,
        anchor=anchor,
        text=sentence.text if sentence else "",
        href=f"{address}privacy#{anchor}",
    )


def view_kinds(binding: Binding, found: tuple[HeldRecipient, ...], address: str) -> tuple[KindView, ...]:
    """Every kind that the policy declares, and what anybody else may get at the end."""
    policy, given = binding.policy, list_given(binding)
    words = policy.words
    return tuple(
        KindView(
            name=kind,
            words=capitalise("anybody, those above as well" if kind == OTHER else say_name(kind, "recipient", words)),
            shares=tuple(view_share(one, policy, address) for one in given.get(kind, ())),
            count=sum(one.kind == kind and one.is_live for one in found),
        )
        for kind in (*words.leaves("recipient"), OTHER)
    )


def describe_row(one: HeldRecipient, words: Words, names: dict[str, str], now: datetime) -> Row:
    """One line as the list shows it."""
    if one.ended_at is not None:
        mark, state = "plain", "ended, gets nothing"
    elif one.kind not in words.leaves("recipient"):
        mark, state = "bad", "the policy no longer declares this kind"
    elif one.review_by is not None and one.review_by <= now:
        mark, state = "bad", "past its review"
    else:
        mark, state = ("warning", "review soon") if one.is_due(now) else ("good", "live")
    return Row(
        id=one.id,
        title=one.title,
        kind=say_name(one.kind, "recipient", words),
        made_by=names.get(one.made_by, one.made_by),
        made=say_moment(one.made_at, now),
        review=say_moment(one.review_by, now),
        ended=say_moment(one.ended_at, now),
        mark=mark,
        state=state,
        stands=one.is_live,
    )
