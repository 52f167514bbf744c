"""A forgotten password: a link is asked for, and the page it leads to."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from upheld.actions.entering import ask_new_password, set_new_password
from upheld.actions.tokens import RESET, find_link
from upheld.core.errors import AccountError
from upheld.core.fields import Submission
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
    say_link_is_over,
)
from upheld.pages.account.guards import Doorway, at_doorway
from upheld.pages.account.sign_in import NO_ADDRESS, is_address
from upheld.pages.taking import hold_up, read_body
from upheld.web.form_tokens import issue_token, keep_token, read_token
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

FORM = "forgot"
NOBODY = ""


@same_origin_posts
@at_doorway
def show_forgot(request: SiteRequest, doorway: Doorway) -> HttpResponse:
    """The form that asks for a link; what comes after it is the same for every address."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if request.method != "POST":
        return show_form(request, doorway, token=issue_token(doorway.site, FORM, NOBODY, doorway.now))
    posted = read_body(request)
    address = read_text(request, doorway.entrance.address).strip()
    token = read_token(posted, request.GET, site=doorway.site, form=FORM, session=NOBODY, now=doorway.now)
    filled = Submission(((doorway.entrance.address, address),), (), (), ())
    held, status = hold_up(request, filled, token, site=doorway.site, form=FORM, now=doorway.now)
    problem = held.errors[0].words if held.errors else ""
    if problem or not is_address(address):
        new = issue_token(doorway.site, FORM, NOBODY, doorway.now)
        return show_form(
            request,
            doorway,
            typed=address,
            error="" if problem else NO_ADDRESS,
            problem=problem,
            token=keep_token(posted, request.GET, token, new) if problem else new,
            status=status if problem else HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    ask_new_password(doorway.binding, address=address, home=find_home(request), now=doorway.now)
    return say_sent(request)


def show_form(
    request: SiteRequest,
    doorway: Doorway,
    *,
    typed: str = "",
    error: str = "",
    problem: str = "",
    token: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The form with what was typed and what is wrong with it."""
    inputs = (lay_out_address(doorway, typed=typed, error=error),)
    form = make_form(
        doorway, action=reverse("forgot"), button="Send me a link", inputs=inputs, problem=problem, token=token
    )
    lead = ("Write the address of your account. We mail a link there, and with it you choose a new password.",)
    onward = (Onward("Sign in", reverse("sign-in")),)
    return ask(request, title="Choose a new password", lead=lead, form=form, onward=onward, status=status)


def say_sent(request: SiteRequest) -> HttpResponse:
    """What happens next, whether or not there is such an account."""
    return say(
        request,
        title="Look into your mailbox",
        lines=(
            "If an account has this address, a mail with a link is on its way there. The link works for an hour.",
            "You can ask for three links in an hour; only the newest one works.",
        ),
        onward=(
            *point_to_mail(request),
            Onward("Sign in", reverse("sign-in")),
            Onward("The first page", reverse("home")),
        ),
    )


@same_origin_posts
@at_doorway
def show_new_password(request: SiteRequest, doorway: Doorway, token: str) -> HttpResponse:
    """The page that the link leads to."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    error, status = "", HTTPStatus.OK
    if find_link(doorway.site, RESET, token, doorway.now) is None:
        return say_link_is_over(request)
    if request.method == "POST":
        password = read_text(request, doorway.entrance.password)
        home = find_home(request)
        try:
            set_new_password(doorway.binding, token=token, password=password, home=home, now=doorway.now)
            return HttpResponseRedirect(f"{reverse('sign-in')}?done=password", status=HTTPStatus.SEE_OTHER)
        except AccountError as refusal:
            if refusal.code != "A101":
                return say_link_is_over(request)
            error, status = f"{refusal.text}; {refusal.hint}", HTTPStatus.UNPROCESSABLE_ENTITY
    inputs = (lay_out_password(doorway, label="Your new password", error=error, is_new=True),)
    form = make_form(doorway, action=request.path, button="Set this password", inputs=inputs)
    lead = ("It takes the place of the old one at once. You are signed out wherever you are signed in.",)
    return ask(request, title="Choose a new password", lead=lead, form=form, status=status)
