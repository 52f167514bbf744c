"""What a report counts, and whom it leaves out: groups of few, other months, and those whom no sentence lets be counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import Cast
from upheld.core.count.reports import Period, plan_reports
from upheld.core.errors import RefusedError
from upheld.core.fields.questions import Question
from upheld.core.gate.binding import Binding

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
IN_OCTOBER = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
ON_TIME = Question("Did it come when we said?", ("Yes, to the hour", "No, later"))
OWN_WORDS = Question("What is the one thing we should do better?")


def plan(binding: Binding, report: str, role: str = "analysts") -> Any:
    return next(found for found in plan_reports(binding, [role]) if found.report == report)


def make(binding: Binding, report: str, now: datetime, state: Path, **given: Any) -> dict[str, dict[str, int | None]]:
    from upheld.actions.reports import make_report

    made = make_report(
        binding, plan(binding, report), period=given.pop("period", OCTOBER), by="s_1", now=now, state=state, **given
    )
    return {part.question: {group.label: group.people for group in part.counted.groups} for part in made.parts}


def answer(binding: Binding, value: str | Mapping[str, str], at: datetime = IN_OCTOBER) -> Any:
    from upheld.actions.people import create_person
    from upheld.actions.vault import put_items

    person = create_person(binding, now=at, is_visitor=True)
    put_items(binding, person=person, touchpoint="survey", values={"answer.survey": value}, now=at)
    return person


def book(binding: Binding, person: Any, offer: str, at: datetime = IN_OCTOBER, company: str = "") -> None:
    from upheld.actions.ids import draw_id
    from upheld.records.models import Shipment

    number = f"2026-{Shipment.objects.count() + 1:06d}"
    Shipment.objects.create(
        id=draw_id("sh"),
        site=binding.site,
        number=number,
        person=person,
        company=company,
        order="",
        offer=offer,
        weight="5 kg",
        version=binding.current,
        booked_at=at,
        changed_at=at,
    )


def test_surveys_count_people_and_show_no_group_of_nine(
    databases: dict[str, Path], binding: Binding, now: datetime, tmp_path: Path
) -> None:
    for number in range(21):
        said = ON_TIME.answers[number % 2 if number < 18 else 0]
        answer(binding, {ON_TIME.words: said, OWN_WORDS.words: f"own words {number}"})
    found = make(binding, "surveys", now, tmp_path, questions=(ON_TIME, OWN_WORDS))
    assert found == {ON_TIME.words: {"Yes, to the hour": None, "No, later": None}}
    answer(binding, {ON_TIME.words: "No, later"})
    found = make(binding, "surveys", now, tmp_path, questions=(ON_TIME, OWN_WORDS))
    assert found == {ON_TIME.words: {"Yes, to the hour": 12, "No, later": 10}}


def test_only_the_month_that_was_asked_for_is_counted(
    databases: dict[str, Path], binding: Binding, now: datetime, tmp_path: Path
) -> None:
    for number in range(12):
        answer(binding, {ON_TIME.words: "No, later"}, IN_OCTOBER + timedelta(days=30 if number < 6 else 0))
    found = make(binding, "surveys", now, tmp_path, questions=(ON_TIME,))
    assert set(found[ON_TIME.words].values()) == {None}


def test_what_is_out_of_time_is_not_counted(
    databases: dict[str, Path], binding: Binding, now: datetime, tmp_path: Path
) -> None:
    then = datetime(2025, 10, 14, tzinfo=UTC)
    for _ in range(12):
        answer(binding, {ON_TIME.words: "No, later"}, then)
    period = Period(date(2025, 10, 1), date(2025, 11, 1))
    assert (
        make(binding, "surveys", then, tmp_path, questions=(ON_TIME,), period=period)[ON_TIME.words]["No, later"] == 12
    )
    assert (
        make(binding, "surveys", now, tmp_path, questions=(ON_TIME,), period=period)[ON_TIME.words]["No, later"] is None
    )


def test_orders_count_customers_and_a_company_once(cast: Cast, binding: Binding, now: datetime, tmp_path: Path) -> None:
    from upheld.actions.people import create_person

    for number in range(12):
        person = create_person(binding, now=IN_OCTOBER)
        book(binding, person, "same day")
        book(binding, person, "same day")
        book(binding, person, "next morning", company=cast.works.id if number < 9 else "")
    found = make(binding, "orders", now, tmp_path)
    assert found["What customers book"] == {"next morning": None, "same day": None}
    book(binding, cast.bo, "next morning")
    for _ in range(9):
        book(binding, create_person(binding, now=IN_OCTOBER), "next morning")
    found = make(binding, "orders", now, tmp_path)
    assert found["What customers book"] == {"next morning": 14, "same day": 12}


def test_visits_count_addresses_and_name_no_page_that_few_looked_at(
    databases: dict[str, Path], binding: Binding, now: datetime, tmp_path: Path
) -> None:
    from upheld.actions.visits import VisitLog

    log = VisitLog(tmp_path)
    visits = []
    for number in range(12):
        for page in ["/", "/privacy"] + (["/account/held"] if number < 3 else []):
            at = IN_OCTOBER.isoformat()
            visits.append((("visit.ip", f"198.51.100.{number}"), ("visit.page", page), ("visit.time", at)))
    assert log.append(binding.site, "2026-10-14", visits)
    found = make(binding, "visits", now, tmp_path)
    assert "/account/held" not in found["Which pages people look at"]
    assert found["At which time of the day people come"]["morning, 6 to 12"] == 12
    assert found["On which days people come"]["Wednesday"] == 12


def test_a_look_leaves_a_line_with_numbers_alone(
    databases: dict[str, Path], binding: Binding, now: datetime, tmp_path: Path
) -> None:
    from upheld.records.models import Entry

    make(binding, "surveys", now, tmp_path, questions=(ON_TIME,))
    line = Entry.objects.get(kind="report.made")
    assert '"least":10' in line.text
    assert line.by == "s_1"
    assert not line.person


def test_a_role_that_may_not_see_it_is_refused_and_leaves_no_line(
    databases: dict[str, Path], binding: Binding, now: datetime, tmp_path: Path
) -> None:
    from upheld.actions.reports import make_report
    from upheld.records.models import Entry

    with pytest.raises(RefusedError):
        make_report(binding, plan(binding, "orders", "dispatch"), period=OCTOBER, by="s_1", now=now, state=tmp_path)
    assert not Entry.objects.filter(kind="report.made").exists()
