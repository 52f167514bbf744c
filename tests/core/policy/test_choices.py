"""Which of several answers to a choice counts."""

from datetime import UTC, datetime, timedelta

import pytest

from upheld.core.policy.choices import Answer, settle_choice

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_latest_answer_wins_in_whatever_order_they_come() -> None:
    yes, no = Answer(NOON, is_yes=True), Answer(NOON + HOUR, is_yes=False)
    assert settle_choice([yes, no]) == settle_choice([no, yes]) == "no"
    assert settle_choice([Answer(NOON + 2 * HOUR, is_yes=True), yes, no]) == "yes"


def test_not_having_been_asked_is_not_a_no() -> None:
    assert settle_choice([]) == "unasked"


def test_a_signal_beats_the_default_and_an_older_answer() -> None:
    signal = Answer(NOON + HOUR, is_yes=False, is_signal=True)
    assert settle_choice([signal]) == "no"
    assert settle_choice([Answer(NOON, is_yes=True), signal]) == "no"


def test_a_signal_does_not_beat_a_newer_answer_nor_one_of_the_same_moment() -> None:
    signal = Answer(NOON, is_yes=False, is_signal=True)
    assert settle_choice([signal, Answer(NOON + HOUR, is_yes=True)]) == "yes"
    assert settle_choice([signal, Answer(NOON, is_yes=True)]) == "yes"


def test_a_signal_that_says_yes_is_refused() -> None:
    with pytest.raises(ValueError, match="never a yes"):
        settle_choice([Answer(NOON, is_yes=True, is_signal=True)])
