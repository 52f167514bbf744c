"""Who has to act: the role that a rule names, else the desk that the policy names, else the owner of the server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from upheld.core.policy.load import load_policy
from upheld.core.policy.model import Policy, Rule
from upheld.core.rights.acting import NOBODY_NAMED, find_actor

COURIER = Path(__file__).parents[3] / "policies" / "lasership" / "2016-10-03.policy.md"


def pick(policy: Policy, form: str) -> list[Rule]:
    return [rule for rule in policy.active_rules if rule.form == form][:1]


def test_the_first_role_that_a_rule_names_acts() -> None:
    policy = load_policy(COURIER)
    for form in ("attest", "review"):
        found = find_actor(policy, [*pick(policy, "collect"), *pick(policy, form)])
        assert (found.role, found.words) == ("privacy-desk", "the privacy desk")


def test_else_the_desk_that_the_policy_names_and_its_role_where_it_is_one() -> None:
    policy = load_policy(COURIER)
    assert find_actor(policy, pick(policy, "collect")).role == "privacy-desk"
    elsewhere = replace(policy, contact={**policy.contact, "desk": "our lawyers"})
    found = find_actor(elsewhere, pick(policy, "collect"))
    assert (found.role, found.words) == ("", "our lawyers")


def test_nobody_is_made_up() -> None:
    policy = replace(load_policy(COURIER), contact={})
    assert find_actor(policy, ()).words == NOBODY_NAMED
