"""Whatever is given to a command that reads a policy: a clear error, exit code 2, nothing printed or written, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from tests.cli.conftest import Run
from tests.core.policy.conftest import ROOT

ACT = "use person for fulfil"
REGISTER = str(ROOT / "policies" / "register.csv")
# command -> how a policy is named to it
READING = {
    "check": ("check", "{}"),
    "ask": ("ask", ACT, "--policy", "{}"),
    "explain": ("explain", ACT, "--policy", "{}"),
    "diff": ("diff", "{}", "{}"),
    "words": ("words", "{}"),
    "coverage": ("coverage", "{}", "--register", REGISTER),
}


def fill(command: str, name: str) -> list[str]:
    return [word.format(name) for word in READING[command]]


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("bakery", "R505"),
        ("missing.policy.md", "R505"),
        ("policies/missing/2024-01-01.policy.md", "R505"),
        ("..", "R505"),
        ("../secrets", "R505"),
        ("policies/../../secrets", "R505"),
        ("Shop", "R505"),
        ("a b", "R505"),
        ("", "R505"),
        ("x" * 5000, "R505"),
        ("x/" * 3000, "C601"),
        ("empty/", "R505"),
    ],
    ids=[
        "unknown",
        "no-file",
        "no-path",
        "up",
        "up-and-down",
        "around",
        "case",
        "space",
        "none",
        "long",
        "deep",
        "empty",
    ],
)
def test_a_policy_that_is_not_there(run: Run, shop: Path, command: str, name: str, code: str) -> None:
    (shop / "empty").mkdir()
    ended = run(*fill(command, name))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error {code}: ")
    assert "\n    hint: " in ended.err
    assert len(ended.err) < 300


BAD_FILES = {
    "not UTF-8": (b"---\npolicy: x\n\xff\n", ":3:1: error P002"),
    "too large": (b"---\n" + b"x" * 5_000_000, "error P003"),
    "empty": (b"", "error P006"),
    "no end": (b"---\npolicy: x\n", "error P006"),
    "not YAML": (b"---\npolicy: [x\n---\n\nOne.\n", "error P201"),
    "a tab": (b"---\npolicy:\tx\n---\n\nOne.\n", ":2:8: error P005"),
    "turned text": ("---\npolicy: x\u202e\n---\n\nOne.\n".encode(), ":2:10: error P004"),
    "binary": (bytes(range(256)) * 10, "error P0"),
}


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_cannot_be_used(run: Run, shop: Path, command: str, kind: str) -> None:
    data, said = BAD_FILES[kind]
    path = shop / "policies" / "shop" / "2026-01-01.policy.md"
    path.write_bytes(data)
    ended = run(*fill(command, "policies/shop/2026-01-01.policy.md"))
    if command == "check":  # a finding is what it was asked for
        assert ended.code == 1
        assert said in ended.out
    else:
        assert (ended.code, ended.out) == (2, "")
        assert said in ended.err
    assert path.read_bytes() == data


@pytest.mark.parametrize("command", READING)
def test_a_name_takes_the_newest_version_and_says_when_that_is_broken(run: Run, shop: Path, command: str) -> None:
    (shop / "policies" / "shop" / "2026-01-01.policy.md").write_bytes(b"\xff")
    ended = run(*fill(command, "shop"))
    assert ended.code == (1 if command == "check" else 2)
    assert "2026-01-01.policy.md:1:1: error P002" in ended.out + ended.err


@pytest.mark.parametrize("command", READING)
def test_a_folder_that_cannot_be_read(run: Run, shop: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    ended = run(*fill(command, "shop"))
    assert (ended.code, ended.out) == (2, "")
    assert "error P001: the folder cannot be read: Permission denied" in ended.err


@pytest.mark.parametrize("command", READING)
def test_a_file_that_may_not_be_read(run: Run, shop: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain_open = Path.open

    def open_others(path: Path, *mode: str, **more: str) -> IO[str]:
        if path.name.endswith(".policy.md"):
            raise PermissionError(13, "Permission denied", str(path))
        return plain_open(path, *mode, **more)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(Path, "open", open_others)
    ended = run(*fill(command, "policies/stall/2024-01-01.policy.md"))
    assert "error P001: the file cannot be read: Permission denied" in ended.out + ended.err
    assert ended.code == (1 if command == "check" else 2)


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("folder", ["nowhere", "policies/shop/2024-05-01.policy.md", "empty"])
def test_a_folder_without_policies(run: Run, shop: Path, command: str, folder: str) -> None:
    (shop / "empty").mkdir()
    ended = run(*fill(command, "shop"), "--policies", folder)
    assert (ended.code, ended.out) == (2, "")
    assert "error R505: there are no policies in" in ended.err
    assert "--policies" in ended.err


def test_links_that_lead_in_a_circle_are_no_policy(run: Run, shop: Path) -> None:
    (shop / "policies" / "loop").symlink_to("loop")
    ended = run("check", "loop")
    assert ended.code == 2
    assert ended.err


# --- as a process of its own ---


def start(shop: Path, *words: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "upheld.cli.main", *words]
    return subprocess.run(command, cwd=shop, stderr=subprocess.PIPE, check=False, **more)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("words", [("words",), ("--help",), ("explain", ACT)])
def test_a_reader_who_has_seen_enough_hears_no_complaint(shop: Path, words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = start(shop, *words, stdout=writing)
    os.close(writing)
    assert ended.stderr == b""
    assert ended.returncode == 0


def test_a_terminal_without_our_letters_gets_them_by_number(shop: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ended = start(shop, "explain", "share person with carriers for sale", stdout=subprocess.PIPE, env=environment)
    assert ended.returncode == 1
    assert b"\\u201cWe sell nothing.\\u201d" in ended.stdout
    assert ended.stderr == b""


def test_acts_are_read_from_a_pipe(shop: Path) -> None:
    lines = b"share person with carriers for fulfil | requested\n" * 200
    ended = start(shop, "ask", "-", input=lines, stdout=subprocess.PIPE)
    assert ended.returncode == 0
    assert ended.stdout.count(b"\n") == 200
