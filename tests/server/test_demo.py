"""Invented people: a year of them under the policy, the same for the same seed, in a folder that is a demo's alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import COURIER, binding, databases, now
from tests.courier import lay_out_courier
from tests.web.sites import set_up_django
from upheld.core.errors import RefusedError, SettingError
from upheld.core.gate.binding import Binding
from upheld.server import demo_state, top_key
from upheld.server.demo_recipe import FILE, Recipe, Step, read_recipe
from upheld.server.demo_state import MARKER, find_accounts, prepare_state
from upheld.server.environment import Environment, read_environment

__all__ = ["binding", "databases", "now"]

PEOPLE = 24
PASSWORD = "not-a-word-of-anybody"  # noqa: S105 - of people who do not exist


@pytest.fixture
def recipe() -> Recipe:
    found = read_recipe(COURIER / FILE)
    assert found is not None
    return found


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    set_up_django()
    return replace(read_environment({}), state=tmp_path / "state", policies=lay_out_courier(tmp_path))


@pytest.fixture
def fill(databases: dict[str, Path], binding: Binding, recipe: Recipe, now: datetime) -> Callable[..., Any]:
    """Fills the courier's site with a few people."""

    def fill_now(said: Recipe = recipe, people: int = PEOPLE) -> Any:
        from upheld.server.demo import fill_site

        return fill_site(binding, said, people=people, now=now, announce=lambda _line: None)

    return fill_now


def test_it_works(fill: Callable[..., Any], binding: Binding, now: datetime) -> None:
    from upheld.records.models import Answer, Item, Membership, Outgoing, Person

    first = fill()
    assert Person.objects.count() == PEOPLE
    assert [(newcomer.kind, bool(newcomer.company), newcomer.is_holder) for newcomer in first] == [
        ("company", False, False),
        ("person", True, True),
        ("person", True, False),
        ("person", False, False),
    ]
    assert {touchpoint for (touchpoint,) in Item.objects.values_list("touchpoint")} >= {
        "account set-up",
        "registration",
        "order",
        "service",
        "mailing",
    }
    assert Membership.objects.filter(is_primary=True).count() == Person.objects.filter(kind="company").count()
    assert Answer.objects.exists()
    assert Outgoing.objects.exclude(state__in=["sent", "failed"]).count() == 0  # nothing is ever sent to them


def test_all_of_it_happened_within_the_year_and_is_not_past_its_time(
    fill: Callable[..., Any], binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Item, Person

    fill()
    moments = list(Item.objects.values_list("collected_at", flat=True))
    assert now - timedelta(days=366) < min(moments) < now - timedelta(days=200)
    assert max(moments) <= now
    assert not Item.objects.filter(keep_until__lte=now).exists()
    assert not Person.objects.filter(created_at__gt=now).exists()


def test_the_same_seed_gives_the_same_people(binding: Binding, recipe: Recipe, databases: Any, now: datetime) -> None:
    from upheld.server.demo_people import Inventor

    def invent(moment: datetime, seed: int = 7) -> list[Any]:
        return [
            (newcomer.id, newcomer.identifiers, len(newcomer.parts))
            for newcomer in Inventor(binding, recipe, seed=seed, now=moment).invent_people(PEOPLE)
        ]

    assert invent(now) == invent(now + timedelta(days=40))
    assert invent(now) != invent(now, seed=8)
    addresses = [text for _, identifiers, _ in invent(now) for _, text in identifiers if "@" in text]
    assert len(set(addresses)) == len(addresses) > PEOPLE / 2
    assert all(address.endswith(".example") for address in addresses)


def test_a_filling_that_broke_off_is_taken_up_again(fill: Callable[..., Any], now: datetime) -> None:
    from upheld.records.models import Item, Person

    fill()
    items = Item.objects.count()
    gone = list(Person.objects.order_by("-created_at")[:5])
    gone_items = Item.objects.filter(person__in=gone).count()
    for person in gone:
        person.delete()
    fill()
    assert Person.objects.count() == PEOPLE
    assert Item.objects.count() == items
    assert gone_items > 0


def test_what_the_policy_does_not_let_in_is_not_invented(fill: Callable[..., Any], recipe: Recipe) -> None:
    from upheld.records.models import Person

    bad = replace(recipe, first={**recipe.first, "private": Step("registration", {"service.order": "name"})})
    with pytest.raises(RefusedError):
        fill(bad)
    assert Person.objects.filter(kind="person", memberships__isnull=True).count() == 0


def test_cases_and_staff_and_ways_in(fill: Callable[..., Any], binding: Binding, now: datetime) -> None:
    from upheld.actions.filling import (
        give_way_in,
        is_filled,
        make_staff,
        name_first_staff,
        note_filling,
        open_past_cases,
        staff_roles,
    )
    from upheld.actions.grants import list_live_roles
    from upheld.actions.passwords import find_sign_in
    from upheld.actions.staff import find_staff
    from upheld.records.models import Case, Item, Person

    first = fill(people=60)
    owner = make_staff(PASSWORD)
    names = staff_roles(binding, owner, PASSWORD, now)
    assert names == staff_roles(binding, make_staff(PASSWORD), PASSWORD, now)  # a second start changes nothing
    # two of the privacy desk have to agree to a legal demand
    assert set(names) == {*binding.policy.words.leaves("role"), "privacy-desk-2"}
    assert list_live_roles(site=binding.site, staff=find_staff(names[0]).pk, now=now) == (names[0],)
    told = Item.objects.filter(touchpoint="feedback").count()
    assert told > 0
    assert open_past_cases(binding, {"feedback": "feedback"}, name_first_staff(names), now) == told
    assert open_past_cases(binding, {"feedback": "feedback"}, name_first_staff(names), now) == 0
    assert Case.objects.filter(closed_at__lte=now).count() <= told
    holder = Person.objects.get(id=first[1].id)
    assert give_way_in(binding, holder.id, PASSWORD, now)
    assert find_sign_in(binding.site, holder) is not None
    assert not give_way_in(binding, "p_" + "a" * 20, PASSWORD, now)
    assert not is_filled(binding.site)
    note_filling(binding.site, seed=1, now=now)
    assert is_filled(binding.site)


def test_what_goes_out_in_a_demo_goes_by_permission(
    fill: Callable[..., Any], binding: Binding, recipe: Recipe, now: datetime
) -> None:
    from upheld.actions.filling import make_staff, staff_roles
    from upheld.actions.releases import list_releases
    from upheld.actions.tellings import count_pending
    from upheld.records.models import Disclosure, Recipient
    from upheld.server.demo_giving import fill_giving

    first = fill()
    names = staff_roles(binding, make_staff(PASSWORD), PASSWORD, now)
    given = [fill_giving(binding, recipe.giving, first, names, now) for _ in range(2)]
    assert given == [len(recipe.giving.permits), 0]
    states = [one.state for one in list_releases(binding.site, now=now)]
    assert sorted(states) == ["live", "live", "used up", "withdrawn"]
    assert Disclosure.objects.count() == 2
    assert Recipient.objects.count() == len(recipe.giving.recipients)
    assert count_pending(binding.site) == 1


def test_an_empty_folder_becomes_the_demos_own(environment: Environment) -> None:
    assert prepare_state(environment, is_fresh=False)
    assert (environment.state / MARKER).is_file()
    password = find_accounts(environment).password
    assert find_accounts(environment).password == password
    assert (environment.state / "demo-accounts.txt").stat().st_mode & 0o077 == 0
    assert prepare_state(environment, is_fresh=False)
    assert find_accounts(environment).password == password
    (environment.state / "static").mkdir()
    assert prepare_state(environment, is_fresh=True)
    assert find_accounts(environment).password != password
    assert not (environment.state / "static").exists()


def test_a_folder_with_other_data_is_neither_filled_nor_removed(environment: Environment) -> None:
    environment.state.mkdir()
    kept = environment.state / "top.key"
    kept.write_text("something of somebody", encoding="utf-8")
    with pytest.raises(SettingError) as refused:
        prepare_state(environment, is_fresh=True)
    assert refused.value.code == "S712"
    assert kept.is_file()


@pytest.fixture
def elsewhere(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> tuple[Environment, set[str]]:
    """The same with its data in PostgreSQL, and the names of the databases there that hold something."""
    held: set[str] = set()
    for module in (demo_state, top_key):
        monkeypatch.setattr(module, "has_rows", lambda place, _table: getattr(place, "name", "") in held)
    return replace(environment, database="postgresql://localhost/trial"), held


def test_a_database_elsewhere_is_its_owner_s_to_drop_and_until_then_nothing_is_removed(
    elsewhere: tuple[Environment, set[str]],
) -> None:
    environment, held = elsewhere
    assert prepare_state(environment, is_fresh=True)
    password = find_accounts(environment).password
    for left in ({"trial", "trial_keys"}, {"trial_keys"}):
        held.clear()
        held |= left
        with pytest.raises(SettingError) as refused:
            prepare_state(environment, is_fresh=True)
        assert refused.value.code == "S712"
        assert str(refused.value.hint).endswith(" && ".join(f"dropdb {name}" for name in sorted(left)))
        assert find_accounts(environment).password == password
    held.clear()
    assert prepare_state(environment, is_fresh=True)
    assert find_accounts(environment).password != password


def test_nobody_is_told_to_drop_a_database_that_no_demo_filled(elsewhere: tuple[Environment, set[str]]) -> None:
    environment, held = elsewhere
    held |= {"trial"}
    with pytest.raises(SettingError) as refused:
        prepare_state(environment, is_fresh=True)
    assert refused.value.code == "S712"
    assert "drop" not in str(refused.value.hint)
    assert not prepare_state(environment, is_fresh=False)
    prepare_state(
        replace(environment, database=""), is_fresh=False
    )  # a demo's folder, and a database it knows nothing of
    with pytest.raises(SettingError) as refused:
        prepare_state(environment, is_fresh=True)
    assert "drop" not in str(refused.value.hint)


@pytest.mark.sqlite
def test_data_that_no_demo_made_is_left_alone(environment: Environment, databases: dict[str, Path]) -> None:
    import shutil

    from django.db import connections

    with connections["keys"].cursor() as cursor:  # the keyring already knows its top key
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    environment.state.mkdir()
    shutil.copyfile(databases["keys"], environment.state / "keys.sqlite3")
    assert not prepare_state(environment, is_fresh=False)


@pytest.mark.parametrize(
    "text", ["people: [", "people: 3", "{}", "people: {private: 1}", "- a list", "\ud83d", "people: {private: 0}"]
)
def test_a_recipe_that_cannot_be_read_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / FILE
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SettingError) as refused:
        read_recipe(path)
    assert refused.value.code == "S713"
    assert read_recipe(tmp_path / "nothing.yaml") is None


@pytest.fixture
def open_demo(databases: dict[str, Path], environment: Environment) -> Callable[[], list[str]]:
    """Fills the demo of this folder as a start of it does, and gives what it said."""
    return make_demo(environment, PEOPLE)


def make_demo(environment: Environment, people: int) -> Callable[[], list[str]]:
    from upheld.server.demo import fill_demo
    from upheld.server.opening import open_shelf

    prepare_state(environment, is_fresh=False)
    shelf = open_shelf(environment)

    def fill_all() -> list[str]:
        told: list[str] = []
        fill_demo(environment, shelf, people, told.append)
        return told

    return fill_all


def test_every_site_we_publish_is_filled(databases: dict[str, Path], environment: Environment) -> None:
    from upheld.actions.filling import is_filled
    from upheld.records.models import Person
    from upheld.records.walls import read_site

    told = make_demo(replace(environment, policies=COURIER.parent), 6)()
    sites = {path.parent.name for path in COURIER.parent.glob(f"*/{FILE}")}
    assert len(sites) >= 5
    assert {site for site in sites if is_filled(site)} == sites
    for site in sites:
        with read_site(site):
            assert Person.objects.filter(site=site).exists(), site
    assert [line for line in told if line.startswith("sign in")]


def test_a_start_says_who_can_sign_in_where_and_the_next_one_says_the_same(open_demo: Callable[[], list[str]]) -> None:
    from upheld.records.models import Entry, Person

    first = open_demo()
    ways = [line for line in first if line.startswith(("password", "sign in", "console"))]
    assert [line.split()[0] for line in ways] == ["password", "sign", "sign", "sign", "console", "console"]
    assert "http://lasership.localhost:8000/account/sign-in" in ways[1]
    assert "customer-service, dispatch" in ways[-2]
    assert "owner: gives them their roles" in ways[-1]
    assert any("a second factor" in line for line in first)
    people, lines = Person.objects.count(), Entry.objects.count()
    second = open_demo()
    assert second == first[-len(second) :]
    assert (Person.objects.count(), Entry.objects.count()) == (people, lines)


@pytest.mark.parametrize("step", ["import_people", "open_ways", "open_past_cases", "note_filling"])
def test_a_start_that_was_cut_short_is_finished_by_the_next_one(
    open_demo: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from upheld.actions.filling import is_filled
    from upheld.records.models import Case, Item, Person
    from upheld.server import demo

    with monkeypatch.context() as patch:
        real = getattr(demo, step)

        def stop(*args: Any, **named: Any) -> None:
            real(*args, **named)
            raise KeyboardInterrupt

        patch.setattr(demo, step, stop)
        with pytest.raises(KeyboardInterrupt):
            open_demo()
    said = open_demo()
    assert len([line for line in said if line.startswith("sign in")]) == 3
    assert is_filled("lasership")
    assert Person.objects.count() == PEOPLE
    told = Case.objects.exclude(kind__in=("release", "demand"))  # those belong to what goes out
    assert told.count() == Item.objects.filter(touchpoint="feedback").count()


def test_mails_have_just_arrived_and_lie_there_once(
    environment: Environment, binding: Binding, recipe: Recipe, now: datetime
) -> None:
    from upheld.server.demo_mails import fill_mailbox

    customers = ["hana@quaymail.example"]
    folder = environment.state / "inbox"
    for _ in range(2):
        assert fill_mailbox(environment, binding, recipe.mails, customers, now) == len(recipe.mails)
    written = [path.read_bytes() for path in (folder / "new").iterdir()]
    assert len(written) == len(recipe.mails)
    assert any(b"From: hana@quaymail.example" in content for content in written)
    elsewhere = replace(environment, inbox="none")
    assert fill_mailbox(elsewhere, binding, recipe.mails, customers, now) == 0
