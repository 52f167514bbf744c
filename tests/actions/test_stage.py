"""The stage itself: each test begins with an empty pair of databases and the cast."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.actions.stage import ADA, Cast
from upheld.core.gate.binding import Binding


@pytest.mark.parametrize("_turn", [1, 2])
def test_each_test_has_databases_of_its_own(
    databases: dict[str, Path], binding: Binding, now: datetime, _turn: int
) -> None:
    from upheld.actions.people import create_person
    from upheld.records.models import Person

    assert Person.objects.count() == 0
    create_person(binding, now=now)
    assert Person.objects.count() == 1


def test_the_cast_is_found_by_its_address(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.people import find_person

    assert find_person(binding.site, "email", ADA["person.email"], now) == cast.ada
