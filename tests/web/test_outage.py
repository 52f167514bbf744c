"""A database that is gone or full is told as such: 503, nothing kept, and not a word of the database in page or log."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.sites import Workshop


@pytest.fixture
def breaking(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Gives the page of versions a fault of this kind."""
    from upheld.pages import policy

    def break_with(problem: Exception) -> Any:
        def break_down(*_: Any, **__: Any) -> Any:
            raise problem

        monkeypatch.setattr(policy, "make_chrome", break_down)
        return workshop.get("/privacy/versions")

    return break_with


def test_it_works(breaking: Any, caplog: pytest.LogCaptureFixture) -> None:
    from django.db import InterfaceError, OperationalError

    for kind in (OperationalError, InterfaceError):
        with caplog.at_level(logging.ERROR):
            response = breaking(kind("database or disk is full: ada@quill.example"))
        assert response.status_code == 503
        assert response["Retry-After"] == "60"
        assert response["Cache-Control"] == "no-store"
        assert b"Nothing that you sent was kept" in response.content
        assert b"ada" not in response.content
    told = [record for record in caplog.records if record.name == "upheld.web.outage"]
    assert [record.getMessage().rpartition(": ")[2] for record in told] == ["OperationalError", "InterfaceError"]
    assert all(record.exc_info is None for record in told)
    assert not [record for record in caplog.records if record.name == "django.request"]


def test_a_full_disk_has_a_name_in_the_log(tmp_path: Any) -> None:
    import sqlite3
    from contextlib import closing

    from upheld.web.outage import name_state

    with closing(sqlite3.connect(tmp_path / "small.sqlite3")) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute("CREATE TABLE t (value)")
        with pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    problem = Exception("outer")
    problem.__cause__ = caught.value
    assert name_state(problem) == "SQLITE_FULL"


def test_any_other_fault_stays_ours(breaking: Any) -> None:
    from django.db import IntegrityError

    assert breaking(IntegrityError("twice")).status_code == 500
