"""Fills the sites of a demo with invented people, and says who can sign in where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from django.conf import settings

from upheld.actions.filling import (
    give_way_in,
    is_empty,
    is_filled,
    make_staff,
    name_first_staff,
    note_filling,
    open_past_cases,
    permit_holders,
    staff_roles,
)
from upheld.actions.imports import Newcomer, import_people
from upheld.actions.ledger import sequence_entries
from upheld.actions.tokens import SIGN_IN_PATH
from upheld.core.gate.binding import Binding
from upheld.server.demo_desk import fill_campaigns, fill_demand
from upheld.server.demo_giving import fill_giving
from upheld.server.demo_mails import fill_mailbox
from upheld.server.demo_people import Inventor
from upheld.server.demo_proof import fill_proof
from upheld.server.demo_recipe import FILE, Recipe, read_recipe
from upheld.server.demo_state import Accounts, WayIn, find_accounts
from upheld.server.demo_today import fill_today
from upheld.server.demo_visits import fill_visits
from upheld.server.environment import Environment
from upheld.server.run import find_home, find_overview
from upheld.web.binding import make_binding
from upheld.web.shelf import Shelf

SEED = 2016
EMAIL = "email"
FIRST = 4  # a company, its two users, a private person
SECOND = "whoever signs in there for the first time sets up a second factor: an authenticator app, or a passkey"
NO_SECOND = "the password is enough in a demo; a second factor can be set up there, behind one's name at the top"
TURNS = 10  # how often it is said how far the filling has come, unless the turns would be very long or short
LEAST_IN_A_TURN, MOST_IN_A_TURN = 20, 500

Announce = Callable[[str], None]


def fill_demo(environment: Environment, shelf: Shelf, people: int, announce: Announce) -> None:
    """Fill every site that has a recipe and nobody on record; a filling that broke off is taken up again.

    Says who can sign in at each site, and with what. Raises SettingError S713 for a recipe, RefusedError when one has
    something collected that its policy does not let in.
    """
    now = datetime.now(UTC)
    accounts = find_accounts(environment)
    owner = make_staff(accounts.password)
    staff: dict[str, tuple[str, ...]] = {}
    for shelved in shelf.sites:
        recipe = read_recipe(environment.policies / shelved.slug / FILE)
        if recipe is None:
            continue
        binding = make_binding(shelved, now.date())
        names = staff_roles(binding, owner, accounts.password, now)
        staff[binding.site] = names
        if not is_filled(binding.site):
            first = fill_site(binding, recipe, people=people, now=now, announce=announce)
            accounts.ways[binding.site] = open_ways(binding, first, accounts.password, now)
            kinds = {step.touchpoint: step.case for step in recipe.list_steps() if step.case}
            home = find_home(environment, shelved)
            fill_today(binding, recipe, first, names, home=home, now=now, announce=announce)
            fill_giving(binding, recipe.giving, first, names, now)
            fill_campaigns(binding, recipe.campaigns, names, home=home, now=now)
            fill_demand(binding, recipe.demand, first, names, now)
            fill_visits(binding, recipe.visits, environment.state, seed=SEED, now=now)
            fill_proof(binding, names, now)
            open_past_cases(binding, kinds, name_first_staff(names), now)
            fill_mailbox(environment, binding, recipe.mails, list_addresses(first), now)
            finish_site(binding.site, accounts, now, announce)
    for line in list_ways(environment, shelf, accounts, owner.username, staff):
        announce(line)


def fill_site(
    binding: Binding, recipe: Recipe, *, people: int, now: datetime, announce: Announce
) -> tuple[Newcomer, ...]:
    """The first ones of the invented people, all of whom are on record from now on. Says how far it has come."""
    site = binding.site
    announce(
        f"filling    {site}: {people:,} invented people" + ("" if is_empty(site) else ", as far as they are missing")
    )
    first: list[Newcomer] = []
    import_people(
        binding,
        note_first(Inventor(binding, recipe, seed=SEED, now=now).invent_people(people), first),
        now=now,
        tell=lambda done: announce(f"filling    {site}: {done:,} of {people:,}"),
        is_backdated=True,
        in_a_batch=min(MOST_IN_A_TURN, max(LEAST_IN_A_TURN, people // TURNS)),
    )
    return tuple(first)


def note_first(newcomers: Iterator[Newcomer], first: list[Newcomer]) -> Iterator[Newcomer]:
    """The same people; the first few are noted on the way."""
    for newcomer in newcomers:
        if len(first) < FIRST:
            first.append(newcomer)
        yield newcomer


def list_addresses(first: tuple[Newcomer, ...]) -> list[str]:
    """The e-mail addresses of the first people."""
    return [text for newcomer in first for kind, text in newcomer.identifiers if kind == EMAIL]


def open_ways(binding: Binding, first: tuple[Newcomer, ...], password: str, now: datetime) -> list[WayIn]:
    """The accounts among these that can be signed in to from now on."""
    ways = []
    for newcomer in first:
        address = next((text for kind, text in newcomer.identifiers if kind == EMAIL), "")
        if not address or not give_way_in(binding, newcomer.id, password, now):
            continue
        what = "is a private person"
        if newcomer.company:
            what = "holds a company's account" if newcomer.is_holder else "uses a company's account"
            if not newcomer.is_holder:
                permit_holders(binding, newcomer.id, newcomer.company, now)
        ways.append(WayIn(address, what))
    return ways


def finish_site(site: str, accounts: Accounts, now: datetime, announce: Announce) -> None:
    """Keep the ways in, put everything into the ledger's tree, and write down that all of it is invented."""
    accounts.keep()
    people, items = note_filling(site, seed=SEED, now=now)
    while sequence_entries(site, now):
        pass
    announce(f"filling    {site}: {people:,} people and companies, {items:,} sealed items")


def list_ways(
    environment: Environment, shelf: Shelf, accounts: Accounts, owner: str, staff: dict[str, tuple[str, ...]]
) -> Iterator[str]:
    """Who can sign in where, line by line; `staff` are the names of each site's own."""
    yield f"password   {accounts.password}   for every account below; all of them are invented"
    for shelved in shelf.sites:
        for way in accounts.ways.get(shelved.slug, ()):
            yield f"sign in    {find_home(environment, shelved)}{SIGN_IN_PATH}   {way.address}, who {way.what}"
    console = f"console    {find_overview(environment)}console/"
    for site, names in staff.items():
        yield f"{console}   at {site}, each in the role of that name: {', '.join(names)}"
    yield f"{console}   {owner}: gives them their roles, and sees nothing about customers"
    yield f"           {SECOND if settings.SECOND_FACTOR_REQUIRED else NO_SECOND}"
    if settings.MAILBOX:
        yield f"mailbox    {find_overview(environment)}mail/   what the sites mail"
