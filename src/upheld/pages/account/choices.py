"""The page of choices: yes and no weigh the same, what a no stops and does not stop, and every answer given so far."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from upheld.actions.choices import record_choice, settle_choices
from upheld.actions.held import tell_answers
from upheld.actions.submissions import keep_wording
from upheld.actions.tellings import list_tellings
from upheld.core.fields import ChoicePlan, FormPlan
from upheld.core.policy.model import Rule
from upheld.core.policy.saying.names import capitalise, say_name
from upheld.core.policy.saying.rules import say_rule
from upheld.core.rights.copies import AnswerGiven
from upheld.core.rights.letting import ACCOUNT, Reach, find_reach
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import Moment, answer_mine, quote, say_moment, tells_trouble
from upheld.pages.account.permitting import list_permissions
from upheld.pages.account.releases import Heard, view_heard
from upheld.pages.account.sent import Sending, make_sending, read_sent, refuse_method
from upheld.web.forms import Why
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest

FORM = "choice"
DONE = "done"
YES, NO = "yes", "no"
_UNASKED = {
    "opt-in": "You have not answered. That counts as a no.",
    "opt-out": "You have not answered. That counts as a yes.",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule says a no does or does not do, in words, with its sentences."""

    words: str
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """One answer of the past; `receipt` is where its proof is."""

    answer: str
    at: Moment
    where: str
    receipt: str


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One choice as the page shows it. `sending` is None where the policy has it changed elsewhere.

    `heard` are recipients outside who were given data that a no is about.
    """

    name: str
    key: str
    label: str
    answer: str
    state: str
    sending: Sending | None
    changed: tuple[Effect, ...]
    effects: tuple[Effect, ...]
    history: tuple[Given, ...]
    is_done: bool
    heard: tuple[Heard, ...] = ()


@same_origin_posts
@signed_in
@tells_trouble
def show_choices(request: SiteRequest, account: Account) -> HttpResponse:
    """Every choice of the policy, or one answer recorded."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    fault, status = "", HTTPStatus.OK
    if request.method == "POST":
        sent = read_sent(request, account, FORM)
        choice, answer = sent.find("choice"), sent.find("answer")
        fault = sent.fault or find_fault(account, choice, answer)
        if not fault:
            record_answer(account, choice, is_yes=answer == YES)
            return HttpResponseRedirect(f"{reverse('my-choices')}?{DONE}={choice}", status=HTTPStatus.SEE_OTHER)
        status = sent.status if sent.fault else HTTPStatus.UNPROCESSABLE_ENTITY
    done = request.GET.get(DONE, "") if status == HTTPStatus.OK else ""
    return answer_mine(
        request,
        account,
        "my-choices",
        "choices",
        status,
        choices=list_choices(account, done),
        fault=fault,
        permissions=list_permissions(account),
        people=reverse("people") if account.company is not None else "",
    )


def find_fault(account: Account, choice: str, answer: str) -> str:
    """What stands against recording this answer; empty for nothing."""
    policy = account.binding.policy
    if choice not in account.binding.gate.table.choices or not find_reach(policy, choice).is_changed_here:
        return "the policy has no such choice that is changed here"
    return "" if answer in (YES, NO) else "pick yes or no"


def record_answer(account: Account, choice: str, *, is_yes: bool) -> None:
    """Store the answer with the wording that stood beside it."""
    shown = keep_wording(account.binding, plan=plan_choice(account, choice), now=account.now)
    record_choice(
        account.binding,
        person=account.person,
        choice=choice,
        is_yes=is_yes,
        touchpoint=ACCOUNT,
        now=account.now,
        shown=shown,
    )


def plan_choice(account: Account, choice: str) -> FormPlan:
    """The question as a form of its own: what is kept as evidence of what the page said."""
    table, policy = account.binding.gate.table, account.binding.policy
    refs = list_sentences(find_reach(policy, choice))
    label = capitalise(say_name(choice, "choice", table.words))
    plan = ChoicePlan(choice, label, table.choices[choice], can_change=True, sentences=refs)
    return FormPlan(
        site=account.site,
        version=policy.version.isoformat(),
        policy_digest=policy.digest,
        touchpoint=ACCOUNT,
        path="",
        sort=FORM,
        title="Your choices",
        button="Save answer",
        fields=(),
        choices=(plan,),
        sentences=refs,
    )


def list_sentences(reach: Reach) -> tuple[str, ...]:
    """The sentences that speak of a choice."""
    rules = (*reach.changed, *reach.stops, *reach.spares)
    return tuple(dict.fromkeys(ref for rule in rules for ref in rule.sentences))


def list_choices(account: Account, done: str) -> tuple[ChoiceView, ...]:
    """Every choice with its answer and its past; `done` is the one that was just answered."""
    settled = settle_choices(account.binding, account.person)
    given = tell_answers(account.binding, account.person)
    return tuple(
        view_choice(account, choice, answer, [g for g in given if g.choice == choice], is_done=choice == done)
        for choice, answer in settled.items()
    )


def view_choice(account: Account, choice: str, answer: str, given: list[AnswerGiven], *, is_done: bool) -> ChoiceView:
    """One choice as the page shows it."""
    table, policy = account.binding.gate.table, account.binding.policy
    reach = find_reach(policy, choice)
    state = f"Your answer is {answer}." if answer in (YES, NO) else _UNASKED.get(table.choices[choice], "")
    return ChoiceView(
        name=choice,
        key=f"choice-{choice.replace(' ', '-')}",
        label=capitalise(say_name(choice, "choice", table.words)),
        answer=answer,
        state=state,
        sending=make_sending(account, FORM, reverse("my-choices")) if reach.is_changed_here else None,
        changed=tuple(view_effect(account, rule) for rule in reach.changed),
        effects=tuple(view_effect(account, rule) for rule in (*reach.stops, *reach.spares)),
        history=tuple(view_given(found) for found in given),
        is_done=is_done and bool(given),
        heard=tuple(view_heard(told) for told in list_tellings(account.site, person=account.person.id, reason=choice)),
    )


def view_effect(account: Account, rule: Rule) -> Effect:
    """One rule in plain words, with its sentences."""
    return Effect(say_rule(rule, account.binding.policy), quote(account, rule.sentences))


def view_given(found: AnswerGiven) -> Given:
    """One answer of the past."""
    receipt = reverse("receipt", args=[found.entry]) if found.entry else ""
    answer = f"{found.answer}, by a signal of your browser" if found.is_signal else found.answer
    return Given(answer, say_moment(found.at), found.where, receipt)
