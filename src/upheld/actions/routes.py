"""Routes: a driver's stops of one day behind a link that works on one device, with a number told apart from the link.

A link alone shows nothing, and neither do link and number on a second device. Whoever made the route stands behind it:
its stops are seen in their role, and no longer once they hold it no more.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import Count

from upheld.actions.grants import has_live_grant, name_staff
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.sessions import TOKEN_BYTES, digest_token
from upheld.actions.shipments import HeldShipment, describe_shipment, open_shipment
from upheld.actions.vault import Opening
from upheld.core.errors import StaffError
from upheld.core.fields.submission import has_hidden, tidy_text
from upheld.core.gate.binding import Binding
from upheld.core.shipping.ordering import find_ordering, list_fulfilling_purposes
from upheld.core.shipping.states import BOOKED
from upheld.core.shipping.states import OVER as ENDED
from upheld.records.models import Route, RouteStop, Shipment, Staff
from upheld.records.walls import enter_site, read_site

MOST_STOPS = 80
LONGEST_NAME = 40
MOST_FAILURES = 5
MOST_TOLD = 50  # of openings elsewhere; who has a stolen link could else fill the ledger with it
FIGURES = 6
MOST_LISTED = 100
NEW, HERE, ELSEWHERE, OVER, WRONG = "new", "here", "elsewhere", "over", "wrong"


@dataclass(frozen=True, slots=True)
class HeldRoute:
    """A route as pages show it, without its secrets."""

    id: str
    name: str
    role: str
    made_by: str
    made_at: datetime
    ends_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    failures: int
    elsewhere: int
    stops: int = 0

    def is_open(self, now: datetime) -> bool:
        """Whether its link may still show something."""
        return self.closed_at is None and self.ends_at > now

    @property
    def is_dead(self) -> bool:
        """Whether too many wrong numbers ended it."""
        return self.failures >= MOST_FAILURES


@dataclass(frozen=True, slots=True)
class MadeRoute:
    """A new route with the two secrets that are shown once: the link's token, and the number to be spoken."""

    route: HeldRoute
    token: str
    number: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a link comes to on one device: `new`, `here`, `elsewhere`, `wrong` or `over`; `device` for its cookie."""

    outcome: str
    route: HeldRoute | None = None
    device: str = ""
    left: int = 0


def make_route(
    site: str, *, name: str, shipments: Sequence[str], role: str, ends_at: datetime, staff: Staff, now: datetime
) -> MadeRoute:
    """A new route with these shipments in this order. Raises StaffError W121. One line in the ledger.

    `role` is the role of whoever makes it, by which the driver sees the stops.
    """
    name = tidy_text(name)
    wanted = tuple(dict.fromkeys(shipments))
    if not name or len(name) > LONGEST_NAME or has_hidden(name):
        raise StaffError("W121", "the route has no name that can be kept", f"at most {LONGEST_NAME} plain characters")
    if not 0 < len(wanted) <= MOST_STOPS:
        raise StaffError("W121", "a route has at least one stop", f"choose from 1 to {MOST_STOPS} shipments")
    if ends_at <= now:
        raise StaffError("W121", "the day of the route is over", "choose today or a day to come")
    token, number = secrets.token_urlsafe(TOKEN_BYTES), f"{secrets.randbelow(10**FIGURES):0{FIGURES}}"
    code = make_password(number)
    with enter_site(site):
        rows = {row.id: row for row in Shipment.objects.select_for_update().filter(site=site, id__in=wanted)}
        _refuse_stops(site, wanted, rows, now)
        route = Route.objects.create(
            id=draw_id("rt"),
            site=site,
            name=name,
            made_by=name_staff(staff.pk),
            made_at=now,
            ends_at=ends_at,
            link=digest_token(token),
            code=code,
            role=role,
        )
        RouteStop.objects.bulk_create(
            RouteStop(site=site, route=route, shipment=rows[one], place=place) for place, one in enumerate(wanted, 1)
        )
        write_line(
            site, "route.made", at=now, by=name_staff(staff.pk), route=route.id, stops=len(wanted), until=ends_at
        )
    return MadeRoute(describe_route(route, len(wanted)), token, number)


def _refuse_stops(site: str, wanted: Iterable[str], rows: dict[str, Shipment], now: datetime) -> None:
    """Raise StaffError W121 for a shipment that is not there, is over, or is on another route that is still open."""
    for one in wanted:
        if one in rows and rows[one].carrier:
            text = f"shipment {rows[one].number} was handed to a carrier, who drives it"
            raise StaffError("W121", text, "take it back first, or leave it out")
        if one not in rows or rows[one].state in ENDED:
            number = rows[one].number if one in rows else ""
            text = f"shipment {number} is over already" if number else "one of the shipments is not here"
            raise StaffError("W121", text, "look at the list of shipments again")
    taken = RouteStop.objects.filter(
        site=site, shipment_id__in=rows, route__closed_at__isnull=True, route__ends_at__gt=now
    )
    found = taken.select_related("shipment", "route").first()
    if found is not None:
        text = f"shipment {found.shipment.number} is on the route {found.route.name}"
        raise StaffError("W121", text, "end that route first, or leave the shipment out")


def look_at_route(site: str, token: str, devices: Iterable[str], now: datetime) -> Look:
    """What this link comes to in a browser that holds these cookies.

    Side effect: an opening on another device is counted, and a line in the ledger says so.
    """
    with read_site(site):
        row = Route.objects.filter(site=site, link=digest_token(token)).first()
    if row is None or not describe_route(row).is_open(now):
        return Look(OVER)
    if not row.device:
        return Look(NEW, describe_route(row), left=MOST_FAILURES - row.failures)
    for device in devices:
        if device and hmac.compare_digest(digest_token(device), bytes(row.device)):
            return Look(HERE, describe_route(row), device)
    _note_elsewhere(site, row.id, now)
    return Look(ELSEWHERE)


def open_route(site: str, token: str, number: str, now: datetime) -> Look:
    """The link opened for the first time: with the right number it works on this device from now on, and on no other.

    Five wrong numbers end the link. Of two who open it at once one gets it. Lines in the ledger.
    """
    with enter_site(site):
        row = Route.objects.select_for_update().filter(site=site, link=digest_token(token)).first()
        if row is None or not describe_route(row).is_open(now):
            return Look(OVER)
        if row.device:
            _note_elsewhere(site, row.id, now)
            return Look(ELSEWHERE)
        # Django compares the slow hashes in constant time
        if check_password(number.replace(" ", ""), row.code):
            device = secrets.token_urlsafe(TOKEN_BYTES)
            row.device, row.opened_at = digest_token(device), now
            row.save(update_fields=["device", "opened_at"])
            write_line(site, "route.opened", at=now, by=row.id, route=row.id)
            return Look(HERE, describe_route(row), device)
        row.failures += 1
        is_dead = row.failures >= MOST_FAILURES
        row.closed_at = now if is_dead else None
        row.save(update_fields=["failures", "closed_at"])
        reason = "too-many-wrong-numbers" if is_dead else "wrong-number"
        write_line(site, "route.refused", at=now, route=row.id, reason=reason, attempts=row.failures)
        return Look(OVER) if is_dead else Look(WRONG, describe_route(row), left=MOST_FAILURES - row.failures)


def _note_elsewhere(site: str, route: str, now: datetime) -> None:
    with enter_site(site):
        row = Route.objects.select_for_update().get(site=site, id=route)
        if row.elsewhere >= MOST_TOLD:
            return
        row.elsewhere += 1
        row.save(update_fields=["elsewhere"])
        write_line(site, "route.refused", at=now, route=route, reason="another-device", attempts=row.elsewhere)


def end_route(site: str, route: str, *, by: str, now: datetime) -> HeldRoute:
    """The route, ended: its link shows nothing more. Raises StaffError W122. One line in the ledger."""
    with enter_site(site):
        row = Route.objects.select_for_update().filter(site=site, id=route, closed_at__isnull=True).first()
        if row is None:
            raise StaffError("W122", "there is no such route that is still open", "look at the list of routes")
        row.closed_at = now
        row.save(update_fields=["closed_at"])
        write_line(site, "route.ended", at=now, by=by, route=row.id)
    return describe_route(row)


def find_route(site: str, route: str) -> HeldRoute | None:
    """One route of the site, or None."""
    with read_site(site):
        row = Route.objects.filter(site=site, id=route).annotate(count=Count("routestop")).first()
    return None if row is None else describe_route(row, row.count)


def list_routes(site: str, *, most: int = MOST_LISTED) -> tuple[HeldRoute, ...]:
    """The routes of the site, the newest first, each with the number of its stops."""
    with read_site(site):
        rows = Route.objects.filter(site=site).annotate(count=Count("routestop")).order_by("-made_at")[:most]
        return tuple(describe_route(row, row.count) for row in rows)


def list_stops(site: str, route: str) -> tuple[HeldShipment, ...]:
    """The shipments of a route in the order of its stops."""
    with read_site(site):
        rows = RouteStop.objects.filter(site=site, route=route).select_related("shipment").order_by("place")
        return tuple(describe_shipment(row.shipment) for row in rows)


def find_stop(site: str, route: str, place: int) -> HeldShipment | None:
    """The shipment at this place of a route, or None."""
    with read_site(site):
        row = RouteStop.objects.filter(site=site, route=route, place=place).select_related("shipment").first()
    return None if row is None else describe_shipment(row.shipment)


def open_stop(binding: Binding, *, route: HeldRoute, shipment: HeldShipment, now: datetime) -> Opening:
    """What the driver needs at this stop, and what is withheld: the place of the pick-up, later whom it goes to; then nothing.

    It is asked of the gate as showing to the role of whoever made the route, for the service itself, on their grant: a
    driver of the business works by their hand, and a policy gives drivers no role of their own. Once the grant is over
    the gate refuses. Sharing would be the act for a carrier outside, who gets a feed and no route. One line in the ledger.
    """
    ordering = find_ordering(binding.gate.table)
    purpose = next(iter(list_fulfilling_purposes(binding.policy.words)), "")
    if ordering is None or shipment.state in ENDED:
        return Opening((), ())
    data = (ordering.order,) if shipment.state == BOOKED else (ordering.name, ordering.address)
    is_granted = has_live_grant(site=binding.site, staff=read_staff(route.made_by), role=route.role, now=now)
    return open_shipment(
        binding,
        shipment,
        action="show",
        counterpart=route.role,
        purpose=purpose,
        facts={"granted": is_granted},
        data=data,
        by=route.id,
        case=route.id,
        now=now,
    )


def read_staff(name: str) -> int:
    """The number in how the ledger calls a member of staff."""
    return int(name.removeprefix("s_"))


def list_routed(site: str, shipments: Iterable[str], now: datetime) -> dict[str, str]:
    """Which of these shipments are on a route that is still open: the route's name by the shipment's id."""
    with read_site(site):
        rows = RouteStop.objects.filter(
            site=site, shipment_id__in=list(shipments), route__closed_at__isnull=True, route__ends_at__gt=now
        )
        return dict(rows.values_list("shipment_id", "route__name"))


def describe_route(row: Route, stops: int = 0) -> HeldRoute:
    """The row as a value."""
    return HeldRoute(
        id=row.id,
        name=row.name,
        role=row.role,
        made_by=row.made_by,
        made_at=row.made_at,
        ends_at=row.ends_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        failures=row.failures,
        elsewhere=row.elsewhere,
        stops=stops,
    )
