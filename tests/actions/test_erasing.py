"""A fault at any write of an act on both databases: it is done whole or not at all, and no key of the erased stays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.customers import CY, HOME, PASSWORD, REED_AND_CO, join_one, sign_in_one
from tests.actions.stage import BO, Cast
from upheld.core.gate.binding import Binding


class Edge(Exception):  # noqa: N818 - no error of anybody: the edge that a test falls over
    """The fault that a test puts into a database."""


WRITES = ("INSERT", "UPDATE", "DELETE")
MOST = 80


@contextmanager
def fall_at(number: int) -> Iterator[list[str]]:
    """Fail at the write of this number, in whichever database it comes; gives the writes that were asked for."""
    from django.db import connections

    asked: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(WRITES):
            asked.append(sql)
            if len(asked) == number:
                raise Edge
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        for alias in ("default", "keys"):
            stack.enter_context(connections[alias].execute_wrapper(watch))
        yield asked


def fall_everywhere(act: Callable[[], object], check: Callable[[], None]) -> int:
    """At how many writes the act fell before it went through; after each fall everything has to be as it was."""
    for number in range(1, MOST):
        try:
            with fall_at(number) as asked:
                act()
        except Edge:
            check()
        else:
            if len(asked) < number:
                return number - 1
            return number  # a fault after everything stood: what is left of it is for the sweep
    raise AssertionError("it never went through")


def show(binding: Binding, person: Any, now: datetime) -> dict[str, object]:
    from upheld.actions.vault import open_items

    opening = open_items(binding, person=person, action="show", counterpart="self", now=now)
    return {value.data: value.value for value in opening.values}


def count_keys(person: str) -> int:
    from upheld.records.keyring.models import PersonKey

    return PersonKey.objects.filter(person=person).count()


def test_erasing_is_whole_or_not_at_all(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.closing import close_account
    from upheld.actions.erasing import destroy_left_keys
    from upheld.records.models import Person

    def check() -> None:
        assert show(binding, cast.bo, now) == BO
        cast.bo.refresh_from_db()
        assert cast.bo.closed_at is None

    bo = cast.bo.id

    def close() -> None:
        close_account(binding, person=Person.objects.get(id=bo), is_erased=True, now=now, home=HOME)

    assert fall_everywhere(close, check) > 5
    assert not Person.objects.filter(id=bo).exists()
    destroy_left_keys(binding.site, now, "outgoing")
    assert count_keys(bo) == 0


def test_keys_that_a_crash_left_are_destroyed_by_the_sweep(
    binding: Binding, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import erasing
    from upheld.actions.forgetting import erase_person

    bo = cast.bo.id
    monkeypatch.setattr(erasing, "destroy_person_keys", lambda *_arguments: 0)
    erase_person(binding, person=cast.bo, now=now)
    monkeypatch.undo()
    assert count_keys(bo) == 1
    assert erasing.destroy_left_keys(binding.site, now + timedelta(hours=1), "outgoing") == 1
    assert count_keys(bo) == 0
    assert erasing.destroy_left_keys(binding.site, now + timedelta(hours=1), "outgoing") == 0
    assert count_keys(cast.ada.id) == 1


def test_the_key_of_a_message_that_has_left_goes_and_that_of_one_that_waits_stays(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.closing import close_account
    from upheld.actions.erasing import destroy_left_keys
    from upheld.records.models import Outgoing

    close_account(binding, person=cast.bo, is_erased=True, now=now, home=HOME)
    later = now + timedelta(days=1)
    assert destroy_left_keys(binding.site, later, "outgoing") == 0
    Outgoing.objects.filter(person="").update(sealed=b"")
    assert destroy_left_keys(binding.site, later, "outgoing") == 1


def test_taking_in_is_whole_or_not_at_all(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.vault import put_items

    def take() -> None:
        put_items(binding, person=cast.bo, touchpoint="registration", values={"person.zip": "90419"}, now=now)

    def check() -> None:
        assert show(binding, cast.bo, now) == BO

    assert fall_everywhere(take, check) > 1
    assert show(binding, cast.bo, now) == {**BO, "person.zip": "90419"}


@pytest.mark.usefixtures("databases")
def test_registering_a_company_is_whole_or_not_at_all(binding: Binding, now: datetime) -> None:
    from tests.actions.customers import register_one
    from upheld.records.models import Entry, Identifier, Item, Membership, Outgoing, Person, SignIn

    def register() -> None:
        register_one(binding, now, {**CY, **REED_AND_CO}, is_company=True)

    def check() -> None:
        for model in (Person, Item, SignIn, Identifier, Membership, Outgoing, Entry):
            assert not model.objects.exists(), model

    # the counts of tries come before the transaction
    assert fall_everywhere(register, check) > 10


@pytest.mark.usefixtures("databases")
def test_a_new_address_is_whole_or_not_at_all(binding: Binding, now: datetime) -> None:
    from tests.actions.customers import find_mail
    from upheld.actions.addresses import ask_new_address, move_address

    person, new = join_one(binding, now), "cy@elsewhere.example"
    ask_new_address(binding, person=person, address=new, password=PASSWORD, home=HOME, now=now)
    token = find_mail(new, "confirm-address").token

    def move() -> None:
        move_address(binding, token=token, home=HOME, now=now)

    def check() -> None:
        assert sign_in_one(binding, now).outcome == "in"
        assert show(binding, person, now)["person.email"] == CY["person.email"]

    assert fall_everywhere(move, check) > 5
    assert sign_in_one(binding, now, new).outcome == "in"


@pytest.mark.sqlite
def test_no_file_holds_a_destroyed_key_any_more(
    binding: Binding, cast: Cast, databases: dict[str, Path], now: datetime
) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.records.keyring.models import PersonKey

    wrapped = bytes(PersonKey.objects.get(person=cast.bo.id).wrapped)
    assert list_holders(databases, wrapped)
    erase_person(binding, person=cast.bo, now=now)
    assert list_holders(databases, wrapped) == []


def list_holders(databases: dict[str, Path], piece: bytes) -> list[str]:
    """The files beside the databases, their journals among them, that hold these bytes."""
    return [path.name for path in databases["keys"].parent.iterdir() if path.is_file() and piece in path.read_bytes()]


def test_nothing_of_what_comes_in_while_somebody_is_erased_stays(binding: Binding, cast: Cast, now: datetime) -> None:
    from django.db import IntegrityError, connections

    from upheld.actions.forgetting import erase_person
    from upheld.actions.vault import put_items
    from upheld.records.models import Item, Person
    from upheld.records.walls import enter_site

    bo, has_begun = cast.bo.id, threading.Event()

    def take() -> None:
        # On PostgreSQL the erasure may be first after all; then nothing of this comes in.
        with suppress(IntegrityError), enter_site(binding.site):
            put_items(binding, person=cast.bo, touchpoint="registration", values={"person.zip": "90419"}, now=now)
            has_begun.set()
            threading.Event().wait(0.3)  # meanwhile the erasure begins
        connections.close_all()

    taking = threading.Thread(target=take)
    taking.start()
    has_begun.wait(10)
    erase_person(binding, person=Person(id=bo, site=binding.site), now=now)
    taking.join()
    assert not Person.objects.filter(id=bo).exists()
    assert not Item.objects.filter(person=bo).exists()
    assert count_keys(bo) == 0
