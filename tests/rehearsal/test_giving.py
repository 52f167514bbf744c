"""Rehearsals of giving out and using begin anew, hold at awkward moments, and say when nothing in the house does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from upheld.core.policy.model import Condition, Rule, Term
from upheld.core.proof.evidence import HOLDS, LACKS

SATURDAY, END_OF_MONTH = datetime(2026, 11, 21, 14, 20, tzinfo=UTC), datetime(2027, 2, 28, 23, 30, tzinfo=UTC)
FULFIL = "for fulfil share only"


@pytest.mark.parametrize("moment", [SATURDAY, END_OF_MONTH])
@pytest.mark.parametrize("words", [FULFIL, "share addressee.name with parcel shops", "use addressee.email only"])
def test_they_hold_on_weekends_and_at_the_end_of_a_month(
    words: str, moment: datetime, stage: Any, find_rule: Callable[[str], Rule]
) -> None:
    from upheld.rehearsal.coming_in import come_back_to_work, come_in_again
    from upheld.rehearsal.rehearse import REHEARSALS

    stage.clock.move_to(moment, tick=False)
    cast = stage.cast
    cast.customers = {name: come_in_again(stage, one) for name, one in cast.customers.items()}
    cast.clerks = {name: come_back_to_work(stage, one) for name, one in cast.clerks.items()}
    cast.owner = come_back_to_work(stage, cast.owner)
    rule = find_rule(words)
    steps = list(REHEARSALS[rule.form](stage, rule))
    assert [(step.says, step.saw) for step in steps if not step.is_kept] == []


def test_a_permission_that_nothing_uses_shows_no_use(stage: Any, find_rule: Callable[[str], Rule]) -> None:
    from upheld.rehearsal.rehearse import rehearse

    found = rehearse(stage, find_rule("use customer information for research"))
    assert found.outcome == HOLDS
    assert not found.is_exercised


def test_a_condition_that_the_house_does_not_know_is_said_to_be_missing(
    stage: Any, find_rule: Callable[[str], Rule]
) -> None:
    from upheld.rehearsal.rehearse import rehearse

    rule = find_rule("share addressee.name with parcel shops")
    term = Term("chosen marketing", ("chosen marketing",))
    found = rehearse(stage, replace(rule, holds=Condition("all", (term,))))
    assert found.outcome == LACKS
    assert any(step.sort == "missing" for step in found.steps)


def test_what_is_told_has_no_value_in_it(stage: Any, find_rule: Callable[[str], Rule]) -> None:
    from upheld.rehearsal.rehearse import rehearse

    found = rehearse(stage, find_rule(FULFIL))
    told = str(found)
    for value in stage.cast.silent.values.values():
        assert value not in told
