"""Who wants to write takes turns: the one who waits longest is next, and nobody is passed over until they give up."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from tests.actions.stage import binding, databases, now
from upheld.core.gate.binding import Binding
from upheld.records.sqlite.turns import Turns

__all__ = ["binding", "databases", "now"]


def test_the_one_who_waits_longest_is_next() -> None:
    turns = Turns()
    assert turns.take(1)
    came: list[int] = []
    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=lambda n=number: (turns.take(10), came.append(n), turns.give_back())))
        threads[-1].start()
        while len(turns.waiting) <= number:  # so that they ask in this order
            pass
    turns.give_back()
    for thread in threads:
        thread.join()
    assert came == [0, 1, 2, 3, 4]
    assert turns.take(0)


def test_who_gives_up_is_passed_over() -> None:
    turns = Turns()
    assert turns.take(1)
    assert not turns.take(0.01)
    assert not turns.waiting
    turns.give_back()
    assert turns.take(0)


@pytest.mark.sqlite
def test_many_writers_all_come_through(databases: dict[str, Path], binding: Binding, now: datetime) -> None:
    """Each writes often; without turns some of them wait until they give up, and the more so the slower the machine."""
    from django.db import connections

    from upheld.actions.people import create_person
    from upheld.records.models import Person

    failed: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(25):
                create_person(binding, now=now)
        except BaseException as problem:  # noqa: BLE001 - told below, in the thread of the test
            failed.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert Person.objects.count() == 200


@pytest.mark.sqlite
def test_a_turn_ends_with_its_transaction_however_it_ends(databases: dict[str, Path], binding: Binding) -> None:
    from django.db import connection, transaction

    from upheld.records.sqlite.base import find_turns

    turns = find_turns(str(databases["default"]))

    def fail() -> None:
        with transaction.atomic(), transaction.atomic():
            assert turns.is_taken
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert not turns.is_taken
    with transaction.atomic():
        assert turns.is_taken
    assert not turns.is_taken
    with transaction.atomic():
        connection.close()
    assert not turns.is_taken
    with transaction.atomic():
        transaction.set_rollback(True)
    assert not turns.is_taken


@pytest.mark.sqlite
def test_who_begins_while_another_process_writes_waits_and_comes_through(
    databases: dict[str, Path], binding: Binding, now: datetime
) -> None:
    from upheld.actions.people import create_person
    from upheld.records.models import Person

    with closing(sqlite3.connect(databases["default"], isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        ends = threading.Timer(0.05, other.execute, ["COMMIT"])
        ends.start()
        create_person(binding, now=now)
        ends.join()
    assert Person.objects.count() == 1


@pytest.mark.sqlite
def test_who_waits_too_long_for_another_process_is_told_and_gives_the_turn_back(
    databases: dict[str, Path], binding: Binding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db.utils import OperationalError

    from upheld.actions.people import create_person
    from upheld.records.models import Person
    from upheld.records.sqlite import base

    monkeypatch.setattr(base, "LONGEST_WAIT_SECONDS", 0.02)
    with closing(sqlite3.connect(databases["default"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError):
            create_person(binding, now=now)
        other.execute("COMMIT")
    create_person(binding, now=now)
    assert Person.objects.count() == 1


@pytest.mark.sqlite
def test_the_journal_is_written_back_beside_those_who_write(
    databases: dict[str, Path], binding: Binding, now: datetime
) -> None:
    from django.db import transaction

    from upheld.actions.people import create_person
    from upheld.records.journal import write_back

    create_person(binding, now=now)
    before = databases["default"].read_bytes()
    assert write_back("default")
    assert databases["default"].read_bytes() != before
    with transaction.atomic():
        assert not write_back("default")
