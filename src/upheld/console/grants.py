"""Grants of one site: who holds which role and why; the owner gives and ends them, whom the policy names reviews them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from upheld.actions.grants import (
    SHORTEST_REASON,
    HeldGrant,
    end_grant,
    give_grant,
    list_grants,
    may_review,
    review_grant,
)
from upheld.actions.staff import find_staff, list_staff
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_grants
from upheld.console.moments import Moment, read_now, say_moment
from upheld.core.errors import UpheldError
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Words
from upheld.core.rights.reviews import find_review
from upheld.web.binding import make_binding


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One grant in words; `mark` says whether it is live."""

    id: int
    username: str
    role: str
    reason: str
    given_by: str
    is_own: bool
    given: Moment | None
    review: Moment | None
    ended: Moment | None
    mark: str
    state: str
    stands: bool
    may_review: bool


class GiveForm(forms.Form):
    """Who, which role, and why."""

    username = forms.ChoiceField(label="Who")
    role = forms.ChoiceField(label="Role", help_text="The roles of the policy.")
    reason = forms.CharField(
        label="Why they need it for their work",
        help_text="Written down and shown here. Say the task, and nothing about a customer.",
        min_length=SHORTEST_REASON,
        max_length=400,
        widget=forms.Textarea,
    )

    def __init__(self, *args: Any, words: Words, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["username"].choices = [(one.username, one.username) for one in list_staff() if one.is_active]
        fields["role"].choices = [(role, words.label(role, "role")) for role in words.leaves("role")]


def describe_row(grant: HeldGrant, words: Words, now: datetime, *, may_keep: bool) -> GrantRow:
    """The grant as the list shows it."""
    if grant.ended_at is not None:
        mark, state = "plain", "ended"
    elif not grant.is_active:
        mark, state = "plain", "let in no longer"
    elif not grant.is_live(now):
        mark, state = "bad", "past its review, opens nothing"
    else:
        mark, state = ("warning", "review soon") if grant.is_due(now) else ("good", "live")
    return GrantRow(
        id=grant.id,
        username=grant.username,
        role=words.label(grant.role, "role"),
        reason=grant.reason,
        given_by=grant.given_by,
        is_own=grant.is_own,
        given=say_moment(grant.given_at, now),
        review=say_moment(grant.review_by, now),
        ended=say_moment(grant.ended_at, now),
        mark=mark,
        state=state,
        stands=grant.ended_at is None,
        may_review=may_keep and grant.ended_at is None,
    )


@for_grants
@require_safe
def show_grants(request: StaffRequest, seat: Seat) -> HttpResponse:
    """All grants, and the owner's form for a new one."""
    return answer_grants(request, seat, None)


def answer_grants(
    request: StaffRequest, seat: Seat, form: GiveForm | None, status: int = HTTPStatus.OK
) -> HttpResponse:
    """The page of grants, with what was typed when it did not work."""
    now = read_now()
    policy = make_binding(seat.shelved, now.date()).policy
    review = find_review(policy, "grants")
    sentence = policy.find_sentence(review.sentence)
    grants = list_grants(seat.site)
    rows = [
        describe_row(grant, policy.words, now, may_keep=may_review(policy, request.staff, grant, grants, now))
        for grant in grants
    ]
    context = {
        "rows": rows,
        "can_change": request.staff.is_owner or any(row.may_review for row in rows),
        "form": form or GiveForm(words=policy.words) if request.staff.is_owner else None,
        "days": review.period.days,
        "sentence": sentence.text if sentence else "",
        "reviewer": policy.words.label(review.role, "role") if review.role else "",
    }
    return answer_seat(request, seat, "console/grants.html", context, status)


@for_grants
@require_POST
def give_one(request: StaffRequest, seat: Seat) -> HttpResponse:
    """A new grant."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    form = GiveForm(request.POST, words=binding.policy.words)
    if not form.is_valid():
        return answer_grants(request, seat, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        grant = give_grant(
            binding,
            staff=find_staff(form.cleaned_data["username"]),
            role=form.cleaned_data["role"],
            reason=form.cleaned_data["reason"],
            given_by=request.staff,
            now=now,
        )
    except UpheldError as error:
        form.add_error(None, f"{error.text}; {error.hint}")
        return answer_grants(request, seat, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, f"{grant.username} holds the role until its review.")
    return redirect("console-grants", site=seat.site)


@for_grants
@require_POST
def review_one(request: StaffRequest, seat: Seat, number: int) -> HttpResponse:
    """A grant, looked at again."""

    def review(binding: Binding, now: datetime) -> HeldGrant:
        return review_grant(binding, number, by=request.staff, now=now)

    return change_grant(request, seat, review, "Reviewed")


@for_grants
@require_POST
def end_one(request: StaffRequest, seat: Seat, number: int) -> HttpResponse:
    """A grant, ended."""

    def end(binding: Binding, now: datetime) -> HeldGrant:
        return end_grant(binding.site, number, by=request.staff, now=now)

    return change_grant(request, seat, end, "Ended")


def change_grant(
    request: StaffRequest, seat: Seat, change: Callable[[Binding, datetime], HeldGrant], said: str
) -> HttpResponse:
    """Do it and go back to the list, with what came of it."""
    now = read_now()
    try:
        grant = change(make_binding(seat.shelved, now.date()), now)
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
    else:
        messages.success(request, f"{said}: the grant of {grant.username} as {grant.role}.")
    return redirect("console-grants", site=seat.site)
