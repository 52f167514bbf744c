"""What was given out about the caller, over the API: with whom it went to; nobody else's, and nothing that a court bars."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.actions.givers import hand_over, permit
from tests.actions.legal_desk import approve_one, release_one, set_up_desk
from tests.actions.stage import open_courier
from tests.api.programs import REGISTRATION, Program, program

__all__ = ["program"]

DEE = {**REGISTRATION, "person.email": "dee@reed.example", "person.name": "Dee Reed"}


def find_person() -> Any:
    from upheld.records.models import Person

    return Person.objects.get(kind="person")


def test_it_says_to_whom_what_and_on_which_ground(program: Program) -> None:
    program.come_in()
    assert program.get("/me/given-out").json() == []
    binding, now = open_courier(), datetime.now(UTC)
    went = hand_over(binding, permit(binding, find_person(), now), now)
    [told] = program.get("/me/given-out").json()
    assert (told["recipient"], told["ground"], told["data"]) == ("Dr. Wren Ashby", "permission", ["person.email"])
    assert (told["digest"], told["entry"], told["about"]) == (went.digest, went.entry, "you")
    assert program.get("/me/given-out?skip=1").json() == []
    assert program.get("/me/given-out?skip=-1").status_code == 422
    other = Program()
    other.come_in(DEE)
    assert other.get("/me/given-out").json() == []


def test_what_a_court_forbids_to_tell_is_not_in_it(program: Program) -> None:
    from upheld.records.models import DemandPerson

    program.come_in()
    binding, now = open_courier(), datetime.now(UTC)
    desk = set_up_desk(binding, now)
    until = date(now.year + 1, 1, 1)
    demand = approve_one(binding, desk, find_person().id, now, barred_by="The court forbids it.", barred_until=until)
    release_one(binding, desk, demand, now)
    assert program.get("/me/given-out").json() == []
    DemandPerson.objects.update(told_at=now)
    assert [told["ground"] for told in program.get("/me/given-out").json()] == ["legal process"]
