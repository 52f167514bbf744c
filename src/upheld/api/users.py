"""The company's account: who uses it, for its holder to look after."""

from __future__ import annotations

from typing import Annotated

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Router, Status
from pydantic import Field

from upheld.actions.colleagues import Colleague, open_colleagues
from upheld.actions.companies import invite_user, list_invitations, list_members, move_primary, remove_user
from upheld.api.doorway import Caller, SignedIn, find_caller
from upheld.api.problems import answer_fields
from upheld.api.shapes import Accepted, Address, Invited, Member, Problem
from upheld.core.fields import FieldError
from upheld.records.models import Membership
from upheld.web.forms import check_email
from upheld.web.hosts import find_home

router = Router(auth=SignedIn(), tags=["Companies"])
PersonId = Annotated[str, Field(max_length=24)]


def find_place(caller: Caller) -> Membership:
    """The caller's place in a company; raises Http404 for who uses none."""
    if caller.membership is None:
        raise Http404
    return caller.membership


@router.get("/company/users", response={200: list[Member], 401: Problem, 404: Problem}, summary="Who uses the account")
def get_users(request: HttpRequest) -> list[Member]:
    """Everybody who uses the company's account, by their ids; to its holders by name and address where they permitted it."""
    caller = find_caller(request)
    place = find_place(caller)
    told = {}
    if place.is_holder:
        told = {found.person: found for found in open_colleagues(caller.binding, membership=place, now=caller.now)}
    return [
        tell_member(member, told.get(member.person_id)) for member in list_members(caller.doorway.site, place.company)
    ]


def tell_member(member: Membership, colleague: Colleague | None) -> Member:
    """One user as they go out; `colleague` is what a holder sees of them."""
    return Member(
        person=member.person_id,
        name=(colleague.name if colleague else "") or None,
        email=(colleague.address if colleague else "") or None,
        is_holder=member.is_holder,
        is_primary=member.is_primary,
        joined_at=member.joined_at,
    )


@router.post(
    "/company/invitations",
    response={202: Accepted, 401: Problem, 404: Problem, 422: Problem},
    summary="Invite somebody to use the account",
)
def post_invitation(request: HttpRequest, address: Address) -> Status[Accepted] | HttpResponse:
    """A link goes to the address; nothing else is done with it until it is opened."""
    caller = find_caller(request)
    place = find_place(caller)
    try:
        email = check_email(address.email.strip())
    except ValueError as problem:
        return answer_fields([FieldError("email", "F905", f"the address {problem}")])
    invite_user(caller.binding, membership=place, address=email, home=find_home(request), now=caller.now)
    return Status(202, Accepted(next="A mail with a link is on its way to them."))


@router.get(
    "/company/invitations",
    response={200: list[Invited], 401: Problem, 404: Problem},
    summary="Invitations that are open",
)
def get_invitations(request: HttpRequest) -> list[Invited]:
    """For holders: whom they invited and who has not answered yet."""
    caller = find_caller(request)
    place = find_place(caller)
    if not place.is_holder:
        return []
    return [
        Invited(invitation=found.id, email=found.address, expires_at=found.until)
        for found in list_invitations(caller.doorway.site, place.company, caller.now)
    ]


@router.delete(
    "/company/users/{person}",
    response={200: Accepted, 401: Problem, 404: Problem, 422: Problem},
    summary="Take somebody off the account",
)
def delete_user(request: HttpRequest, person: Path[PersonId]) -> Accepted:
    """They keep what is their own; the company's is closed to them."""
    caller = find_caller(request)
    place = find_place(caller)
    remove_user(caller.binding, membership=place, person=person, home=find_home(request), now=caller.now)
    return Accepted(next="They no longer use the company's account.")


@router.put(
    "/company/primary/{person}",
    response={200: Accepted, 401: Problem, 404: Problem, 422: Problem},
    summary="Move the primary address",
)
def put_primary(request: HttpRequest, person: Path[PersonId]) -> Accepted:
    """Notices to the company go to this user's address from now on."""
    caller = find_caller(request)
    place = find_place(caller)
    move_primary(caller.binding, membership=place, person=person, home=find_home(request), now=caller.now)
    return Accepted(next="Notices to the company go to their address.")
