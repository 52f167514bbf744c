"""Within which time a policy has messages and requests answered, and a no by message carried out; knows no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from upheld.core.policy.model import Policy

# What our own research settled where a policy gives no time (G-14, 2026-11-22).
USUAL = timedelta(days=30)
USUAL_FOR_A_NO = timedelta(hours=72)
# What somebody may want by a message that is not one of the policy's requests, in the words of our own pages.
PLAIN_KINDS = ("message", "feedback", "question", "delivery", "complaint", "account", "stop-request")
STOP_REQUEST = "stop-request"
_BY_MESSAGE = frozenset({"by:message", "by:email"})  # a mail is a message, and a policy may name either
_TIME = re.compile(r"(\d{1,4}) (hour|day|week|month)s?")
_HOURS = {"hour": 1, "day": 24, "week": 168, "month": 720}  # a month is thirty days, the stricter reading


@dataclass(frozen=True, slots=True)
class Answering:
    """The longest time until an answer; `sentence` says so, empty when the policy gives none and the usual time holds."""

    within: timedelta
    sentence: str = ""

    def find_due(self, since: datetime) -> datetime:
        """When the time is over."""
        return since + self.within


def list_requests(policy: Policy) -> tuple[str, ...]:
    """The sorts of request that the policy promises an answer to, such as `access`, in the order of the rules."""
    rules = (rule for rule in policy.active_rules if rule.form == "answer")
    return tuple(dict.fromkeys(name for rule in rules for name in rule.part("requests")))


def find_answering(policy: Policy, kind: str) -> Answering:
    """Within which time a case of this kind is answered: by the policy's `answer` rule, the shortest of several.

    A message that may say no has the time in which a no by message is carried out.
    """
    if kind == STOP_REQUEST:
        return find_stopping(policy)
    found = []
    for rule in policy.active_rules:
        if rule.form == "answer" and kind in rule.part("requests"):
            within = read_time(policy, rule.part("within"))
            if within is not None:
                found.append(Answering(within, next(iter(rule.sentences), "")))
    return min(found, key=lambda one: one.within, default=Answering(USUAL))


def list_stopped_by_message(policy: Policy) -> tuple[str, ...]:
    """The choices that people may change by sending a message, in the order of the rules."""
    rules = (
        rule
        for rule in policy.active_rules
        if rule.form == "choice_changed" and not _BY_MESSAGE.isdisjoint(rule.part("changes"))
    )
    return tuple(dict.fromkeys(choice for rule in rules for choice in rule.part("choices")))


def find_stopping(policy: Policy) -> Answering:
    """Within which time a no that comes by message is carried out; the shortest of several choices."""
    found = []
    for rule in policy.active_rules:
        if rule.form == "choice_changed" and not _BY_MESSAGE.isdisjoint(rule.part("changes")):
            within = read_time(policy, rule.part("within"))
            found.append(Answering(USUAL_FOR_A_NO if within is None else within, next(iter(rule.sentences), "")))
    return min(found, key=lambda one: one.within, default=Answering(USUAL_FOR_A_NO))


def read_time(policy: Policy, words: tuple[str, ...]) -> timedelta | None:
    """The time in a rule, written out or as the name of a parameter; None for what is none."""
    text = " ".join(words)
    parameter = policy.parameters.get(text)
    match = _TIME.fullmatch(parameter.value if parameter else text)
    return None if match is None else timedelta(hours=int(match.group(1)) * _HOURS[match.group(2)])
