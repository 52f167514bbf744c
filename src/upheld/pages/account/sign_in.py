"""Signing in and out."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import get_script_prefix, reverse

from upheld.actions.entering import IN, LOCKED, UNVERIFIED, SigningIn, sign_in
from upheld.actions.sessions import end_session, end_sessions
from upheld.actions.throttle import count_try
from upheld.core.fields.submission import has_hidden
from upheld.pages.account.asking import (
    Onward,
    ask,
    lay_out_address,
    lay_out_password,
    make_form,
    point_to_mail,
    read_text,
    refuse_method,
    say,
)
from upheld.pages.account.guards import NEXT, Account, Doorway, at_doorway, find_account, read_cookie, signed_in
from upheld.pages.account.register import find_href
from upheld.pages.chrome import find_current
from upheld.pages.shipping import find_order_href
from upheld.web.cookies import end_site_cookie, set_site_cookie
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home
from upheld.web.networks import name_network

MOST_POSTS, WITHIN = 60, timedelta(minutes=15)
LONGEST_ADDRESS = 254
WRONG = "this address and this password do not belong together; try again, or choose a new password"
TOO_OFTEN = "signing in was tried too often from your network; wait a quarter of an hour"
NO_ADDRESS = "write the e-mail address that you registered with"
NO_PASSWORD = "write your password"  # noqa: S105 - the words of an error
# What led here, in the address of the page -> what the page says about it
DONE = "done"
DONE_WORDS = {
    "moved": "Your new address is confirmed. Sign in with it from now on.",
    "password": "Your new password is set, and you were signed out everywhere. Sign in with it now.",
    "joined": "You use the company's account from now on. Sign in to see it.",
}


@same_origin_posts
@at_doorway
def show_sign_in(request: SiteRequest, doorway: Doorway) -> HttpResponse:
    """The form to sign in; whoever is signed in goes on to their account."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if request.method == "POST":
        return take_sign_in(request, doorway)
    if find_account(request, doorway) is not None:
        return go_to(find_target(request))
    return show_form(request, doorway)


def show_form(
    request: SiteRequest,
    doorway: Doorway,
    *,
    typed: str = "",
    errors: tuple[str, str] = ("", ""),
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The form with what was typed, never the password; `errors` are those of the address and of the password."""
    inputs = (
        lay_out_address(doorway, typed=typed, error=errors[0]),
        lay_out_password(doorway, error=errors[1]),
    )
    form = make_form(doorway, action=find_action(request), button="Sign in", inputs=inputs, problem=problem)
    entrance = doorway.entrance
    forms = tuple(plan for plan in (entrance.registration, entrance.company) if plan is not None)
    onward = (
        Onward("I forgot my password", reverse("forgot")),
        *(Onward(plan.title, find_href(plan)) for plan in forms),
    )
    notice = DONE_WORDS.get(request.GET.get(DONE, ""), "")
    return ask(request, title="Sign in", form=form, onward=onward, notice="" if problem else notice, status=status)


def take_sign_in(request: SiteRequest, doorway: Doorway) -> HttpResponse:
    """On to the account with a new cookie; or the form again, which says the same whether or not there is an account."""
    entrance = doorway.entrance
    address, password = read_text(request, entrance.address).strip(), read_text(request, entrance.password)
    errors = ("" if is_address(address) else NO_ADDRESS, "" if password else NO_PASSWORD)
    if any(errors):
        return show_form(request, doorway, typed=address, errors=errors, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    who = name_network(request)
    if not count_try(site=doorway.site, what="sign in", who=who, most=MOST_POSTS, within=WITHIN, now=doorway.now):
        return show_form(request, doorway, typed=address, problem=TOO_OFTEN, status=HTTPStatus.TOO_MANY_REQUESTS)
    found = sign_in(doorway.binding, address=address, password=password, home=find_home(request), now=doorway.now)
    if found.outcome == IN:
        return let_in(request, doorway, found)
    if found.outcome == UNVERIFIED:
        return say_unverified(request)
    if found.outcome == LOCKED:
        problem, status = say_locked(doorway, found), HTTPStatus.TOO_MANY_REQUESTS
    else:
        problem, status = WRONG, HTTPStatus.UNPROCESSABLE_ENTITY
    return show_form(request, doorway, typed=address, problem=problem, status=status)


def is_address(text: str) -> bool:
    """Whether this can be looked up at all; whether it is a good address is nobody's business here."""
    return 0 < len(text) <= LONGEST_ADDRESS and not has_hidden(text)


def let_in(request: SiteRequest, doorway: Doorway, found: SigningIn) -> HttpResponse:
    """To the page that was wanted, with the new cookie; what the browser held before opens nothing any more."""
    end_session(doorway.binding, token=read_cookie(request, doorway), now=doorway.now)
    answer = go_to(find_target(request))
    set_site_cookie(answer, request, doorway.entrance.cookie.name, found.token)
    return answer


def say_unverified(request: SiteRequest) -> HttpResponse:
    """The right password before the address was confirmed: only its owner gets here."""
    return say(
        request,
        title="Confirm your address first",
        lines=(
            "Your password is right. Your account opens when you have shown that the address is yours.",
            "We have sent you a new link just now, unless you got three in the last hour. Open it and type your password.",
        ),
        onward=(
            *point_to_mail(request),
            Onward("Sign in", reverse("sign-in")),
            Onward("The first page", reverse("home")),
        ),
        status=HTTPStatus.FORBIDDEN,
    )


def say_locked(doorway: Doorway, found: SigningIn) -> str:
    """For how long nobody signs in with the address, account or not, and what else one can do."""
    return f"{say_wait(doorway, found)}, or choose a new password by a link"


def say_wait(doorway: Doorway, found: SigningIn) -> str:
    """For how long no password is taken for the address."""
    left = found.until - doorway.now if found.until else timedelta(0)
    minutes = max(1, -(-int(left.total_seconds()) // 60))
    return f"too many wrong passwords were given for this address; wait {minutes} minute{'' if minutes == 1 else 's'}"


def find_action(request: SiteRequest) -> str:
    """Where the form is sent, with the page that was wanted."""
    wanted = request.GET.get(NEXT, "")
    return reverse("sign-in") + (f"?{urlencode({NEXT: wanted})}" if is_own_page(request, wanted) else "")


def find_target(request: SiteRequest) -> str:
    """The page of the account that was wanted, else its first one."""
    wanted = request.GET.get(NEXT, "")
    return wanted if is_own_page(request, wanted) else reverse("account")


def is_own_page(request: SiteRequest, address: str) -> bool:
    """Whether this is a page of an account on this site, or its form for orders; an address from outside leads nowhere."""
    own, order = f"{get_script_prefix()}account", find_order_href(find_current(request.shelved))
    is_one = address == own or address.startswith((f"{own}/", f"{own}?"))
    is_one |= bool(order) and (address == order or address.startswith(f"{order}?"))
    return is_one and "\\" not in address and address.isprintable()


def go_to(address: str) -> HttpResponse:
    """The way there, after a post as well."""
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


@same_origin_posts
@at_doorway
def show_sign_out(request: SiteRequest, doorway: Doorway) -> HttpResponse:
    """A button; pressed, the cookie opens nothing any more. Whoever is not signed in is told so."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    onward = (Onward("Sign in", reverse("sign-in")), Onward("The first page", reverse("home")))
    if request.method == "POST":
        end_session(doorway.binding, token=read_cookie(request, doorway), now=doorway.now)
    elif find_account(request, doorway) is not None:
        form = make_form(doorway, action=reverse("sign-out"), button="Sign out")
        return ask(request, title="Sign out", form=form, onward=(Onward("Back to my account", reverse("account")),))
    lines = ("Nobody who uses this browser after you sees your account.",)
    answer = say(request, title="You are signed out", lines=lines, onward=onward)
    end_site_cookie(answer, doorway.entrance.cookie.name)
    return answer


@same_origin_posts
@signed_in
def sign_out_elsewhere(request: SiteRequest, account: Account) -> HttpResponse:
    """End every session but this one."""
    if request.method != "POST":
        return go_to(reverse("password"))
    end_sessions(account.binding, person=account.person, now=account.now, keeping=account.token)
    return go_to(f"{reverse('password')}?done=elsewhere")
