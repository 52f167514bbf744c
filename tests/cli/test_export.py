"""`upheld export`: JSON and canonical text, to the screen or into a file, which is never overwritten unasked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.gate.proving import write_policy
from upheld.cli.main import main
from upheld.core.policy.export import export_schema
from upheld.core.policy.load import load_policy


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one policy, its rule not in the canonical form."""
    folder = tmp_path / "policies" / "corner"
    folder.mkdir(parents=True)
    (folder / "2026-01-01.policy.md").write_text(write_policy("share   order with carriers  for fulfil   # as asked"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_works(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "corner"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert (exported["policy"], exported["version"]) == ("corner", "2026-01-01")
    (rule,) = exported["sections"][0]["passages"][0]["rules"]
    assert (rule["text"], rule["comment"]) == ("share order with carriers for fulfil", "as asked")
    assert exported["table"]["actions"]["share"]["pieces"] == 1


def test_the_policy_again_has_rules_in_canonical_form_and_reads_the_same(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "corner", "--format", "policy", "--out", "tidy.policy.md"]) == 0
    assert capsys.readouterr().out == "tidy.policy.md\n"
    text = Path("tidy.policy.md").read_text()
    assert "\nshare order with carriers for fulfil  # as asked\n" in text
    before = load_policy(Path("policies/corner/2026-01-01.policy.md"))
    assert load_policy(Path("tidy.policy.md")).sections == before.sections


def test_a_file_is_overwritten_only_with_force(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out.json").write_text("mine")
    assert main(["export", "corner", "--out", "out.json"]) == 2
    assert "C602: `out.json` exists" in capsys.readouterr().err
    assert Path("out.json").read_text() == "mine"
    assert main(["export", "corner", "--out", "out.json", "--force"]) == 0
    assert json.loads(Path("out.json").read_text())["policy"] == "corner"


def test_nothing_is_written_when_the_policy_cannot_be_read(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.policy.md").write_text("nothing")
    assert main(["export", "bad.policy.md", "--out", "out.json"]) == 2
    assert "P006" in capsys.readouterr().err
    assert sorted(path.name for path in here.iterdir()) == ["bad.policy.md", "policies"]


def test_a_folder_that_is_not_there_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "corner", "--out", "nowhere/out.json"]) == 2
    assert "C601: `nowhere/out.json` cannot be written" in capsys.readouterr().err


def test_the_schema_needs_no_policy(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == export_schema()


@pytest.mark.parametrize("arguments", [[], ["corner", "--schema"]])
def test_one_thing_is_exported_at_a_time(here: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", *arguments]) == 2
    assert "C601: name one policy, or ask for the schema" in capsys.readouterr().err
