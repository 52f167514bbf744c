"""Receipts and exports: the true ones verify; whatever is flipped, dropped, moved, cut or forked is found."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.seal.trees import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    OTHER_SEED,
    PERSON,
    SEED,
    Ledger,
    make_ledger,
    write_line,
)
from upheld.core.errors import SealError
from upheld.core.seal.entries import write_canonical
from upheld.core.seal.log import hash_leaf
from upheld.core.seal.note import format_checkpoint, sign_note
from upheld.core.seal.proof import compare_checkpoints, make_receipt, recognise_file, verify_export, verify_receipt

LEDGER = make_ledger(3, 4, 2)
RECEIPT = LEDGER.receipt(4)
LINES = LEDGER.export()


def refuse(call: Callable[..., Any], *given: Any) -> str:
    with pytest.raises(SealError) as caught:
        call(*given)
    assert caught.value.code == "V803"
    assert caught.value.hint
    return caught.value.text


def change(**parts: Any) -> str:
    return write_canonical(json.loads(RECEIPT) | parts).decode()


def flip(raw: bytes, place: int) -> bytes:
    forged = bytearray(raw)
    forged[place // 8] ^= 1 << place % 8
    return bytes(forged)


# ------------------------------------------------------------------------------------------------------------ receipts


def test_a_receipt_says_what_stands_in_the_log_and_where() -> None:
    verified = verify_receipt(RECEIPT, KEY)
    assert (verified.kind, verified.person, verified.index, verified.size) == ("choice.recorded", PERSON, 4, 9)
    assert verified.body["outcome"] == "no"
    assert verified.is_key_trusted
    assert verify_receipt(RECEIPT.encode()).is_key_trusted is False
    assert recognise_file(RECEIPT.encode()) == "receipt"


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 300])
def test_every_line_can_have_one(size: int) -> None:
    ledger = make_ledger(size)
    for index in {0, 1, size // 2, 255, 256, size - 1} & set(range(size)):
        assert verify_receipt(ledger.receipt(index), KEY).index == index


def test_every_flipped_bit_of_a_receipt_is_found() -> None:
    raw = RECEIPT.strip().encode()
    for place in range(len(raw) * 8):
        with pytest.raises(SealError):
            verify_receipt(flip(raw, place), KEY)


def test_the_end_of_the_line_may_be_lost_or_doubled_on_the_way() -> None:
    for end in ("", "\n", "\r\n", "\n\n"):
        assert verify_receipt(RECEIPT.strip() + end, KEY).index == 4


def test_a_receipt_of_another_key_is_refused_when_one_is_trusted() -> None:
    assert "another key than the one you trust" in refuse(verify_receipt, RECEIPT, OTHER_KEY)


def test_a_receipt_signed_anew_verifies_only_by_its_own_key() -> None:
    ledger = Ledger()
    ledger.add([write_line(0)], OTHER_SEED)
    forged = make_receipt(entry=ledger.texts[0], index=0, size=1, proof=(), checkpoint=ledger.notes[0], key=OTHER_KEY)
    assert verify_receipt(forged).is_key_trusted is False
    refuse(verify_receipt, forged, KEY)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"entry": write_line(99)}, "does not lead to the root"),
        ({"index": 5}, "does not lead to the root"),
        ({"index": -1}, "does not lead to the root"),
        ({"size": 8}, "different logs"),
        ({"origin": "stall.example/ledger"}, "different logs"),
        ({"checkpoint": LEDGER.notes[0]}, "different logs"),
        ({"key": OTHER_KEY}, "no key that you trust"),
        ({"key": "nonsense"}, "key cannot be read"),
        ({"proof": []}, "does not lead to the root"),
        ({"proof": ["AAAA"]}, "is no hash"),
        ({"proof": ["*"]}, "is no hash"),
        ({"proof": "AAAA"}, "no receipt of a kind"),
        ({"index": "4"}, "no receipt of a kind"),
        ({"index": True}, "no receipt of a kind"),
        ({"upheld": "receipt/2"}, "no receipt of a kind"),
        ({"upheld": "export/1"}, "no receipt of a kind"),
        ({"more": 1}, "this is not a receipt"),
    ],
)
def test_a_receipt_put_together_from_other_parts_is_refused(parts: dict[str, Any], said: str) -> None:
    assert said in refuse(verify_receipt, change(**parts))


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "not json", "[" * 50_000, "x" * 100_001, RECEIPT * 2])
def test_what_is_no_receipt_is_refused(text: str) -> None:
    refuse(verify_receipt, text)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_json_brings_it_down(value: Any) -> None:
    for field in ("entry", "proof", "checkpoint", "key", "index"):
        text = json.dumps(
            json.loads(RECEIPT) | {field: value}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        refuse(verify_receipt, text.encode(errors="surrogatepass"))


def test_a_leaf_that_is_no_line_is_told_apart_from_a_broken_proof() -> None:
    ledger = Ledger()
    ledger.add(["{}"])
    assert "it is no line of a ledger" in refuse(verify_receipt, ledger.receipt(0), KEY)


def test_a_receipt_is_held_against_a_checkpoint_of_its_own_size() -> None:
    assert verify_receipt(RECEIPT, KEY, [LEDGER.notes[-1]]).index == 4
    forked = sign_note(format_checkpoint(ORIGIN, 9, hash_leaf(b"")), ORIGIN, SEED)
    assert "the log was forked" in refuse(verify_receipt, RECEIPT, KEY, [forked])
    assert "of its own size" in refuse(verify_receipt, RECEIPT, KEY, [LEDGER.notes[0]])


# ------------------------------------------------------------------------------------------------------------- exports


def test_an_export_verifies_from_its_first_line_to_its_last() -> None:
    verified = verify_export(LINES, KEY, LEDGER.notes)
    assert (verified.size, verified.checkpoints, verified.root) == (9, 3, LEDGER.log.root())
    assert verified.kinds == {"choice.recorded": 9}
    assert (verified.first_at, verified.last_at) == ("2026-03-01T12:00:00Z", "2026-03-01T12:08:00Z")
    assert verify_export(LINES).is_key_trusted is False
    assert recognise_file(b"".join(LINES)) == "export"


def test_an_empty_ledger_can_be_exported() -> None:
    ledger = Ledger()
    ledger.add([])
    verified = verify_export(ledger.export(), KEY)
    assert (verified.size, verified.checkpoints, verified.first_at) == (0, 1, "")


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.long)])
def test_every_flipped_bit_of_an_export_is_found(stride: int) -> None:
    ledger = make_ledger(1, 2)
    raw = b"".join(ledger.export())
    for place in range(0, len(raw) * 8, stride):  # seven is no part of eight: every byte, and every bit of a byte
        with pytest.raises(SealError):
            verify_export(flip(raw, place).splitlines(keepends=True), KEY)


@given(st.data())
def test_every_line_dropped_doubled_or_moved_is_found(data: st.DataObject) -> None:
    at, to = data.draw(st.integers(0, len(LINES) - 1)), data.draw(st.integers(0, len(LINES) - 1))
    rest = LINES[:at] + LINES[at + 1 :]
    refuse(verify_export, rest, KEY)
    refuse(verify_export, [*LINES[:at], LINES[at], *LINES[at:]], KEY)
    moved = [*rest[:to], LINES[at], *rest[to:]]
    if moved != LINES:
        refuse(verify_export, moved, KEY)
    other = list(LINES)
    other[at], other[to] = other[to], other[at]
    if other != LINES:
        refuse(verify_export, other, KEY)


@pytest.mark.parametrize("keep", range(len(LINES)))
def test_an_export_that_ends_too_early_is_refused(keep: int) -> None:
    refuse(verify_export, LINES[:keep], KEY)


def test_one_that_was_cut_and_given_a_new_header_is_found_by_a_checkpoint_kept_from_before() -> None:
    cut = make_ledger(3, 4).export()
    assert verify_export(cut, KEY).size == 7
    assert verify_export(cut, KEY, LEDGER.notes[:2]).size == 7
    assert "it was cut" in refuse(verify_export, cut, KEY, [LEDGER.notes[2]])


def test_one_that_was_written_anew_with_the_signing_key_is_found_by_a_checkpoint_kept_from_before() -> None:
    forged = Ledger()
    forged.add([write_line(0), write_line(77), write_line(2)])
    forged.add([write_line(number) for number in range(3, 9)])
    assert verify_export(forged.export(), KEY).size == 9
    for note in LEDGER.notes[:1]:
        assert "written anew" in refuse(verify_export, forged.export(), KEY, [note])
    empty = make_ledger(0).notes
    assert verify_export(forged.export(), KEY, empty).size == 9


def test_two_checkpoints_of_one_size_with_two_roots_are_a_fork() -> None:
    forged = Ledger()
    forged.add([write_line(number) for number in (0, 1, 2, 3, 4, 5, 6, 8, 7)])
    assert "the log was forked" in refuse(compare_checkpoints, LEDGER.notes[2], forged.notes[0], KEY)
    # up to line 7 both are one, so each goes on from there; from line 8 they do not
    compare_checkpoints(LEDGER.notes[1], forged.notes[0], KEY, forged.consistency(7, 9))
    longer = make_ledger(8)
    assert "does not go on from" in refuse(
        compare_checkpoints, longer.notes[0], forged.notes[0], KEY, forged.consistency(8, 9)
    )
    compare_checkpoints(LEDGER.notes[2], LEDGER.notes[1], KEY, LEDGER.consistency(7, 9))
    compare_checkpoints(LEDGER.notes[2], LEDGER.notes[2], KEY)
    other = sign_note(format_checkpoint("stall/ledger", 9, LEDGER.log.root()), ORIGIN, SEED)
    assert "different logs" in refuse(compare_checkpoints, other, LEDGER.notes[2], KEY)
    assert "no key that you trust" in refuse(compare_checkpoints, *LEDGER.notes[:2], OTHER_KEY)


def test_a_forked_export_is_refused() -> None:
    """Lines of one branch below checkpoints of another."""
    other = Ledger()
    other.add([write_line(0), write_line(1), write_line(50)])
    mixed = [LINES[0], *LINES[1:4], other.export()[4], *LINES[4:]]
    assert "are not those that the checkpoint was signed over" in refuse(verify_export, mixed, KEY)


def test_an_export_of_another_key_is_refused_when_one_is_trusted() -> None:
    assert "another key than the one you trust" in refuse(verify_export, LINES, OTHER_KEY)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    other = sign_note(format_checkpoint("stall/ledger", 3, LEDGER.log.root(3)), ORIGIN, SEED)
    assert "kept from before is of another log" in refuse(verify_export, LINES, KEY, [other])
    line = write_canonical({"checkpoint": other}) + b"\n"
    assert "in the export is of another log" in refuse(verify_export, [*LINES[:4], line, *LINES[5:]], KEY)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b""],
        [b"\n"],
        [b"{}\n"],
        [b"not json\n"],
        [b"\xff\xfe\n"],
        [b"[" * 50_000],
        [LINES[0], b"\n", *LINES[1:]],
        [LINES[0], b'{"checkpoint":7}\n'],
        [LINES[0], b'{"checkpoint":"x"}\n'],
        [*LINES, b"more\n"],
        [*LINES[:-1], LINES[-1].strip()],
        [LINES[0], LINES[1].strip()],
    ],
    ids=str,
)
def test_what_is_no_export_is_refused(lines: list[bytes]) -> None:
    refuse(verify_export, [line[:200] if len(line) > 10_000 else line for line in lines], KEY)


def test_lines_may_come_as_text() -> None:
    assert verify_export([line.decode() for line in LINES], KEY).size == 9


@pytest.mark.parametrize("opening", [b"", b"\n", b"hello", b"{}", b'{"at":"2026"}', b"\xff"])
def test_other_files_are_not_recognised(opening: bytes) -> None:
    assert recognise_file(opening) is None


def test_the_proof_in_a_receipt_is_that_of_the_rfc() -> None:
    steps = [base64.b64decode(step) for step in json.loads(RECEIPT)["proof"]]
    assert len(steps) == 4
    assert all(len(step) == 32 for step in steps)
