"""Evidence in the words of a page: nothing is said twice, and what stands for more says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from upheld.core.proof.evidence import DONE, FORMAL, HOLDS, IDLE, OBSERVED, REHEARSED, Evidence, Step, sum_up_steps
from upheld.web.proof_words import LEAST, view_evidence

SEEN = Evidence(
    OBSERVED,
    HOLDS,
    "45 times such data came in",
    (Step(DONE, "45 times such data came in"), Step(DONE, "45 items are sealed where they lie")),
    45,
    since="2026-10-01T08:00:00Z",
    lines=("e_1", "e_2"),
)


def test_what_was_found_on_record_was_not_done_in_time_and_is_said_once() -> None:
    view = view_evidence(SEEN, is_public=True)
    assert view.note == "45 times such data came in."
    assert [(line.mark.word, line.words) for line in view.steps] == [
        ("as it should be", "45 items are sealed where they lie")
    ]


def test_a_duty_that_was_tried_was_done_in_time() -> None:
    found = sum_up_steps(REHEARSED, (Step(DONE, "the answer goes out on its last day"),))
    [line] = view_evidence(found, is_public=True).steps
    assert (line.mark.word, line.words) == ("done in time", "The answer goes out on its last day")


def test_a_step_that_went_wrong_is_shown_also_where_its_words_stand_above() -> None:
    wrong = replace(
        SEEN, outcome="fails", steps=(Step(DONE, SEEN.says, is_kept=False, saw="one line goes against it"),)
    )
    [line] = view_evidence(wrong, is_public=True).steps
    assert (line.mark.word, line.saw) == ("went wrong", "one line goes against it")


def test_lines_that_stand_for_more_say_so() -> None:
    assert view_evidence(SEEN, is_public=True).are_some
    assert not view_evidence(replace(SEEN, lines=tuple(f"e_{n}" for n in range(45))), is_public=False).are_some
    assert not view_evidence(replace(SEEN, lines=()), is_public=True).are_some


def test_the_title_is_not_said_again_and_nothing_is_counted_where_nothing_was() -> None:
    checked = Evidence(
        FORMAL, HOLDS, "checked in all cases: 384 acts, in 19 combinations of what can be known", count=384
    )
    assert view_evidence(checked, is_public=True).note == "384 acts, in 19 combinations of what can be known."
    idle = Evidence(OBSERVED, IDLE, "nothing of the kind has happened yet", count=0)
    assert view_evidence(idle, is_public=False).period == ""


@pytest.mark.parametrize(("count", "tells"), [(LEAST - 1, False), (LEAST, True), (None, True)])
def test_few_things_on_record_are_not_told_in_public_and_a_walk_of_nobody_is(count: int | None, tells: bool) -> None:
    view = view_evidence(replace(SEEN, count=count), is_public=True)
    assert bool(view.steps) is bool(view.lines) is tells
    assert view_evidence(replace(SEEN, count=count), is_public=False).lines
