"""upheld verify: receipts and exports, offline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.core.seal.trees import KEY, ORIGIN, OTHER_KEY, OTHER_SEED, PERSON, Ledger, make_ledger, write_line
from upheld.core.seal.entries import write_canonical
from upheld.core.seal.proof import make_receipt

LEDGER = make_ledger(3, 4, 2)


@pytest.fixture
def files(shop: Path) -> Path:
    (shop / "receipt.json").write_text(LEDGER.receipt(4), encoding="utf-8")
    (shop / "ledger.jsonl").write_bytes(b"".join(LEDGER.export()))
    (shop / "ledger.key").write_text(KEY + "\n", encoding="utf-8")
    (shop / "old.checkpoint").write_text(LEDGER.notes[1], encoding="utf-8")
    (shop / "new.checkpoint").write_text(LEDGER.notes[2], encoding="utf-8")
    return shop


def test_it_works(run: Run, files: Path) -> None:
    ended = run("verify", "receipt.json", "--key", KEY)
    assert ended.code == 0
    assert ended.out == (
        f"verified: this stands in the ledger `{ORIGIN}`, line 5 of 9\n"
        "  what         choice.recorded: a yes or no was given\n"
        "  when         2026-03-01T12:04:00Z\n"
        "  site         shop\n"
        f"  about        {PERSON}\n"
        "  because      shop#offers.1\n"
        "  choice       offers\n"
        "  outcome      no\n"
        f"  signed by    {KEY}\n"
        "  key          the one you trust\n"
    )


def test_without_a_key_it_says_what_that_does_not_show(run: Run, files: Path) -> None:
    for file in ("receipt.json", "ledger.jsonl"):
        ended = run("verify", file)
        assert ended.code == 0
        assert "this shows only that the file fits itself" in ended.out


def test_an_export_is_told_in_numbers(run: Run, files: Path) -> None:
    ended = run(
        "verify", "ledger.jsonl", "--key", "ledger.key", "--against", "old.checkpoint", "--against", "new.checkpoint"
    )
    assert ended.code == 0
    assert ended.out.startswith(f"verified: the ledger `{ORIGIN}`, 9 lines under 3 checkpoints\n")
    assert "  from, to     2026-03-01T12:00:00Z, 2026-03-01T12:08:00Z\n" in ended.out
    assert "             9 choice.recorded\n" in ended.out
    assert f"  root         {LEDGER.log.root().hex()}\n" in ended.out
    assert "  kept         fits all 2 checkpoints from before\n" in ended.out


def test_an_export_without_a_kept_checkpoint_says_so(run: Run, files: Path) -> None:
    assert "  kept         none; only a checkpoint kept" in run("verify", "ledger.jsonl", "--key", "ledger.key").out
    assert "fits the checkpoint from before" in run("verify", "ledger.jsonl", "--against", "old.checkpoint").out


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("receipt.json", ('\\"no\\"', '\\"yes\\"'), "the line does not lead to the root of the log"),
        ("receipt.json", ('"index":4', '"index":3'), "the line does not lead to the root of the log"),
        ("receipt.json", ('"size":9', '"size": 9'), "not a receipt, or it was changed after it was written"),
        ("ledger.jsonl", ('"outcome":"no"', '"outcome":"yes"'), "the first 3 lines are not those that the checkpoint"),
        ("ledger.jsonl", ('{"checkpoint"', '{"checkpoynt"'), "is neither a line nor a checkpoint"),
    ],
)
def test_what_was_changed_does_not_verify(run: Run, files: Path, file: str, change: tuple[str, str], said: str) -> None:
    text = (files / file).read_text(encoding="utf-8")
    assert change[0] in text
    (files / file).write_text(text.replace(*change, 1), encoding="utf-8")
    ended = run("verify", file, "--key", "ledger.key")
    assert ended.code == 1
    assert ended.out.startswith("does not verify: ")
    assert said in ended.out
    assert "hint: " in ended.out


@pytest.mark.parametrize("file", ["receipt.json", "ledger.jsonl"])
def test_the_key_of_somebody_else_does_not_verify(run: Run, files: Path, file: str) -> None:
    ended = run("verify", file, "--key", OTHER_KEY)
    assert ended.code == 1
    assert "another key than the one you trust" in ended.out


def test_a_ledger_that_was_cut_back_is_found_by_the_checkpoint(run: Run, files: Path) -> None:
    (files / "cut.jsonl").write_bytes(b"".join(make_ledger(3).export()))
    assert run("verify", "cut.jsonl", "--key", KEY).code == 0
    ended = run("verify", "cut.jsonl", "--key", KEY, "--against", "old.checkpoint")
    assert ended.code == 1
    assert "covers 7 lines, the export has 3: it was cut" in ended.out


def test_a_receipt_fits_a_checkpoint_of_its_own_size_alone(run: Run, files: Path) -> None:
    assert run("verify", "receipt.json", "--against", "new.checkpoint").code == 0
    ended = run("verify", "receipt.json", "--against", "old.checkpoint")
    assert ended.code == 1
    assert "take an export for others" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.json",), "`nowhere.json` cannot be used: No such file"),
        (("ledger.key",), "`ledger.key` is neither a receipt nor an export"),
        (("old.checkpoint",), "is neither a receipt nor an export"),
        (("receipt.json", "--key", "nowhere.key"), "`nowhere.key` is neither a key nor a file"),
        (("receipt.json", "--key", "old.checkpoint"), "the key cannot be read"),
        (("receipt.json", "--key", "a+b+c"), "the key cannot be read"),
        (("receipt.json", "--key", "bytes"), "`bytes` is not UTF-8"),
        (("receipt.json", "--against", "nowhere"), "`nowhere` cannot be used"),
        (("policies",), "`policies` cannot be used"),
        ((), "the following arguments are required: FILE"),
    ],
)
def test_what_cannot_be_read_ends_with_2(run: Run, files: Path, words: tuple[str, ...], said: str) -> None:
    (files / "bytes").write_bytes(b"\xff\xfe")
    ended = run("verify", *words)
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_forged_file_sends_no_signs_to_the_terminal(run: Run, files: Path) -> None:
    ledger = Ledger()
    line = json.loads(write_line(0))
    line["site"], line["body"] = "\x1b[2Jshop", {"\x1b]0;owned": "\x07\u202e"}
    text = json.dumps(line)
    ledger.add([text], OTHER_SEED)
    forged = make_receipt(entry=text, index=0, size=1, proof=(), checkpoint=ledger.notes[0], key=OTHER_KEY)
    (files / "forged.json").write_text(forged, encoding="utf-8")
    ended = run("verify", "forged.json")
    assert ended.code == 0
    assert ended.out.replace("\n", "").isprintable()


def test_a_receipt_of_a_kind_that_came_later_verifies(run: Run, files: Path) -> None:
    ledger = Ledger()
    line = json.loads(write_line(0)) | {"kind": "parcel.delivered"}
    text = write_canonical(line).decode()
    ledger.add([text])
    later = make_receipt(entry=text, index=0, size=1, proof=(), checkpoint=ledger.notes[0], key=KEY)
    (files / "later.json").write_text(later, encoding="utf-8")
    ended = run("verify", "later.json", "--key", KEY)
    assert ended.code == 0
    assert "  what         parcel.delivered\n" in ended.out
