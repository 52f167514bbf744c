"""Proofs when two are made at once, when one was left, and when the clock was set back: the newest look is what counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import binding, databases, now
from upheld.core.errors import VaultError
from upheld.core.proof.evidence import FAILS, REHEARSED, Evidence
from upheld.core.proof.runs import Proof, make_proof
from upheld.core.seal.entries import write_moment

__all__ = ["binding", "databases", "now"]
CODE = "c" * 64
A_YEAR, AN_HOUR, A_MINUTE = timedelta(days=365), timedelta(hours=1), timedelta(minutes=1)


def write_proof_at(binding: Any, at: datetime, *, is_failing: bool = False) -> Proof:
    """A proof without evidence, or with one rule that fails."""
    found = {0: [Evidence(REHEARSED, FAILS, "it is not so")]} if is_failing else {}
    moment = write_moment(at)
    return make_proof(binding.policy, found, code=CODE, cause="daily", began=moment, ended=moment, kinds=(REHEARSED,))


def prove(binding: Any, at: datetime, *, is_failing: bool = False) -> tuple[str, int]:
    """The id of a run at this moment, and how many sentences changed their state with it."""
    from upheld.actions.proving import begin_run, finish_run

    run = begin_run(binding, cause="daily", code=CODE, now=at)
    return run, len(finish_run(binding, run, write_proof_at(binding, at, is_failing=is_failing), at))


@pytest.mark.usefixtures("databases")
def test_a_run_that_another_overtook_is_not_kept(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import BROKEN_OFF, begin_run, finish_run, list_changes, list_runs

    first = begin_run(binding, cause="daily", code=CODE, now=now)
    second, _ = prove(binding, now + A_MINUTE)
    before = list_changes(binding.site)
    with pytest.raises(VaultError) as caught:
        finish_run(binding, first, write_proof_at(binding, now, is_failing=True), now + 2 * A_MINUTE)
    assert caught.value.code == "V827"
    assert {run.id: run.state for run in list_runs(binding.site)} == {first: BROKEN_OFF, second: "done"}
    assert list_changes(binding.site) == before


@pytest.mark.usefixtures("databases")
def test_a_proof_of_the_future_neither_shows_nor_keeps_others_from_being_made(binding: Any, now: datetime) -> None:
    from upheld.actions.newest_proof import forget_newest
    from upheld.actions.proving import BROKEN_OFF, DAILY, find_cause, find_run, read_newest

    ahead, _ = prove(binding, now + A_YEAR)
    assert find_cause(binding, code=CODE, now=now) == "deploy"  # nothing of today is known
    real, _ = prove(binding, now)
    assert find_cause(binding, code=CODE, now=now + AN_HOUR) == ""
    assert find_cause(binding, code=CODE, now=now + timedelta(days=1)) == DAILY
    run, again = find_run(binding.site, ahead), read_newest(binding.site, binding.policy.digest)
    assert run is not None
    assert again is not None
    assert (run.state, again[0].id) == (BROKEN_OFF, real)
    forget_newest()


@pytest.mark.usefixtures("databases")
def test_a_run_of_a_clock_a_little_ahead_stays_what_it_is_and_the_last_one_is_the_newest(
    binding: Any, now: datetime
) -> None:
    from upheld.actions.proving import FINISHED, list_runs

    runs = [prove(binding, at)[0] for at in (now + A_MINUTE, now, now, now)]
    assert [run.id for run in list_runs(binding.site)] == runs[::-1]
    assert {run.state for run in list_runs(binding.site)} == {FINISHED}


@pytest.mark.usefixtures("databases")
def test_what_broke_by_a_clock_that_was_ahead_changes_once(binding: Any, now: datetime) -> None:
    _, first = prove(binding, now + A_YEAR)
    assert first == len(binding.policy.sentences)
    assert [prove(binding, now + days * timedelta(days=1), is_failing=True)[1] for days in range(3)] == [1, 0, 0]


@pytest.mark.usefixtures("databases")
def test_a_wish_of_the_future_is_fulfilled_once(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import ASKED, ask_for_run, find_cause, find_wish

    prove(binding, now)
    assert ask_for_run(binding, by="s_1", now=now + A_YEAR)
    assert find_cause(binding, code=CODE, now=now + A_MINUTE) == ASKED
    prove(binding, now + A_MINUTE)
    assert find_wish(binding.site) is None
    assert find_cause(binding, code=CODE, now=now + 2 * A_MINUTE) == ""


@pytest.mark.usefixtures("databases")
def test_a_run_that_was_left_is_not_said_to_be_on_its_way_for_ever(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import LONGEST_RUN, begin_run, find_running

    run = begin_run(binding, cause="daily", code=CODE, now=now)
    running = find_running(binding.site, now + A_MINUTE)
    assert running is not None
    assert running.id == run
    assert find_running(binding.site, now + LONGEST_RUN) is None


def test_the_proof_of_the_tests_fails_where_it_is_to(binding: Any, now: datetime) -> None:
    proof = write_proof_at(binding, now, is_failing=True)
    assert proof.is_broken
    assert not replace(proof, sentences=()).is_broken
