"""Whatever a rehearsal does to its process, the others are tried, the evidence says what happened, and nothing is left behind."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from upheld.core.proof.evidence import BROKE_OFF, HOLDS
from upheld.server import rehearsal_desk
from upheld.server.proof_desk import list_files
from upheld.server.rehearsal_desk import LOCK, OTHER_TEXT, PREFIX_OF_FOLDERS, Rehearsed, rehearse_all, sweep
from upheld.server.rehearsing import is_ours

if TYPE_CHECKING:
    from upheld.core.policy.model import Policy

MOMENT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FILES = {"2026-01-01.policy.md": b"a policy", "terms.md": b"terms"}
# Speaks as a throw-away house does: falls over at 3, is killed at 4, waits for ever at 5.
CHILD = """
import json, os, pathlib, signal, sys, time
state, policies, site, moment = sys.argv[1:]
place = pathlib.Path(state)
place.mkdir()
(place / "personal").write_text("invented")
assert sorted(path.name for path in pathlib.Path(policies, site).iterdir()) == ["2026-01-01.policy.md", "terms.md"]
assert not [name for name in os.environ if name.startswith("UPHELD_")]
print(json.dumps({"ready": "yes"}), flush=True)
for line in sys.stdin:
    number = int(line)
    if number == 3:
        raise MemoryError
    if number == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 5:
        time.sleep(600)
    step = {"sort": "works", "says": "it was tried", "is_kept": True, "saw": "", "lines": ["e_1"]}
    found = {"kind": "rehearsed", "outcome": "holds", "says": "fine", "steps": [step], "count": 1, "since": "",
             "until": "", "at": "", "lines": ["e_1"]}
    print(json.dumps({"number": number, "evidence": found, "seconds": 0.1}), flush=True)
"""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    monkeypatch.setattr(rehearsal_desk, "CHILD", (sys.executable, str(script)))
    monkeypatch.setattr(rehearsal_desk, "MOST_SECONDS_A_RULE", 1.5)
    return tmp_path / "rehearsals"


def rehearse(folder: Path, *numbers: int, workers: int = 2) -> Rehearsed:
    return rehearse_all(FILES, "shop", numbers, moment=MOMENT, workers=workers, folder=folder)


def test_every_rule_has_its_evidence_and_how_far_it_is_is_told(child: Path) -> None:
    told: list[int] = []
    found = rehearse_all(FILES, "shop", range(6, 20), moment=MOMENT, folder=child, tell=told.append)
    assert {one.outcome for one in found.evidence.values()} == {HOLDS}
    assert sorted(found.evidence) == list(range(6, 20))
    assert max(told) == 14
    assert found.faults == []


@pytest.mark.parametrize("bad", [3, 4, 5])
@pytest.mark.parametrize("workers", [1, 2])
def test_one_that_breaks_off_is_lost_alone_and_leaves_nothing_behind(child: Path, bad: int, workers: int) -> None:
    os.environ["UPHELD_TRAP"] = "not for the child"
    try:
        found = rehearse(child, 1, bad, 2, 6, workers=workers)
    finally:
        del os.environ["UPHELD_TRAP"]
    assert {number: one.outcome for number, one in found.evidence.items()} == {
        1: HOLDS,
        2: HOLDS,
        6: HOLDS,
        bad: BROKE_OFF,
    }
    assert "broke off" in found.evidence[bad].says
    assert list(child.iterdir()) == []


def test_a_house_that_cannot_be_opened_is_named_and_no_rule_is_called_tried(
    child: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise LookupError('ada@quill.example')")
    monkeypatch.setattr(rehearsal_desk, "CHILD", (sys.executable, str(script)))
    found = rehearse(child, 1, 2)
    assert {one.outcome for one in found.evidence.values()} == {BROKE_OFF}
    assert found.faults
    assert all("LookupError" in fault and "ada@" not in fault for fault in found.faults)
    assert list(child.iterdir()) == []


def test_what_a_killed_run_left_goes_with_a_later_one(tmp_path: Path) -> None:
    old, new = tmp_path / f"{PREFIX_OF_FOLDERS}old", tmp_path / f"{PREFIX_OF_FOLDERS}new"
    for folder in (old, new, tmp_path / "something-else"):
        folder.mkdir()
    long_ago = time.time() - 3 * 3600
    for folder in (old, tmp_path / "something-else"):
        os.utime(folder, (long_ago, long_ago))
    assert sweep(tmp_path) == 1
    assert not old.exists()
    assert new.exists()
    assert (tmp_path / "something-else").exists()


def test_a_run_that_is_ended_ends_its_processes_before_it_throws_them_away(child: Path, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import pathlib, signal, sys\n"
        "from datetime import UTC, datetime\n"
        "from upheld.server import rehearsal_desk as desk\n"
        "signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(2))\n"
        f"desk.CHILD = (sys.executable, {str(tmp_path / 'child.py')!r})\n"
        "now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)\n"
        f"files = {FILES!r}\n"
        f"desk.rehearse_all(files, 'shop', [5, 5, 5], moment=now, folder=pathlib.Path({str(child)!r}))\n"
    )
    with subprocess.Popen([sys.executable, str(script)]) as run:
        until = time.monotonic() + 30
        while len(list(child.glob("*/house-*/personal"))) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.2)
        assert list(child.glob(f"{PREFIX_OF_FOLDERS}*/house-*"))
        began = time.monotonic()
        run.terminate()
        assert run.wait(10) == 2
    assert time.monotonic() - began < 8
    assert list(child.iterdir()) == []


def test_what_a_killed_run_left_goes_with_the_next_one_and_what_another_works_in_stays(tmp_path: Path) -> None:
    left, held, new = (tmp_path / f"{PREFIX_OF_FOLDERS}{name}" for name in ("left", "held", "new"))
    for folder in (left, held, new):
        folder.mkdir()
        (folder / LOCK).touch()
    for folder in (left, held):
        os.utime(folder, (time.time() - 60, time.time() - 60))
    with (held / LOCK).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert sweep(tmp_path) == 1
    assert sorted(tmp_path.iterdir()) == [held, new]


def test_a_house_that_serves_another_text_shows_nothing(child: Path) -> None:
    found = rehearse_all(FILES, "shop", [1, 2], moment=MOMENT, folder=child, digest="f" * 64)
    assert found.faults[0] == OTHER_TEXT
    assert {one.outcome for one in found.evidence.values()} == {BROKE_OFF}


def test_a_policy_names_no_file_outside_of_its_folder_and_no_other_text_of_itself(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    for name in ("terms.md", "2020-01-01.policy.md"):
        (folder / name).write_text("terms")
    (tmp_path / "secret.md").write_text("secret")
    named = {"a": "terms.md", "b": "../secret.md", "c": str(tmp_path / "secret.md"), "d": "2020-01-01.policy.md"}
    policy = SimpleNamespace(
        version=date(2026, 1, 1), text="a policy", file=str(folder / "2026-01-01.policy.md"), documents=named
    )
    assert list_files(cast("Policy", policy)) == {"2026-01-01.policy.md": b"a policy", "terms.md": b"terms"}
    named["e"] = "2026-01-01.policy.md"
    assert list_files(cast("Policy", policy))["2026-01-01.policy.md"] == b"a policy"


def test_empty_databases_are_taken_from_a_folder_that_is_ours_alone(tmp_path: Path) -> None:
    assert is_ours(tmp_path)
    tmp_path.chmod(0o1777)
    assert not is_ours(tmp_path)
    assert not is_ours(tmp_path / "nowhere")
    (tmp_path / "link").symlink_to(tmp_path)
    assert not is_ours(tmp_path / "link")
