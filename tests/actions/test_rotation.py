"""Keys that take the place of others: everything opens before, during and after, wherever it was cut short."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import ADA, BO, TOP_KEY, Cast
from upheld.core.errors import SealError, VaultError
from upheld.core.gate.binding import Binding

OTHER_TOP_KEY = bytes(reversed(TOP_KEY))
HASH = "argon2$not$a$real$hash"
NEW_ADDRESS = "ada@elsewhere.example"
LETTER = b"a letter to Ada"


class PowerCutError(Exception):
    """Ends a step where no step expects it."""


@contextmanager
def cut_at(number: int) -> Iterator[None]:
    """The power goes at this statement, in whichever of the two databases it is asked."""
    from contextlib import ExitStack

    from django.db import connections

    asked = count(1)

    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if next(asked) == number:
            raise PowerCutError
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        for alias in ("default", "keys"):
            stack.enter_context(connections[alias].execute_wrapper(run))
        yield


@pytest.fixture
def held(binding: Binding, cast: Cast, now: datetime) -> Callable[[], None]:
    """Ada holds something in every column that is sealed; what this gives checks that all of it still opens."""
    from upheld.actions import keys, passwords, scope, tokens, vault
    from upheld.actions.keys import find_person_key, open_person_key
    from upheld.core.seal.envelope import Label, open_sealed, seal
    from upheld.records.models import Item, Outgoing, SignIn, Token

    site, ada = binding.site, cast.ada
    passwords.store_password(binding, person=ada, leaf="sign-in.password", encoded=HASH, now=now)
    tokens.issue_link(site, use="move", person=ada, home="https://courier.example/", now=now, text=NEW_ADDRESS)
    row = Item.objects.get(person=ada, touchpoint="registration")
    exclusion = next(iter(binding.policy.words.of_sort("exclusion")))
    scope.leave_out_item(binding, item=row, exclusion=exclusion, source="the directory", by="s_1", now=now)
    vault.put_items(binding, person=ada, touchpoint="survey", values={"answer.survey": "Fine"}, now=now)
    key = find_person_key(site, ada.id, "outgoing", now)
    label = Label(site, ada.id, "m_" + "a" * 20, "outgoing")
    for message, sealed in (("a", seal(key.key, b"n" * 12, LETTER, label)), ("b", b"")):
        Outgoing.objects.create(
            id="m_" + message * 20,
            site=site,
            person=ada.id,
            mail_class="newsletter",
            kind="letter",
            key=key.name,
            sealed=sealed,
            queued_at=now,
        )

    def check() -> None:
        keys.forget_site_keys()
        shown = {"action": "show", "counterpart": "self", "now": now}
        assert {value.data: value.value for value in vault.open_items(binding, person=cast.ada, **shown).values} == {
            **ADA,
            "answer.survey": "Fine",
        }
        assert {value.data: value.value for value in vault.open_items(binding, person=cast.bo, **shown).values} == BO
        assert scope.read_source(Item.objects.get(person=ada, touchpoint="registration")) == "the directory"
        for model, label, plain in (
            (SignIn, Label(site, ada.id, "sign-in", "password"), HASH.encode()),
            (Token, Label(site, ada.id, "link", "move"), NEW_ADDRESS.encode()),
            (Outgoing, Label(site, ada.id, "m_" + "a" * 20, "outgoing"), LETTER),
        ):
            row = model.objects.exclude(sealed=b"").get(site=site)
            assert open_sealed(open_person_key(site, row.key), bytes(row.sealed), label) == plain

    return check


def list_wrapping(site: str) -> set[str]:
    from upheld.records.keyring.models import PersonKey

    return set(PersonKey.objects.filter(site=site).values_list("site_key", flat=True))


def list_person_keys(person: Any, *, is_current: bool = True) -> set[str]:
    from upheld.records.keyring.models import PersonKey

    return set(PersonKey.objects.filter(person=person.id, is_current=is_current).values_list("name", flat=True))


def test_every_sealed_column_is_known_to_the_rotation(databases: dict[str, Path]) -> None:
    """A column that is added and not put into SEALED would be lost when its key goes."""
    from django.db.models import BinaryField

    from upheld.actions.rotation import SEALED, iter_keyed

    known = {(found.model, found.column) for found in SEALED}
    for model in iter_keyed():
        columns = {field.name for field in model._meta.concrete_fields if isinstance(field, BinaryField)} - {"digest"}
        assert columns == {column for found, column in known if found is model}, model.__name__


def test_a_new_top_key_opens_everything_and_the_old_one_nothing(
    binding: Binding, held: Callable[[], None], now: datetime
) -> None:
    from upheld.actions.keys import LocalTopKey, check_top_key, find_site_key, place_top_key
    from upheld.actions.rotation import rotate_top_key
    from upheld.records.models import Entry

    old, new = LocalTopKey(TOP_KEY), LocalTopKey(OTHER_TOP_KEY)
    done = rotate_top_key(new, old=old, now=now)
    assert (done.old, done.new) == (old.name, new.name)
    held()
    line = Entry.objects.filter(kind="keys.rotated").get()
    assert old.name in line.text
    assert new.name in line.text
    assert check_top_key(now) is False
    place_top_key(old)
    with pytest.raises(VaultError) as refused:
        check_top_key(now)
    assert refused.value.code == "V812"
    with pytest.raises(SealError):
        find_site_key(binding.site, "wrap", now)


def test_the_top_key_goes_back_and_the_same_one_twice_wraps_anew(
    binding: Binding, held: Callable[[], None], now: datetime
) -> None:
    from upheld.actions.keys import LocalTopKey, check_top_key
    from upheld.actions.rotation import rotate_top_key
    from upheld.records.keyring.models import SiteKey, TopKey

    old, new = LocalTopKey(TOP_KEY), LocalTopKey(OTHER_TOP_KEY)
    rotate_top_key(new, old=old, now=now)
    rotate_top_key(old, old=new, now=now)
    before = set(SiteKey.objects.values_list("wrapped", flat=True))
    rotate_top_key(old, old=old, now=now)
    assert not before & set(SiteKey.objects.values_list("wrapped", flat=True))
    assert TopKey.objects.get(is_current=True).name == old.name
    assert check_top_key(now) is False
    held()


def test_a_top_key_that_is_not_the_keyrings_rotates_nothing(held: Callable[[], None], now: datetime) -> None:
    from upheld.actions.keys import LocalTopKey
    from upheld.actions.rotation import rotate_top_key

    wrong = LocalTopKey(bytes(32))
    with pytest.raises(VaultError) as refused:
        rotate_top_key(LocalTopKey(OTHER_TOP_KEY), old=wrong, now=now)
    assert refused.value.code == "V812"
    held()


def test_a_new_site_key_is_above_all_keys_of_its_people_and_no_others(
    binding: Binding, held: Callable[[], None], now: datetime
) -> None:
    from upheld.actions.keys import find_person_key
    from upheld.actions.rotation import rotate_site_key

    other = find_person_key("lantern", "p_" + "a" * 20, "unlimited", now)
    before = list_wrapping(binding.site)
    told: list[int] = []
    done = rotate_site_key(binding.site, now=now, tell=told.append)
    assert list_wrapping(binding.site) == {done.new}
    assert before == {done.old}
    assert told == [done.keys]
    assert done.left == 0
    held()
    assert find_person_key("lantern", "p_" + "a" * 20, "unlimited", now) == other


def test_the_old_site_key_goes_an_hour_later(binding: Binding, held: Callable[[], None], now: datetime) -> None:
    from upheld.actions.rotation import destroy_replaced_keys, rotate_site_key
    from upheld.records.keyring.models import SiteKey

    done = rotate_site_key(binding.site, now=now)
    assert destroy_replaced_keys(binding.site, now=now + timedelta(minutes=59)) == 0
    assert SiteKey.objects.filter(name=done.old).exists()
    assert destroy_replaced_keys(binding.site, now=now + timedelta(minutes=61)) == 1
    assert not SiteKey.objects.filter(name=done.old).exists()
    held()


def test_a_key_that_a_slow_worker_drew_under_the_old_site_key_keeps_it_there(
    binding: Binding, cast: Cast, held: Callable[[], None], now: datetime
) -> None:
    from upheld.actions import keys
    from upheld.actions.rotation import destroy_replaced_keys, rotate_site_key

    slow = keys.find_site_key(binding.site, "wrap", now)
    rotate_site_key(binding.site, now=now)
    keys._keep((binding.site, "wrap"), slow)  # what another worker still has in memory
    keys.find_person_key(binding.site, cast.bo.id, "365 days after answer", now)
    assert destroy_replaced_keys(binding.site, now=now + timedelta(days=1)) == 0
    done = rotate_site_key(binding.site, now=now)  # finishes that one, and draws no third key
    assert done.keys == 1
    assert list_wrapping(binding.site) == {done.new}
    assert destroy_replaced_keys(binding.site, now=now + timedelta(days=1)) == 1
    held()


def test_a_worker_forgets_a_site_key_after_a_minute(
    binding: Binding, held: Callable[[], None], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import keys
    from upheld.actions.rotation import rotate_site_key

    before = keys.find_site_key(binding.site, "wrap", now)
    done = rotate_site_key(binding.site, now=now)
    keys._keep((binding.site, "wrap"), before)
    assert keys.find_site_key(binding.site, "wrap", now).name == before.name
    moment = keys.time.monotonic() + 61
    monkeypatch.setattr(keys.time, "monotonic", lambda: moment)
    assert keys.find_site_key(binding.site, "wrap", now).name == done.new


def test_a_key_that_does_not_open_stops_nobody_elses(
    binding: Binding, cast: Cast, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    from upheld.actions.rotation import destroy_replaced_keys, rotate_site_key
    from upheld.records.keyring.models import PersonKey

    [row] = PersonKey.objects.filter(person=cast.bo.id)
    row.wrapped = bytes(row.wrapped)[:-1] + b"?"
    row.save(update_fields=["wrapped"])
    done = rotate_site_key(binding.site, now=now)
    assert done.left == 1
    assert row.name in caplog.text
    assert list_wrapping(binding.site) == {done.old, done.new}
    assert destroy_replaced_keys(binding.site, now=now + timedelta(days=1)) == 0


def test_resealing_puts_every_column_under_a_new_key(
    binding: Binding, cast: Cast, held: Callable[[], None], now: datetime
) -> None:
    from upheld.actions.rotation import destroy_replaced_keys, reseal_person
    from upheld.records.models import Item

    before = list_person_keys(cast.ada)
    others = list_person_keys(cast.bo)
    sealed = set(Item.objects.filter(person=cast.ada).values_list("sealed", flat=True))
    later = now + timedelta(hours=1)
    assert reseal_person(binding.site, cast.ada.id, before=later, now=later) == len(before) == 4
    assert not before & list_person_keys(cast.ada)
    assert list_person_keys(cast.ada, is_current=False) == before
    assert not sealed & set(Item.objects.filter(person=cast.ada).values_list("sealed", flat=True))
    assert list_person_keys(cast.bo) == others
    held()
    assert destroy_replaced_keys(binding.site, now=later + timedelta(minutes=30)) == 0
    assert destroy_replaced_keys(binding.site, now=later + timedelta(minutes=61)) == 4
    assert destroy_replaced_keys(binding.site, now=later + timedelta(minutes=61)) == 0
    held()


def test_a_replaced_key_that_something_refers_to_stays_and_is_taken_up_again(
    binding: Binding, cast: Cast, held: Callable[[], None], now: datetime
) -> None:
    """A worker that had the old key in its hands when it was replaced loses nothing."""
    from upheld.actions import keys
    from upheld.actions.rotation import destroy_replaced_keys, reseal_person
    from upheld.actions.vault import seal_values
    from upheld.core.seal.envelope import Label
    from upheld.records.models import Item

    row = Item.objects.get(person=cast.ada, touchpoint="survey")
    old = keys.NamedKey(row.key, keys.open_person_key(binding.site, row.key))
    later = now + timedelta(hours=1)
    reseal_person(binding.site, cast.ada.id, before=later, now=later)
    label = Label(binding.site, cast.ada.id, row.id, "survey")
    Item.objects.filter(pk=row.pk).update(key=old.name, sealed=seal_values(old.key, {"answer.survey": "Fine"}, label))
    much_later = later + timedelta(hours=2)
    assert destroy_replaced_keys(binding.site, now=much_later) == 3
    held()
    assert reseal_person(binding.site, cast.ada.id, before=later, now=much_later) == 1
    assert destroy_replaced_keys(binding.site, now=much_later) == 1
    held()


def test_a_whole_site_is_sealed_anew_once_for_each_new_site_key(
    binding: Binding, cast: Cast, held: Callable[[], None], now: datetime
) -> None:
    from upheld.actions.rotation import reseal_site, rotate_site_key

    rotate_site_key(binding.site, now=now + timedelta(hours=1))
    told: list[int] = []
    later = now + timedelta(hours=2)
    assert reseal_site(binding.site, now=later, tell=told.append) == 3  # Ada, Bo, the company
    assert told == [3]
    held()


def test_an_altered_item_stops_its_person_and_nothing_of_it_changes(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.rotation import destroy_replaced_keys, reseal_person
    from upheld.records.models import Item

    Item.objects.filter(person=cast.ada).update(sealed=b"\x01" + b"altered" * 10)
    before = list(Item.objects.filter(person=cast.ada).values_list("key", "sealed"))
    later = now + timedelta(hours=1)
    with pytest.raises(SealError):
        reseal_person(binding.site, cast.ada.id, before=later, now=later)
    assert list(Item.objects.filter(person=cast.ada).values_list("key", "sealed")) == before
    assert destroy_replaced_keys(binding.site, now=later + timedelta(days=1)) == 0


def test_who_was_erased_meanwhile_stays_erased(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.actions.rotation import reseal_person
    from upheld.records.keyring.models import PersonKey

    later = now + timedelta(hours=1)
    reseal_person(binding.site, cast.ada.id, before=later, now=later)
    ada = cast.ada.id
    erase_person(binding, person=cast.ada, now=later)
    assert not PersonKey.objects.filter(person=ada).exists()  # the replaced ones went with the others
    assert reseal_person(binding.site, ada, before=later, now=later) == 0


def rotate_all(binding: Binding, now: datetime) -> None:
    from upheld.actions.rotation import destroy_replaced_keys, reseal_site, rotate_site_key

    rotate_site_key(binding.site, now=now)
    reseal_site(binding.site, now=now + timedelta(minutes=1))
    destroy_replaced_keys(binding.site, now=now + timedelta(hours=2))


@pytest.fixture
def again(held: Callable[[], None], databases: dict[str, Path], tmp_path: Path) -> Callable[[], None]:
    """Puts both databases back to what they were when the test began."""
    from django.db import connections

    kept = {alias: tmp_path / f"kept.{alias}" for alias in databases}
    for alias, path in databases.items():
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(path, kept[alias])

    def restore() -> None:
        connections.close_all()
        for alias, path in databases.items():
            for rest in path.parent.glob(f"{path.name}-*"):
                rest.unlink()
            shutil.copyfile(kept[alias], path)

    return restore


@pytest.mark.sqlite  # it puts the files back
@pytest.mark.parametrize("stride", [13, pytest.param(1, marks=pytest.mark.long)])
def test_the_power_may_go_at_every_step(
    binding: Binding, held: Callable[[], None], again: Callable[[], None], now: datetime, stride: int
) -> None:
    """Cut at one statement after the other: everything still opens at once, and the next run finishes what was begun."""
    from upheld.records.keyring.models import PersonKey, SiteKey

    later = now + timedelta(hours=1)
    for number in count(1, stride):
        again()
        try:
            with cut_at(number):
                rotate_all(binding, later)
            break
        except PowerCutError:
            held()
        rotate_all(binding, later + timedelta(minutes=1))
        held()
        assert SiteKey.objects.filter(site=binding.site, use="wrap").count() <= 2
        assert not PersonKey.objects.filter(site=binding.site, is_current=False).exists()
    assert number > 40
    held()
