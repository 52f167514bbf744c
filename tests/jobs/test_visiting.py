"""The invented visitor walks before a proof, once a day, and nobody waits for one that cannot."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import COURIER, Cast, open_courier
from tests.jobs.test_mail import Pigeon
from upheld.core.proof.walks import Walk

Begun = tuple[Any, list[str], threading.Event]


@pytest.fixture
def begun(databases: Any, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Begun:
    """The work of a process whose proofs and walks only say that they took place."""
    from upheld.jobs import proofs
    from upheld.jobs.work import Work

    done: list[str] = []
    ending = threading.Event()
    binding = open_courier()
    assert COURIER.name == binding.site
    monkeypatch.setattr(proofs, "iter_bindings", lambda _now: [binding])
    return (
        Work(
            channel=Pigeon(),
            state=tmp_path,
            database="",
            prove=lambda site, cause, _ending: done.append(f"proof of {site}: {cause}"),
            visit=lambda site, _ending: done.append(f"walk through {site}"),
            code="c" * 64,
        ),
        done,
        ending,
    )


def test_the_walk_comes_first(begun: Begun) -> None:
    from upheld.jobs.proofs import prove_due

    work, done, ending = begun
    assert prove_due(work, ending, set()) == 1
    assert done == ["walk through lasership", "proof of lasership: deploy"]


def test_a_second_proof_of_the_day_has_no_walk(begun: Begun) -> None:
    from upheld.actions.visiting import begin_walk, keep_walk
    from upheld.jobs.proofs import prove_due
    from upheld.jobs.work import read_clock

    work, done, ending = begun
    binding = open_courier()
    keep_walk(binding, begin_walk(binding, address="", now=read_clock()), Walk(), now=read_clock())
    prove_due(work, ending, set())
    assert done == ["proof of lasership: deploy"]


def test_without_a_visitor_the_proof_is_made_all_the_same(begun: Begun) -> None:
    from upheld.jobs.proofs import prove_due

    work, done, ending = begun
    prove_due(replace(work, visit=None), ending, set())
    assert done == ["proof of lasership: deploy"]


def test_nothing_is_begun_once_the_jobs_end(begun: Begun) -> None:
    from upheld.jobs.proofs import prove_due

    work, done, ending = begun

    def stop(site: str, told: threading.Event) -> None:
        done.append(f"walk through {site}")
        told.set()

    assert prove_due(replace(work, visit=stop), ending, set()) == 0
    assert done == ["walk through lasership"]
