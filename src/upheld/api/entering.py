"""Coming in: registering, confirming the address, signing in and out, another password. No answer tells who has an account."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Status

from upheld.actions.accounts import Told, register
from upheld.actions.closing import close_account
from upheld.actions.confirming import verify_address
from upheld.actions.entering import SigningIn as CameIn
from upheld.actions.entering import ask_new_password, change_password, confirm_password, set_new_password, sign_in
from upheld.actions.sessions import LONGEST, end_session
from upheld.actions.submissions import keep_wording
from upheld.api.doorway import Doorway, SignedIn, find_caller, find_doorway
from upheld.api.forms import read_filled
from upheld.api.problems import answer_fields, answer_problem, answer_too_often
from upheld.api.shapes import (
    Accepted,
    Address,
    ClosedAccount,
    Closing,
    Confirming,
    Filled,
    NewPassword,
    Opened,
    PasswordChange,
    Problem,
    SigningIn,
)
from upheld.api.tries import is_too_often
from upheld.core.fields import FormPlan, judge_age
from upheld.web.hosts import find_home

router = Router(tags=["Accounts"])
METHOD = "api"
MAILED = "We have sent a mail. It says what to do next."
MOST_POSTS, WITHIN = 30, timedelta(hours=1)
MOST_SIGN_INS, SIGN_INS_WITHIN = 60, timedelta(minutes=15)  # counted together with those on the page
WRONG = {400: Problem, 403: Problem, 404: Problem, 422: Problem, 429: Problem}


@router.post("/register", response={202: Accepted, **WRONG}, summary="Register")
def post_register(request: HttpRequest, filled: Filled) -> Status[Accepted] | HttpResponse:
    """Take in what the registration form asks; the account opens by the mailed link and the password."""
    doorway = find_doorway(request)
    return take_registration(request, doorway, doorway.entrance.registration, filled, is_company=False)


@router.post("/companies", response={202: Accepted, **WRONG}, summary="Open a company's account")
def post_company(request: HttpRequest, filled: Filled) -> Status[Accepted] | HttpResponse:
    """Take in what the company's form asks, with its first user, who is its holder."""
    doorway = find_doorway(request)
    plan = doorway.entrance.whole_company
    if plan is None:
        raise Http404
    return take_registration(request, doorway, plan, filled, is_company=True)


def take_registration(
    request: HttpRequest, doorway: Doorway, plan: FormPlan, filled: Filled, *, is_company: bool
) -> Status[Accepted] | HttpResponse:
    """The same answer for an address that has an account and for one that has none.

    Raises Http404 for a form that nobody can fill in, as its page does.
    """
    if not plan.can_be_typed:
        raise Http404
    if is_too_often(request, doorway, "register", most=MOST_POSTS, within=WITHIN):
        return answer_too_often()
    submission = read_filled(plan, filled)
    if not submission.is_good:
        return answer_fields(submission.errors)
    password = doorway.entrance.password
    told = Told(
        values={name: text for name, text in submission.values if name != password},
        password=submission.find(password),
        choices=dict(submission.choices),
        shown=keep_wording(doorway.binding, plan=plan, now=doorway.now),
        is_old_enough=judge_age(plan, submission, doorway.now.date()),
        method=METHOD,
    )
    register(doorway.binding, told=told, home=find_home(request), now=doorway.now, is_company=is_company)
    return Status(202, Accepted(next=MAILED))


@router.post("/verify", response={200: Opened, 401: Problem, **WRONG}, summary="Confirm an address")
def post_verify(request: HttpRequest, told: Confirming) -> Opened | HttpResponse:
    """The address is confirmed by the mailed link and the password it was registered with, and one is signed in."""
    doorway = find_doorway(request)
    if is_too_often(request, doorway, "sign in", most=MOST_SIGN_INS, within=SIGN_INS_WITHIN):
        return answer_too_often()
    found = verify_address(
        doorway.binding,
        token=told.token,
        password=told.password,
        home=find_home(request),
        now=doorway.now,
        method=METHOD,
    )
    return answer_coming_in(doorway, found, wrong="this is not the password that was chosen when registering")


@router.post("/sign-in", response={200: Opened, 401: Problem, **WRONG}, summary="Sign in")
def post_sign_in(request: HttpRequest, told: SigningIn) -> Opened | HttpResponse:
    """A token for the calls that need one. After five wrong passwords an address is locked for a while, known or not."""
    doorway = find_doorway(request)
    if is_too_often(request, doorway, "sign in", most=MOST_SIGN_INS, within=SIGN_INS_WITHIN):
        return answer_too_often()
    found = sign_in(
        doorway.binding,
        address=told.email,
        password=told.password,
        home=find_home(request),
        now=doorway.now,
        method=METHOD,
    )
    return answer_coming_in(doorway, found, wrong="address and password do not belong together")


def answer_coming_in(doorway: Doorway, found: CameIn, *, wrong: str) -> Opened | HttpResponse:
    """The token, or why there is none; `wrong` is said of a wrong password."""
    if found.outcome == "in":
        return Opened(token=found.token, ends_at=doorway.now + LONGEST)
    if found.outcome == "locked":
        answer = answer_problem(HTTPStatus.TOO_MANY_REQUESTS, "too many wrong passwords were given; try again later")
        seconds = int((found.until - doorway.now).total_seconds()) if found.until else 0
        answer.headers["Retry-After"] = str(max(1, seconds))
        return answer
    if found.outcome == "unverified":
        return answer_problem(HTTPStatus.FORBIDDEN, "the address is not confirmed yet; a new link was sent to it")
    return answer_problem(HTTPStatus.UNAUTHORIZED, wrong)


@router.post("/sign-out", auth=SignedIn(), response={200: Accepted, 401: Problem}, summary="Sign out")
def post_sign_out(request: HttpRequest) -> Accepted:
    """The token opens nothing any more."""
    caller = find_caller(request)
    end_session(caller.binding, token=caller.token, now=caller.now)
    return Accepted(next="You are signed out.")


@router.post("/forgot", response={202: Accepted, **WRONG}, summary="Forgot the password")
def post_forgot(request: HttpRequest, address: Address) -> Status[Accepted] | HttpResponse:
    """If the address has an account, a link to choose a new password is on its way."""
    doorway = find_doorway(request)
    if is_too_often(request, doorway, "forgot", most=MOST_POSTS, within=WITHIN):
        return answer_too_often()
    ask_new_password(doorway.binding, address=address.email, home=find_home(request), now=doorway.now)
    return Status(202, Accepted(next="If the address has an account, a mail with a link is on its way."))


@router.post("/new-password", response={200: Accepted, **WRONG}, summary="Choose a new password by a link")
def post_new_password(request: HttpRequest, new: NewPassword) -> Accepted | HttpResponse:
    """The password is changed and every session ended."""
    doorway = find_doorway(request)
    if is_too_often(request, doorway, "link", most=MOST_POSTS, within=WITHIN):
        return answer_too_often()
    home = find_home(request)
    set_new_password(doorway.binding, token=new.token, password=new.password, home=home, now=doorway.now)
    return Accepted(next="The password is changed. Sign in.")


@router.put(
    "/me/password", auth=SignedIn(), response={200: Accepted, 401: Problem, **WRONG}, summary="Another password"
)
def put_password(request: HttpRequest, change: PasswordChange) -> Accepted:
    """Everywhere else you are signed out."""
    caller = find_caller(request)
    change_password(
        caller.binding,
        person=caller.person,
        old=change.old,
        new=change.new,
        home=find_home(request),
        now=caller.now,
        keeping=caller.token,
    )
    return Accepted(next="The password is changed. Elsewhere you are signed out.")


@router.post(
    "/me/close", auth=SignedIn(), response={200: ClosedAccount, 401: Problem, **WRONG}, summary="Close the account"
)
def post_close(request: HttpRequest, closing: Closing) -> ClosedAccount:
    """Close it, and keep what the policy keeps until its end, or remove everything now."""
    caller = find_caller(request)
    confirm_password(caller.binding, person=caller.person, password=closing.password, now=caller.now)
    home = find_home(request)
    closed = close_account(caller.binding, person=caller.person, is_erased=closing.is_erased, home=home, now=caller.now)
    return ClosedAccount(entries=list(closed.entries))
