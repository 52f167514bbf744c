"""Messages, choices and telling are rehearsed: what each rehearsal shows, at any hour, and what it says where nothing is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import DONE, HOLDS, LACKS, REFUSED, WORKS

Find = Callable[[str], Rule]
# What each rehearsal has to have in it: the permitted, the forbidden, the duty.
SHOWN = {
    "send proof of delivery": {WORKS, REFUSED, DONE},
    "put stop link": {WORKS, REFUSED, DONE},
    "send service announcement": {WORKS, REFUSED},
    "send promotional offer, newsletter to account holders if": {WORKS, REFUSED},
    "put unsubscribe link": {WORKS, REFUSED, DONE},
    "choice marketing is opt-in": {WORKS, REFUSED, DONE},
    "choice marketing is changed at registration": {WORKS, REFUSED, DONE},
    "choice marketing is changed at account": {WORKS, REFUSED, DONE},
    "choice marketing stops promotional offer": {WORKS, REFUSED, DONE},
    "choice marketing does not stop service": {WORKS, REFUSED},
    "tell customers by email": {WORKS, REFUSED, DONE},
    "tell account holders by email": {WORKS, REFUSED, DONE},
    "change takes effect": {WORKS, REFUSED, DONE},
}


@pytest.mark.parametrize("words", SHOWN)
def test_it_works(words: str, stage: Any, find_rule: Find) -> None:
    from upheld.rehearsal.rehearse import rehearse

    found = rehearse(stage, find_rule(words))
    assert found.outcome == HOLDS, found.says
    assert {step.sort for step in found.steps} == SHOWN[words]


def test_no_step_has_a_value_in_it(stage: Any, find_rule: Find) -> None:
    from upheld.rehearsal.rehearse import rehearse

    found = rehearse(stage, find_rule("send promotional offer, newsletter to account holders if"))
    assert "@" not in "".join(step.says + step.saw for step in found.steps)


@pytest.mark.parametrize(
    ("words", "parts", "said"),
    [
        ("tell customers by email", {"events": ("breach is believed",)}, "nothing in the house tells people when"),
        ("tell account holders", {"routes": ("fax",)}, "nothing in the house tells people of a change by fax"),
        ("send proof of delivery", {"events": ("order",)}, "nothing in the house sends a message"),
        ("choice marketing is changed at registration", {"changes": ("by:phone",)}, "by phone"),
        ("choice marketing stops promotional", {"targets": ("sharing:carriers",)}, "which is no class of message"),
        ("change takes effect", {"effects": ("on_acceptance",)}, "on acceptance"),
        ("put unsubscribe link", {"putting": ("part:partner names",)}, "partner names"),
    ],
)
def test_what_is_not_built_is_said(
    words: str, parts: dict[str, tuple[str, ...]], said: str, stage: Any, find_rule: Find
) -> None:
    from upheld.rehearsal.rehearse import rehearse

    rule = find_rule(words)
    changed = replace(rule, parts=tuple((name, parts.get(name, values)) for name, values in rule.parts))
    found = rehearse(stage, changed)
    assert found.outcome == LACKS, found.says
    assert said in found.says


def test_a_version_that_was_tried_is_gone_afterwards(stage: Any, find_rule: Find) -> None:
    from upheld.rehearsal.rehearse import rehearse
    from upheld.web.hosts import find_shelf

    shelf, current = find_shelf(), stage.binding.current
    rehearse(stage, find_rule("change takes effect"))
    stage.begin_anew()
    assert find_shelf() is shelf
    assert stage.binding.current == current
    assert not list(shelf.folder.glob(f"*/{stage.now.date().isoformat()}.policy.md"))


def test_an_invented_version_is_one_that_can_be_read(stage: Any) -> None:
    from upheld.core.policy.compile import compile_policy
    from upheld.core.policy.diff import compare_tables, is_material
    from upheld.core.policy.load import parse_policy
    from upheld.rehearsal.changing import write_version

    old = stage.binding.gate.table
    for matters in (True, False):
        text = write_version(stage.policy, date(2027, 3, 1), 1, is_material=matters)
        new = compile_policy(parse_policy(text, "invented.policy.md"), old.facts)
        assert new.policy.version == date(2027, 3, 1)
        assert is_material(compare_tables(old, new)) == matters
