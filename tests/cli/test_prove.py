"""`upheld prove`: what it prints for people and programs, how it ends, and that the page about it shows what it prints."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.core.gate.proving import write_policy
from upheld.cli.main import main
from upheld.core.proof.runs import read_proof
from upheld.core.proof.states import UPHELD

ROOT = Path(__file__).parents[2]
COURIER = ROOT / "policies" / "lasership" / "2016-06-13.policy.md"
CLAIM = "claim nobody outside gets order for sale"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a policy in two versions, of which the second breaks its claim."""
    folder = tmp_path / "policies" / "corner"
    folder.mkdir(parents=True)
    good = write_policy(CLAIM, "share order with carriers for fulfil", "tell customers by email when merging")
    bad = write_policy(CLAIM, "share order with anyone for any purpose if told").replace("2026-01-01", "2026-02-01")
    (folder / "2026-01-01.policy.md").write_text(good)
    (folder / "2026-02-01.policy.md").write_text(bad)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in [name for name in os.environ if name.startswith("UPHELD_")]:
        monkeypatch.delenv(name)  # the command reads the settings of a house, and other tests open houses
    return tmp_path


def test_it_works(capsys: pytest.CaptureFixture[str]) -> None:
    """For every policy that we publish the same is asked in tests/core/gate/test_formal.py."""
    assert main(["prove", "--formal", str(COURIER.parent)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(lines) == len(list(COURIER.parent.glob("*.policy.md")))
    assert all(" 0 fail" in line for line in lines)


def test_every_version_is_proved_and_a_failure_ends_with_1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--formal", "corner"]) == 1
    out = capsys.readouterr().out
    assert "2026-01-01.policy.md: 2 hold, 0 fail, 0 unused; 2 of 3 rules can be checked in all cases\n" in out
    assert "2026-02-01.policy.md: 1 hold, 1 fail, 0 unused; 2 of 2 rules" in out
    assert f"FAILS  {CLAIM}\n" in out
    assert "but this act      share order with brokers for sale\n" in out
    assert "when it is known  you were told before\n" in out
    assert "“We do as we say.”" in out
    assert "upheld explain 'share order with brokers for sale' --facts 'told'" in out
    assert "holds  " not in out


def test_one_file_can_be_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--formal", "policies/corner/2026-01-01.policy.md"]) == 0
    assert capsys.readouterr().out.count("hold") == 1


def test_all_lists_what_holds_and_how_much_was_looked_at(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--formal", "--all", "policies/corner/2026-01-01.policy.md"]) == 0
    out = capsys.readouterr().out
    assert f"holds  {CLAIM}\n       line 33, corner#what-we-do.1\n       16 acts, 1 case of facts\n" in out


def test_what_is_unused_is_told_and_is_no_failure(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("unused.policy.md").write_text(write_policy("never share order", "share order with brokers for sale"))
    assert main(["prove", "--formal", "unused.policy.md"]) == 0
    assert "closed in all cases by `never share order`" in capsys.readouterr().out


def test_json_holds_the_proofs_and_the_counterexample(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--formal", "corner", "--format", "json"]) == 1
    described = json.loads(capsys.readouterr().out)
    assert described["holds"] is False
    assert [policy["version"] for policy in described["policies"]] == ["2026-01-01", "2026-02-01"]
    assert [policy["holds"] for policy in described["policies"]] == [True, False]
    proof = described["policies"][1]["proofs"][0]
    assert (proof["rule"], proof["form"], proof["state"]) == (CLAIM, "claim_outside", "fails")
    assert proof["counterexample"] == {
        "why": "the rule rules this out, and the gate permits it",
        "act": "share order with brokers for sale",
        "facts": "told",
        "known": ["you were told before"],
        "doubts": [],
        "verdict": "permitted",
        "because": ["corner#what-we-do.1"],
    }
    assert described["policies"][0]["proofs"][0]["counterexample"] is None


@pytest.mark.database
def test_without_a_house_nothing_is_observed_and_nothing_is_green(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prove", "policies/corner/2026-01-01.policy.md", "--out", "proof.json", "--workers", "1"]) == 0
    told = capsys.readouterr()
    assert "corner 2026-01-01" in told.out
    assert "checking all cases" in told.err
    proof = read_proof((here / "proof.json").read_text().rstrip("\n"))
    states = {rule.form: rule.state for rule in proof.rules}
    assert states["claim_outside"] == UPHELD
    assert UPHELD not in {state for form, state in states.items() if form != "claim_outside"}
    assert main(["prove", "corner", "--workers", "1"]) == 1, "the newer version has a claim that does not hold"


def test_what_needs_a_house_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in (["--keep"], ["--bundle", "b.json"], ["--oscal", "o.json"]):
        assert main(["prove", "corner", *option]) == 2
        assert "--state FOLDER" in capsys.readouterr().err
    assert main(["prove", "corner", "--state", "nowhere"]) == 2
    assert "S711" in capsys.readouterr().err
    assert not (here / "b.json").exists()


def test_a_policy_that_cannot_be_read_ends_with_2_and_its_place(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.policy.md").write_text(write_policy("never shar order"))
    assert main(["prove", "--formal", "bad.policy.md"]) == 2
    assert "bad.policy.md:33:7: error P1" in capsys.readouterr().err
    assert main(["prove", "--formal", "nobody"]) == 2
    assert "R505" in capsys.readouterr().err


def test_the_counterexample_on_the_page_is_what_is_printed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(COURIER.parent / "terms.md", here)
    lines = COURIER.read_text(encoding="utf-8").replace(" if merging and told", " if merging").splitlines(keepends=True)
    ban = "(3) never share customer information with successor for merger"
    changed = "".join(line for line in lines if not line.startswith(ban))
    Path("changed.policy.md").write_text(changed, encoding="utf-8")
    assert main(["prove", "--formal", "changed.policy.md"]) == 1
    printed = capsys.readouterr().out.partition("\n\n")[2]
    assert printed in (ROOT / "docs" / "proving.md").read_text(encoding="utf-8")
