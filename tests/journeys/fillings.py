"""What lies in a house that is looked at as a whole: something on every board, list and desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.actions.crowds import bring_in, release_one, send_all, write_one
from tests.actions.givers import hand_over, permit, register_recipient
from tests.actions.legal_desk import Desk, approve_one
from tests.actions.stage import NOW
from tests.actions.test_mergers import tell_everybody
from tests.console.clerks import CLERK, OWNER, SITE, STRANGER
from tests.journeys.houses import House
from tests.pages.parcels import book_one, move, plan_route
from tests.pages.proofs import find_rule, record_proof

ROLES = ("customer-service", "dispatch", "analysts", "privacy-desk")
NAMED = "cleo@gull.example"


@dataclass(frozen=True, slots=True)
class Filled:
    """Where walks begin: the link of a driver and the number they are told, and a parcel that has arrived."""

    route: str
    spoken: str
    arrived: str


def fill_house(house: House) -> Filled:
    """Parcels, a route, a program, cases, campaigns, recipients, a release, a demand, a merger; the owner holds every role."""
    from upheld.actions.cases import open_case
    from upheld.actions.grants import name_staff
    from upheld.actions.programs import add_program
    from upheld.actions.recipients import add_recipient
    from upheld.actions.staff import find_staff

    binding, cast = house.binding, house.staff.cast
    owner, clerk, stranger = find_staff(OWNER), find_staff(CLERK), find_staff(STRANGER)
    for role in ROLES:
        house.staff.give_role(OWNER, role)
    for name in (CLERK, STRANGER):
        house.staff.give_role(name, "privacy-desk")
    then = NOW - timedelta(hours=2)
    booked, there = (book_one(binding, cast.ada, then, company=cast.works, named=[NAMED]) for _ in "12")
    move(binding, there, NOW, "picked-up", "on-its-way", "delivered")
    route = plan_route(owner, [booked], NOW)
    carrier = add_recipient(
        binding, kind="carriers", title="Tern Coast Freight", contact={"email": "road@tern.example"}, by=owner, now=NOW
    )
    add_program(binding, name="Tern's van", may=["events"], carrier=carrier.id, by=name_staff(owner.pk), now=NOW)
    open_case(SITE, kind="question", person=cast.ada.id, now=NOW)
    bring_in(binding, NOW, {"a": ("yes",), "b": ("yes",), "c": ("no",)})
    write_one(binding, NOW + timedelta(seconds=1), "newsletter", name="A draft")  # the first in the list
    send_all(binding, release_one(binding, NOW).id, NOW)
    register_recipient(binding, NOW)
    hand_over(binding, permit(binding, cast.ada, NOW), NOW, owner)
    permit(binding, cast.ada, NOW)
    court = add_recipient(
        binding, kind="authorities", title="District court", contact={"post": "1 Court Square"}, by=owner, now=NOW
    )
    desk = Desk(owner, clerk, stranger, owner, court.id)
    approve_one(binding, desk, cast.ada.id, NOW)
    tell_everybody(binding, desk, NOW)
    record_proof(binding, NOW, broken=find_rule(binding.policy, "collect"))
    return Filled(f"{house.site}/route/{route.token}", route.number, there.number)
