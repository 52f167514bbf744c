"""The pages where people and companies register; their addresses stand in the policy file."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.db import DatabaseError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse

from upheld.actions.accounts import Told, register
from upheld.actions.submissions import keep_wording
from upheld.core.errors import AccountError, RefusedError, UpheldError
from upheld.core.fields import FormPlan, Submission, judge_age
from upheld.pages.account.asking import Onward, point_to_mail, refuse_method, say
from upheld.pages.account.guards import Doorway, at_doorway
from upheld.pages.chrome import make_chrome
from upheld.pages.taking import NOT_NOW, hold_up, read_body
from upheld.web.form_tokens import issue_token, keep_token, read_token
from upheld.web.forms import add_error, lay_out_form, quote_sentences, read_posted
from upheld.web.guards import only_reads, same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

logger = logging.getLogger(__name__)
NOBODY = ""  # the forms of strangers are bound to no sign-in


@same_origin_posts
@at_doorway
def show_registration(request: SiteRequest, doorway: Doorway, is_company: bool) -> HttpResponse:  # noqa: FBT001 - a view's own argument
    """The form to register, or to open a company's account; 404 where the policy has none."""
    plan = doorway.entrance.whole_company if is_company else doorway.entrance.registration
    if plan is None:
        raise Http404
    refused = refuse_method(request)
    if refused is not None:
        return refused
    return take_registration(request, doorway, plan) if request.method == "POST" else show_form(request, doorway, plan)


def show_form(
    request: SiteRequest,
    doorway: Doorway,
    plan: FormPlan,
    *,
    submission: Submission | None = None,
    token: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The form, empty or with what was typed (never the password) and what is wrong with it."""
    form = lay_out_form(
        plan,
        doorway.good.policy,
        action=find_href(plan),
        policy_href=reverse("policy"),
        submission=submission,
        token=token or issue_token(doorway.site, plan.touchpoint, NOBODY, doorway.now),
    )
    entrance = doorway.entrance
    other = entrance.registration if plan.sort == "company" else entrance.company
    context = {
        "chrome": make_chrome(request.shelved),
        "plan": plan,
        "form": form,
        "sign_in": reverse("sign-in"),
        "other": Onward(other.title, find_href(other)) if other else None,
    }
    return HttpResponse(render_to_string("pages/account/register.html", context), status=status)


def find_href(plan: FormPlan) -> str:
    """The address of a form's page."""
    return get_script_prefix().rstrip("/") + plan.path


def take_registration(request: SiteRequest, doorway: Doorway, plan: FormPlan) -> HttpResponse:
    """On to the page that says to look into the mailbox, the same for every address; or the form again."""
    posted = read_body(request)
    token = read_token(posted, request.GET, site=doorway.site, form=plan.touchpoint, session=NOBODY, now=doorway.now)
    submission, status = hold_up(
        request, read_posted(plan, posted), token, site=doorway.site, form=plan.touchpoint, now=doorway.now
    )
    try:
        if submission.is_good:
            store(request, doorway, plan, submission)
            return HttpResponseRedirect(reverse("registered"), status=HTTPStatus.SEE_OTHER)
    except AccountError as refusal:
        submission = add_error(submission, doorway.entrance.password, refusal.code, f"{refusal.text}; {refusal.hint}")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    except RefusedError as refused:
        return show_refused(request, doorway, plan, refused)
    except (DatabaseError, OSError, UpheldError) as problem:
        # the cause may repeat what was typed; its kind is enough for the operator
        logger.error("site %s: nobody could register: %s", doorway.site, type(problem).__name__)  # noqa: TRY400
        submission, status = add_error(submission, "", "F908", NOT_NOW), HTTPStatus.SERVICE_UNAVAILABLE
    new = issue_token(doorway.site, plan.touchpoint, NOBODY, doorway.now)
    is_unspent = status == HTTPStatus.UNPROCESSABLE_ENTITY and submission.errors[0].code != "A101"
    kept = keep_token(posted, request.GET, token, new) if is_unspent else new
    return show_form(request, doorway, plan, submission=submission, token=kept, status=status)


def store(request: SiteRequest, doorway: Doorway, plan: FormPlan, submission: Submission) -> None:
    """The account with what was told, under the wording that was shown."""
    password = doorway.entrance.password
    told = Told(
        values={name: text for name, text in submission.values if name != password},
        password=submission.find(password),
        choices=dict(submission.choices),
        shown=keep_wording(doorway.binding, plan=plan, now=doorway.now),
        is_old_enough=judge_age(plan, submission, doorway.now.date()),
    )
    register(doorway.binding, told=told, home=find_home(request), now=doorway.now, is_company=plan.sort == "company")


def show_refused(request: SiteRequest, doorway: Doorway, plan: FormPlan, refused: RefusedError) -> HttpResponse:
    """The sentence that does not let it in."""
    context = {
        "chrome": make_chrome(request.shelved),
        "plan": plan,
        "whys": quote_sentences(doorway.good.policy, refused.because, reverse("policy")),
    }
    return HttpResponse(render_to_string("pages/form_refused.html", context), status=HTTPStatus.FORBIDDEN)


@only_reads
@at_doorway
def show_registered(request: SiteRequest, doorway: Doorway) -> HttpResponse:
    """What happens next, for every address alike."""
    return say(
        request,
        title="Look into your mailbox",
        lines=(
            "We have sent you a mail. Open the link in it: it shows us that the address is yours, and opens your account.",
            "The link works for two days.",
            "If you have an account with this address already, the mail says so, and nothing was changed.",
            "No mail? Look where unwanted mail goes. Or sign in with the password you just chose: then we send another.",
        ),
        onward=(
            *point_to_mail(request),
            Onward("Sign in", reverse("sign-in")),
            Onward("The first page", reverse("home")),
        ),
    )
