"""Which reports there are follows from the policy, and so does how small a group may be."""

from __future__ import annotations

from datetime import date

import pytest

from tests.actions.stage import open_courier
from upheld.core.count.reports import Period, ask_outside, find_quarter, list_quarters, name_quarter, plan_reports


def test_analysts_may_see_three_reports_of_groups_of_ten() -> None:
    plans = plan_reports(open_courier(), ["analysts"])
    assert [(plan.report, plan.least) for plan in plans] == [("visits", 10), ("orders", 10), ("surveys", 10)]


def test_another_role_sees_none_of_them() -> None:
    plans = plan_reports(open_courier(), ["dispatch"])
    assert len(plans) == 3
    assert not any(plan.is_open for plan in plans)


def test_whoever_holds_several_roles_sees_what_the_most_open_one_does() -> None:
    assert all(plan.role == "analysts" for plan in plan_reports(open_courier(), ["dispatch", "analysts"]))


def test_no_report_goes_to_anybody_outside() -> None:
    binding = open_courier()
    for plan in plan_reports(binding, ["analysts"]):
        for anybody in ("carriers", "successor", "an agency"):
            verdict = ask_outside(binding, plan, anybody)
            assert not verdict.is_permitted
            assert verdict.because


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-Q2", Period(date(2026, 4, 1), date(2026, 7, 1))),
        ("2025-Q4", Period(date(2025, 10, 1), date(2026, 1, 1))),
        ("", Period(date(2026, 7, 1), date(2026, 10, 1))),
        ("2026-Q4", Period(date(2026, 7, 1), date(2026, 10, 1))),
        ("2031-Q1", Period(date(2026, 7, 1), date(2026, 10, 1))),
        ("2026-Q5", Period(date(2026, 7, 1), date(2026, 10, 1))),
        ("2026-09", Period(date(2026, 7, 1), date(2026, 10, 1))),
    ],
)
def test_only_quarters_that_are_over_are_counted(text: str, expected: Period) -> None:
    assert find_quarter(text, date(2026, 11, 20)) == expected


def test_the_quarters_to_choose_from_are_over() -> None:
    assert list_quarters(date(2026, 1, 5), 3) == ("2025-Q4", "2025-Q3", "2025-Q2")
    assert name_quarter(find_quarter("2025-Q3", date(2026, 1, 5))) == "2025-Q3"
