"""What people vouch for: each `attest` rule's statement, who vouches, how often and how many of them; knows no clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from upheld.core.policy.model import Policy
from upheld.core.rights.reviews import DAYS, USUAL_DAYS


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that somebody has to vouch for.

    `number` is the place of its rule among the rules in force, `digest` the SHA-256 of its words: other words are another
    statement, and nobody has vouched for them. `voices` is how many people have to sign.
    """

    number: int
    words: str
    digest: str
    role: str
    period: timedelta
    voices: int
    sentences: tuple[str, ...]


def list_statements(policy: Policy) -> tuple[Statement, ...]:
    """The statements of a policy's `attest` rules in force, in their order."""
    return tuple(
        Statement(
            number=number,
            words=" ".join(rule.part("text")),
            digest=hashlib.sha256(" ".join(rule.part("text")).encode()).hexdigest(),
            role=" ".join(rule.part("role")),
            period=_read_period(policy, " ".join(rule.part("every"))),
            voices=int(next(iter(rule.part("signed")), "1")),
            sentences=rule.sentences,
        )
        for number, rule in enumerate(policy.active_rules)
        if rule.form == "attest"
    )


def _read_period(policy: Policy, text: str) -> timedelta:
    parameter = policy.parameters.get(text)
    match = DAYS.fullmatch(parameter.value if parameter else text)
    return timedelta(days=int(match.group(1)) if match else USUAL_DAYS)
