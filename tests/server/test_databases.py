"""Where data, keys and jobs lie: apart, in files or in PostgreSQL, and addresses are taken apart as they were meant."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from upheld.core.errors import SettingError
from upheld.server.databases import Postgres, describe_database, find_databases, has_rows, make_missing
from upheld.server.environment import Environment, read_environment
from upheld.server.working import find_jobs_database

ADDRESS = "postgresql://up%40held:hunter%2F2@127.0.0.1:5433/data"
SOCKET = "postgresql://upheld@/data?host=/run/postgresql&port=5433&sslmode=prefer"


def environment_at(state: Path, **variables: str) -> Environment:
    return read_environment({"UPHELD_STATE": str(state), **variables})


def test_it_works(tmp_path: Path) -> None:
    places = find_databases(environment_at(tmp_path))
    assert (places.default, places.keys) == (tmp_path / "upheld.sqlite3", tmp_path / "keys.sqlite3")
    assert describe_database(tmp_path / "x")["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert find_jobs_database(environment_at(tmp_path)) == f"sqlite:///{tmp_path / 'jobs.sqlite3'}"


def test_one_setting_moves_both_to_postgresql(tmp_path: Path) -> None:
    places = find_databases(environment_at(tmp_path, UPHELD_DATABASE=ADDRESS))
    assert isinstance(places.default, Postgres)
    assert isinstance(places.keys, Postgres)
    assert (places.default.name, places.keys.name) == ("data", "data_keys")
    assert (places.default.user, places.default.password, places.default.port) == ("up@held", "hunter/2", "5433")
    assert "hunter" not in repr(places)
    described = describe_database(places.default)
    assert described["ENGINE"] == "django.db.backends.postgresql"
    assert described["PASSWORD"] == places.default.password


def test_the_keys_may_lie_on_another_server(tmp_path: Path) -> None:
    given = {"UPHELD_DATABASE": ADDRESS, "UPHELD_KEYS_DATABASE": "postgresql://k@192.0.2.1/apart"}
    places = find_databases(environment_at(tmp_path, **given))
    assert isinstance(places.keys, Postgres)
    assert (places.keys.host, places.keys.name) == ("192.0.2.1", "apart")


@pytest.mark.parametrize("same", [ADDRESS, "postgresql://other@127.0.0.1:5433/data?sslmode=prefer"])
def test_data_and_keys_in_one_database_are_refused(tmp_path: Path, same: str) -> None:
    with pytest.raises(SettingError) as caught:
        find_databases(environment_at(tmp_path, UPHELD_DATABASE=ADDRESS, UPHELD_KEYS_DATABASE=same))
    assert caught.value.code == "S703"


def test_a_folder_of_sockets_is_a_place_too(tmp_path: Path) -> None:
    environment = environment_at(tmp_path, UPHELD_DATABASE=SOCKET)
    place = find_databases(environment).default
    assert isinstance(place, Postgres)
    assert (place.host, place.port, place.options) == ("/run/postgresql", "5433", (("sslmode", "prefer"),))
    jobs = psycopg.conninfo.conninfo_to_dict(find_jobs_database(environment))
    assert jobs == {
        "user": "upheld",
        "dbname": "data",
        "host": "/run/postgresql",
        "port": "5433",
        "sslmode": "prefer",
    }


def test_the_jobs_find_the_same_database(tmp_path: Path) -> None:
    jobs = psycopg.conninfo.conninfo_to_dict(find_jobs_database(environment_at(tmp_path, UPHELD_DATABASE=ADDRESS)))
    assert jobs == {"user": "up@held", "password": "hunter/2", "host": "127.0.0.1", "port": "5433", "dbname": "data"}


def test_a_server_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    given = environment_at(tmp_path, UPHELD_DATABASE="postgresql://upheld:hunter2@127.0.0.1:9/data")
    with pytest.raises(SettingError) as caught:
        make_missing(find_databases(given))
    assert caught.value.code == "S709"
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_an_empty_table_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "upheld.sqlite3"
    assert not has_rows(path, "t")
    assert not path.exists()  # and asking makes none
    with closing(sqlite3.connect(path)) as connection:
        assert not has_rows(path, "t")
        connection.execute("CREATE TABLE t (id)")
        assert not has_rows(path, "t")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
    assert has_rows(path, "t")
