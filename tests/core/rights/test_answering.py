"""Within which time messages are answered and a no by message counts, read from the courier's rules and from others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from tests.actions.stage import COURIER
from upheld.core.policy.model import Policy
from upheld.core.policy.versions import load_versions
from upheld.core.rights.answering import (
    USUAL,
    USUAL_FOR_A_NO,
    Answering,
    find_answering,
    find_stopping,
    list_requests,
    list_stopped_by_message,
    read_time,
)


@cache
def load_courier() -> tuple[Policy, ...]:
    return tuple(load_versions(COURIER).policies)


@pytest.mark.parametrize("request_sort", ["access", "correction", "removal"])
def test_a_request_is_answered_within_what_the_version_says(request_sort: str) -> None:
    older, newer = load_courier()
    assert find_answering(older, request_sort).within == timedelta(days=30)
    found = find_answering(newer, request_sort)
    assert found == Answering(timedelta(days=20), "lasership#seeing-changing-and-leaving.3")
    since = datetime(2026, 11, 20, tzinfo=UTC)
    assert found.find_due(since) == datetime(2026, 12, 10, tzinfo=UTC)


def test_what_the_policy_does_not_speak_of_has_the_usual_time() -> None:
    assert find_answering(load_courier()[-1], "feedback") == Answering(USUAL)
    assert find_answering(load_courier()[-1], "murder") == Answering(USUAL)


def test_a_no_by_message_counts_within_the_settled_time() -> None:
    policy = load_courier()[-1]
    assert list_stopped_by_message(policy) == ("marketing",)
    assert find_stopping(policy) == Answering(timedelta(hours=72), "lasership#your-choice-about-our-messages.4")
    assert find_answering(policy, "stop-request") == find_stopping(policy)


def test_a_policy_without_such_a_sentence_promises_nothing() -> None:
    from dataclasses import replace

    bare = replace(load_courier()[-1], sections=())
    assert list_requests(bare) == list_stopped_by_message(bare) == ()
    assert find_stopping(bare) == Answering(USUAL_FOR_A_NO)


TIMES = [
    ("20 days", timedelta(days=20)),
    ("1 day", timedelta(days=1)),
    ("72 hours", timedelta(hours=72)),
    ("2 weeks", timedelta(days=14)),
    ("1 month", timedelta(days=30)),
    ("stop-by-message", timedelta(hours=72)),
    ("before the change is binding", None),
    ("change-notice", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "time"), TIMES)
def test_times_are_read_as_they_are_written_or_settled(text: str, time: timedelta | None) -> None:
    assert read_time(load_courier()[-1], tuple(text.split())) == time
