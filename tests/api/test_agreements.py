"""Which version binds the caller, and a yes or no to a newer one, over the API: asked only where it opens something."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.api.programs import COMPANY, Program, program
from tests.pages.account.test_version import DAY, load_newer

__all__ = ["program"]

OLD = date(2016, 10, 3)
PATH = f"/me/agreements/{DAY}"


def bring_newer() -> None:
    """Whoever is there was taken in under the old version; a newer one is in force and binds them."""
    from upheld.records.models import Item, Person
    from upheld.web.hosts import place_shelf

    place_shelf(load_newer())
    Item.objects.update(version=OLD)
    Person.objects.update(version=DAY)


@pytest.fixture
def newer(program: Program) -> Program:
    """Cy, who is signed in, under a newer version that lets dispatch see the zip code in every case."""
    program.come_in()
    bring_newer()
    return program


def answer(program: Program, path: str = PATH, **said: Any) -> Any:
    return program.call("PUT", path, said)


def test_a_version_binds_from_when_somebody_came(program: Program) -> None:
    program.come_in()
    [bound] = program.get("/me/versions").json()
    assert (bound["about"], bound["version"], bound["until"]) == ("you", OLD.isoformat(), None)


def test_a_user_of_a_company_sees_both(program: Program) -> None:
    program.come_in(COMPANY)
    assert [bound["about"] for bound in program.get("/me/versions").json()] == ["you", "your company"]


def test_what_is_asked_is_answered_and_the_last_word_counts(newer: Program) -> None:
    from upheld.records.models import Person

    [offer] = newer.get("/me/agreements").json()["offers"]
    assert (offer["version"], offer["earlier"], offer["answer"]) == (DAY.isoformat(), [OLD.isoformat()], None)
    assert ["zip code" in words for words in offer["opens"]] == [True]
    entry = answer(newer, is_yes=True).json()["entry"]
    assert Person.objects.get(agreed=DAY)
    found = newer.get("/me/agreements").json()
    assert found["offers"][0]["answer"] == "yes"
    assert [(given["answer"], given["entry"]) for given in found["given"]] == [("yes", entry)]
    assert answer(newer, is_yes=False).status_code == 200
    assert not Person.objects.filter(agreed__isnull=False).exists()
    assert [given["answer"] for given in newer.get("/me/agreements").json()["given"]] == ["no", "yes"]


@pytest.mark.parametrize("version", [OLD.isoformat(), "2099-01-01"])
def test_nobody_agrees_to_a_version_that_is_not_asked_about(newer: Program, version: str) -> None:
    assert answer(newer, f"/me/agreements/{version}", is_yes=True).status_code == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/me/agreements/soon", {"is_yes": True}),
        (PATH, {}),
        (PATH, {"is_yes": None}),
        (PATH, {"is_yes": True, "about": "everybody"}),
        (PATH, {"is_yes": True, "shown": "x"}),
    ],
)
def test_what_is_half_said_is_no_answer(newer: Program, path: str, said: dict[str, Any]) -> None:
    assert answer(newer, path, **said).status_code == 422
    assert newer.get("/me/agreements").json()["given"] == []


def test_nobody_answers_for_a_company_that_they_do_not_hold(newer: Program) -> None:
    assert answer(newer, is_yes=True, about="your company").status_code == 404


def test_who_is_not_signed_in_is_told_nothing(program: Program) -> None:
    assert [program.get(path).status_code for path in ("/me/versions", "/me/agreements", "/me/given-out")] == [401] * 3
    assert answer(program, is_yes=True).status_code == 401
