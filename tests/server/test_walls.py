"""The second wall between sites: on PostgreSQL a query sees the rows of the site that was entered and no other."""

import contextlib
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

NOW = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture
def two_sites(databases: Any) -> None:
    """A person in each of two sites."""
    from upheld.records.models import Person
    from upheld.records.walls import enter_site

    for site in ("one", "two"):
        with enter_site(site):
            Person.objects.create(id=f"p_{site}", site=site, version=NOW.date(), created_at=NOW)


def list_seen(site: str = "") -> list[str]:
    """Whom a query without any condition finds; asked past the stage, which lets a test's own queries in."""
    from django.db import connection, transaction

    from upheld.records.walls import set_entered

    found: list[str] = []

    def look() -> None:
        with transaction.atomic():
            if site:
                set_entered(site)
            with connection.cursor() as cursor:
                cursor.execute("SELECT id FROM records_person ORDER BY id")
                found.extend(row[0] for row in cursor.fetchall())
        connection.close()

    thread = threading.Thread(target=look)  # the stage's wrapper belongs to the connection of the first thread
    thread.start()
    thread.join()
    return found


def is_postgres() -> bool:
    from django.db import connection

    return connection.vendor == "postgresql"


def test_a_query_without_a_condition_sees_one_site(two_sites: None) -> None:
    if is_postgres():
        assert list_seen("one") == ["p_one"]
        assert list_seen("two") == ["p_two"]
        assert list_seen("three") == []
        assert list_seen() == []
    else:
        assert list_seen() == ["p_one", "p_two"]  # here the queries alone keep them apart


def test_what_was_entered_is_left_again(two_sites: None) -> None:
    from upheld.records.walls import enter_site, find_entered, read_site

    with enter_site("one"):
        with read_site("two"), enter_site("two"):
            assert find_entered() in ("", "two")
        assert find_entered() in ("", "one")
        with pytest.raises(ZeroDivisionError), enter_site("two"):
            _ = 1 / 0
        assert find_entered() in ("", "one")
        assert not is_postgres() or ask_setting() == "one"
    assert find_entered() == ""
    assert not is_postgres() or ask_setting() == ""


def test_a_part_of_a_transaction_falls_with_the_whole(two_sites: None) -> None:
    from django.db import transaction
    from django.db.transaction import TransactionManagementError

    from upheld.records.models import Person
    from upheld.records.walls import enter_site

    def add(name: str) -> None:
        with enter_site("one", is_part=True):
            Person.objects.create(id=name, site="one", version=NOW.date(), created_at=NOW)
            if name == "p_bad":
                raise ZeroDivisionError

    def add_both() -> None:
        with enter_site("one"):
            add("p_good")
            with contextlib.suppress(ZeroDivisionError):
                add("p_bad")
            Person.objects.count()  # whoever passes over the error cannot go on

    with pytest.raises(TransactionManagementError):
        add_both()
    assert not transaction.get_connection().needs_rollback
    assert list_seen("one" if is_postgres() else "") == (["p_one"] if is_postgres() else ["p_one", "p_two"])
    add("p_alone")  # where no transaction is open it begins one
    assert "p_alone" in list_seen("one" if is_postgres() else "")


def ask_setting() -> str:
    from django.db import connection

    from upheld.records.walls import SETTING

    with connection.connection.cursor() as cursor:
        cursor.execute(f"SELECT current_setting('{SETTING}', true)")
        return str(cursor.fetchone()[0] or "")


def test_nothing_is_written_or_moved_across_the_wall(two_sites: None) -> None:
    from django.db import ProgrammingError

    from upheld.records.models import Person
    from upheld.records.walls import enter_site

    if not is_postgres():
        return
    with pytest.raises(ProgrammingError), enter_site("one"):
        Person.objects.create(id="p_new", site="two", version=NOW.date(), created_at=NOW)
    with pytest.raises(ProgrammingError), enter_site("one"):
        Person.objects.filter(id="p_one").update(site="two")
    with enter_site("one"):
        assert Person.objects.filter(id="p_two").delete()[0] == 0
    assert list_seen("two") == ["p_two"]


def test_every_table_with_a_site_has_its_wall(databases: Any) -> None:
    from upheld.records.walls import has_open_role, list_open_tables, list_walled_tables

    assert {"records_person", "records_item", "records_entry", "records_outgoing"} <= set(list_walled_tables())
    if is_postgres():
        assert list_open_tables() == ()
        assert not has_open_role()


def test_a_wall_that_was_taken_down_is_seen_and_raised_again(databases: Any) -> None:
    from django.db import connection

    from upheld.records.walls import list_open_tables, raise_walls

    if not is_postgres():
        return
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_person NO FORCE ROW LEVEL SECURITY")
        cursor.execute("DROP POLICY one_site ON records_item")
    assert list_open_tables() == ("records_item", "records_person")
    raise_walls(using="default")
    assert list_open_tables() == ()


def test_no_connection_is_asked_twice_where_it_stands(two_sites: None) -> None:
    from django.db import connection

    from upheld.records.walls import enter_site, read_site

    asked: list[str] = []

    def count(execute: Any, query: str, *rest: Any) -> Any:
        asked.append(query)
        return execute(query, *rest)

    with enter_site("one"), connection.execute_wrapper(count), read_site("one"), read_site("one"):
        pass
    assert asked == []
