"""Releases by people's own permission: what may be handed over, handing it over once, and who has to hear of a no."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from upheld.actions.disclosures import Disclosed, list_disclosures
from upheld.actions.grants import name_staff
from upheld.actions.handovers import carry_out
from upheld.actions.releases import HeldRelease, find_release, is_offered, list_releases, list_there
from upheld.actions.telling_mails import tell_recipient
from upheld.actions.tellings import ERASED, HeldTelling, list_tellings, mark_told
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import Moment, read_now, say_moment
from upheld.console.opened import say_label, write_lines
from upheld.console.reading import name_everybody
from upheld.core.errors import RefusedError, UpheldError
from upheld.core.gate.binding import NAMED_RECIPIENT, Binding
from upheld.core.policy.model import Words
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.web.binding import make_binding
from upheld.web.hosts import find_address

JSON, PAGE = "json", "page"
STATES = {
    "live": ("good", "counts"),
    "used up": ("plain", "used up"),
    "over": ("plain", "its time is over"),
    "withdrawn": ("bad", "withdrawn"),
    "recipient ended": ("bad", "the recipient gets nothing more"),
}


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A permission in words; nobody's name but that of a registered organisation."""

    id: str
    person: str
    to: str
    data: str
    purpose: str
    times: str
    given: Moment | None
    until: Moment | None
    used: Moment | None
    version: str
    case: str
    mark: str
    state: str
    is_live: bool
    is_named: bool


@dataclass(frozen=True, slots=True)
class GoneRow:
    """Something that was handed over."""

    id: str
    at: Moment | None
    data: str
    by: str
    digest: str
    entry: str


@dataclass(frozen=True, slots=True)
class TellingRow:
    """Somebody who has to hear of a no, or has."""

    id: int
    person: str
    to: str
    reason: str
    release: str
    at: Moment | None
    told: Moment | None
    message: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of the policy and where it stands."""

    text: str
    anchor: str
    href: str


class HandOverForm(forms.Form):
    """In which role, and as what."""

    role = forms.ChoiceField(
        label="Your role", help_text="Whoever hands it over sees it, so the gate is asked about it."
    )
    form = forms.ChoiceField(
        label="As",
        choices=[(PAGE, "a page to print"), (JSON, "a file for programs (JSON)")],
        help_text="Shown once. It is kept nowhere.",
    )

    def __init__(self, *args: Any, seat: Seat, words: Words, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["role"].choices = [(role, words.label(role, "role")) for role in seat.roles]


@for_seat
@require_safe
def show_releases(request: StaffRequest, seat: Seat) -> HttpResponse:
    """Permissions that count now, the latest first, or those that ended; and who has to hear of a no."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    is_live = request.GET.get("state") != "ended"
    rows = [describe_row(one, binding.policy.words, now) for one in list_releases(seat.site, is_live=is_live, now=now)]
    held = list_tellings(seat.site)
    there = list_there(seat.site, {one.reason for one in held})
    tellings = [describe_telling(one, binding, now, there) for one in held]
    context = {
        "rows": rows,
        "is_live": is_live,
        "is_offered": is_offered(binding),
        "pending": [row for row in tellings if row.told is None],
        "told": [row for row in tellings if row.told is not None],
    }
    return answer_seat(request, seat, "console/releases.html", context)


@for_seat
@require_http_methods(["GET", "POST"])
def show_release(request: StaffRequest, seat: Seat, permission: str) -> HttpResponse:
    """One permission; a post hands over what it permits, through the gate."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    held = find_release(seat.site, permission, now=now)
    if held is None:
        raise Http404
    form = HandOverForm(request.POST or None, seat=seat, words=binding.policy.words)
    context: dict[str, Any] = {}
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                gone = carry_out(
                    binding,
                    permission=permission,
                    staff=request.staff,
                    role=form.cleaned_data["role"],
                    home=find_address(request, seat.shelved),
                    now=now,
                )
            except UpheldError as error:
                status = HTTPStatus.FORBIDDEN if isinstance(error, RefusedError) else HTTPStatus.CONFLICT
                context = {"refusal": error, "quotes": quote(request, seat, binding, error)}
            else:
                return answer_gone(request, seat, binding, gone, form.cleaned_data["form"])
        held = find_release(seat.site, permission, now=now) or held  # it may have ended meanwhile
    context |= {
        "row": describe_row(held, binding.policy.words, now),
        "form": form,
        "gone": list_gone(binding, held, now),
        "tellings": [
            describe_telling(one, binding, now, {held.id}) for one in list_tellings(seat.site, reason=held.id)
        ],
    }
    return answer_seat(request, seat, "console/release.html", context, status)


def answer_gone(request: StaffRequest, seat: Seat, binding: Binding, gone: Disclosed, form: str) -> HttpResponse:
    """What is handed over, as a file or as a page; no browser keeps it."""
    if gone.parcel is None:
        messages.error(request, "Nothing of this is held any more, so nothing was handed over.")
        return redirect("console-releases", site=seat.site)
    if form == JSON:
        answer = HttpResponse(gone.document, content_type="application/json")
        answer.headers["Content-Disposition"] = f'attachment; filename="{seat.site}-{gone.id}.json"'
    else:
        words = binding.policy.words
        context = {
            "gone": gone,
            "to": [(name, value.splitlines()) for name, value in gone.parcel.to],
            "purpose": say_name(gone.parcel.purpose, "purpose", words),
            "at": say_moment(gone.parcel.at, gone.parcel.at),
            "data": [
                (say_label(name, words), [write_lines(value) for value in values])
                for name, _, values in gone.parcel.data
            ],
        }
        answer = answer_seat(request, seat, "console/release_out.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@for_seat
@require_POST
def tell_one(request: StaffRequest, seat: Seat, telling: int) -> HttpResponse:
    """Tell a recipient of a no by mail, or note that staff have told them."""
    now, by = read_now(), name_staff(request.staff.pk)
    binding = make_binding(seat.shelved, now.date())
    try:
        if request.POST.get("how") == "mail":
            why_not = tell_recipient(binding, telling, home=find_address(request, seat.shelved), now=now, by=by)
        else:
            mark_told(binding, telling, by=by, now=now)
            why_not = ""
    except UpheldError as error:
        why_not = f"{error.text}; {error.hint}"
    if why_not:
        messages.error(request, f"Not told: {why_not}.")
    else:
        messages.success(request, "Told. The person sees it.")
    return redirect("console-releases", site=seat.site)


def describe_row(one: HeldRelease, words: Words, now: datetime) -> ReleaseRow:
    """The permission as pages show it."""
    mark, state = STATES[one.state]
    kind = say_name(one.kind, "recipient", words)
    return ReleaseRow(
        id=one.id,
        person=one.person,
        to="somebody they named" if one.kind == NAMED_RECIPIENT else f"{one.title} ({kind})",
        data=capitalise(join_words(say_label(leaf, words) for leaf in one.data)),
        purpose=say_name(one.purpose, "purpose", words),
        times="once" if one.is_once else "as often as needed",
        given=say_moment(one.given_at, now),
        until=say_moment(one.until, now),
        used=say_moment(one.used_at, now),
        version=one.version.isoformat(),
        case=one.case,
        mark=mark,
        state=state,
        is_live=one.is_live,
        is_named=one.is_named,
    )


def list_gone(binding: Binding, held: HeldRelease, now: datetime) -> list[GoneRow]:
    """What went out under one permission, the latest first."""
    names, words = name_everybody(), binding.policy.words
    return [
        GoneRow(
            id=row.id,
            at=say_moment(row.at, now),
            data=capitalise(join_words(say_label(leaf, words) for leaf in row.data)),
            by=names.get(row.by, row.by),
            digest=row.digest,
            entry=row.entry,
        )
        for row in list_disclosures(binding.site, subject=held.id)
    ]


def describe_telling(one: HeldTelling, binding: Binding, now: datetime, there: Collection[str]) -> TellingRow:
    """One who has to be told; `there` are the permissions that have a page, not gone with their person."""
    words = binding.policy.words
    is_choice, is_erased = words.has("choice", one.reason), one.reason == ERASED
    no = f"a no to {say_name(one.reason, 'choice', words)}" if is_choice else "a permission was withdrawn"
    return TellingRow(
        id=one.id,
        person=one.person,
        to=one.title or "somebody they named",
        reason="they had everything erased" if is_erased else no,
        release=one.reason if one.reason in there else "",
        at=say_moment(one.at, now),
        told=say_moment(one.told_at, now),
        message=one.message,
    )


def quote(request: StaffRequest, seat: Seat, binding: Binding, error: UpheldError) -> list[Quote]:
    """The sentences by which something was refused."""
    address, policy = find_address(request, seat.shelved), binding.policy
    found = [policy.find_sentence(ref) for ref in error.because] if isinstance(error, RefusedError) else []
    return [
        Quote(one.text, anchor := one.ref.partition("#")[2], f"{address}privacy#{anchor}")
        for one in found
        if one is not None
    ]
