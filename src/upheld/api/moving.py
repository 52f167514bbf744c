"""Another address, and coming into a company's account or leaving it: what links in mails are for, and their ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Status
from pydantic import Field

from upheld.actions.accounts import Told
from upheld.actions.addresses import ask_new_address, move_address
from upheld.actions.companies import (
    join_company,
    join_with_account,
    leave_company,
    make_holder,
    withdraw_invitation,
)
from upheld.actions.permissions import give_permission, withdraw_permission
from upheld.actions.submissions import keep_wording
from upheld.api.doorway import SignedIn, find_caller, find_doorway
from upheld.api.forms import read_filled
from upheld.api.problems import answer_fields, answer_too_often
from upheld.api.shapes import (
    Accepted,
    AddressChange,
    ChoiceAnswer,
    Joining,
    Link,
    LinkWithPassword,
    Problem,
)
from upheld.api.tries import is_too_often
from upheld.api.users import PersonId, find_place
from upheld.core.fields import FieldError, judge_age
from upheld.core.rights.letting import ACCOUNT
from upheld.web.forms import check_email
from upheld.web.hosts import find_home

router = Router(tags=["Accounts"])
MOST_POSTS, WITHIN = 30, timedelta(hours=1)
INVITATION = Annotated[str, Field(max_length=80)]
ASKED = {401: Problem, 403: Problem, 404: Problem, 422: Problem}
BY_LINK = {403: Problem, 404: Problem, 422: Problem, 429: Problem}


@router.post("/me/address", auth=SignedIn(), response={202: Accepted, **ASKED}, summary="Another e-mail address")
def post_address(request: HttpRequest, change: AddressChange) -> Status[Accepted] | HttpResponse:
    """A link goes to the new address; until it is opened nothing changes."""
    caller = find_caller(request)
    try:
        email = check_email(change.email.strip())
    except ValueError as problem:
        return answer_fields([FieldError("email", "F905", f"the address {problem}")])
    ask_new_address(
        caller.binding,
        person=caller.person,
        address=email,
        password=change.password,
        home=find_home(request),
        now=caller.now,
    )
    return Status(202, Accepted(next="A mail with a link is on its way to the new address."))


@router.post("/new-address", response={200: Accepted, **BY_LINK}, summary="Confirm another address by a link")
def post_new_address(request: HttpRequest, link: Link) -> Accepted | HttpResponse:
    """From now on the account is reached, and signed in to, with the new address."""
    doorway = find_doorway(request)
    if is_too_often(request, doorway, "link", most=MOST_POSTS, within=WITHIN):
        return answer_too_often()
    move_address(doorway.binding, token=link.token, home=find_home(request), now=doorway.now)
    return Accepted(next="The address is changed. Sign in with it.")


@router.post("/join", response={201: Accepted, **BY_LINK}, summary="Join a company by its invitation")
def post_join(request: HttpRequest, joining: Joining) -> Status[Accepted] | HttpResponse:
    """For who has no account: the registration form without the address, which is the invited one."""
    doorway = find_doorway(request)
    if is_too_often(request, doorway, "link", most=MOST_POSTS, within=WITHIN):
        return answer_too_often()
    entrance = doorway.entrance
    fields = tuple(field for field in entrance.registration.fields if field.data != entrance.address)
    plan = replace(entrance.registration, fields=fields)
    submission = read_filled(plan, joining)
    if not submission.is_good:
        return answer_fields(submission.errors)
    told = Told(
        values={name: text for name, text in submission.values if name != entrance.password},
        password=submission.find(entrance.password),
        choices=dict(submission.choices),
        shown=keep_wording(doorway.binding, plan=plan, now=doorway.now),
        is_old_enough=judge_age(plan, submission, doorway.now.date()),
        method="api",
    )
    join_company(doorway.binding, token=joining.token, told=told, home=find_home(request), now=doorway.now)
    return Status(201, Accepted(next="You use the company's account. Sign in."))


@router.post("/join/account", response={200: Accepted, **BY_LINK}, summary="Join a company with the account you have")
def post_join_with_account(request: HttpRequest, link: LinkWithPassword) -> Accepted | HttpResponse:
    """For who has an account at the invited address, with its password."""
    doorway = find_doorway(request)
    if is_too_often(request, doorway, "sign in", most=2 * MOST_POSTS, within=WITHIN / 4):
        return answer_too_often()
    home = find_home(request)
    join_with_account(doorway.binding, token=link.token, password=link.password, home=home, now=doorway.now)
    return Accepted(next="You use the company's account. Sign in.")


@router.delete(
    "/company/invitations/{invitation}",
    auth=SignedIn(),
    response={200: Accepted, **ASKED},
    summary="Withdraw an invitation",
)
def delete_invitation(request: HttpRequest, invitation: Path[INVITATION]) -> Accepted:
    """Its link works no longer, and the address is forgotten."""
    caller = find_caller(request)
    place = find_place(caller)
    withdraw_invitation(caller.binding, membership=place, invitation=invitation, now=caller.now)
    return Accepted(next="The invitation is withdrawn.")


@router.put(
    "/company/holders/{person}", auth=SignedIn(), response={200: Accepted, **ASKED}, summary="Make somebody a holder"
)
def put_holder(request: HttpRequest, person: Path[PersonId]) -> Accepted:
    """They hold the company's account, too, from now on."""
    caller = find_caller(request)
    place = find_place(caller)
    make_holder(caller.binding, membership=place, person=person, now=caller.now)
    return Accepted(next="They hold the company's account, too.")


@router.post(
    "/company/leave", auth=SignedIn(), response={200: Accepted, **ASKED}, summary="Leave the company's account"
)
def post_leave(request: HttpRequest) -> Accepted:
    """Your own account stays yours."""
    caller = find_caller(request)
    leave_company(caller.binding, membership=find_place(caller), now=caller.now)
    return Accepted(next="You no longer use the company's account.")


@router.put(
    "/company/permission",
    auth=SignedIn(),
    response={200: Accepted, **ASKED},
    summary="Let the holders see your name and address, or not",
)
def put_permission(request: HttpRequest, answer: ChoiceAnswer) -> Accepted:
    """Your own permission, for these data and nobody else; withdrawn at any time."""
    caller = find_caller(request)
    company = find_place(caller).company
    if answer.is_yes:
        give_permission(caller.binding, person=caller.person, company=company, touchpoint=ACCOUNT, now=caller.now)
        return Accepted(next="The holders see your name and address.")
    withdraw_permission(caller.binding, person=caller.person, company=company, now=caller.now, touchpoint=ACCOUNT)
    return Accepted(next="The holders do not see your name and address.")
