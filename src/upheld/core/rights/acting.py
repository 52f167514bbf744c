"""Who has to act on a rule: the role that it gives something to, or whoever the policy says answers for privacy; knows no record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.policy.model import Policy, Rule

NOBODY_NAMED = "the owner of this server"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in words. `role` is the policy's name of the role, empty where it is somebody without one."""

    words: str
    role: str = ""


def find_actor(policy: Policy, rules: Iterable[Rule]) -> Actor:
    """Who has to act when these rules are not upheld: the role of the first that names one, as `attest` and `review` do.

    Else the desk that the policy names as its contact; it is a role where one has that name or label. The owner of the
    server where the policy names nobody.
    """
    words = policy.words
    roles = words.leaves("role")
    for rule in rules:
        role = " ".join(rule.part("role"))
        if role in roles:
            return Actor(words.label(role, "role"), role)
    desk = policy.contact.get("desk", "")
    own = next((role for role in roles if desk and _is_same(desk, role, words.label(role, "role"))), "")
    return Actor(words.label(own, "role") if own else desk or NOBODY_NAMED, own)


def _is_same(desk: str, role: str, label: str) -> bool:
    said = desk.casefold().replace("-", " ").removeprefix("the ")
    return said in (role.casefold().replace("-", " "), label.casefold().removeprefix("the "))
