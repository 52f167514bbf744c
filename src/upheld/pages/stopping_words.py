"""What stands behind the link that stops messages, in words: the choices, what a no does, what no answer stops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from upheld.actions.choices import settle_choices
from upheld.actions.stopping import StopLink
from upheld.actions.submissions import keep_wording
from upheld.actions.unsubscribing import (
    TOUCHPOINT,
    find_entry,
    is_suppressed_for,
    list_message_choices,
    list_stopped_by,
)
from upheld.core.fields import ChoicePlan, FormPlan
from upheld.core.gate.binding import Binding
from upheld.core.notices.stops import find_spared, list_stoppable, list_stopped_classes
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.policy.saying.rules import say_rule
from upheld.core.rights.letting import find_reach
from upheld.records.models import Person
from upheld.web.forms import Why, quote_sentences

YES, NO = "yes", "no"
FORM = "stop"
_UNASKED = {
    "opt-in": "You have not answered. That counts as a no.",
    "opt-out": "You have not answered. That counts as a yes.",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A link that works: the site's gates, what the link says, and whose message it was (None for a test)."""

    binding: Binding
    link: StopLink
    person: Person | None
    token: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule says a no does or does not do, with its sentences."""

    words: str
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One choice behind the link; `receipt` is where the proof of the latest answer is, empty without one."""

    name: str
    key: str
    label: str
    answer: str
    state: str
    effects: tuple[Effect, ...]
    is_done: bool
    receipt: str


@dataclass(frozen=True, slots=True)
class Unstoppable:
    """A class of message that no answer stops, with the sentence that says so."""

    label: str
    whys: tuple[Why, ...]


def is_stopped(held: Held) -> bool:
    """Whether a no to everything that this link stops is what counts now."""
    if held.person is None:
        return False
    settled = settle_choices(held.binding, held.person)
    choices = list_stopped_by_link(held)
    return all(settled[choice] == NO for choice in choices) if choices else is_held_back(held)


def is_held_back(held: Held) -> bool:
    """Whether the person's addresses get no more of a class that no choice stops."""
    return held.person is not None and is_suppressed_for(held.binding, held.person, held.link.mail_class)


def list_stopped_by_link(held: Held) -> tuple[str, ...]:
    """The choices that this link says no to."""
    return list_stopped_by(held.binding, held.link.mail_class)


def list_also(held: Held) -> tuple[str, ...]:
    """Other classes that the same no stops."""
    found = {
        name
        for choice in list_stopped_by_link(held)
        for name in list_stopped_classes(held.binding.policy, choice)
        if name != held.link.mail_class
    }
    return tuple(name for name in held.binding.policy.words.of_sort("mail") if name in found)


def list_choices(held: Held, person: Person, done: str) -> tuple[ChoiceView, ...]:
    """Every choice that messages depend on, with its answer; `done` is the one that was just given."""
    settled = settle_choices(held.binding, person)
    return tuple(
        view_choice(held, choice, settled[choice], is_done=choice == done)
        for choice in list_message_choices(held.binding)
    )


def view_choice(held: Held, choice: str, answered: str, *, is_done: bool) -> ChoiceView:
    """One choice in words."""
    policy, table = held.binding.policy, held.binding.gate.table
    reach = find_reach(policy, choice)
    return ChoiceView(
        name=choice,
        key=f"choice-{choice.replace(' ', '-')}",
        label=capitalise(say_name(choice, "choice", policy.words)),
        answer=answered,
        state=f"Your answer is {answered}." if answered in (YES, NO) else _UNASKED.get(table.choices[choice], ""),
        effects=tuple(Effect(say_rule(rule, policy), quote(held, rule.sentences)) for rule in reach.stops),
        is_done=is_done and answered in (YES, NO),
        receipt=find_receipt_href(held, choice),
    )


def list_unstoppable(held: Held) -> tuple[Unstoppable, ...]:
    """The classes that no answer stops, each with the sentence that says so."""
    policy, stoppable = held.binding.policy, set(list_stoppable(held.binding.policy))
    return tuple(
        Unstoppable(capitalise(say_name(name, "mail", policy.words)), quote(held, sentences))
        for name, sentences in find_spared(policy).items()
        if name not in stoppable
    )


def find_stopping_sentences(held: Held) -> tuple[str, ...]:
    """The sentences that say that such messages can be stopped."""
    reaches = (find_reach(held.binding.policy, choice) for choice in list_stopped_by_link(held))
    return tuple(dict.fromkeys(ref for reach in reaches for rule in reach.stops for ref in rule.sentences))


def find_choices_href(held: Held) -> str:
    """Where the choices are; empty where messages depend on none."""
    return reverse("stopping-choices", args=[held.token]) if list_message_choices(held.binding) else ""


def find_receipt_href(held: Held, choice: str) -> str:
    """Where the proof of the latest answer is; empty without an answer."""
    if held.person is None or not find_entry(held.binding.site, held.person, choice):
        return ""
    return reverse("stopping-receipt", args=[held.token, choice])


def say_class(held: Held) -> str:
    """The class of the message that brought the link, in words."""
    return say_name(held.link.mail_class, "mail", held.binding.policy.words)


def say_classes(held: Held, names: tuple[str, ...]) -> str:
    """Classes of message as people list them."""
    return join_words(say_name(name, "mail", held.binding.policy.words) for name in names)


def quote(held: Held, refs: tuple[str, ...]) -> tuple[Why, ...]:
    """These sentences with their links."""
    return quote_sentences(held.binding.policy, refs, reverse("policy"))


def keep_evidence(held: Held, title: str, choices: tuple[str, ...]) -> str:
    """The digest of what the page said beside its button, kept once; a mail program that presses it has read nothing."""
    policy, table = held.binding.policy, held.binding.gate.table
    plans: list[ChoicePlan] = []
    refs: list[str] = []
    for choice in choices:
        reach = find_reach(policy, choice)
        sentences = tuple(dict.fromkeys(ref for rule in reach.stops for ref in rule.sentences))
        label = capitalise(say_name(choice, "choice", policy.words))
        plans.append(ChoicePlan(choice, label, table.choices[choice], can_change=True, sentences=sentences))
        refs += sentences
    plan = FormPlan(
        site=held.binding.site,
        version=policy.version.isoformat(),
        policy_digest=policy.digest,
        touchpoint=TOUCHPOINT,
        path="",
        sort=FORM,
        title=title,
        button=title,
        fields=(),
        choices=tuple(plans),
        sentences=tuple(dict.fromkeys(refs)),
    )
    return keep_wording(held.binding, plan=plan, now=held.now)
