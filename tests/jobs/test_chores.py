"""The chores: each is done when its time has come, and one that fails keeps nobody from the others."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import Cast
from tests.jobs.test_mail import Pigeon
from tests.web.sites import set_up_django


@pytest.fixture
def work(tmp_path: Path) -> Any:
    from upheld.jobs.work import Work, place_work
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Shelf

    made = Work(channel=Pigeon(), state=tmp_path, database="")
    place_work(made)
    place_shelf(Shelf(tmp_path, tmp_path))
    yield made
    place_work(None)


def test_the_ledger_is_put_into_its_tree(binding: Any, cast: Cast, now: datetime, work: Any) -> None:
    from upheld.actions.ledger import find_size
    from upheld.jobs.chores import put_into_tree
    from upheld.records.models import Entry
    from upheld.records.walls import enter_site

    assert Entry.objects.count() > 0
    put_into_tree(work, binding, now)
    with enter_site(binding.site):
        assert find_size(binding.site) == Entry.objects.count()


def test_every_chore_runs_on_a_site_that_holds_nothing_special(binding: Any, cast: Cast, work: Any) -> None:
    from upheld.jobs.chores import CHORES

    for chore in CHORES:
        chore.do(work, binding, datetime.now(UTC))


def test_one_that_fails_is_told_without_a_value_and_the_others_are_done(
    databases: Any, binding: Any, work: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from upheld.jobs import chores

    done: list[str] = []
    ending = threading.Event()

    def fail(*_arguments: Any) -> None:
        raise ValueError("ada@quill.example")

    def finish(*_arguments: Any) -> None:
        done.append("swept")
        if len(done) == 3:
            ending.set()

    slow = chores.Chore("sleep", timedelta(hours=1), lambda *_arguments: done.append("slept"))
    made = (chores.Chore("fall", timedelta(0), fail), slow, chores.Chore("sweep", timedelta(0), finish))
    monkeypatch.setattr(chores, "CHORES", made)
    monkeypatch.setattr(chores, "SEQUENCE_EVERY_SECONDS", 0.001)
    monkeypatch.setattr(chores, "iter_bindings", lambda _now: iter((binding,)))
    chores.do_chores(ending)
    assert done == ["slept", "swept", "swept"]
    assert caplog.text.count("to fall of lasership failed: ValueError") == 1, "it waits before it is told again"
    assert "quill" not in caplog.text


def test_a_chore_that_goes_on_failing_waits_longer_each_time_up_to_ten_minutes() -> None:
    set_up_django()
    from upheld.jobs.chores import find_wait

    waits = [find_wait(failures) for failures in range(30)]
    assert waits[:3] == [timedelta(0), timedelta(seconds=2), timedelta(seconds=4)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=10)
