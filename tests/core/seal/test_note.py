"""Signed notes and checkpoints: the example that everybody has, and every way to spoil one."""

from __future__ import annotations

import pytest

from tests.core.seal.trees import KEY, ORIGIN, OTHER_KEY, OTHER_SEED, SEED
from upheld.core.errors import SealError
from upheld.core.seal.note import (
    Checkpoint,
    format_checkpoint,
    make_verifier_key,
    open_note,
    parse_checkpoint,
    parse_verifier_key,
    public_of,
    sign_note,
)

# The example in the documentation of the first implementation of signed notes.
THEIR_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
THEIR_TEXT = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.
"""
THEIR_NOTE = (
    THEIR_TEXT
    + """
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
)
ROOT = bytes(range(32))
TEXT = format_checkpoint(ORIGIN, 7, ROOT)
NOTE = sign_note(TEXT, ORIGIN, SEED)
KEYS = {ORIGIN: KEY}


def refuse(note: str, keys: dict[str, str]) -> SealError:
    with pytest.raises(SealError) as caught:
        open_note(note, keys)
    assert caught.value.code == "V803"
    return caught.value


def test_the_note_that_everybody_has_opens() -> None:
    assert open_note(THEIR_NOTE, {"PeterNeumann": THEIR_KEY}) == THEIR_TEXT
    key = parse_verifier_key(THEIR_KEY)
    assert (key.name, key.tag.hex()) == ("PeterNeumann", "c74f20a3")
    assert make_verifier_key("PeterNeumann", key.public) == THEIR_KEY


def test_what_is_signed_opens_with_the_public_key() -> None:
    assert open_note(NOTE, KEYS) == TEXT
    assert NOTE.count("\n— ") == 1
    assert make_verifier_key(ORIGIN, public_of(SEED)) == KEY


def test_signatures_of_others_are_passed_over() -> None:
    both = NOTE + sign_note(TEXT, "witness.example", OTHER_SEED).rpartition("\n\n")[2]
    assert open_note(both, KEYS) == TEXT
    assert open_note(both, {"witness.example": make_verifier_key("witness.example", public_of(OTHER_SEED))}) == TEXT


def test_a_false_signature_of_a_trusted_key_is_not_outweighed_by_a_true_one() -> None:
    line = sign_note(TEXT + "another\n", "witness.example", OTHER_SEED).rpartition("\n\n")[2]
    keys = {**KEYS, "witness.example": make_verifier_key("witness.example", public_of(OTHER_SEED))}
    assert "`witness.example` does not fit" in refuse(NOTE + line, keys).text


@pytest.mark.parametrize("keys", [{}, {ORIGIN: OTHER_KEY}, {"PeterNeumann": THEIR_KEY}])
def test_without_a_trusted_signature_it_does_not_open(keys: dict[str, str]) -> None:
    assert "no key that you trust" in refuse(NOTE, keys).text


def test_every_flipped_bit_is_found() -> None:
    raw = NOTE.encode()
    for place in range(len(raw) * 8):
        forged = bytearray(raw)
        forged[place // 8] ^= 1 << place % 8
        try:
            text = bytes(forged).decode()
        except UnicodeDecodeError:
            continue
        refuse(text, KEYS)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT,
        TEXT + "\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\n— ", "\n- "),
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("7\n", "7\t\n"),
        TEXT + "\n— " + ORIGIN + "\n",
        TEXT + "\n— " + ORIGIN + " AAAA\n",
        TEXT + "\n" + "— a AAAAAAAA\n" * 101,
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    refuse(note, KEYS)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "shop",
        KEY[:-4],
        KEY.replace("+", " ", 1),
        KEY.replace("shop", "stall"),
        f"{ORIGIN}+00000000+{KEY.rpartition('+')[2]}",
        f"{ORIGIN}+{KEY.split('+')[1]}+AAAA",
    ],
)
def test_a_key_that_does_not_fit_itself_is_refused(key: str) -> None:
    with pytest.raises(SealError) as caught:
        parse_verifier_key(key)
    assert caught.value.code == "V803"


def test_a_checkpoint_is_three_lines_and_may_have_more() -> None:
    assert TEXT == "shop.example/ledger\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    assert parse_checkpoint(TEXT) == Checkpoint(ORIGIN, 7, ROOT)
    more = format_checkpoint(ORIGIN, 0, ROOT, ("witness 3", "more"))
    assert parse_checkpoint(more) == Checkpoint(ORIGIN, 0, ROOT, ("witness 3", "more"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shop\n7\n",
        "shop\n7\nAAAA\n",
        TEXT[:-1],
        TEXT.replace("7", "07"),
        TEXT.replace("7", "-7"),
        TEXT.replace("7", "\u0667"),
        TEXT.replace("7", "7" * 30),
        TEXT + "\n",
        TEXT.replace("h8=", "h9="),
        "\n7\n" + TEXT.split("\n")[2] + "\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(SealError) as caught:
        parse_checkpoint(text)
    assert caught.value.code == "V803"


def test_nonsense_is_not_signed() -> None:
    for text in ("no end", "a\ttab\n", ""):
        with pytest.raises(ValueError, match="a note ends"):
            sign_note(text, ORIGIN, SEED)
    for name in ("", "two words", "a+b"):
        with pytest.raises(ValueError, match="no spaces and no plus"):
            sign_note(TEXT, name, SEED)
