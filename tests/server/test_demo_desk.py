"""What lies on the desks of a demo's staff: campaigns and a demand, by the actions that everybody uses."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.actions.stage import COURIER, binding, databases, now
from upheld.core.gate.binding import Binding
from upheld.server.demo_recipe import FILE, read_recipe

__all__ = ["binding", "databases", "now"]

HOME = "http://courier.example/"
PEOPLE = 40
PASSWORD = "a-long-word-of-nobody"  # noqa: S105 - of people who do not exist


def test_a_campaign_went_out_another_is_a_draft_and_a_demand_waits_for_the_second_voice(
    databases: dict[str, Path], binding: Binding, now: datetime
) -> None:
    from upheld.actions.campaigns import list_campaigns
    from upheld.actions.demands import list_demands
    from upheld.actions.filling import make_staff, staff_roles
    from upheld.actions.staff import find_staff
    from upheld.console.desk_tasks import list_desk_waiting
    from upheld.server.demo import fill_site
    from upheld.server.demo_desk import fill_campaigns, fill_demand
    from upheld.server.demo_giving import fill_giving

    recipe = read_recipe(COURIER / FILE)
    assert recipe is not None
    assert recipe.demand is not None
    first = fill_site(binding, recipe, people=PEOPLE, now=now, announce=lambda _line: None)
    names = staff_roles(binding, make_staff(PASSWORD), PASSWORD, now)
    fill_giving(binding, recipe.giving, first, names, now)
    # the second time nothing is done again
    counts = [fill_campaigns(binding, recipe.campaigns, names, home=HOME, now=now) for _ in range(2)]
    numbers = [fill_demand(binding, recipe.demand, first, names, now) for _ in range(2)]
    assert counts == [len(recipe.campaigns), 0]
    found: dict[str, Any] = {one.state: one for one in list_campaigns(binding.site)}
    assert set(found) == {"done", "draft"}
    assert found["done"].counts["queued"] > 0
    [held] = list_demands(binding, now)
    assert numbers == [held.row.number, ""]
    assert held.row.state == "asked"
    assert set(held.narrowed.left_out) == {"person.email", "message.feedback"}
    waiting = {
        name: [one.words for one in list_desk_waiting(binding, ("privacy-desk",), find_staff(name), now)]
        for name in ("privacy-desk", "privacy-desk-2")
    }
    assert waiting == {"privacy-desk": [], "privacy-desk-2": [f"Say whether you agree to demand {held.row.number}"]}


def test_people_have_looked_at_its_pages_and_a_report_counts_them(
    databases: dict[str, Path], binding: Binding, now: datetime, tmp_path: Path
) -> None:
    from upheld.actions.reports import make_report
    from upheld.core.count.reports import VISITS, find_weeks, plan_reports
    from upheld.server.demo_visits import fill_visits

    recipe = read_recipe(COURIER / FILE)
    assert recipe is not None
    first, second = [fill_visits(binding, recipe.visits, tmp_path, seed=1, now=now) for _ in range(2)]
    assert (first > 500, second) == (True, 0)
    plans = plan_reports(binding, ("analysts",))
    [plan] = [plan for plan in plans if plan.report == VISITS]
    made = make_report(binding, plan, period=find_weeks(now.date()), by="s_1", now=now, state=tmp_path)
    assert all(part.counted.groups for part in made.parts)
