"""The question whether the holders of a company's account may see somebody's name and address: asked at joining and later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.urls import reverse

from upheld.actions.permissions import (
    find_company_permissible,
    find_permission,
    give_permission,
    tell_permissions,
    withdraw_permission,
)
from upheld.actions.submissions import keep_wording
from upheld.core.fields import ChoicePlan, FieldError, FormPlan
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.rights.copies import PermissionGiven
from upheld.core.rights.letting import ACCOUNT
from upheld.core.rights.permitting import Permissible
from upheld.pages.account.guards import Account, Doorway
from upheld.pages.account.mine import Moment, say_moment
from upheld.pages.chrome import say_day
from upheld.records.models import Membership
from upheld.web.forms import Input, lay_out_choice

# No choice that a policy declares has a colon in its name, so the answer is never taken for one.
QUESTION = "to:holders"
YES, NO = "yes", "no"
TITLE = "Who sees your name"


@dataclass(frozen=True, slots=True)
class PermissionView:
    """One permission as pages show it; `ended` is None while it lives, `href` where it is withdrawn, empty where elsewhere."""

    words: str
    given: Moment
    where: str
    version: str
    ended: Moment | None
    receipt: str
    until: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class AskedView:
    """The question on the page of the company's people: how it stands, and the two answers."""

    state: str
    input: Input


def plan_question(doorway: Doorway, permissible: Permissible, *, can_change: bool) -> ChoicePlan:
    """The question in words: two equal answers, neither preset."""
    words = doorway.binding.policy.words
    names = join_words(words.label(leaf, "data") for leaf in permissible.data)
    purpose = say_name(permissible.purpose, "purpose", words)
    label = f"May the holders of this company's account see {names}, for {purpose}"
    return ChoicePlan(QUESTION, label, "opt-in", can_change=can_change, sentences=permissible.sentences)


def plan_wording(doorway: Doorway, question: ChoicePlan, touchpoint: str) -> FormPlan:
    """The question as a form of its own: what is kept as evidence of what the page said."""
    policy = doorway.binding.policy
    return FormPlan(
        site=doorway.site,
        version=policy.version.isoformat(),
        policy_digest=policy.digest,
        touchpoint=touchpoint,
        path="",
        sort="permission",
        title=TITLE,
        button="Save answer",
        fields=(),
        choices=(question,),
        sentences=question.sentences,
    )


def lay_out_question(
    doorway: Doorway, question: ChoicePlan, *, typed: str = "", errors: Sequence[FieldError] = ()
) -> Input:
    """The question as inputs; `typed` is the answer that stands, if there is one."""
    return lay_out_choice(question, doorway.good.policy, reverse("policy"), {question.name: typed}, errors)


def view_asked(account: Account, membership: Membership, *, error: str = "") -> AskedView | None:
    """The question with the answer that stands; None where nothing is permitted and the policy would let nothing count."""
    live = find_permission(account.site, person=account.person, company=membership.company)
    asked = find_company_permissible(account.binding, account.person)
    if asked is None and live is not None:  # the policy has changed since; what was permitted can still be withdrawn
        asked = Permissible("", tuple(live.data), live.purpose, ())
    if asked is None:
        return None
    question = plan_question(account, asked, can_change=False)
    errors = [FieldError(question.name, "", error)] if error else []
    shown = lay_out_question(account, question, typed=YES if live is not None else "", errors=errors)
    if live is not None:
        state = f"You permitted it on {say_moment(live.given_at).words}. You can withdraw it here at any time."
    else:
        state = "You have not permitted it: holders see your number and since when you use the account, and no more."
    return AskedView(state, replace(shown, notes=()))


def record_answer(account: Account, membership: Membership, *, is_yes: bool) -> None:
    """Give or withdraw the permission, with the wording that stood beside it."""
    binding, now = account.binding, account.now
    if not is_yes:
        withdraw_permission(binding, person=account.person, company=membership.company, now=now, touchpoint=ACCOUNT)
        return
    permissible = find_company_permissible(binding, account.person)
    shown = ""
    if permissible is not None:  # else the action refuses
        question = plan_question(account, permissible, can_change=False)
        shown = keep_wording(binding, plan=plan_wording(account, question, ACCOUNT), now=now)
    give_permission(
        binding, person=account.person, company=membership.company, touchpoint=ACCOUNT, now=now, shown=shown
    )


def list_permissions(account: Account) -> tuple[PermissionView, ...]:
    """Every permission of the person, the latest first."""
    return tuple(view_permission(given) for given in tell_permissions(account.binding, account.person))


def view_permission(given: PermissionGiven) -> PermissionView:
    """One permission in words."""
    return PermissionView(
        words=capitalise(f"{given.recipient} gets {join_words(given.labels)}, for {given.purpose_words}"),
        given=say_moment(given.given_at),
        where=given.where,
        version=given.version.isoformat(),
        ended=say_moment(given.ended_at) if given.ended_at is not None else None,
        receipt=reverse("receipt", args=[given.entry]) if given.entry else "",
        until=_say_end(given),
        href=reverse("releases") if given.until is not None else "",
    )


def _say_end(given: PermissionGiven) -> str:
    if given.until is None:
        return "you withdraw it"
    day = f"the end of {say_day((given.until - timedelta(days=1)).date())}"
    return f"it is used once, or {day}" if given.is_once else day
