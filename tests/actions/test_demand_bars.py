"""Telling people later than was said: only with a reason, only once as many agreed as to the demand, until then the old day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.actions.legal_desk import Desk, approve_one, list_lines, release_one, set_up_desk
from tests.actions.stage import Cast
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding

REASON = "The court prolonged its order on 18 November, page 2."
OLD, NEW = date(2026, 12, 1), date(2027, 1, 1)


@pytest.fixture
def desk(binding: Binding, cast: Cast, now: datetime) -> Desk:
    return set_up_desk(binding, now)


@pytest.fixture
def demand(binding: Binding, desk: Desk, cast: Cast, now: datetime) -> str:
    """One that was released, and of which nobody may be told before a day."""
    barred = {"barred_by": "The court forbids it.", "barred_until": OLD}
    made = approve_one(binding, desk, cast.ada.id, now, **barred)
    release_one(binding, desk, made, now)
    return made


def extend(binding: Binding, demand: str, staff: Any, now: datetime, **more: Any) -> str:
    """The digest of what is put to people."""
    from upheld.actions.demand_bars import extend_bar, find_bar

    held = extend_bar(binding, demand, **{"until": NEW, "reason": REASON, **more}, staff=staff, now=now)
    bar = find_bar(binding, held, now)
    return bar.asked if bar else ""


def answer(binding: Binding, demand: str, staff: Any, seen: str, now: datetime, *, is_yes: bool = True) -> date | None:
    from upheld.actions.demand_bars import answer_bar

    day: date | None = answer_bar(binding, demand, staff=staff, is_yes=is_yes, seen=seen, now=now).row.barred_until
    return day


def test_it_holds_once_two_people_agreed_and_not_before(
    binding: Binding, desk: Desk, demand: str, now: datetime
) -> None:
    from upheld.actions.demand_release import tell_after_bars
    from upheld.records.models import DemandBar

    seen = extend(binding, demand, desk.one, now)
    assert answer(binding, demand, desk.one, seen, now) == OLD
    with pytest.raises(StaffError, match="W144"):
        answer(binding, demand, desk.one, seen, now)
    assert answer(binding, demand, desk.two, seen, now) == NEW
    assert tell_after_bars(binding, now + timedelta(days=20)) == 0
    assert tell_after_bars(binding, now + timedelta(days=50)) == 1
    bar = DemandBar.objects.get()
    assert bar.state == "stands"
    assert REASON.encode() not in bytes(bar.sealed)
    [line] = list_lines("demand.bar-asked")
    assert (line["digest"], line["until"], line["person"]) == (seen, "2027-01-01", "")
    assert "court prolonged" not in str(line)


def test_one_alone_postpones_nothing(binding: Binding, desk: Desk, demand: str, now: datetime) -> None:
    from upheld.actions.demand_release import tell_after_bars

    answer(binding, demand, desk.one, extend(binding, demand, desk.one, now), now)
    late = datetime(2026, 12, 2, 9, 0, tzinfo=now.tzinfo)
    assert tell_after_bars(binding, late) == 1
    with pytest.raises(StaffError, match="W143"):
        extend(binding, demand, desk.one, late)


def test_nobody_agrees_once_the_old_day_is_over(binding: Binding, desk: Desk, demand: str, now: datetime) -> None:
    seen = extend(binding, demand, desk.one, now)
    answer(binding, demand, desk.one, seen, now)
    with pytest.raises(StaffError, match="the bar is over"):
        answer(binding, demand, desk.two, seen, datetime(2026, 12, 2, 9, 0, tzinfo=now.tzinfo))


def test_one_no_ends_it_and_it_can_be_asked_for_anew(binding: Binding, desk: Desk, demand: str, now: datetime) -> None:
    from upheld.actions.demand_bars import list_reasons

    seen = extend(binding, demand, desk.one, now)
    assert answer(binding, demand, desk.two, seen, now, is_yes=False) == OLD
    with pytest.raises(StaffError, match="W142"):
        answer(binding, demand, desk.one, seen, now)
    again = extend(binding, demand, desk.one, now, reason=f"{REASON} See page 3, too.")
    answer(binding, demand, desk.one, again, now)
    assert answer(binding, demand, desk.two, again, now) == NEW
    assert [one.state for one in list_reasons(binding.site, demand)] == ["refused", "stands"]
    assert list_reasons(binding.site, demand)[0].reason == REASON


def test_a_yes_is_for_the_day_and_the_reason_that_were_read(
    binding: Binding, desk: Desk, demand: str, now: datetime
) -> None:
    first = extend(binding, demand, desk.one, now)
    answer(binding, demand, desk.one, first, now)
    second = extend(binding, demand, desk.one, now, until=date(2030, 1, 1))
    for seen in (first, ""):
        with pytest.raises(StaffError, match="not what is asked for now"):
            answer(binding, demand, desk.two, seen, now)
    assert answer(binding, demand, desk.two, second, now) == OLD  # the first yes does not count for it


@pytest.mark.parametrize(
    "more",
    [
        {"until": date(2026, 11, 25)},
        {"until": OLD},
        {"reason": ""},
        {"reason": "because"},
        {"reason": " " * 30},
        {"reason": "x" * 4001},
    ],
)
def test_without_a_later_day_or_a_reason_it_is_not_asked(
    binding: Binding, desk: Desk, demand: str, now: datetime, more: dict[str, Any]
) -> None:
    with pytest.raises(StaffError, match="W143"):
        extend(binding, demand, desk.one, now, **more)
    assert not list_lines("demand.bar-asked")


def test_who_is_not_of_the_desk_neither_asks_nor_agrees(
    binding: Binding, desk: Desk, demand: str, now: datetime
) -> None:
    with pytest.raises(StaffError, match="W113"):
        extend(binding, demand, desk.stranger, now)
    seen = extend(binding, demand, desk.one, now)
    with pytest.raises(StaffError, match="W113"):
        answer(binding, demand, desk.stranger, seen, now)


def test_where_nobody_has_to_agree_it_holds_at_once(
    binding: Binding, desk: Desk, demand: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import demand_bars, demands

    ground = demands.need_ground
    free = lambda *told: replace(ground(*told), approval=replace(ground(*told).approval, count=0))  # noqa: E731
    monkeypatch.setattr(demand_bars, "need_ground", free)
    assert extend(binding, demand, desk.one, now) == ""
    assert list_lines("demand.told")[-1]["until"] == "2027-01-01"
