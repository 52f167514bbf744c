"""The two commands that hold a policy against its source: what they print, write, refuse, and how they end."""

from __future__ import annotations

import argparse
import json
import stat
from pathlib import Path

import pytest

from tests.core.proof.invented import House
from upheld.cli import align, coverage
from upheld.cli.policies import write_whole
from upheld.core.errors import RegisterError, UpheldError
from upheld.core.policy.load import parse_policy
from upheld.core.proof.runs import write_proof
from upheld.core.register.clauses import COLUMNS
from upheld.core.register.places import make_piece

POLICY = """---
policy: tea-corner
business: The Tea Corner
title: Tea and you
version: {version}
surface: web
data:
  person: {{name: user.name}}
purposes: {{fulfil: essential.service}}
touchpoints: {{order: /order}}
---

# Tea

Tea matters. {sentence}

```rules
(1) state [TC-01]
(2) {rule} [TC-02]
```
"""
DOCUMENT = "We are fond of tea.\nOrdering takes a <name>.\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two versions of a policy, its register and its original."""
    folder = tmp_path / "policies" / "tea-corner"
    folder.mkdir(parents=True)
    (folder / "2024-05-01.policy.md").write_text(
        POLICY.format(version="2024-05-01", sentence="We ask little.", rule="state")
    )
    (folder / "2025-05-01.policy.md").write_text(
        POLICY.format(version="2025-05-01", sentence="We ask for a name.", rule="collect person at order for fulfil")
    )
    rows = [
        ("TC-01", "statement-only", "STATE", "S", "We are fond of tea."),
        ("TC-02", "collect", "MAY", "M", "Ordering takes a <name>."),
    ]
    lines = [",".join(COLUMNS)]
    for clause_id, kind, modality, proof, text in rows:
        piece = make_piece(text)
        lines.append(f"{clause_id},tea-corner,{kind},,{modality},{proof},do,see,{piece.length}:{piece.digest}")
    (tmp_path / "policies" / "register.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "original.txt").write_text(DOCUMENT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()
    coverage.add_parser(subparsers)
    align.add_parser(subparsers)
    args = parser.parse_args(words)
    result = args.run(args)
    assert isinstance(result, int)
    return result


# --- coverage ---


def test_coverage_works(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("coverage", "tea-corner") == 0
    assert capsys.readouterr().out.startswith("tea-corner 2025-05-01: 2 of 2 clauses covered")


def test_coverage_without_a_name_takes_every_policy_in_its_newest_version(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("coverage", "--format", "json") == 0
    described = json.loads(capsys.readouterr().out)
    assert [(policy["policy"], policy["version"]) for policy in described["policies"]] == [("tea-corner", "2025-05-01")]


def test_coverage_takes_a_file_and_ends_with_1_when_a_rule_does_not_fit(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("coverage", "policies/tea-corner/2024-05-01.policy.md") == 1
    out = capsys.readouterr().out
    assert "1 of 2 clauses covered" in out
    assert "TC-02 · collect · MAY · wrong fit: MAY needs a permission, it has `state`" in out


def test_a_policy_that_is_not_there_is_named_with_the_nearest(shop: Path) -> None:
    with pytest.raises(RegisterError) as caught:
        call("coverage", "tea-corners")
    assert (caught.value.code, caught.value.hint) == ("R505", "did you mean `tea-corner`?")


@pytest.mark.parametrize("name", ["..", "../policies/none", "none.policy.md", "Tea", "tea corner", ""])
def test_a_name_does_not_lead_out_of_the_folder(shop: Path, name: str) -> None:
    with pytest.raises(RegisterError) as caught:
        call("coverage", name)
    assert caught.value.code == "R505"


def test_an_empty_folder_is_refused(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(UpheldError) as caught:
        call("coverage", "--policies", "nowhere", "--register", "policies/register.csv")
    assert caught.value.code == "R505"


def test_a_missing_register_is_refused(shop: Path) -> None:
    with pytest.raises(UpheldError) as caught:
        call("coverage", "--register", "none.csv")
    assert caught.value.code == "R501"


# --- align ---


def test_align_works_and_stores_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(shop.rglob("*"))
    assert call("align", "original.txt", "--policy", "tea-corner") == 0
    out = capsys.readouterr().out
    assert "2 of 2 clauses found in original.txt, in the original's order" in out
    assert "Ordering takes a" in out
    assert "We ask for a name." in out
    assert sorted(shop.rglob("*")) == before


def test_align_writes_one_page_and_nothing_else(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(shop.rglob("*"))
    assert call("align", "original.txt", "--policy", "tea-corner", "--html", "beside.html") == 0
    assert set(shop.rglob("*")) - before == {shop / "beside.html"}
    page = (shop / "beside.html").read_text(encoding="utf-8")
    assert "Ordering takes a &lt;name&gt;." in page
    assert capsys.readouterr().out == ""


def test_align_ends_with_1_when_a_clause_is_not_found(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "original.txt").write_text("We are fond of tea.")
    assert call("align", "original.txt", "--policy", "tea-corner", "--format", "json") == 1
    described = json.loads(capsys.readouterr().out)
    assert [clause["found"] for clause in described["clauses"]] == [True, False]


def test_align_finds_clauses_of_a_policy_that_is_not_written_yet(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (shop / "policies" / "tea-corner").iterdir():
        path.unlink()
    assert call("align", "original.txt", "--policy", "tea-corner") == 0
    assert "there is no policy of that name yet" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["coffee", "../policies", "Tea"])
def test_align_refuses_a_policy_that_nobody_knows(shop: Path, name: str) -> None:
    with pytest.raises(RegisterError) as caught:
        call("align", "original.txt", "--policy", name)
    assert caught.value.code == "R505"


def test_align_does_not_write_over_the_document(shop: Path) -> None:
    with pytest.raises(UpheldError) as caught:
        call("align", "original.txt", "--policy", "tea-corner", "--html", "./original.txt")
    assert caught.value.code == "C602"
    assert (shop / "original.txt").read_text() == DOCUMENT


def test_align_refuses_bytes_that_are_not_utf_8_and_writes_no_page(shop: Path) -> None:
    (shop / "original.txt").write_bytes(b"We are f\xf6nd of tea.")
    with pytest.raises(RegisterError) as caught:
        call("align", "original.txt", "--policy", "tea-corner", "--html", "beside.html")
    assert caught.value.code == "R504"
    assert caught.value.place is not None
    assert caught.value.place.column == 9
    assert not (shop / "beside.html").exists()


# --- writing ---


def test_a_file_is_written_whole_over_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("older")
    write_whole(path, "caf\u00e9")
    assert path.read_text(encoding="utf-8") == "caf\u00e9"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0  # it holds somebody's document


@pytest.mark.parametrize("name", ["none/page.html", "folder"])
def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UpheldError) as caught:
        write_whole(tmp_path / name, "text")
    assert caught.value.code == "C601"
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def prove_shop(shop: Path) -> Path:
    """A proof of the newest version in the place where it is looked for, in which nothing was looked at."""
    text = (shop / "policies" / "tea-corner" / "2025-05-01.policy.md").read_text()
    path = shop / "policies" / "tea-corner" / "proof.json"
    path.write_bytes(write_proof(House(parse_policy(text)).prove({})) + b"\n")
    return path


def test_with_a_proof_it_says_what_each_clause_came_to(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = prove_shop(shop)
    for words in (["tea-corner", "--proof"], ["--proof", str(path)], ["--proof"]):
        assert call("coverage", *words) == 0
        printed = capsys.readouterr().out
        assert printed.startswith("tea-corner 2025-05-01: 0 of 2 clauses upheld (1 stated, 1 not yet provable)")
        assert "TC-02 · collect · MAY · not yet provable" in printed
    assert call("coverage", "tea-corner", "--proof", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["policies"][0]["all"]["not_yet_provable"] == 1


def test_a_proof_that_is_not_there_is_changed_or_is_of_something_else_is_refused(shop: Path) -> None:
    def refuse(*words: str) -> UpheldError:
        with pytest.raises(UpheldError) as refused:
            call("coverage", *words)
        return refused.value

    assert "there is no proof" in refuse("tea-corner", "--proof").text
    assert "no policy `tea-corne`" in refuse("tea-corne", "--proof").text
    path = prove_shop(shop)
    assert "several are named" in refuse("tea-corner", "tea-corner", "--proof", str(path)).text
    good = path.read_text()
    path.write_text(good.replace('"state":"stated"', '"state":"upheld"'))
    assert refuse("tea-corner", "--proof").code == "V805"
    path.write_text(good.replace('"cause"', '"Cause"'))
    assert refuse("tea-corner", "--proof").code == "V803"
    path.write_text(good)
    version = shop / "policies" / "tea-corner" / "2025-05-01.policy.md"
    version.write_text(version.read_text().replace("Tea matters.", "Tea matters to us."))
    assert refuse("tea-corner", "--proof").code == "V806"
