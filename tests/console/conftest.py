"""Gives these tests the databases, the courier's cast, and the console with its own cast: an owner, a clerk, a stranger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine

from tests.actions.stage import COURIER, Cast, binding, cast, databases, now
from tests.console.clerks import CLERK, OWNER, PASSWORD, STRANGER, Console
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "settings_as"]


@pytest.fixture
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    """The clock stands at the moment of the test, until a test moves it."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def console(
    cast: Cast,
    clock: time_machine.Traveller,
    settings_as: Callable[..., None],
    tmp_path: Path,
) -> Console:
    """The console over the courier's site, nobody signed in; a second factor is not asked for."""
    return set_up_console(cast, settings_as, tmp_path)


def set_up_console(cast: Cast, settings_as: Callable[..., None], tmp_path: Path) -> Console:
    """The staff of the tests, each with a password, and the courier's site behind the console."""
    from upheld.actions.staff import add_staff
    from upheld.server.opening import check_pages
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Shelf

    settings_as(SECOND_FACTOR_REQUIRED=False, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    place_shelf(open_shelf(Shelf, tmp_path, check_pages))
    for name in (OWNER, CLERK, STRANGER):
        staff = add_staff(name, is_owner=name == OWNER)
        staff.set_password(PASSWORD)
        staff.save()
    return Console(cast)


_shelves: dict[Path, object] = {}


def open_shelf(kind: type, tmp_path: Path, check: Callable[..., None]) -> object:
    """The courier alone, read once for all tests: nothing here changes a policy file."""
    if COURIER not in _shelves:
        folder = tmp_path / "policies"
        folder.mkdir()
        (folder / COURIER.name).symlink_to(COURIER)
        _shelves[COURIER] = kind(folder, tmp_path / "copies", check=check)
        _shelves[COURIER].looked_at = float("inf")  # type: ignore[attr-defined]
    return _shelves[COURIER]
