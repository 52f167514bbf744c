"""What happens today in a demo: parcels booked and moved by the same actions as anybody's, a carrier with its program, a route."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from upheld.actions.grants import list_live_roles, name_staff
from upheld.actions.imports import Newcomer
from upheld.actions.programs import EVENTS, FEED, add_program
from upheld.actions.recipients import add_recipient, may_keep_register
from upheld.actions.routes import list_routes, make_route
from upheld.actions.shipment_events import DRIVER, note_event
from upheld.actions.shipments import NOTE, PICK_UP, BookedShipment, book_shipment, hand_over
from upheld.actions.staff import find_staff
from upheld.core.gate.binding import Binding
from upheld.core.shipping.ordering import list_carrying
from upheld.core.shipping.seeing import find_seeing
from upheld.core.shipping.states import ATTEMPTED, DELIVERED, ON_ITS_WAY, PICKED_UP, RETURNED
from upheld.records.models import Person, Staff
from upheld.records.walls import read_site
from upheld.server.demo_parcels import ParcelInventor
from upheld.server.demo_people import Inventor
from upheld.server.demo_recipe import Recipe, Today

Announce = Callable[[str], None]
SEED_OF_TODAY = 2017
HOURS = 5  # since the first of them was booked
# what has happened to each of them by now; the rest is still to come
FATES: tuple[tuple[str, ...], ...] = (
    (PICKED_UP, ON_ITS_WAY, DELIVERED),
    (PICKED_UP, ON_ITS_WAY, ATTEMPTED, RETURNED),
    (PICKED_UP, ON_ITS_WAY, DELIVERED),
    (PICKED_UP, ON_ITS_WAY, ATTEMPTED),
    (PICKED_UP, ON_ITS_WAY),
    (PICKED_UP, ON_ITS_WAY),
    (PICKED_UP,),
    (PICKED_UP,),
    (),
    (),
    (),
    (),
)
ON_THE_ROUTE = slice(4, 10)
HANDED_OVER = slice(10, 12)


def fill_today(
    binding: Binding,
    recipe: Recipe,
    first: Sequence[Newcomer],
    names: Sequence[str],
    *,
    home: str,
    now: datetime,
    announce: Announce,
) -> None:
    """Book for the first accounts, move what was booked, hand some over, put some on a route; says what can be tried.

    Nothing where the policy has no parcels sent, and nothing a second time.
    """
    inventor = Inventor(binding, recipe, seed=SEED_OF_TODAY, now=now)
    customers = [one for one in first if one.kind == "person"]
    is_done = any(route.name == recipe.today.route for route in list_routes(binding.site))
    if inventor.parcels is None or not customers or not recipe.today.route or is_done:
        return
    day = Day(binding, inventor, inventor.parcels, recipe.today, home, now, tuple(first))
    booked = [day.book_one(customers[place % len(customers)], place, fate) for place, fate in enumerate(FATES)]
    staff = [find_staff(name) for name in names]
    for line in (day.hand_some_over(booked[HANDED_OVER], staff), day.plan_route(booked[ON_THE_ROUTE], staff)):
        if line:
            announce(line)


@dataclass(frozen=True, slots=True)
class Day:
    """Today at one site."""

    binding: Binding
    inventor: Inventor
    parcels: ParcelInventor
    today: Today
    home: str
    now: datetime
    first: tuple[Newcomer, ...]

    def book_one(self, customer: Newcomer, place: int, fate: tuple[str, ...]) -> BookedShipment:
        """One parcel, booked some hours ago, and what happened to it since."""
        other, offer = self.inventor.invent_persona(), self.parcels.chance.choice(self.parcels.shipping.offers)
        at = self.now - timedelta(hours=HOURS) + timedelta(minutes=5 * place)
        with read_site(self.binding.site):
            found = Person.objects.filter(site=self.binding.site, id__in=[customer.id, customer.company])
            people = {person.id: person for person in found}
        ordering = self.parcels.ordering
        booked = book_shipment(
            self.binding,
            person=people[customer.id],
            company=people.get(customer.company),
            values={
                ordering.order: {PICK_UP: self.find_door(customer), NOTE: self.parcels.pick(NOTE)},
                ordering.name: other.name,
                ordering.address: other.address,
            },
            offer=offer.name,
            weight=self.parcels.chance.choice(list(offer.prices)),
            named=[other.email] if ordering.email and place % 2 == 0 else [],
            now=at,
            home=self.home,
            ready_at=at + timedelta(minutes=15),
        )
        step = (self.now - at) / (len(fate) + 1)
        for number, state in enumerate(fate, 1):
            when = at + step * number
            received = other.name if state == DELIVERED else ""
            note_event(
                self.binding,
                shipment=booked.id,
                state=state,
                at=when,
                source=DRIVER,
                by="",
                now=when,
                home=self.home,
                received_by=received,
            )
        return booked

    def find_door(self, customer: Newcomer) -> str:
        """Where they have had parcels picked up before, else somewhere."""
        owner = customer.company or customer.id
        for part in (part for one in self.first if one.id == owner for part in one.parts):
            order = part.values.get(self.parcels.ordering.order)
            if part.sent is not None and isinstance(order, Mapping) and PICK_UP in order:
                return order[PICK_UP]
        return self.inventor.invent_persona().address

    def hand_some_over(self, booked: Sequence[BookedShipment], staff: Sequence[Staff]) -> str:
        """A carrier in the register, with parcels handed to it and a program that fetches them; the line that tells the key."""
        kinds = list_carrying(self.binding, {})
        keeper = next((one for one in staff if may_keep_register(self.binding, by=one, now=self.now)), None)
        if not kinds or keeper is None or not self.today.carrier:
            return ""
        carrier = add_recipient(
            self.binding,
            kind=kinds[0].recipient,
            title=self.today.carrier,
            contact={"email": self.today.contact},
            by=keeper,
            now=self.now,
        )
        for one in booked:
            hand_over(self.binding, shipment=one.id, carrier=carrier.id, by=name_staff(keeper.pk), now=self.now)
        _, key = add_program(
            self.binding,
            name=f"{self.today.carrier}, desk",
            may=(EVENTS, FEED),
            carrier=carrier.id,
            by=name_staff(keeper.pk),
            now=self.now,
        )
        return f"program    {key}   the key of {self.today.carrier}; shown this once"

    def plan_route(self, booked: Sequence[BookedShipment], staff: Sequence[Staff]) -> str:
        """A route of today for whoever tries the driver's pages; the line that tells how."""
        for one in staff:
            roles = list_live_roles(site=self.binding.site, staff=one.pk, now=self.now)
            seeing = find_seeing(self.binding, roles)
            if seeing is None or not self.today.route:
                continue
            made = make_route(
                self.binding.site,
                name=self.today.route,
                shipments=[parcel.id for parcel in booked],
                role=seeing.role,
                ends_at=datetime.combine(self.now.astimezone(UTC).date() + timedelta(days=1), time(), UTC),
                staff=one,
                now=self.now,
            )
            link, number = f"{self.home}route/{made.token}", f"{made.number[:3]} {made.number[3:]}"
            return f"driver     {link}   number {number}, in one browser, until midnight UTC; shown this once"
        return ""
