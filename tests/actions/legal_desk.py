"""The legal desk of the tests: two clerks who hold the role, a court in the register, and demands as they are taken down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from upheld.core.gate.binding import Binding

DESK = "privacy-desk"
INSTRUMENT = "Order 4 B 17/26 of the district court of Port Ellery"
BELIEF = "Two customers report that somebody books under names that are not theirs."
HOME = "https://courier.example/"


@dataclass(frozen=True, slots=True)
class Desk:
    """Staff by what they may, and a court in the register."""

    owner: Any
    one: Any
    two: Any
    stranger: Any
    court: str


def set_up_desk(binding: Binding, now: datetime, *, clerks: int = 2) -> Desk:
    """The desk, with as many clerks as said who hold the role."""
    from upheld.actions.grants import give_grant
    from upheld.actions.recipients import add_recipient
    from upheld.actions.staff import add_staff

    owner = add_staff("o.reyes", is_owner=True)
    people = [add_staff(name) for name in ("d.okafor", "d.lindqvist", "s.mbeki")]
    for staff in people[:clerks]:
        give_grant(binding, staff=staff, role=DESK, reason="works at the privacy desk", given_by=owner, now=now)
    contact = {"post": "1 Court Square, Port Ellery"}
    court = add_recipient(
        binding, kind="authorities", title="District court of Port Ellery", contact=contact, by=owner, now=now
    )
    return Desk(owner, *people, court.id)


def take(desk: Desk, **more: Any) -> Any:
    """What is taken down: an order for the name and address of a customer, unless said otherwise."""
    from upheld.actions.demands import Taking, Written

    texts = {name: more.pop(name) for name in ("instrument", "citation", "belief", "barred_by") if name in more}
    written = Written(**{"instrument": INSTRUMENT, "citation": "4 B 17/26", **texts})
    taking = Taking(
        ground="legal process",
        kind="authorities",
        recipient=desk.court,
        wanted=("person.name", "person.email"),
        scope=("person.name", "person.email"),
        written=written,
    )
    return replace(taking, **more)


def open_one(binding: Binding, desk: Desk, person: str, now: datetime, **more: Any) -> str:
    """The id of a demand about this person, as a draft."""
    from upheld.actions.demands import add_person, take_down

    demand = take_down(binding, taking=take(desk, **more), staff=desk.one, now=now).row.id
    add_person(binding, demand, person=person, staff=desk.one, now=now)
    return demand


def put_one(binding: Binding, desk: Desk, person: str, now: datetime, **more: Any) -> str:
    """The id of a demand that was put to those who have to agree."""
    from upheld.actions.demand_answers import put_demand

    demand = open_one(binding, desk, person, now, **more)
    put_demand(binding, demand, staff=desk.one, now=now)
    return demand


def agree(binding: Binding, demand: str, *staff: Any, now: datetime) -> str:
    """The state after these people agreed."""
    from upheld.actions.demand_answers import answer_demand

    return [answer_demand(binding, demand, staff=one, is_yes=True, now=now).row.state for one in staff][-1]


def approve_one(binding: Binding, desk: Desk, person: str, now: datetime, **more: Any) -> str:
    """The id of a demand that two people agreed to."""
    demand = put_one(binding, desk, person, now, **more)
    assert agree(binding, demand, desk.one, desk.two, now=now) == "approved"
    return demand


def release_one(binding: Binding, desk: Desk, demand: str, now: datetime, staff: Any = None) -> Any:
    """The demand, released by the first clerk or by somebody else."""
    from upheld.actions.demand_release import release_demand

    return release_demand(binding, demand, staff=staff or desk.one, home=HOME, now=now)


def list_lines(kind: str) -> list[dict[str, Any]]:
    """The bodies of all lines of a kind, with their person."""
    import json

    from upheld.records.models import Entry

    rows = Entry.objects.filter(kind=kind).order_by("serial")
    return [{**json.loads(row.text)["body"], "person": row.person} for row in rows]


DAY = date(2026, 11, 1)
