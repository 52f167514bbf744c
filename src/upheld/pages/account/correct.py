"""The page where people correct what is held about them, or about their company: the same fields and rules as when it came in."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.db import DatabaseError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from upheld.actions.corrections import correct_values, list_proved_leaves, plan_corrections
from upheld.actions.held import open_held
from upheld.core.errors import RefusedError
from upheld.core.fields import FormPlan, Submission
from upheld.core.policy.saying.names import join_words
from upheld.core.rights.copies import say_value
from upheld.core.rights.letting import CHANGE, find_letting
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import answer_mine, find_address, quote, tells_trouble
from upheld.pages.account.sent import make_sending, read_sent, refuse_method
from upheld.pages.taking import NOT_NOW
from upheld.records.models import Person
from upheld.web.forms import add_error, lay_out_form, read_posted
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest

logger = logging.getLogger(__name__)

DONE = "done"
EMPTY = Submission((), (), (), ())


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose details are corrected, at which address, and by which form; None where nothing of theirs can be."""

    person: Person
    here: str
    plan: FormPlan | None


@same_origin_posts
@signed_in
@tells_trouble
def show_correct(request: SiteRequest, account: Account) -> HttpResponse:
    """One's own details."""
    return answer_correct(request, account, account.person, "correct")


@same_origin_posts
@signed_in
@tells_trouble
def show_correct_company(request: SiteRequest, account: Account) -> HttpResponse:
    """The company's details; 404 for who does not hold its account."""
    if account.company is None or not account.is_holder:
        raise Http404
    return answer_correct(request, account, account.company, "correct-company")


def answer_correct(request: SiteRequest, account: Account, person: Person, here: str) -> HttpResponse:
    """The form with what is held, or what was sent taken over; 404 where the policy lets people change nothing."""
    if not find_letting(account.good.table, CHANGE).is_open:
        raise Http404
    refused = refuse_method(request)
    if refused is not None:
        return refused
    plan, typed = plan_and_fill(account, person)
    subject = Subject(person, here, plan)
    if request.method == "POST" and plan is not None:
        return take_corrections(request, account, subject, plan)
    return show_form(request, account, subject, typed)


def show_form(
    request: SiteRequest,
    account: Account,
    subject: Subject,
    submission: Submission,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The form, filled with what is held, or with what was typed and what is wrong with it."""
    plan, here = subject.plan, subject.here
    sending = make_sending(account, here, reverse(here))
    form = None
    if plan is not None:
        form = lay_out_form(
            plan,
            account.good.policy,
            action=sending.action,
            policy_href=reverse("policy"),
            submission=submission,
            token=sending.token,
        )
        form = replace(form, has_trap=False)  # whoever is signed in is no robot to be caught
    words = account.binding.policy.words
    return answer_mine(
        request,
        account,
        "correct",
        "correct",
        status,
        form=form,
        is_company=subject.person.kind == "company",
        company_href=reverse("correct-company") if account.is_holder else "",
        own_href=reverse("correct"),
        is_done=DONE in request.GET and status == HTTPStatus.OK,
        held=reverse("held"),
        by_link=join_words(words.label(leaf, "data") for leaf in list_proved_leaves(account.binding)),
        by_link_href=find_address("password"),
        whys=quote(account, plan.sentences if plan is not None else ()),
    )


def plan_and_fill(account: Account, person: Person) -> tuple[FormPlan | None, Submission]:
    """The form, and what is held now as if it had just been typed.

    What the policy withholds is not on it: an empty field would take back what nobody saw.
    """
    plan = plan_corrections(account.binding, person)
    if plan is None:
        return None, EMPTY
    held = open_held(account.binding, person=person, data=plan.data, now=account.now, by=name_other(account, person))
    withheld = {part.data for part in held.withheld}
    fields = tuple(field for field in plan.fields if field.data not in withheld)
    found = ((field.name, held.find(field.data, person.id)) for field in fields)
    typed = tuple((name, say_value(value.value)) for name, value in found if value is not None)
    return (replace(plan, fields=fields) if fields else None), replace(EMPTY, typed=typed)


def name_other(account: Account, person: Person) -> str:
    """Who is at work when it is not the person whose data it is: the holder who looks after their company."""
    return "" if person == account.person else account.person.id


def take_corrections(request: SiteRequest, account: Account, subject: Subject, plan: FormPlan) -> HttpResponse:
    """What was sent taken over, with a look at the page afterwards; or the form again."""
    sent = read_sent(request, account, subject.here)
    submission = read_posted(plan, sent.fields)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if sent.fault:
        submission, status = add_error(submission, "", "F910", sent.fault), sent.status
    if submission.is_good:
        try:
            # a field that was left empty is one that is taken back
            values = {field.data: submission.find(field.name) for field in plan.fields}
            by = name_other(account, subject.person)
            correct_values(account.binding, person=subject.person, values=values, now=account.now, by=by)
        except RefusedError as refused:
            submission, status = add_error(submission, "", "F911", refused.text), HTTPStatus.FORBIDDEN
        except DatabaseError as problem:
            # the cause may repeat what was typed; its kind is enough for the operator
            logger.error("site %s: a correction could not be stored: %s", account.site, type(problem).__name__)  # noqa: TRY400
            submission = add_error(submission, "", "F908", NOT_NOW)
            status = HTTPStatus.SERVICE_UNAVAILABLE
        else:
            return HttpResponseRedirect(f"{reverse(subject.here)}?{DONE}", status=HTTPStatus.SEE_OTHER)
    return show_form(request, account, subject, submission, status)
