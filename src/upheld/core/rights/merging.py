"""What a policy says of a merger: what may go to whom, who is told before, and how long before. Knows no record, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from upheld.core.policy.forms import FORMS
from upheld.core.policy.model import Policy
from upheld.core.policy.reading.declare import parse_days

MERGING, TOLD = "merging", "told"
THE_TRANSFER = "the transfer"


@dataclass(frozen=True, slots=True)
class Transfer:
    """What may go over in a merger: to which kinds of recipient, which data, for which purpose, by which sentence."""

    kinds: tuple[str, ...]
    data: tuple[str, ...]
    purpose: str
    sentence: str


@dataclass(frozen=True, slots=True)
class TellingFirst:
    """Who is told of a merger, by which ways, and how many days before anything goes; `sentence` says so."""

    people: tuple[str, ...]
    routes: tuple[str, ...]
    days: int
    sentence: str


def find_transfer(policy: Policy) -> Transfer | None:
    """The rule by which data may go over in a merger; None where no rule has one, and then nothing goes."""
    for rule in policy.active_rules:
        if not (FORMS[rule.form].grants and "share" in rule.form and rule.holds):
            continue
        if any(MERGING in term.facts for term in rule.holds.terms):
            words = policy.words
            kinds = words.expand("recipient", rule.part("recipients"))
            purpose = next(iter(words.expand("purpose", rule.purposes)), "")
            return Transfer(kinds, words.expand("data", rule.data), purpose, next(iter(rule.sentences), ""))
    return None


def find_telling(policy: Policy) -> TellingFirst | None:
    """The rule by which people are told of a merger; None where no rule has one."""
    for rule in policy.active_rules:
        if rule.form != "tell" or MERGING not in rule.part("events"):
            continue
        is_before = THE_TRANSFER in rule.part("before")
        days = read_lead(policy, " ".join(rule.part("lead"))) if is_before else 0
        return TellingFirst(rule.part("people"), rule.part("routes"), days, next(iter(rule.sentences), ""))
    return None


def read_lead(policy: Policy, text: str) -> int:
    """A lead time, or the parameter that holds one, in days; 0 when there is none."""
    parameter = policy.parameters.get(text)
    return int(parse_days(parameter.value if parameter else text) or 0)


def find_ripe(told_at: datetime | None, days: int) -> datetime | None:
    """From when on what is held about somebody may go who was told at this moment; None for who was not told."""
    return None if told_at is None else told_at + timedelta(days=days)


def is_ripe(told_at: datetime | None, days: int, now: datetime) -> bool:
    """Whether somebody was told, and long enough ago."""
    ripe = find_ripe(told_at, days)
    return ripe is not None and ripe <= now
