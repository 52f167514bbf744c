"""The pages of forms: which one an address asks for stands in the policy file, so that without its sentence there is none."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.core import signing
from django.db import DatabaseError, transaction
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse

from upheld.actions.submissions import Taken, take_submission
from upheld.core.errors import RefusedError, UpheldError
from upheld.core.fields import FormPlan, Submission
from upheld.pages.account.guards import Account, Doorway, find_account, find_doorway
from upheld.pages.account.register import show_registration
from upheld.pages.chrome import find_current, make_chrome
from upheld.pages.shipping import is_order_page, show_order
from upheld.pages.taking import NOT_NOW, hold_up, read_body
from upheld.web.binding import make_binding
from upheld.web.form_tokens import issue_token, keep_token, read_token
from upheld.web.forms import add_error, lay_out_form, quote_sentences, read_posted
from upheld.web.guards import READING, only_where, same_origin_posts
from upheld.web.hosts import SiteRequest
from upheld.web.plans import ACCOUNTS, find_plan_at, find_thanks, is_open
from upheld.web.shelf import Good

logger = logging.getLogger(__name__)

DONE = "done"
DONE_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at one form: the version, the plan, who is signed in (or nobody), at one moment."""

    request: SiteRequest
    good: Good
    plan: FormPlan
    account: Account | None
    can_sign_in: bool
    now: datetime

    @property
    def site(self) -> str:
        """The policy's slug."""
        return self.request.shelved.slug

    @property
    def session(self) -> str:
        """What binds the form to a sign-in; empty for a visitor."""
        return self.account.token if self.account else ""

    @property
    def href(self) -> str:
        """The address of the form."""
        return get_script_prefix().rstrip("/") + self.plan.path


def find_form(request: SiteRequest, path: str) -> FormPlan | None:
    """The form whose page stands at this address, or None."""
    good = find_current(request.shelved)
    plan = find_plan_at(good, f"/{path}")
    return plan if plan is not None and is_open(good, plan) else None


def has_form(request: SiteRequest, path: str) -> bool:
    """Whether a form stands at this address."""
    return find_form(request, path) is not None or is_order_page(find_current(request.shelved), f"/{path}")


@only_where(has_form)
@same_origin_posts
def show_touchpoint(request: SiteRequest, path: str) -> HttpResponse:
    """The form at this address; 404 when the policy has none there, or the gate permits nothing in it."""
    good, plan = find_current(request.shelved), find_form(request, path)
    if is_order_page(good, f"/{path}"):
        return show_order(request)
    if plan is None:
        raise Http404
    if plan.sort in ACCOUNTS:
        return show_registration(request, plan.sort == "company")
    doorway = find_open_doorway(request)
    account = find_account(request, doorway) if doorway else None
    visit = Visit(request, good, plan, account, doorway is not None, datetime.now(UTC))
    if request.method == "POST":
        answer = take_post(visit)
    elif request.method in READING:
        answer = show_done(visit) if DONE in request.GET else show_form(visit)
    else:
        return HttpResponseNotAllowed((*READING, "POST"), render_to_string("elements/only_reads.html"))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def show_form(
    visit: Visit, submission: Submission | None = None, token: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """The form, empty or with what was typed and what is wrong with it."""
    form = lay_out_form(
        visit.plan,
        visit.good.policy,
        action=visit.href,
        policy_href=reverse("policy"),
        submission=submission,
        token=token or issue_token(visit.site, visit.plan.touchpoint, visit.session, visit.now),
    )
    context = {
        "chrome": make_chrome(visit.request.shelved),
        "form": form,
        "plan": visit.plan,
        "is_signed_in": visit.account is not None,
        "sign_in": reverse("sign-in") if visit.can_sign_in else "",
        "needs_answer": visit.plan.sort in ("message", "other"),
        "is_reachable": is_reachable(visit.plan),
    }
    return HttpResponse(render_to_string("pages/form.html", context), status=status)


def is_reachable(plan: FormPlan) -> bool:
    """Whether the form itself asks how to reach whoever sends it, so that nobody has to be told to say so."""
    return any(field.kind in ("email", "phone") for field in plan.fields)


def take_post(visit: Visit) -> HttpResponse:
    """What was sent, taken in and answered with its number; or the form again, with what was typed."""
    request = visit.request
    posted = read_body(request)
    token = read_token(
        posted, request.GET, site=visit.site, form=visit.plan.touchpoint, session=visit.session, now=visit.now
    )
    submission = read_posted(visit.plan, posted)
    try:
        # One transaction for the count, the mark and what is stored: each that ends waits for the disk once, and a form
        # that could not be stored can be sent again.
        with transaction.atomic():
            submission, status = hold_up(
                request, submission, token, site=visit.site, form=visit.plan.touchpoint, now=visit.now
            )
            if submission.is_good:
                return send_on(visit, store(visit, submission))
    except RefusedError as refused:
        return show_refused(visit, refused)
    except (DatabaseError, OSError, UpheldError) as problem:
        # the cause may repeat what was typed; its kind is enough for the operator
        logger.error("site %s: a form could not be stored: %s", visit.site, type(problem).__name__)  # noqa: TRY400
        submission, status = add_error(submission, "", "F908", NOT_NOW), HTTPStatus.SERVICE_UNAVAILABLE
    new = issue_token(visit.site, visit.plan.touchpoint, visit.session, visit.now)
    kept = keep_token(posted, request.GET, token, new) if status == HTTPStatus.UNPROCESSABLE_ENTITY else new
    return show_form(visit, submission, kept, status)


def store(visit: Visit, submission: Submission) -> Taken:
    """What was taken in."""
    binding = make_binding(visit.request.shelved, visit.now.date())
    person = visit.account.person if visit.account else None
    return take_submission(binding, plan=visit.plan, submission=submission, person=person, now=visit.now)


def send_on(visit: Visit, taken: Taken) -> HttpResponse:
    """To the page that thanks, so that a reload sends nothing twice."""
    done = signing.dumps([visit.plan.touchpoint, taken.number], salt=find_salt(visit))
    return HttpResponseRedirect(f"{visit.href}?{DONE}={done}", status=HTTPStatus.SEE_OTHER)


def show_done(visit: Visit) -> HttpResponse:
    """What happens next, with the number of the case; an address that we did not make leads to the empty form."""
    try:
        touchpoint, number = signing.loads(visit.request.GET[DONE], salt=find_salt(visit), max_age=DONE_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return show_form(visit)
    if touchpoint != visit.plan.touchpoint:
        return show_form(visit)
    context = {
        "chrome": make_chrome(visit.request.shelved),
        "plan": visit.plan,
        "number": number,
        "thanks": find_thanks(visit.good, touchpoint),
        "is_signed_in": visit.account is not None,
    }
    return HttpResponse(render_to_string("pages/form_done.html", context))


def show_refused(visit: Visit, refused: RefusedError) -> HttpResponse:
    """The sentence that does not let it in."""
    context = {
        "chrome": make_chrome(visit.request.shelved),
        "plan": visit.plan,
        "whys": quote_sentences(visit.good.policy, refused.because, reverse("policy")),
    }
    return HttpResponse(render_to_string("pages/form_refused.html", context), status=HTTPStatus.FORBIDDEN)


def find_salt(visit: Visit) -> str:
    """Keeps what one site has signed from being of use on another."""
    return f"upheld.done\n{visit.site}"


def find_open_doorway(request: SiteRequest) -> Doorway | None:
    """Where people sign in to this site, or None where the policy lets nobody register."""
    try:
        return find_doorway(request)
    except Http404:
        return None
