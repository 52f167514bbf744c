"""How to stop messages, in words for the end of each: what stops, in which ways, and by when it counts; knows no person."""

from __future__ import annotations

from collections.abc import Iterable

from upheld.core.notices.stops import UNSUBSCRIBE, find_stops, list_stopping_choices
from upheld.core.policy.model import Policy, Rule
from upheld.core.policy.saying.names import capitalise, join_words, say_name, say_time

_NOTHING = "There is nothing to stop here: a message like this one comes only when there is a reason for it."


def say_instructions(policy: Policy, mail_class: str) -> str:
    """What somebody who got a message of this class can stop, how, and by when; of a class that nothing stops, the others."""
    choices = list_stopping_choices(policy, mail_class)
    if choices:
        return " ".join(_say_choice(policy, choice, has_link=_has_link(policy, mail_class)) for choice in choices)
    label = policy.words.label(mail_class, "mail")
    others = [choice for choice, classes in find_stops(policy).by_choice.items() if classes]
    if not others:
        return _NOTHING
    said = " ".join(_say_choice(policy, choice, has_link=False) for choice in others)
    return f"This is one of our messages of the kind “{label}”, which come only when there is a reason. {said}"


def _say_choice(policy: Policy, choice: str, *, has_link: bool) -> str:
    """The messages that a no to this choice stops, and the ways to say it, each with the time in which it counts."""
    stopped = [say_name(name, "mail", policy.words) for name in find_stops(policy).by_choice[choice]]
    by_time: dict[str, list[str]] = {}
    if has_link:
        by_time[_find_time(policy, choice, "by:link")] = ["open the link in this message, without signing in"]
    for way, words in _list_ways(policy, choice):
        by_time.setdefault(_find_time(policy, choice, way), []).append(words)
    ways = [f"{join_words(said, 'or')}{_say_when(time)}" for time, said in by_time.items()]
    how = "; or ".join(ways) if ways else f"write to {policy.contact.get('email') or 'us'}"
    return capitalise(f"to stop {join_words(stopped)}, {how}.")


def _list_ways(policy: Policy, choice: str) -> list[tuple[str, str]]:
    """The ways without a link of a message that a rule names for this choice, and how people do it."""
    said = {
        "at:account": "change your answer in your account",
        "by:account": "change your answer in your account",
        "by:form": "say so in the form on our pages",
    }
    address = policy.contact.get("email", "")
    if address:
        said |= dict.fromkeys(("by:message", "by:email"), f"write to {address}")
    changes = dict.fromkeys(change for rule in _list_changes(policy, choice) for change in rule.part("changes"))
    found = [(change, said[change]) for change in changes if change in said]
    return list({words: (way, words) for way, words in reversed(found)}.values())[::-1]


def _find_time(policy: Policy, choice: str, way: str) -> str:
    """The time that a rule gives for this way, such as `72 hours`; empty where it gives none, and then it counts at once."""
    for rule in _list_changes(policy, choice):
        if way in rule.part("changes") and rule.part("within"):
            name = rule.part("within")[0]
            return policy.parameters[name].value if name in policy.parameters else name
    return ""


def _say_when(time: str) -> str:
    return f" (it counts within {say_time(time)})" if time else " (it counts at once)"


def _list_changes(policy: Policy, choice: str) -> Iterable[Rule]:
    return (rule for rule in policy.active_rules if rule.form == "choice_changed" and choice in rule.part("choices"))


def _has_link(policy: Policy, mail_class: str) -> bool:
    """Whether the policy puts a link to stop into messages of this class."""
    return any(
        UNSUBSCRIBE in rule.part("putting")
        and (rule.form == "put_every" or (rule.form == "put" and mail_class in rule.part("mails")))
        for rule in policy.active_rules
    )
