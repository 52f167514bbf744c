"""Taking in, cookies and pages are rehearsed; what nobody uses, and what is not built, is not made to look kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import FAILS, HOLDS, IDLE, LACKS, MISSING


def test_a_cookie_that_nothing_sets_shows_nothing(stage: Any, find_rule: Callable[[str], Rule]) -> None:
    from upheld.rehearsal.rehearse import rehearse

    assert rehearse(stage, find_rule("set cookie preferences")).outcome == IDLE
    assert rehearse(stage, find_rule("set cookie session")).is_exercised


def test_what_staff_cannot_do_on_a_page_is_said(stage: Any, find_rule: Callable[[str], Rule]) -> None:
    from upheld.rehearsal.rehearse import rehearse

    found = rehearse(stage, find_rule("leave out"))
    assert found.outcome == LACKS
    assert [step.says for step in found.steps if step.sort == MISSING] == [
        "staff have no page on which they could leave something out"
    ]


def test_a_form_is_tried_on_its_page_and_by_a_program(stage: Any, find_rule: Callable[[str], Rule]) -> None:
    from upheld.rehearsal.rehearse import rehearse

    found = rehearse(stage, find_rule("collect message.feedback"))
    assert found.outcome == HOLDS
    worked = [step for step in found.steps if step.sort == "works"]
    assert [("on its page" in step.says, "by a program" in step.says) for step in worked] == [
        (True, False),
        (False, True),
    ]
    assert all(len(step.lines) == 1 for step in worked)


def test_a_rule_that_the_policy_does_not_have_is_not_kept_by_chance(
    stage: Any, find_rule: Callable[[str], Rule]
) -> None:
    """The same rehearsals over rules that nobody wrote: a ban on what a form asks, a purpose that is not kept."""
    from upheld.rehearsal.rehearse import rehearse

    rule = find_rule("collect person at registration")
    ban = replace(rule, verb="never", form="never_collect", parts=(("data", ("person.zip",)),))
    assert rehearse(stage, ban).outcome == FAILS
    elsewhere = replace(rule, parts=(("data", ("person",)), ("at", ("visit",))))
    assert rehearse(stage, elsewhere).outcome in (IDLE, HOLDS)
    assert not rehearse(stage, elsewhere).is_exercised
    shown = find_rule("show guarded contact email")
    plain = replace(shown, parts=(("things", ("part:contact email",)), ("at", ("policy",))))
    assert rehearse(stage, plain).outcome == FAILS
    at_home = replace(shown, parts=(("things", ("part:partner names",)), ("at", ("home",))))
    assert rehearse(stage, at_home).outcome == LACKS


def test_what_cannot_be_seen_from_pages_is_missing(stage: Any, find_rule: Callable[[str], Rule]) -> None:
    from upheld.rehearsal.rehearse import rehearse

    rule = find_rule("never employ")
    unseen = replace(rule, parts=(("techniques", ("enrichment",)),))
    assert rehearse(stage, unseen).outcome == LACKS
    hidden = replace(rule, parts=(("techniques", ("hidden fields",)),))
    assert rehearse(stage, hidden).outcome == FAILS  # this policy does not ban them, and forms have them
    still = replace(rule, parts=(("techniques", ("open pixels", "local storage", "fingerprinting")),))
    assert rehearse(stage, still).outcome == HOLDS
