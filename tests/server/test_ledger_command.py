"""upheld ledger: a ledger is verified, exported and proved by commands beside the server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.courier import ROOT
from upheld.core.seal.note import parse_verifier_key
from upheld.core.seal.proof import verify_export, verify_receipt


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledger") / "state"


@pytest.fixture(scope="module")
def told(state: Path) -> dict[str, Any]:
    """How all the commands ended."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.server.ledger_commands", str(state)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_a_whole_ledger_is_said_to_be_whole(told: dict[str, Any]) -> None:
    assert told["waiting"]["code"] == 0
    assert told["waiting"]["out"].startswith("lasership: whole, 0 lines under 0 checkpoints, 6 waiting for a place\n")
    assert told["all"]["code"] == 0
    # six of the acts, and the line that the first verification left
    assert told["all"]["out"].startswith("lasership: whole, 7 lines under ")
    assert told["key"]["out"].strip() in told["all"]["out"]


def test_a_receipt_is_given_out_and_verifies(told: dict[str, Any], state: Path) -> None:
    assert told["receipt"] == {"code": 0, "out": "receipt.json\n", "err": ""}
    receipt = verify_receipt((state / "receipt.json").read_bytes(), told["key"]["out"].strip())
    assert (receipt.kind, receipt.site, receipt.index) == ("person.created", "lasership", 2)
    assert told["receipt verifies"]["code"] == 0
    assert "line 3 of 7" in told["receipt verifies"]["out"]


def test_an_export_is_given_out_and_verifies_against_a_kept_checkpoint(told: dict[str, Any], state: Path) -> None:
    assert told["export"] == {"code": 0, "out": "ledger.jsonl\n", "err": ""}
    text = (state / "ledger.jsonl").read_text(encoding="utf-8")
    assert told["printed"]["out"] == text
    verified = verify_export(text.splitlines(keepends=True), told["key"]["out"].strip(), [told["checkpoint"]["out"]])
    assert verified.size == 7
    assert told["export verifies"]["code"] == 0


def test_the_key_and_the_checkpoint_are_printed_as_they_are_published(told: dict[str, Any]) -> None:
    assert parse_verifier_key(told["key"]["out"]).name == "upheld/lasership"
    assert told["checkpoint"]["out"].startswith("upheld/lasership\n7\n")
    assert told["checkpoint"]["err"] == ""


@pytest.mark.parametrize(
    ("which", "code", "said"),
    [
        ("empty", 2, "V823: the ledger of `lasership` has no checkpoint yet"),
        ("no line", 1, "has no line `e_nothing`"),
        ("taken", 2, "C602: `ledger.jsonl` exists"),
        ("unknown", 2, "did you mean `lasership`?"),
        ("nowhere", 2, "S711: nothing is held in"),
        ("wrong key", 2, "V812: the keyring was made under the top key"),
        ("no key", 2, "S707: there is no top key"),
        ("nothing lost", 2, "V825: the ledger of `lasership` lacks nothing"),
        ("refused", 2, "V824: site `lasership`: the ledger ends after 8 lines"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_code(told: dict[str, Any], which: str, code: int, said: str) -> None:
    assert told[which]["code"] == code
    assert said in told[which]["err"]
    assert told[which]["out"] == ""


def test_an_altered_ledger_ends_with_1_and_can_be_exported_to_look_at(told: dict[str, Any]) -> None:
    assert told["altered"]["code"] == 1
    assert told["altered"]["out"].startswith("lasership: NOT what was written: the first 7 lines are not those")
    assert told["altered export"]["code"] == 1
    assert "does not verify" in told["altered export"]["err"]
    assert told["altered lines"] > 7


def test_data_put_back_from_a_copy_is_found_and_accepted_by_a_command(told: dict[str, Any], state: Path) -> None:
    assert told["cut"]["code"] == 1
    file = state / "checkpoints" / "lasership.notes"
    said = f"the ledger ends after 8 lines, and the file `{file}` remembers 12: its end was cut off"
    assert told["cut"]["out"].startswith(f"lasership: NOT what was written: {said}")
    assert told["weighed"]["code"] == 1
    assert "the database of the keys remembers 12" in told["weighed"]["out"]
    assert "nothing was done" in told["weighed"]["out"]
    assert told["restored"]["code"] == 0
    assert "goes on from 8 lines; 4 are lost" in told["restored"]["out"]
    assert told["goes on"]["code"] == 0
    # the line of the verification that found it, and the line that accepts it
    assert told["goes on"]["out"].startswith("lasership: whole, 10 lines under ")
    assert len(list(file.parent.glob("lasership.until-*.notes"))) == 1
    assert file.is_file()
