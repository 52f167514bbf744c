"""The pages that links to confirm an address lead to: they act on their buttons, since mail scanners open links, too."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.addresses import move_address
from upheld.actions.confirming import disown_address, verify_address
from upheld.actions.entering import IN, LOCKED
from upheld.actions.throttle import count_try
from upheld.actions.tokens import MOVE, VERIFY, find_link
from upheld.core.errors import AccountError
from upheld.pages.account.asking import (
    Onward,
    ask,
    lay_out_password,
    make_form,
    read_text,
    refuse_method,
    say,
    say_link_is_over,
)
from upheld.pages.account.guards import Doorway, at_doorway
from upheld.pages.account.register import find_href
from upheld.pages.account.sign_in import MOST_POSTS, NO_PASSWORD, TOO_OFTEN, WITHIN, let_in, say_wait
from upheld.pages.chrome import make_chrome
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home
from upheld.web.networks import name_network

NOT_CHOSEN = "this is not the password that was chosen when registering with this address; type it again"
DISOWN = "disown"


@same_origin_posts
@at_doorway
def show_verify(request: SiteRequest, doorway: Doorway, token: str) -> HttpResponse:
    """Open the account that was registered with this address, by its password; or have it erased, without one."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if find_link(doorway.site, VERIFY, token, doorway.now) is None:
        return say_link_is_over(request)
    if request.method != "POST":
        return show_ways(request, doorway)
    try:
        if read_text(request, "do") == DISOWN:
            disown_address(doorway.binding, token=token, now=doorway.now)
            return say_erased(request)
        return take_password(request, doorway, token)
    except AccountError:
        return say_link_is_over(request)


def show_ways(
    request: SiteRequest,
    doorway: Doorway,
    *,
    error: str = "",
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The password for who registered, the button for who did not; `error` belongs to the password."""
    inputs = (lay_out_password(doorway, error=error),)
    again = find_href(doorway.entrance.registration)
    context = {
        "chrome": make_chrome(request.shelved),
        "form": make_form(doorway, action=request.path, button="Open my account", inputs=inputs, problem=problem),
        "action": request.path,
        "onward": (Onward("I forgot the password: register once more", again),),
    }
    return HttpResponse(render_to_string("pages/account/verify.html", context), status=status)


def take_password(request: SiteRequest, doorway: Doorway, token: str) -> HttpResponse:
    """On to the account with a new cookie, or the page again. Raises AccountError A102 for the link."""
    password, who = read_text(request, doorway.entrance.password), name_network(request)
    if not password:
        return show_ways(request, doorway, error=NO_PASSWORD, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if not count_try(site=doorway.site, what="sign in", who=who, most=MOST_POSTS, within=WITHIN, now=doorway.now):
        return show_ways(request, doorway, problem=TOO_OFTEN, status=HTTPStatus.TOO_MANY_REQUESTS)
    home = find_home(request)
    found = verify_address(doorway.binding, token=token, password=password, home=home, now=doorway.now)
    if found.outcome == IN:
        return let_in(request, doorway, found)
    if found.outcome == LOCKED:
        problem = say_wait(doorway, found)
        return show_ways(request, doorway, problem=problem, status=HTTPStatus.TOO_MANY_REQUESTS)
    return show_ways(request, doorway, error=NOT_CHOSEN, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def say_erased(request: SiteRequest) -> HttpResponse:
    """Nothing of what somebody else told us is left."""
    return say(
        request,
        title="It is erased",
        lines=(
            "What was told us with your address is gone, and the password that was chosen opens nothing.",
            "If you want an account, you can register yourself.",
        ),
        onward=(Onward("The first page", reverse("home")),),
    )


@same_origin_posts
@at_doorway
def show_new_address(request: SiteRequest, doorway: Doorway, token: str) -> HttpResponse:
    """Confirm the address that takes the place of another; the same page for every link that does not work."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if request.method == "POST":
        try:
            move_address(doorway.binding, token=token, home=find_home(request), now=doorway.now)
        except AccountError:
            return say_link_is_over(request)
        return HttpResponseRedirect(f"{reverse('sign-in')}?done=moved", status=HTTPStatus.SEE_OTHER)
    if find_link(doorway.site, MOVE, token, doorway.now) is None:
        return say_link_is_over(request)
    form = make_form(doorway, action=request.path, button="Confirm this address")
    lead = "Your account gets this address when you confirm it. We write to the old one a last time, to say so."
    return ask(request, title="Confirm your new address", lead=(lead,), form=form)
