"""Permissions for somebody outside: what can be permitted, giving one, what went under each, and withdrawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Router, Status
from pydantic import BaseModel, Field

from upheld.actions.disclosures import group_disclosures, list_disclosures
from upheld.actions.releases import (
    HeldRelease,
    find_faults,
    find_options,
    find_release,
    is_offered,
    list_offered,
    list_releases,
    may_give_more,
    permit_release,
    read_named,
    withdraw_release,
)
from upheld.actions.tellings import HeldTelling, group_tellings, list_tellings
from upheld.api.doorway import Caller, SignedIn, find_caller
from upheld.api.problems import answer_fields, answer_too_often
from upheld.api.shapes import Closed, Name, Problem
from upheld.core.fields import FieldError
from upheld.core.policy.saying.names import say_name
from upheld.core.rights.letting import ACCOUNT
from upheld.core.rights.releasing import Wish
from upheld.records.models import Disclosure
from upheld.web.forms import check_email

router = Router(auth=SignedIn(), tags=["Permissions"])
ReleaseId = Annotated[str, Field(pattern=r"^r_[a-z2-9]{20}$")]
OutsideId = Annotated[str, Field(pattern=r"^o_[a-z2-9]{20}$")]
Line = Annotated[str, Field(max_length=500)]


class NamedRecipient(Closed):
    """Somebody whom the person names: a name, and an e-mail or a postal address."""

    name: Line
    email: Line = ""
    post: Line = ""


class NewRelease(Closed):
    """A permission: one recipient (of the register, or named), some categories, one purpose, until when, once or not."""

    recipient: OutsideId | None = None
    named: NamedRecipient | None = None
    data: Annotated[list[Name], Field(max_length=60)]
    purpose: Name
    until: date
    is_once: bool


class Went(BaseModel):
    """One time something went; the line of the ledger is its receipt, `digest` the SHA-256 of the document."""

    reference: str
    at: datetime
    data: list[str]
    digest: str
    entry: str


class Heard(BaseModel):
    """A recipient who has to hear that a permission ended; `told_at` is there once they were told."""

    since: datetime
    told_at: datetime | None


class ReleaseShape(BaseModel):
    """A permission. `state` is `live`, `used up`, `over`, `withdrawn` or `recipient ended`."""

    permission: str
    recipient: str
    kind: str
    data: list[str]
    purpose: str
    until: datetime | None
    is_once: bool
    given_at: datetime
    ended_at: datetime | None
    state: str
    entry: str
    went: list[Went]
    heard: list[Heard]


class OptionShape(BaseModel):
    """A category or a purpose, and whether a permission for it would count; `because` are the sentences that say so."""

    name: str
    label: str
    is_open: bool
    because: list[str]


class RecipientShape(BaseModel):
    """An organisation of the register."""

    recipient: str
    title: str
    kind: str


class OptionsShape(BaseModel):
    """What the caller may permit: to whom beside those they name themselves, what, and for what."""

    recipients: list[RecipientShape]
    data: list[OptionShape]
    purposes: list[OptionShape]


@router.get("/me/permissions", response={200: list[ReleaseShape], 401: Problem}, summary="What you permitted")
def get_permissions(request: HttpRequest) -> list[ReleaseShape]:
    """Every permission for somebody outside, the latest first, with what went under it."""
    caller = find_caller(request)
    site, person = caller.binding.site, caller.person.id
    went, heard = group_disclosures(site, person), group_tellings(site, person)
    return [tell_release(caller, one, went, heard) for one in list_releases(site, person=person, now=caller.now)]


@router.get(
    "/me/permissions/options",
    response={200: OptionsShape, 401: Problem, 404: Problem},
    summary="What you can permit",
)
def get_options(request: HttpRequest) -> OptionsShape:
    """Of what is held about the caller; what no permission opens stands there with its sentences."""
    caller = find_caller(request)
    check_offered(caller)
    words = caller.binding.policy.words
    options = find_options(caller.binding, person=caller.person, now=caller.now)
    return OptionsShape(
        recipients=[
            RecipientShape(recipient=one.id, title=one.title, kind=one.kind) for one in list_offered(caller.binding)
        ],
        data=[
            OptionShape(
                name=one.name, label=words.label(one.name, "data"), is_open=one.is_open, because=list(one.because)
            )
            for one in options.data
        ],
        purposes=[
            OptionShape(
                name=one.name,
                label=say_name(one.name, "purpose", words),
                is_open=one.is_open,
                because=list(one.because),
            )
            for one in options.purposes
        ],
    )


@router.post(
    "/me/permissions",
    response={201: ReleaseShape, 401: Problem, 403: Problem, 404: Problem, 422: Problem, 429: Problem},
    summary="Let somebody have your data",
)
def post_permission(request: HttpRequest, told: NewRelease) -> Status[ReleaseShape] | HttpResponse:
    """It counts from now on, for exactly this; where the policy would not let it count it is refused. Twenty an hour."""
    caller = find_caller(request)
    check_offered(caller)
    wish, faults = read_wish(told)
    faults = (*faults, *find_faults(caller.binding, person=caller.person, wish=wish, now=caller.now))
    if faults:
        return answer_fields(faults)
    if not may_give_more(caller.binding.site, caller.person.id, caller.now):
        return answer_too_often("account")
    given = permit_release(caller.binding, person=caller.person, wish=wish, now=caller.now)
    return Status(201, tell_release(caller, find_own(caller, given.id)))


@router.delete(
    "/me/permissions/{permission}",
    response={200: ReleaseShape, 401: Problem, 404: Problem},
    summary="Withdraw a permission",
)
def delete_permission(request: HttpRequest, permission: Path[ReleaseId]) -> ReleaseShape:
    """Nothing goes under it from this moment; done twice it does no harm."""
    caller = find_caller(request)
    find_own(caller, permission)
    withdraw_release(caller.binding, person=caller.person, permission=permission, now=caller.now, touchpoint=ACCOUNT)
    return tell_release(caller, find_own(caller, permission))


def check_offered(caller: Caller) -> None:
    """Raise Http404 where the policy lets no permission count."""
    if not is_offered(caller.binding):
        raise Http404


def find_own(caller: Caller, permission: str) -> HeldRelease:
    """The caller's permission; raises Http404 for one of somebody else."""
    found = find_release(caller.binding.site, permission, person=caller.person.id, now=caller.now)
    if found is None:
        raise Http404
    return found


def read_wish(told: NewRelease) -> tuple[Wish, tuple[FieldError, ...]]:
    """What was sent as a wish, and what is wrong with the address in it."""
    named: dict[str, str] | None = None
    faults: tuple[FieldError, ...] = ()
    if told.named is not None:
        named = {"name": told.named.name, "email": told.named.email.strip(), "post": told.named.post}
        if not all(sign.isprintable() or sign == "\n" for value in named.values() for sign in value):
            faults = (FieldError("named", "F904", "a character that cannot be kept"),)
        if named["email"]:
            try:
                named["email"] = check_email(named["email"])
            except ValueError as problem:
                faults = (*faults, FieldError("email", "F905", f"this {problem}"))
    wish = Wish(
        recipient=told.recipient or "",
        named=named,
        data=tuple(dict.fromkeys(told.data)),
        purpose=told.purpose,
        until=told.until,
        is_once=told.is_once,
    )
    return wish, faults


def tell_release(
    caller: Caller,
    one: HeldRelease,
    went: Mapping[str, Sequence[Disclosure]] | None = None,
    heard: Mapping[str, Sequence[HeldTelling]] | None = None,
) -> ReleaseShape:
    """A permission as it goes out to its person; what went and who has heard is looked up where it is not given."""
    site = caller.binding.site
    rows = list_disclosures(site, subject=one.id) if went is None else went.get(one.id, ())
    tellings = list_tellings(site, reason=one.id) if heard is None else heard.get(one.id, ())
    named = read_named(site, one.id, caller.person) if one.is_named else {}
    return ReleaseShape(
        permission=one.id,
        recipient=named.get("name", "") or one.title,
        kind=one.kind,
        data=list(one.data),
        purpose=one.purpose,
        until=one.until,
        is_once=one.is_once,
        given_at=one.given_at,
        ended_at=one.ended_at,
        state=one.state,
        entry=one.entry,
        went=[
            Went(reference=row.id, at=row.at, data=list(row.data), digest=row.digest, entry=row.entry) for row in rows
        ],
        heard=[Heard(since=told.at, told_at=told.told_at) for told in tellings],
    )
