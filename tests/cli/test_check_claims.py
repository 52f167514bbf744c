"""`upheld check` refutes a claim that does not hold, at its line."""

from pathlib import Path

import pytest

from upheld.cli.main import main

ROOT = Path(__file__).parents[2]
COURIER = ROOT / "policies/lasership/2016-06-13.policy.md"


def test_a_claim_that_does_not_hold_is_an_error_at_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = COURIER.read_text(encoding="utf-8")
    claim = "claim nobody outside gets anything for sale unless permitted [LS-25]"
    wider = "claim nobody outside gets anything for fulfil unless permitted [LS-25]"
    assert claim in text
    file = tmp_path / "2016-06-13.policy.md"
    file.write_text(text.replace(claim, wider, 1), encoding="utf-8")
    (tmp_path / "terms.md").write_text("# Terms\n", encoding="utf-8")
    assert main(["check", str(file)]) == 1
    said = capsys.readouterr().out
    assert "error P321: this claim does not hold in all cases" in said
    assert "is permitted" in said


def test_the_courier_claims_what_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(COURIER)]) == 0
    assert "sound" in capsys.readouterr().out
