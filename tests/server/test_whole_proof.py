"""A demo is proven for real, once: true states on the board, a reason for each gap, a bundle for an auditor, and what spoils it."""

from __future__ import annotations

import contextlib
import re
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.bare import bare, flip, run
from tests.server.whole_house import (
    MAIN,
    POLICIES,
    SITE,
    WholeHouse,
    list_children,
    list_left,
    open_whole_house,
    run_command,
    wait_for,
)
from upheld.core.policy.load import load_policy
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import BROKE_OFF, OBSERVED
from upheld.core.proof.states import BROKEN, STATED, STATES, UPHELD, VOUCHED
from upheld.core.proof.tally import judge_clauses
from upheld.core.register.clauses import load_register
from upheld.server.proof_desk import FOLDER
from upheld.server.rehearsal_desk import sweep
from upheld.web.proof_words import KINDS

__all__ = ["bare"]

# One real proof for all of them; in `make test` the browser runs at the same time.
pytestmark = [pytest.mark.bare, pytest.mark.timeout(600)]

VERSION = POLICIES / SITE / "2016-10-03.policy.md"
AGAIN = ("-m", "tests.server.prove_again")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHouse]:
    with open_whole_house(tmp_path_factory.mktemp("whole")) as house:
        yield house


def prove_again(house: WholeHouse, *words: str) -> tuple[int, str]:
    """How a proof with the rehearsals of the first one ended, and what it said."""
    done = house.run(str(house.file), "prove", SITE, "--keep", *words, program=AGAIN)
    return done.returncode, done.stdout + done.stderr


def test_nothing_is_broken_and_every_other_state_occurs(house: WholeHouse) -> None:
    proof = house.proof
    assert {one.ref: one.why for one in proof.sentences if one.state == BROKEN} == {}
    assert proof.faults == ()
    assert {one.state for one in proof.sentences} == set(STATES) - {BROKEN}
    assert (house.code, house.said["broken"]) == (0, False)
    assert proof.count_states()[UPHELD] > len(proof.sentences) / 2
    assert proof.ledger.size > 100


def test_no_rehearsal_broke_off_and_each_demanded_kind_was_looked_for(house: WholeHouse) -> None:
    found = [one for rule in house.proof.rules for one in rule.evidence]
    assert [one.says for one in found if one.outcome == BROKE_OFF] == []
    assert {one.kind for one in found} == {"formal", "rehearsed", "observed", "attested"}


def test_the_board_shows_the_states_of_this_proof(house: WholeHouse) -> None:
    wanted = {one.ref.partition("#")[2]: KINDS[one.state] for one in house.proof.sentences}
    assert house.read_board() == wanted
    policy = house.fetch("/privacy")
    for anchor, kind in wanted.items():
        assert f"/privacy/proof/{anchor}" in policy or kind == KINDS[STATED], anchor


def test_each_sentence_and_each_clause_that_is_not_green_says_why(house: WholeHouse) -> None:
    green = (UPHELD, VOUCHED, STATED)
    assert [one.ref for one in house.proof.sentences if one.state not in green and not one.why.strip()] == []
    assert [one.text for one in house.proof.rules if one.state not in green and not one.why.strip()] == []
    proven = judge_clauses(load_policy(VERSION), load_register(POLICIES / "register.csv"), house.proof)
    assert [one.clause.id for one in proven.clauses if not one.is_green and not one.why.strip()] == []
    assert [one.clause.id for one in proven.clauses if one.state == BROKEN] == []
    assert proven.is_kept
    told = run_command(*MAIN, "coverage", SITE, "--proof", str(house.file), "--policies", str(POLICIES))
    assert told.returncode == 0, told.stderr
    for one in proven.list_open():
        assert one.clause.id in told.stdout


def test_an_auditor_verifies_the_bundle_with_the_bare_library_and_one_flipped_byte_fails(
    house: WholeHouse, bare: Path
) -> None:
    key = house.fetch("/privacy/ledger/key").strip()
    assert key == house.run("ledger", "key", SITE).stdout.strip()
    asked = ("--key", key, "--policy", str(VERSION), "--code", house.proof.code, "--newer-than", house.proof.began)
    for file in (house.bundle, house.oscal):
        printed = run(str(bare / "upheld"), "verify", str(file), *asked)
        assert printed.startswith(f"verified: what each sentence of `{SITE}` 2016-10-03 came to"), printed
        for state, count in house.proof.count_states().items():
            assert f"{count} {state}" in printed or not count, printed
        size = file.stat().st_size
        flip(bare, file, (size // 5, size // 2, size - 9), *asked)
    earlier = POLICIES / SITE / "2016-06-13.policy.md"
    run(str(bare / "upheld"), "verify", str(house.bundle), "--key", key, "--policy", str(earlier), code=1)


def test_an_auditor_counts_what_was_observed_again_from_the_whole_ledger(house: WholeHouse, bare: Path) -> None:
    export = house.folder / "ledger.jsonl"
    done = house.run("ledger", "export", SITE, "--out", str(export))
    assert done.returncode == 0, done.stderr
    key = house.run("ledger", "key", SITE).stdout.strip()
    printed = run(str(bare / "upheld"), "verify", str(house.bundle), "--key", key, "--ledger", str(export))
    assert re.search(r"counted +again from the [0-9]+ lines", printed), printed


def test_a_proof_that_is_stopped_leaves_nothing_behind_and_one_that_is_killed_counts_as_broken_off(
    house: WholeHouse,
) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        running = house.begin("prove", SITE, "--keep", "--workers", "2")
        assert running.stderr is not None
        while "rehearsing" not in running.stderr.readline():
            assert running.poll() is None
        children = wait_for(lambda: list_pair(running.pid), 60, "no two houses were opened")  # noqa: B023 - asked at once
        running.send_signal(sent)
        running.communicate(timeout=60)
        wait_for(lambda: not any(map(is_running, children)), 90, "its rehearsals went on")  # noqa: B023 - the same
        if sent == signal.SIGTERM:
            assert running.returncode == 128 + signal.SIGTERM
            assert list_left(house.state) == []
            assert house.list_runs()[0] == ("broke-off", "stopped")
        else:
            assert running.returncode == -signal.SIGKILL
            assert house.list_runs()[0] == ("running", "")
            wait_for(lambda: sweep(house.state / FOLDER), 60, "what it left is not thrown away by the next one")
            assert list_left(house.state) == []
    states = house.read_board()
    assert "broken" not in states.values()  # what was seen before still stands
    code, said = prove_again(house)
    assert code == 0, said
    assert house.list_runs()[:3] == [("done", ""), ("broke-off", "left"), ("broke-off", "stopped")]
    assert house.read_board() == states


def list_pair(process: int) -> set[int]:
    """The two processes that rehearse, once both are there."""
    found = list_children(process)
    return found if len(found) == 2 else set()


def is_running(process: int) -> bool:
    """Whether there is such a process; one that has ended and waits for nobody to ask is not."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


@contextlib.contextmanager
def alter_a_line(house: WholeHouse) -> Iterator[None]:
    """Whoever holds the database makes one act of the past a century older."""
    with contextlib.closing(sqlite3.connect(house.state / "upheld.sqlite3", timeout=20)) as data:
        line, text = data.execute("SELECT id, text FROM records_entry ORDER BY serial LIMIT 1 OFFSET 40").fetchone()
        altered = text.replace('"at":"20', '"at":"19', 1)
        assert altered != text
        for written in (altered, text):
            with data:
                data.execute("UPDATE records_entry SET text = ? WHERE id = ?", (written, line))
            if written == altered:
                yield


def test_a_line_that_was_altered_in_the_database_is_found_by_the_next_proof(house: WholeHouse) -> None:
    with alter_a_line(house):
        code, said = prove_again(house)
    assert code == 1, said
    assert "FAULT" in said
    assert "Traceback" not in said
    assert "Something was wrong with the look itself" in house.fetch("/privacy/proof")
    rules = load_policy(VERSION).active_rules
    observed = {
        ref.partition("#")[2]
        for rule in house.proof.rules
        if OBSERVED in list_demanded(rules[rule.number])
        for ref in rule.sentences
    }
    board = house.read_board()
    assert len(observed) > 20
    assert {anchor for anchor in observed if board[anchor] == "upheld"} == set()
    code, said = prove_again(house)  # the line is as it was
    assert code == 0, said
    assert "FAULT" not in said
