"""The people of a company's account: holders invite, remove, and say whose address is the main one; others may leave."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.urls import reverse

from upheld.actions.colleagues import open_colleagues
from upheld.actions.companies import (
    invite_user,
    leave_company,
    list_invitations,
    list_members,
    make_holder,
    move_primary,
    remove_user,
    withdraw_invitation,
)
from upheld.core.errors import AccountError, RefusedError
from upheld.core.fields.form import CHOICE_MARK
from upheld.core.policy.saying.names import capitalise
from upheld.pages.account.asking import lay_out_address, make_form
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import answer_mine, say_moment, tells_trouble
from upheld.pages.account.permitting import NO, QUESTION, YES, record_answer, view_asked
from upheld.pages.account.sent import Sent, make_sending, read_sent, refuse_method
from upheld.pages.account.sign_in import DONE, go_to
from upheld.records.models import Membership
from upheld.web.form_tokens import issue_token
from upheld.web.forms import check_email
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

FORM = "people"
DONE_WORDS = {
    "invite": "The invitation is on its way. The link in it works for a week.",
    "withdraw": "The invitation is withdrawn, and the address forgotten.",
    "remove": "They no longer use the company's account. Their own account stays theirs; we have written to them.",
    "holder": "They hold the company's account, too, from now on.",
    "primary": "Messages to the company go to their address from now on.",
    "permit": "Recorded. The receipt stands under Receipts.",
}

REFUSED = {
    "invite": "the policy does not let us write to somebody you invite",
    "permit": "the policy does not let us show your name to anybody, even if you permit it",
}


@same_origin_posts
@signed_in
@tells_trouble
def show_people(request: SiteRequest, account: Account) -> HttpResponse:
    """Who uses the account, and what the person may do about it; not there for private customers."""
    membership = account.membership
    if membership is None:
        raise Http404
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if request.method != "POST":
        return show_list(request, account, membership)
    sent = read_sent(request, account, FORM)
    if sent.fault:
        return show_list(request, account, membership, fault=sent.fault, status=sent.status)
    return take_deed(request, account, membership, sent)


def take_deed(request: SiteRequest, account: Account, membership: Membership, sent: Sent) -> HttpResponse:
    """Do what was asked for, or say on the page why not."""
    deed, _, person = sent.find("do").partition(" ")
    if not person.isprintable():  # no id; PostgreSQL refuses to be asked for a NUL
        raise Http404
    typed = sent.find(account.entrance.address).strip()
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if deed == "invite":
        try:
            typed = check_email(typed)
        except ValueError as problem:
            return show_list(request, account, membership, error=f"the address {problem}", typed=typed, status=status)
    answer = sent.find(CHOICE_MARK + QUESTION)
    if deed == "permit" and answer not in (YES, NO):
        return show_list(request, account, membership, unanswered="pick yes or no", status=status)
    deeds = list_deeds(request, account, membership, person=person, address=typed, answer=answer)
    if deed not in deeds:
        raise Http404
    try:
        deeds[deed]()
    except AccountError as refusal:
        fault = f"{refusal.text}; {refusal.hint}"
        return show_list(request, account, membership, fault=fault, typed=typed, status=status)
    except RefusedError:
        fault = REFUSED.get(deed, REFUSED["invite"])
        return show_list(request, account, membership, fault=fault, status=HTTPStatus.FORBIDDEN)
    return go_to(reverse("account") if deed == "leave" else f"{reverse('people')}?{DONE}={deed}")


def list_deeds(
    request: SiteRequest, account: Account, membership: Membership, *, person: str, address: str, answer: str
) -> dict[str, Callable[[], object]]:
    """What each button of the page does, by its word."""
    binding, now, home = account.binding, account.now, find_home(request)
    return {
        "invite": lambda: invite_user(binding, membership=membership, address=address, home=home, now=now),
        "withdraw": lambda: withdraw_invitation(binding, membership=membership, invitation=person, now=now),
        "remove": lambda: remove_user(binding, membership=membership, person=person, home=home, now=now),
        "holder": lambda: make_holder(binding, membership=membership, person=person, now=now),
        "primary": lambda: move_primary(binding, membership=membership, person=person, home=home, now=now),
        "permit": lambda: record_answer(account, membership, is_yes=answer == YES),
        "leave": lambda: leave_company(binding, membership=membership, now=now),
    }


def show_list(
    request: SiteRequest,
    account: Account,
    membership: Membership,
    *,
    error: str = "",
    fault: str = "",
    typed: str = "",
    unanswered: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page; holders see who uses the account, by name only whom they may, others only how many there are."""
    sending = make_sending(account, FORM, reverse("people"))
    token = issue_token(account.site, FORM, account.token, account.now)
    inputs = (lay_out_address(account, typed=typed, error=error, label="The e-mail address to invite", autofill="off"),)
    form = make_form(account, action=reverse("people"), button="Send the invitation", inputs=inputs, token=token)
    members = list_members(account.site, membership.company)
    context: dict[str, object] = {"count": len(members)}
    if membership.is_holder:
        context = {
            "colleagues": [
                (found, found.name or found.person, say_moment(found.joined_at), found.person == account.person.id)
                for found in open_colleagues(account.binding, membership=membership, now=account.now)
            ],
            "invitations": [
                (found, say_moment(found.until))
                for found in list_invitations(account.site, membership.company, account.now)
            ],
            "form": form,
            "problems": form.problems,
        }
    is_only_holder = membership.is_holder and sum(member.is_holder for member in members) == 1
    return answer_mine(
        request,
        account,
        "people",
        "people",
        status,
        **context,
        is_holder=membership.is_holder,
        may_leave=not is_only_holder,
        asked=view_asked(account, membership, error=unanswered),
        sending=sending,
        fault=capitalise(fault),
        done=DONE_WORDS.get(request.GET.get(DONE, ""), "") if not (fault or error or unanswered) else "",
    )
