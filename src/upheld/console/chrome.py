"""What stands around every page of the console: who is signed in and where they may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from upheld.actions.grants import list_live_roles
from upheld.actions.shipments import find_business
from upheld.console.doorway import is_console
from upheld.console.functions_here import is_page_here
from upheld.console.guards import Seat
from upheld.console.moments import read_now
from upheld.core.policy.model import Words
from upheld.web.binding import make_binding
from upheld.web.hosts import find_shelf
from upheld.web.shelf import Shelved

# The pages of a site in groups, each group with what is done most first.
GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Parcels",
        (("console-shipments", "Shipments"), ("console-routes", "Routes"), ("console-programs", "Programs")),
    ),
    (
        "Customers",
        (("console-cases", "Cases"), ("console-seat", "Find somebody"), ("console-reading", "Who read what")),
    ),
    ("Messages", (("console-campaigns", "Campaigns"), ("console-outbox", "Outbox"))),
    (
        "Giving out",
        (
            ("console-releases", "Releases"),
            ("console-recipients", "Recipients"),
            ("console-demands", "Legal desk"),
            ("console-mergers", "Merger"),
        ),
    ),
    ("Reports", (("console-reports", "Reports"),)),
    ("Proof", (("console-proof", "Proof"), ("console-vouching", "Vouching"))),
    (
        "Policy",
        (
            ("console-publications", "Versions"),
            ("console-drafts", "Drafts"),
            ("console-functions", "What it can do"),
            ("console-ledger", "Ledger"),
            ("console-grants", "Grants"),
        ),
    ),
)
PARCELS = {"console-shipments", "console-routes", "console-programs"}  # where the policy has parcels sent
# The owner without a role gives cases, gives programs keys, writes and announces versions, gives grants, sees what is upheld, and
# nothing about customers.
FOR_OWNER = (
    "console-cases",
    "console-programs",
    "console-proof",
    "console-vouching",
    "console-publications",
    "console-functions",
    "console-drafts",
    "console-grants",
)


# What there is of a policy that joins the site of another: people, parcels and messages are the site's.
OF_A_POLICY = frozenset(
    {
        "console-proof",
        "console-vouching",
        "console-publications",
        "console-drafts",
        "console-functions",
        "console-ledger",
        "console-grants",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """A link and whether one is there."""

    href: str
    words: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class SeatBar:
    """The pages of one site for somebody who works there."""

    name: str
    roles: str
    groups: tuple[Place, ...]
    tabs: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Chrome:
    """What every page of the console shows at its top; the name is empty for whoever is not signed in."""

    staff_name: str
    is_owner: bool
    is_demo: bool
    seats: tuple[Place, ...]


def describe_chrome(request: HttpRequest) -> dict[str, Any]:
    """A context processor: on the pages of the console, what stands around them; elsewhere nothing."""
    if not is_console(request) or not hasattr(request, "user"):
        return {}
    user: Any = request.user
    is_demo = not settings.SECOND_FACTOR_REQUIRED
    if not user.is_authenticated:
        return {"console": Chrome("", is_owner=False, is_demo=is_demo, seats=()), "messages": get_messages(request)}
    seats = tuple(
        Place(address := reverse("console-seat", args=[shelved.slug]), shelved.name, address in request.path)
        for shelved, _ in list_seats(user.pk)
    )
    chrome = Chrome(user.get_username(), is_owner=user.is_owner, is_demo=is_demo, seats=seats)
    return {"console": chrome, "messages": get_messages(request)}


def list_seats(staff: int) -> tuple[tuple[Shelved, tuple[str, ...]], ...]:
    """The sites of this server at which somebody holds a live grant, with their roles there; one query a site."""
    now = read_now()
    found = ((shelved, list_live_roles(site=shelved.slug, staff=staff, now=now)) for shelved in find_shelf().policies)
    return tuple((shelved, roles) for shelved, roles in found if roles)


def find_words(shelved: Shelved) -> Words:
    """The names of the version in force today."""
    return shelved.in_force(read_now().date()).policy.words


def answer_seat(
    request: HttpRequest, seat: Seat, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of one site, with the links to the site's other pages above it."""
    words = find_words(seat.shelved)
    groups, tabs = find_places(request, seat)
    roles = ", ".join(words.label(role, "role") for role in seat.roles) or "owner"
    bar = SeatBar(seat.shelved.name, roles, groups, tabs)
    return render(request, template, {"seat": bar, "site": seat.site, **context}, status=status)


def find_places(request: HttpRequest, seat: Seat) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """The groups that somebody may open at this seat, and the pages of the one that the request is in.

    Each group leads to its first page. A page below another, such as one case, belongs to the page above it.
    """
    is_carrier = find_business(make_binding(seat.shelved, read_now().date())) is not None
    found = [
        (group, [(reverse(name, args=[seat.site]), said) for name, said in tabs if may_open(seat, name, is_carrier)])
        for group, tabs in GROUPS
    ]
    here = max(
        (address for _, tabs in found for address, _ in tabs if request.path.startswith(address)), key=len, default=""
    )
    groups = tuple(Place(tabs[0][0], group, here in [address for address, _ in tabs]) for group, tabs in found if tabs)
    shown = next((tabs for _, tabs in found if here in [address for address, _ in tabs]), [])
    places = tuple(Place(address, said, address == here) for address, said in shown)
    return groups, places if len(places) > 1 else ()


def may_open(seat: Seat, name: str, is_carrier: bool) -> bool:  # noqa: FBT001 - what it is about stands in its name
    """Whether a page is there for somebody: the owner without a role has few, parcels are where the policy has them, and a
    page about a function where that works.
    """
    if seat.shelved.home is not None and name not in OF_A_POLICY:
        return False
    is_theirs = bool(seat.roles) or name in FOR_OWNER
    return is_theirs and (name not in PARCELS or is_carrier) and is_page_here(seat.shelved, name)
