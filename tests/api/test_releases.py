"""Permissions over the API: specific, refused with the sentence, withdrawn at once, nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import CY, REED_AND_CO
from tests.api.programs import REGISTRATION, Program, program

__all__ = ["program"]

DEE = {**REGISTRATION, "person.email": "dee@reed.example", "person.name": "Dee Reed"}


def tell(**change: Any) -> dict[str, Any]:
    until = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    named = {"name": "Dr. Wren Ashby", "email": "wren@ashby.example"}
    told = {"named": named, "data": ["person.email"], "purpose": "research", "until": until, "is_once": True}
    return {**told, **change}


def test_the_options_say_what_counts_and_what_does_not(program: Program) -> None:
    program.come_in()
    options = program.get("/me/permissions/options").json()
    assert {one["name"] for one in options["data"] if one["is_open"]} == set(CY)
    (closed,) = [one for one in options["purposes"] if one["name"] == "reporting"]
    assert (closed["is_open"], closed["because"]) == (False, ["lasership#what-we-use-it-for.9"])


def test_one_is_given_listed_and_withdrawn(program: Program) -> None:
    program.come_in()
    answer = program.post("/me/permissions", tell())
    assert answer.status_code == 201
    given = answer.json()
    assert (given["recipient"], given["state"], given["went"]) == ("Dr. Wren Ashby", "live", [])
    assert program.get("/me/permissions").json() == [given]
    path = f"/me/permissions/{given['permission']}"
    assert [program.call("DELETE", path).json()["state"] for _ in range(2)] == ["withdrawn", "withdrawn"]


def test_twenty_an_hour_and_no_more(program: Program) -> None:
    program.come_in()
    given = [program.post("/me/permissions", tell()).status_code for _ in range(21)]
    assert given == [201] * 20 + [429]
    assert len(program.get("/me/permissions").json()) == 20


def test_what_the_policy_rules_out_is_refused_with_the_sentence(program: Program) -> None:
    program.come_in()
    answer = program.post("/me/permissions", tell(purpose="reporting"))
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["sentences"][0]["text"] == "Reports stay inside LaserShip."


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": []}, "data"),
        ({"data": ["anything"]}, "data"),
        ({"purpose": "any purpose"}, "purpose"),
        ({"until": "2099-01-01"}, "until"),
        ({"named": None}, "recipient"),
        ({"recipient": "o_" + "a" * 20}, "recipient"),
        ({"named": {"name": "Ashby", "email": "no address"}}, "email"),
        ({"named": {"name": "Ashby\u202e", "post": "1 Wharf"}}, "named"),
        ({"is_once": None}, "is_once"),
        ({"recipient": "o_\u0000", "named": None}, "recipient"),
    ],
)
def test_a_wide_or_half_said_one_is_not_taken(program: Program, change: dict[str, Any], field: str) -> None:
    program.come_in()
    answer = program.post("/me/permissions", tell(**change))
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == field
    assert program.get("/me/permissions").json() == []


def test_somebody_else_s_is_not_there(program: Program) -> None:
    program.come_in()
    given = program.post("/me/permissions", tell()).json()
    other = Program()
    other.come_in(DEE)
    path = f"/me/permissions/{given['permission']}"
    assert other.call("DELETE", path).status_code == 404
    assert other.get("/me/permissions").json() == []
    other.token = ""
    assert other.call("DELETE", path).status_code == other.post("/me/permissions", tell()).status_code == 401
    assert program.get("/me/permissions").json()[0]["state"] == "live"
    assert REED_AND_CO["company.name"] not in str(given)
