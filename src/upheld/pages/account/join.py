"""The page of an invitation: somebody registers as a user of a company's account, or joins it with the account they have."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.accounts import Told
from upheld.actions.companies import Invitation, find_invitation, join_company, join_with_account
from upheld.actions.submissions import keep_wording
from upheld.core.errors import AccountError, RefusedError
from upheld.core.fields import FormPlan, Submission
from upheld.pages.account.asking import (
    ask,
    lay_out_password,
    make_form,
    read_text,
    refuse_method,
    say_link_is_over,
)
from upheld.pages.account.guards import Doorway, at_doorway
from upheld.pages.account.register import show_refused
from upheld.pages.chrome import make_chrome
from upheld.pages.taking import read_body
from upheld.web.forms import add_error, lay_out_form, read_posted
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

TITLE = "Join your company's account"
SEEN = (
    "Who holds the company's account sees your name and your e-mail address in the list of its people."
    " You see and correct what we hold about you, and about the company."
)


@same_origin_posts
@at_doorway
def show_join(request: SiteRequest, doorway: Doorway, token: str) -> HttpResponse:
    """What the link of an invitation leads to."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    invitation = find_invitation(doorway.site, token, doorway.now)
    if invitation is None:
        return say_link_is_over(request)
    if invitation.has_account:
        return take_password(request, doorway, token)
    plan = plan_joining(doorway)
    if request.method == "POST":
        return take_joining(request, doorway, plan, invitation, token)
    return show_form(request, doorway, plan, invitation)


def plan_joining(doorway: Doorway) -> FormPlan:
    """The form to register without the address: the one that was invited is taken."""
    plan, address = doorway.entrance.registration, doorway.entrance.address
    return replace(
        plan,
        title=TITLE,
        lead=SEEN,
        button="Join",
        fields=tuple(field for field in plan.fields if field.data != address),
    )


def show_form(
    request: SiteRequest,
    doorway: Doorway,
    plan: FormPlan,
    invitation: Invitation,
    *,
    submission: Submission | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The form, empty or with what was typed and what is wrong with it; the link itself says who may send it."""
    form = lay_out_form(
        plan, doorway.good.policy, action=request.path, policy_href=reverse("policy"), submission=submission
    )
    context = {"chrome": make_chrome(request.shelved), "plan": plan, "form": form, "address": invitation.address}
    return HttpResponse(render_to_string("pages/account/join.html", context), status=status)


def take_joining(
    request: SiteRequest, doorway: Doorway, plan: FormPlan, invitation: Invitation, token: str
) -> HttpResponse:
    """On to sign in as a user of the company; or the form again."""
    submission = read_posted(plan, read_body(request))
    password = doorway.entrance.password
    if submission.is_good:
        told = Told(
            values={name: text for name, text in submission.values if name != password},
            password=submission.find(password),
            choices=dict(submission.choices),
            shown=keep_wording(doorway.binding, plan=plan, now=doorway.now),
        )
        try:
            join_company(doorway.binding, token=token, told=told, home=find_home(request), now=doorway.now)
            return HttpResponseRedirect(f"{reverse('sign-in')}?done=joined", status=HTTPStatus.SEE_OTHER)
        except RefusedError as refused:
            return show_refused(request, doorway, plan, refused)
        except AccountError as refusal:
            if refusal.code != "A101":
                return say_link_is_over(request)
            submission = add_error(submission, password, refusal.code, f"{refusal.text}; {refusal.hint}")
    return show_form(request, doorway, plan, invitation, submission=submission, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def take_password(request: SiteRequest, doorway: Doorway, token: str) -> HttpResponse:
    """For somebody whose address has an account: its password is enough."""
    error, status = "", HTTPStatus.OK
    if request.method == "POST":
        password, home = read_text(request, doorway.entrance.password), find_home(request)
        try:
            join_with_account(doorway.binding, token=token, password=password, home=home, now=doorway.now)
            return HttpResponseRedirect(f"{reverse('sign-in')}?done=joined", status=HTTPStatus.SEE_OTHER)
        except AccountError as refusal:
            if refusal.code != "A103":
                return say_link_is_over(request)
            error, status = f"{refusal.text}; {refusal.hint}", HTTPStatus.UNPROCESSABLE_ENTITY
    inputs = (lay_out_password(doorway, error=error),)
    form = make_form(doorway, action=request.path, button="Join with my account", inputs=inputs)
    lead = ("Your address has an account here. Join with it: give its password.", SEEN)
    return ask(request, title=TITLE, lead=lead, form=form, status=status)
