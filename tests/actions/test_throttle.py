"""Tries are counted by a keyed hash of who tries; a form's mark is good once."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

HOUR = timedelta(hours=1)


def count(now: datetime, who: str = "192.0.2.7", what: str = "register", most: int = 3) -> bool:
    from upheld.actions.throttle import count_try

    return count_try(site="lasership", what=what, who=who, most=most, within=HOUR, now=now)


def test_so_many_tries_are_let_through_and_no_more(databases: dict[str, Path], now: datetime) -> None:
    assert [count(now) for _ in range(5)] == [True, True, True, False, False]
    assert count(now, who="192.0.2.8")
    assert count(now, what="feedback")
    assert count(now + HOUR)


@pytest.mark.sqlite
def test_the_table_does_not_hold_the_address(databases: dict[str, Path], now: datetime) -> None:
    count(now)
    files = [path.read_bytes() for path in databases["default"].parent.glob("*.sqlite3*")]
    assert not any(b"192.0.2.7" in content for content in files)


def test_tries_can_be_read_and_forgotten(databases: dict[str, Path], now: datetime) -> None:
    from upheld.actions.throttle import forget_tries, read_tries

    given = {"site": "lasership", "what": "register", "who": "192.0.2.7", "within": HOUR, "now": now}
    assert read_tries(**given) == 0  # type: ignore[arg-type]
    count(now)
    count(now)
    assert read_tries(**given) == 2  # type: ignore[arg-type]
    forget_tries(**given)  # type: ignore[arg-type]
    assert read_tries(**given) == 0  # type: ignore[arg-type]


def test_a_token_is_spent_once(databases: dict[str, Path], now: datetime) -> None:
    from upheld.actions.throttle import spend_token

    assert spend_token(digest=b"a" * 16, expires_at=now)
    assert not spend_token(digest=b"a" * 16, expires_at=now)
    assert spend_token(digest=b"b" * 16, expires_at=now)


def test_what_has_ended_goes_and_with_it_the_key_of_its_day(databases: dict[str, Path], now: datetime) -> None:
    from upheld.actions import throttle
    from upheld.actions.throttle import spend_token, sweep_tries
    from upheld.records.keyring.models import PersonKey
    from upheld.records.models import Throttle, UsedToken

    throttle._day_keys.clear()  # of the databases of other tests
    count(now)
    spend_token(digest=b"a" * 16, expires_at=now)
    later = now + timedelta(days=1)
    count(later)
    assert sweep_tries("lasership", later) == 1
    assert Throttle.objects.count() == 1
    assert not UsedToken.objects.exists()
    assert [key.keep_class for key in PersonKey.objects.filter(person="")] == [f"tries of {later.date().isoformat()}"]
    assert sweep_tries("lasership", later) == 0
