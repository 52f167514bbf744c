"""Cases: numbered, read through the gate, taken and closed, each with its line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.console.clerks import ROLE, SEAT, SITE, Console, list_kinds, read_text
from upheld.core.errors import UpheldError
from upheld.core.gate.binding import Binding

FEEDBACK = "The van came at seven and left a note."


@pytest.fixture
def case(console: Console, binding: Binding, now: datetime) -> Any:
    """A case that Ada's feedback opened."""
    from upheld.actions.cases import open_case
    from upheld.actions.vault import put_items

    [item] = put_items(
        binding, person=console.cast.ada, touchpoint="feedback", values={"message.feedback": FEEDBACK}, now=now
    )
    return open_case(
        SITE,
        kind="feedback",
        now=now,
        person=console.cast.ada.id,
        item=item.id,
        touchpoint="feedback",
        due_at=now + timedelta(days=20),
    )


def test_it_works(console: Console, case: Any) -> None:
    client = console.sit_down()
    assert case.number in read_text(client.get(f"{SEAT}cases/"))
    assert "1 open case" in read_text(client.get("/console/"))
    address = f"{SEAT}cases/{case.id}/"
    assert "Take it first" in read_text(client.get(address))
    assert client.post(f"{address}take/").headers["Location"] == address
    assert FEEDBACK not in read_text(client.get(address))
    page = read_text(client.post(address, {"role": ROLE, "purpose": "fulfil.service"}))
    assert FEEDBACK in page
    assert "Ada Quill" not in page
    client.post(f"{address}close/", {"outcome": "done"})
    assert "No case is open" in read_text(client.get(f"{SEAT}cases/"))
    assert case.number in read_text(client.get(f"{SEAT}cases/?state=closed"))
    assert [kind for kind in list_kinds() if kind.startswith("case.")] == ["case.opened", "case.taken", "case.closed"]


def test_in_a_role_that_may_not_the_message_stays_closed(console: Console, case: Any) -> None:
    client = console.sit_down(role="analysts")
    client.post(f"{SEAT}cases/{case.id}/take/")
    page = read_text(client.post(f"{SEAT}cases/{case.id}/", {"role": "analysts", "purpose": "fulfil.service"}))
    assert FEEDBACK not in page
    assert "What is withheld" in page


def test_a_closed_case_opens_nothing_and_is_not_closed_twice(console: Console, case: Any, now: datetime) -> None:
    from upheld.actions.cases import close_case

    close_case(SITE, case.id, outcome="done", by="s_1", now=now)
    client = console.sit_down()
    response = client.post(f"{SEAT}cases/{case.id}/", {"role": ROLE, "purpose": "fulfil.service"})
    assert FEEDBACK not in read_text(response)
    client.post(f"{SEAT}cases/{case.id}/close/", {"outcome": "done"})
    client.post(f"{SEAT}cases/{case.id}/take/")
    assert list_kinds(kind="case.closed") == ["case.closed"]
    assert "case.taken" not in list_kinds()


@pytest.mark.parametrize("outcome", ["", "perhaps", "permitted", "x" * 300])
def test_a_case_ends_only_in_one_of_the_ways(console: Console, case: Any, outcome: str) -> None:
    client = console.sit_down()
    client.post(f"{SEAT}cases/{case.id}/close/", {"outcome": outcome})
    assert "case.closed" not in list_kinds()


def test_a_case_that_is_late_comes_first(console: Console, case: Any, now: datetime) -> None:
    from upheld.actions.cases import list_cases, open_case

    late = open_case(SITE, kind="question", now=now, due_at=now - timedelta(days=1))
    someday = open_case(SITE, kind="question", now=now - timedelta(days=3))
    assert [one.id for one in list_cases(SITE)] == [late.id, case.id, someday.id]
    assert "late" in console.sit_down().get(f"{SEAT}cases/").content.decode()


def test_numbers_go_up_within_a_year_and_begin_anew_with_the_next(console: Console, now: datetime) -> None:
    from upheld.actions.cases import open_case

    numbers = [open_case(SITE, kind="question", now=now).number for _ in range(2)]
    numbers.append(open_case("elsewhere", kind="question", now=now).number)
    numbers.append(open_case(SITE, kind="question", now=now + timedelta(days=60)).number)
    assert numbers == ["2026-000001", "2026-000002", "2026-000001", "2027-000001"]


def test_a_case_of_another_site_is_not_there(console: Console, now: datetime) -> None:
    from upheld.actions.cases import close_case, find_case, open_case

    other = open_case("elsewhere", kind="question", now=now)
    assert find_case(SITE, other.id) is None
    with pytest.raises(UpheldError) as refused:
        close_case(SITE, other.id, outcome="done", by="s_1", now=now)
    assert refused.value.code == "W106"
    assert console.sit_down().get(f"{SEAT}cases/{other.id}/").status_code == 404
