"""How often something is looked at again, read from a policy's `review` rules; knows no clock and no record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from upheld.core.policy.model import Policy

DAYS = re.compile(r"(\d{1,4}) days?")
USUAL_DAYS = 90


@dataclass(frozen=True, slots=True)
class Review:
    """Who looks again and after what time; `sentence` says so, empty when no rule does and the usual time holds."""

    role: str
    period: timedelta
    sentence: str


def find_review(policy: Policy, what: str) -> Review:
    """The review of `grants`, `attestations`, `recipients` or `holds`; every 90 days by nobody named when no rule says."""
    for rule in policy.active_rules:
        if rule.form == "review" and what in rule.part("reviewed"):
            text = " ".join(rule.part("every"))
            parameter = policy.parameters.get(text)
            match = DAYS.fullmatch(parameter.value if parameter else text)
            days = int(match.group(1)) if match else USUAL_DAYS
            return Review(" ".join(rule.part("role")), timedelta(days=days), next(iter(rule.sentences), ""))
    return Review("", timedelta(days=USUAL_DAYS), "")
