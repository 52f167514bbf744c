"""The tables of the rule language are kept between commands, and only what nobody else could have written is read."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copy2

import pytest

from upheld.cli import grammar as room
from upheld.cli.grammar import find_cache, read_own, warm_grammar, write_own
from upheld.core.policy.load import load_policy
from upheld.core.policy.reading import parse

ROOT = Path(__file__).parents[2]
POLICY = min((ROOT / "policies" / "lasership").glob("*.policy.md"))


@pytest.fixture(autouse=True)
def _fresh_tables() -> Iterator[None]:
    """The tables in use come back after each test: other tests share the process."""
    before = list(parse._BUILT)
    parse._BUILT.clear()
    yield
    parse._BUILT[:] = before


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that a first command leaves behind."""
    variables = {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    start_command(variables)
    return find_file(variables)


@pytest.fixture
def used(kept: Path, variables: dict[str, str]) -> dict[str, str]:
    """The variables of a user who gave commands before."""
    folder = Path(variables["XDG_CACHE_HOME"], "upheld")
    folder.mkdir(mode=0o700, parents=True)
    copy2(kept, folder / kept.name)
    return variables


def start_command(variables: dict[str, str]) -> None:
    """What a command does first, in a process of its own."""
    parse._BUILT.clear()
    warm_grammar(variables)


def find_file(variables: dict[str, str]) -> Path:
    (file,) = Path(variables["XDG_CACHE_HOME"], "upheld").iterdir()
    return file


def count_builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    built: list[str] = []

    class Counted(parse.Lark):
        def __init__(self, *args: object, **options: object) -> None:
            built.append("built")
            super().__init__(*args, **options)

    monkeypatch.setattr(parse, "Lark", Counted)
    return built


def test_it_works(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = load_policy(POLICY)
    built = count_builds(monkeypatch)
    start_command(variables)
    assert built == ["built"]
    start_command(variables)
    assert built == ["built"], "the second command builds nothing"
    assert load_policy(POLICY) == wanted


def test_the_cache_is_the_users_alone(kept: Path) -> None:
    file = kept
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert parse.name_grammar() in file.name


def test_another_grammar_is_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = parse.name_grammar()
    text = parse.read_grammar()
    monkeypatch.setattr(parse, "read_grammar", lambda: text + "\n// more\n")
    assert parse.name_grammar() != before


class Trap:
    """Says so when it is unpickled."""

    sprung: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return spring, ("sprung",)


def spring(word: str) -> None:
    Trap.sprung += (word,)


@pytest.mark.parametrize("others", [0o020, 0o002])
@pytest.mark.parametrize("is_folder", [True, False])
def test_what_others_can_write_is_not_read(used: dict[str, str], others: int, is_folder: bool) -> None:
    file = find_file(used)
    file.write_bytes(pickle.dumps(Trap()))
    opened = file.parent if is_folder else file
    opened.chmod(opened.stat().st_mode | others)
    Trap.sprung = ()
    start_command(used)
    assert Trap.sprung == ()
    assert load_policy(POLICY).rules


def test_what_belongs_to_another_user_is_not_read(used: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    file = find_file(used)
    assert read_own(file) is not None
    monkeypatch.setattr(room.os, "geteuid", lambda: os.getuid() + 1)
    assert read_own(file) is None


def test_a_link_is_not_followed(used: dict[str, str], tmp_path: Path) -> None:
    file = find_file(used)
    other = tmp_path / "other"
    other.write_bytes(pickle.dumps(Trap()))
    file.unlink()
    file.symlink_to(other)
    Trap.sprung = ()
    start_command(used)
    assert Trap.sprung == ()
    assert not file.is_symlink(), "our own file takes the place of the link"


@pytest.mark.parametrize("text", [b"", b"not a pickle", pickle.dumps({"data": 1, "memo": {}})])
def test_a_torn_file_is_written_anew(used: dict[str, str], text: bytes) -> None:
    file = find_file(used)
    file.write_bytes(text)
    start_command(used)
    assert room.is_restored(file.read_bytes())
    assert load_policy(POLICY).rules


def test_where_nothing_can_be_written_commands_work_as_ever(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    start_command({"XDG_CACHE_HOME": str(in_the_way)})
    start_command({})
    write_own(in_the_way / "below" / "file", b"")
    assert load_policy(POLICY).rules
    assert in_the_way.read_text() == "not a folder"


def test_no_draft_is_left_when_the_disk_is_full(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    start_command(variables)
    assert list(Path(variables["XDG_CACHE_HOME"], "upheld").iterdir()) == []


def test_the_folder_is_found_by_the_rules_of_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_cache({"XDG_CACHE_HOME": "/x", "HOME": "/h"}) == Path("/x/upheld")
    assert find_cache({"XDG_CACHE_HOME": "relative", "HOME": "/h"}) == Path("/h/.cache/upheld")
    assert find_cache({"HOME": "/h"}) == Path("/h/.cache/upheld")
    assert find_cache({}) is None
    monkeypatch.delattr(room.os, "geteuid")
    assert find_cache({"HOME": "/h"}) is None


def test_a_command_fills_the_cache_and_the_next_one_says_the_same(variables: dict[str, str]) -> None:
    command = [sys.executable, "-m", "upheld.cli.main", "check", str(POLICY)]
    environment = {**os.environ, **variables}
    first, second = (subprocess.run(command, env=environment, capture_output=True, check=False) for _ in range(2))
    assert find_file(variables).suffix == ".pickle"
    assert (first.returncode, first.stdout, first.stderr) == (second.returncode, second.stdout, second.stderr)
    assert first.stdout
