"""Databases of PostgreSQL that are missing are made where the user may, and asked for where they may not."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from upheld.core.errors import SettingError
from upheld.server.databases import find_databases, has_rows, make_missing
from upheld.server.environment import read_environment
from upheld.server.top_key import has_data

NAME = f"upheld_made_{os.getpid()}"


@pytest.fixture
def maker(databases: Any) -> Iterator[tuple[str, str]]:
    """The address of databases that are not there: by a user who may make them, and by one who may not."""
    from django.db import connection

    from tests.postgres import ROLE, name_address, run

    if connection.vendor != "postgresql":
        yield "", ""
        return
    role = sql.Identifier(NAME)
    run(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
    yield name_address(NAME, NAME), name_address(ROLE, NAME)
    for name in (NAME, f"{NAME}_keys"):
        run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    run(sql.SQL("DROP ROLE {}").format(role))


def test_it_works(maker: tuple[str, str], tmp_path: Path) -> None:
    may, may_not = maker
    if not may:
        return
    refused = read_environment({"UPHELD_STATE": str(tmp_path), "UPHELD_DATABASE": may_not})
    with pytest.raises(SettingError) as caught:
        make_missing(find_databases(refused))
    assert caught.value.code == "S709"
    assert f"createdb --owner upheld_tests {NAME}" in str(caught.value.hint)
    environment = read_environment({"UPHELD_STATE": str(tmp_path), "UPHELD_DATABASE": may})
    assert not has_data(environment)
    places = find_databases(environment)
    assert make_missing(places) == (NAME, f"{NAME}_keys")
    assert make_missing(places) == ()
    assert not has_rows(places.default, "records_item")


def test_what_is_held_is_seen_before_anything_is_set_up(databases: Any, tmp_path: Path) -> None:
    from django.conf import settings

    from upheld.records.keyring.models import TopKey

    environment = read_environment({"UPHELD_STATE": str(tmp_path), "UPHELD_DATABASE": settings.ENVIRONMENT.database})
    assert has_data(environment)  # the stage has bound the keyring to its key
    TopKey.objects.all().delete()
    assert not has_data(environment)
