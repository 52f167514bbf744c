"""Vouching: the statements of the policy that only people can vouch for, what is due first; signed by whoever holds the role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from upheld.actions.attesting import LONGEST_NOTE, HeldStatement, Signature, find_statement, list_held, sign, take_back
from upheld.actions.grants import name_staff
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_grants
from upheld.console.moments import Moment, read_now, say_moment
from upheld.console.reading import name_everybody
from upheld.core.errors import UpheldError
from upheld.core.policy.model import Words
from upheld.web.binding import make_binding
from upheld.web.proof_words import StateMark

SHORTEST_NOTE = 10
CURRENT, SOON, OVER, AWAITED, TOO_FEW = (
    StateMark("attested", "vouched for"),
    StateMark("warning", "due soon"),
    StateMark("expired", "ran out"),
    StateMark("unproven", "nobody has vouched for it yet"),
    StateMark("unproven", "too few have signed"),
)
ORDER = {OVER: 0, AWAITED: 1, TOO_FEW: 1, SOON: 2, CURRENT: 3}


class VouchForm(forms.Form):
    """What somebody looked at, and that they did so themselves."""

    note = forms.CharField(
        label="What you looked at",
        help_text="Where, when, what you saw. It is kept as it stands, so name nobody.",
        min_length=SHORTEST_NOTE,
        max_length=LONGEST_NOTE,
        error_messages={
            "required": "Say what you looked at.",
            "min_length": f"Say it in {SHORTEST_NOTE} characters or more.",
            "max_length": f"Say it in {LONGEST_NOTE:,} characters or fewer.",
        },
        widget=forms.Textarea,
    )
    looked = forms.BooleanField(
        label="I looked at this myself", error_messages={"required": "Sign only what you looked at yourself."}
    )

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = f"s{number}-%s"


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looks at the statements: from which seat, how the ledger calls them, and everybody's names by that."""

    seat: Seat
    words: Words
    me: str
    names: Mapping[str, str]
    now: datetime


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature: whose, when, until when, what was looked at; `is_mine` where whoever looks can take it back."""

    id: str
    who: str
    signed: Moment | None
    until: Moment | None
    withdrawn: Moment | None
    note: str
    counts: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class StatementView:
    """One statement as the page shows it; `form` is there for whoever may sign, `why_not` says why nobody else does."""

    digest: str
    words: str
    role: str
    days: int
    needed: int
    mark: StateMark
    until: Moment | None
    who: str
    anchors: tuple[str, ...]
    signatures: tuple[SignatureLine, ...]
    form: VouchForm | None
    why_not: str


@for_grants
@require_safe
def show_vouching(request: StaffRequest, seat: Seat) -> HttpResponse:
    """All statements, what is due first."""
    return answer_vouching(request, seat, {})


def answer_vouching(
    request: StaffRequest, seat: Seat, wrong: Mapping[str, VouchForm], status: int = HTTPStatus.OK
) -> HttpResponse:
    """The page, with what was typed into a form that did not work."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    held = sorted(list_held(binding, now), key=lambda one: (ORDER[find_mark(one, now)], str(one.until)))
    look = Look(seat, binding.policy.words, name_staff(request.staff.pk), name_everybody(), now)
    rows = [view_statement(look, one, wrong.get(one.statement.digest)) for one in held]
    context = {
        "rows": rows,
        "due": sum(one.mark != CURRENT for one in rows),
        "wrong": next(iter(wrong.values()), None),
    }
    return answer_seat(request, seat, "console/vouching.html", context, status)


def view_statement(look: Look, held: HeldStatement, wrong: VouchForm | None) -> StatementView:
    """One statement with its signatures."""
    statement, now = held.statement, look.now
    is_theirs = statement.role in look.seat.roles
    counting = [one for one in held.signatures if one.counts(now)]
    return StatementView(
        digest=statement.digest,
        words=statement.words,
        role=look.words.label(statement.role, "role"),
        days=statement.period.days,
        needed=statement.voices,
        mark=find_mark(held, now),
        until=say_moment(held.until, now),
        who=", ".join(dict.fromkeys(look.names.get(one.by, one.by) for one in counting)),
        anchors=tuple(ref.partition("#")[2] for ref in statement.sentences),
        signatures=tuple(view_signature(look, one) for one in held.signatures),
        form=(wrong or VouchForm(number=statement.number)) if is_theirs else None,
        why_not="" if is_theirs else say_why_not(statement.role, look.seat, look.words),
    )


def view_signature(look: Look, one: Signature) -> SignatureLine:
    """One signature."""
    now = look.now
    return SignatureLine(
        id=one.id,
        who=look.names.get(one.by, one.by),
        signed=say_moment(one.signed_at, now),
        until=say_moment(one.until, now),
        withdrawn=say_moment(one.withdrawn_at, now),
        note=one.note,
        counts=one.counts(now),
        is_mine=one.by == look.me and one.counts(now),
    )


def find_mark(held: HeldStatement, now: datetime) -> StateMark:
    """How a statement stands."""
    if held.until is None:
        return TOO_FEW if any(one.counts(now) for one in held.signatures) else AWAITED
    if held.until <= now:
        return OVER
    return SOON if held.is_due(now) else CURRENT


def say_why_not(role: str, seat: Seat, words: Words) -> str:
    """Why somebody cannot sign here."""
    own = ", ".join(words.label(one, "role") for one in seat.roles)
    return f"The policy has {words.label(role, 'role')} vouch for this; you are here as {own or 'the owner'}."


@for_grants
@require_POST
def sign_one(request: StaffRequest, seat: Seat, digest: str) -> HttpResponse:
    """Vouch for a statement; whoever does not hold its role is refused, and that is written down."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    try:
        statement = find_statement(binding, digest)
        form = VouchForm(request.POST, number=statement.number)
        if statement.role in seat.roles and not form.is_valid():
            return answer_vouching(request, seat, {digest: form}, HTTPStatus.UNPROCESSABLE_ENTITY)
        note = form.cleaned_data["note"] if form.is_valid() else ""
        signed = sign(binding, digest, by=request.staff, note=note, now=now)
    except UpheldError as error:
        messages.error(request, f"Nothing was signed: {error.text}; {error.hint}.")
    else:
        messages.success(request, f"Signed until {signed.until:%Y-%m-%d}. The next proof takes it up.")
    return redirect("console-vouching", site=seat.site)


@for_grants
@require_POST
def take_one_back(request: StaffRequest, seat: Seat, attestation: str) -> HttpResponse:
    """Take back what one signed oneself."""
    now = read_now()
    try:
        take_back(make_binding(seat.shelved, now.date()), attestation, by=request.staff, now=now)
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}.")
    else:
        messages.success(request, "Taken back: from now on it counts for nothing.")
    return redirect("console-vouching", site=seat.site)
