"""Who is signed in: a token that only the browser has, an end after idling or half a day, and nothing for strangers."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import Cast
from upheld.core.gate.binding import Binding


def open_one(binding: Binding, person: Any, now: datetime) -> str:
    from upheld.actions.sessions import open_session

    return open_session(binding, person=person, now=now)


def find_one(binding: Binding, token: str, now: datetime) -> Any:
    from upheld.actions.sessions import find_session

    return find_session(binding.site, token, now)


def test_who_signs_in_is_known_by_the_token(cast: Cast, binding: Binding, now: datetime) -> None:
    token = open_one(binding, cast.ada, now)
    assert find_one(binding, token, now).person == cast.ada


def test_the_token_stands_nowhere_in_the_tables(
    cast: Cast, binding: Binding, now: datetime, databases: dict[str, Path]
) -> None:
    token = open_one(binding, cast.ada, now)
    for path in databases.values():
        for file in path.parent.glob(path.name + "*"):
            assert token.encode() not in file.read_bytes()


@pytest.mark.parametrize("token", ["", "made up", "\ud800", "x" * 100_000])
def test_a_token_that_was_not_given_signs_nobody_in(cast: Cast, binding: Binding, now: datetime, token: str) -> None:
    open_one(binding, cast.ada, now)
    assert find_one(binding, token, now) is None


def test_a_token_of_one_site_signs_nobody_in_at_another(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.sessions import find_session

    assert find_session("elsewhere", open_one(binding, cast.ada, now), now) is None


def test_an_idle_session_ends(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.sessions import LONGEST_IDLE

    token = open_one(binding, cast.ada, now)
    assert find_one(binding, token, now + LONGEST_IDLE - timedelta(minutes=5)) is not None
    assert find_one(binding, token, now + LONGEST_IDLE) is not None  # it was used in between
    assert find_one(binding, token, now + 2 * LONGEST_IDLE) is None


def test_a_busy_session_ends_after_half_a_day(cast: Cast, binding: Binding, now: datetime) -> None:
    token, step = open_one(binding, cast.ada, now), timedelta(hours=1)
    for hour in range(1, 12):
        assert find_one(binding, token, now + hour * step) is not None
    assert find_one(binding, token, now + 12 * step) is None


def test_signing_out_ends_this_session_and_no_other(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.sessions import end_session

    here, there = open_one(binding, cast.ada, now), open_one(binding, cast.ada, now)
    assert end_session(binding, token=here, now=now)
    assert not end_session(binding, token=here, now=now)
    assert find_one(binding, here, now) is None
    assert find_one(binding, there, now) is not None


def test_signing_out_everywhere_leaves_others_signed_in(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.sessions import count_sessions, end_sessions

    kept, gone = open_one(binding, cast.ada, now), open_one(binding, cast.ada, now)
    other = open_one(binding, cast.bo, now)
    assert count_sessions(binding.site, cast.ada, now) == 2
    assert end_sessions(binding, person=cast.ada, now=now, keeping=kept) == 1
    assert [find_one(binding, token, now) is not None for token in (kept, gone, other)] == [True, False, True]


def test_a_closed_account_is_signed_out(cast: Cast, binding: Binding, now: datetime) -> None:
    token = open_one(binding, cast.ada, now)
    cast.ada.closed_at = now
    cast.ada.save(update_fields=["closed_at"])
    assert find_one(binding, token, now) is None


def test_the_clock_of_the_last_sign_in_starts_anew_and_the_ledger_has_a_line(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.sessions import end_sessions
    from upheld.records.models import Entry, Person

    open_one(binding, cast.ada, now)
    end_sessions(binding, person=cast.ada, now=now)
    assert Person.objects.get(pk=cast.ada.pk).signed_in_at == now
    kinds = Entry.objects.filter(person=cast.ada.id).order_by("serial").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["person.signed-in", "person.signed-out"]


def test_what_is_over_is_swept(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.sessions import sweep_sessions

    open_one(binding, cast.ada, now - timedelta(days=1))
    live = open_one(binding, cast.bo, now)
    assert sweep_sessions(binding.site, now) == 1
    assert find_one(binding, live, now) is not None
