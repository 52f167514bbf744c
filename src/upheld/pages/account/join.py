"""The page of an invitation: somebody registers as a user of a company's account, or joins it with the account they have."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.accounts import Told
from upheld.actions.companies import Invitation, find_invitation, find_invited, join_company, join_with_account
from upheld.actions.permissions import find_company_permissible
from upheld.actions.submissions import keep_wording
from upheld.core.errors import AccountError, RefusedError
from upheld.core.fields import ChoicePlan, FieldError, FormPlan, Submission, judge_age
from upheld.pages.account.asking import (
    ask,
    lay_out_password,
    make_form,
    read_text,
    refuse_method,
    say_link_is_over,
)
from upheld.pages.account.guards import Doorway, at_doorway
from upheld.pages.account.permitting import NO, QUESTION, YES, lay_out_question, plan_question, plan_wording
from upheld.pages.account.register import show_refused
from upheld.pages.chrome import make_chrome
from upheld.pages.taking import read_body
from upheld.web.forms import add_error, lay_out_form, read_posted
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

TITLE = "Join your company's account"
SEEN = (
    "Who holds the company's account sees that you use it, and since when; your name and your e-mail address only if you"
    " permit it. You see and correct what we hold about you, and about the company."
)
CLOSED = (
    "Who holds the company's account sees that you use it, and since when, but not your name or your e-mail address."
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
    """The form to register without the address: the one that was invited is taken. It asks who may see it, where one may."""
    plan, address = doorway.entrance.registration, doorway.entrance.address
    permissible = find_company_permissible(doorway.binding)
    asked = () if permissible is None else (plan_question(doorway, permissible, can_change=True),)
    return replace(
        plan,
        title=TITLE,
        lead=SEEN if asked else CLOSED,
        button="Join",
        fields=tuple(field for field in plan.fields if field.data != address),
        choices=(*plan.choices, *asked),
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
    password, home = doorway.entrance.password, find_home(request)
    is_permitted = dict(submission.choices).get(QUESTION, False)
    if submission.is_good:
        told = Told(
            values={name: text for name, text in submission.values if name != password},
            password=submission.find(password),
            choices={choice: is_yes for choice, is_yes in submission.choices if choice != QUESTION},
            shown=keep_wording(doorway.binding, plan=plan, now=doorway.now),
            is_old_enough=judge_age(plan, submission, doorway.now.date()),
        )
        try:
            join_company(doorway.binding, token=token, told=told, home=home, now=doorway.now, is_permitted=is_permitted)
            return HttpResponseRedirect(f"{reverse('sign-in')}?done=joined", status=HTTPStatus.SEE_OTHER)
        except RefusedError as refused:
            return show_refused(request, doorway, plan, refused)
        except AccountError as refusal:
            if refusal.code != "A101":
                return say_link_is_over(request)
            submission = add_error(submission, password, refusal.code, f"{refusal.text}; {refusal.hint}")
    return show_form(request, doorway, plan, invitation, submission=submission, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def take_password(request: SiteRequest, doorway: Doorway, token: str) -> HttpResponse:
    """For somebody whose address has an account: its password is enough, and an answer to who may see their name."""
    error, wrong, answer, status = "", "", "", HTTPStatus.OK
    question = plan_question_for(doorway, token)
    if request.method == "POST":
        password, status = read_text(request, doorway.entrance.password), HTTPStatus.UNPROCESSABLE_ENTITY
        answer = read_text(request, question.name) if question is not None else ""
        wrong = "" if answer in (YES, NO, "") else "pick yes or no"
        try:
            if not wrong:
                return join_by_password(request, doorway, token, password, question if answer == YES else None)
        except AccountError as refusal:
            if refusal.code != "A103":
                return say_link_is_over(request)
            error = f"{refusal.text}; {refusal.hint}"
    inputs = [lay_out_password(doorway, error=error)]
    if question is not None:
        errors = [FieldError(question.name, "F907", wrong)] if wrong else []
        inputs.append(lay_out_question(doorway, question, typed=answer, errors=errors))
    form = make_form(doorway, action=request.path, button="Join with my account", inputs=inputs)
    lead = (
        "Your address has an account here. Join with it: give its password.",
        CLOSED if question is None else SEEN,
    )
    return ask(request, title=TITLE, lead=lead, form=form, status=status)


def plan_question_for(doorway: Doorway, token: str) -> ChoicePlan | None:
    """What somebody who has an account is asked, under the versions that bind what is held about them; None for nothing."""
    invited = find_invited(doorway.site, token, doorway.now)
    permissible = find_company_permissible(doorway.binding, invited) if invited is not None else None
    return None if permissible is None else plan_question(doorway, permissible, can_change=True)


def join_by_password(
    request: SiteRequest, doorway: Doorway, token: str, password: str, permitted: ChoicePlan | None
) -> HttpResponse:
    """On to sign in; `permitted` is the question that they said yes to."""
    shown = ""
    if permitted is not None:
        plan = plan_wording(doorway, permitted, doorway.entrance.registration.touchpoint)
        shown = keep_wording(doorway.binding, plan=plan, now=doorway.now)
    join_with_account(
        doorway.binding,
        token=token,
        password=password,
        home=find_home(request),
        now=doorway.now,
        is_permitted=permitted is not None,
        shown=shown,
    )
    return HttpResponseRedirect(f"{reverse('sign-in')}?done=joined", status=HTTPStatus.SEE_OTHER)
