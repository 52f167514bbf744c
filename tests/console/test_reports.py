"""Reports in the console: for analysts, in groups, with the sentence; not for others, and not to take away."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.actions.test_reports import answer
from tests.console.clerks import SEAT, Console, read_text
from upheld.core.gate.binding import Binding

QUESTION = "Did it come when we said?"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, settings_as: Any, console: Console) -> None:
    settings_as(ENVIRONMENT=SimpleNamespace(state=tmp_path))


def test_analysts_see_the_three_reports(console: Console) -> None:
    text = read_text(console.sit_down(role="analysts").get(f"{SEAT}reports/"))
    for title in ("Visits to the pages", "What customers order", "What surveys say"):
        assert title in text
    assert "10 people" in text


def test_a_survey_report_says_its_finding_and_hides_what_is_too_small(console: Console, binding: Binding) -> None:
    for number in range(24):
        said = "Yes, to the hour" if number < 13 else "No, later" if number < 23 else "It has not come"
        answer(binding, {QUESTION: said}, datetime(2026, 9, 14, tzinfo=UTC))
    response = console.sit_down(role="analysts").get(f"{SEAT}reports/surveys/?quarter=2026-Q3")
    text = read_text(response)
    assert "Most: Yes, to the hour, 13" in text
    assert "not shown" in text
    assert "A report shows groups of at least ten people" in text
    assert "<rect" in response.content.decode()


def test_a_quarter_that_is_not_over_cannot_be_asked_for(console: Console) -> None:
    text = read_text(console.sit_down(role="analysts").get(f"{SEAT}reports/orders/?quarter=2026-Q4"))
    assert "1 July 2026 to 30 September 2026" in text


def test_a_report_that_is_not_for_ones_role_is_refused(console: Console) -> None:
    client = console.sit_down()
    assert "not for your role" in read_text(client.get(f"{SEAT}reports/"))
    response = client.get(f"{SEAT}reports/orders/")
    assert response.status_code == 403
    assert "analysts" in read_text(response)


def test_there_is_no_report_of_another_name(console: Console) -> None:
    assert console.sit_down(role="analysts").get(f"{SEAT}reports/people/").status_code == 404
