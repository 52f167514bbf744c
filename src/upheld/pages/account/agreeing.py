"""Which version of the policy somebody is under, and the question whether a newer one may hold for what came before it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from upheld.actions.agreements import Offer, find_offer, record_agreement
from upheld.actions.publications import list_bound
from upheld.actions.submissions import keep_wording
from upheld.core.fields import ChoicePlan, FormPlan
from upheld.core.rights.letting import ACCOUNT
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import Moment, answer_mine, say_moment, tells_trouble
from upheld.pages.account.sent import Sending, make_sending, read_sent, refuse_method
from upheld.pages.chrome import say_day
from upheld.pages.policy_view import LinkGroup, group_links
from upheld.records.models import Person
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest

FORM = "agreement"
DONE = "done"
YES, NO = "yes", "no"
MINE, COMPANY = "me", "company"
# No choice that a policy declares has a colon in its name, so the answer is never taken for one.
QUESTION = "to:earlier"


@dataclass(frozen=True, slots=True)
class BoundView:
    """One version that binds or bound somebody, and since when."""

    day: str
    href: str
    since: Moment


@dataclass(frozen=True, slots=True)
class Opened:
    """One thing that the version would let be done with earlier data, with the sentences that say so."""

    words: str
    after: tuple[LinkGroup, ...]


@dataclass(frozen=True, slots=True)
class OfferView:
    """The question about one subject: the person (`me`) or the company whose account they hold."""

    about: str
    title: str
    day: str
    href: str
    earlier: str
    changes: tuple[Opened, ...]
    answer: str
    answered: Moment | None
    receipt: str
    is_done: bool
    sending: Sending


@same_origin_posts
@signed_in
@tells_trouble
def show_version(request: SiteRequest, account: Account) -> HttpResponse:
    """The version that binds, those before it, and what may be agreed to; or one answer recorded."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    fault, status = "", HTTPStatus.OK
    if request.method == "POST":
        sent = read_sent(request, account, FORM)
        about, answer = sent.find("about"), sent.find("answer")
        fault = sent.fault or find_fault(account, about, answer)
        if not fault:
            record_answer(account, about, is_yes=answer == YES)
            return HttpResponseRedirect(f"{reverse('my-version')}?{DONE}={about}", status=HTTPStatus.SEE_OTHER)
        status = sent.status if sent.fault else HTTPStatus.UNPROCESSABLE_ENTITY
    done = request.GET.get(DONE, "") if status == HTTPStatus.OK else ""
    *before, current = view_bound(account)
    return answer_mine(
        request,
        account,
        "my-version",
        "version",
        status,
        current=current,
        before=tuple(reversed(before)),
        offers=tuple(view_offer(account, about, found, done) for about, found in list_offers(account)),
        versions=reverse("versions"),
        fault=fault,
    )


def view_bound(account: Account) -> list[BoundView]:
    """The versions that have bound the person, the one that does now last."""
    return [
        BoundView(say_day(one.version), reverse("version", args=[one.version.isoformat()]), say_moment(one.since))
        for one in list_bound(account.site, account.person)
    ]


def list_subjects(account: Account) -> dict[str, Person]:
    """Whom they may answer for: themselves, and the company if they hold its account."""
    found = {MINE: account.person}
    if account.company is not None and account.is_holder:
        found[COMPANY] = account.company
    return found


def list_offers(account: Account) -> list[tuple[str, Offer]]:
    """What may be agreed to, for each subject for which there is something."""
    offers = ((about, find_offer(account.binding, person)) for about, person in list_subjects(account).items())
    return [(about, offer) for about, offer in offers if offer is not None]


def find_fault(account: Account, about: str, answer: str) -> str:
    """What stands against recording this answer; empty for nothing."""
    if about not in dict(list_offers(account)):
        return "there is nothing to agree to"
    return "" if answer in (YES, NO) else "pick yes or no"


def record_answer(account: Account, about: str, *, is_yes: bool) -> None:
    """Store the answer with the wording that stood beside it."""
    offer, subject = dict(list_offers(account))[about], list_subjects(account)[about]
    shown = keep_wording(account.binding, plan=plan_wording(account, offer), now=account.now)
    record_agreement(
        account.binding,
        person=subject,
        version=offer.version,
        is_yes=is_yes,
        touchpoint=ACCOUNT,
        now=account.now,
        shown=shown,
        by="" if subject is account.person else account.person.id,
    )


def plan_wording(account: Account, offer: Offer) -> FormPlan:
    """The question as a form of its own: what is kept as evidence of what the page said."""
    policy = account.binding.gates[offer.version].table.policy
    refs = tuple(dict.fromkeys(ref for change in offer.changes for ref in change.after))
    label = f"May this hold for what we took before {say_day(offer.version)}: "
    label += " ".join(change.text for change in offer.changes)
    return FormPlan(
        site=account.site,
        version=offer.version.isoformat(),
        policy_digest=policy.digest,
        touchpoint=ACCOUNT,
        path="",
        sort=FORM,
        title="Version of the policy",
        button="Save answer",
        fields=(),
        choices=(ChoicePlan(QUESTION, label, "opt-in", can_change=True, sentences=refs),),
        sentences=refs,
    )


def view_offer(account: Account, about: str, offer: Offer, done: str) -> OfferView:
    """The question as the page shows it."""
    policy = account.binding.gates[offer.version].table.policy
    return OfferView(
        about=about,
        title="What we took from your company before" if about == COMPANY else "What we took from you before",
        day=say_day(offer.version),
        href=reverse("version", args=[offer.version.isoformat()]),
        earlier=" and ".join(f"the version of {say_day(day)}" for day in offer.earlier),
        changes=tuple(Opened(change.text, group_links(policy, change.after)) for change in offer.changes),
        answer=offer.answer,
        answered=say_moment(offer.answered_at) if offer.answered_at else None,
        receipt=reverse("receipt", args=[offer.entry]) if offer.entry else "",
        is_done=done == about and bool(offer.answer),
        sending=make_sending(account, FORM, reverse("my-version")),
    )
