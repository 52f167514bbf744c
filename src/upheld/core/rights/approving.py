"""What stands in where a policy asks for more people of a role than there are: only what the policy file declares.

The gate's meaning is unchanged: `approved by 2 of ROLE` needs two voices. A stand-in is a voice that the file names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from upheld.core.policy.approvals import LONE_APPROVAL, read_stand_in
from upheld.core.policy.model import Policy

WAITING, OUTSIDE, STAFF = "waiting", "outside", "staff"


@dataclass(frozen=True, slots=True)
class StandIn:
    """What may stand in for a missing voice: a time without objection, somebody outside, or either; and the sentence."""

    wait: timedelta | None
    is_outside: bool
    sentence: str

    @property
    def methods(self) -> tuple[str, ...]:
        """The ways that are open."""
        return ((WAITING,) if self.wait else ()) + ((OUTSIDE,) if self.is_outside else ())


def find_stand_in(policy: Policy) -> StandIn | None:
    """What the policy declares; None without the parameter, without the sentence, or when its value cannot be read."""
    parameter = policy.parameters.get(LONE_APPROVAL)
    rule = next((rule for rule in policy.active_rules if rule.settled == LONE_APPROVAL), None)
    read = read_stand_in(parameter.value) if parameter else None
    if read is None or rule is None:
        return None
    return StandIn(read[0], read[1], next(iter(rule.sentences), ""))
