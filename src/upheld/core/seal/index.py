"""Blind indexes: finds a person by an exact identifier without keeping it; knows no store and no policy."""

from __future__ import annotations

import hmac
import unicodedata

INDEX_VERSION = 1
INDEX_BYTES = 16
_ROUNDS = 4  # normal forms and lower case can undo each other; two rounds settle every letter of Unicode 15


def normalise_identifier(kind: str, text: str) -> str:
    """The one form under which an identifier is looked up; `kind` is email, phone, username or plain.

    The domain of an address becomes ASCII as IDNA 2008 writes it (RFC 5891), so `faß.example` and `fass.example` stay
    two. Where letters collapse an attacker gets a second name for somebody else's account, so addresses are only
    lower-cased; usernames are casefolded, so that two people never have names that look the same but for case.
    A phone number keeps its digits and a leading plus; whoever knows the country brings it into that form first.
    Raises ValueError for another kind.
    """
    if kind == "email":
        return _normalise_email(text)
    if kind == "phone":
        return _normalise_phone(text)
    if kind == "username":
        return _fold(text)
    if kind == "plain":
        return " ".join(_fold(text).split())
    message = f"no identifier of this kind: {kind}"
    raise ValueError(message)


def index_identifier(key: bytes, site: str, kind: str, text: str) -> bytes:
    """16 bytes that stand for an identifier on one site: HMAC-SHA-256 under the key, cut.

    What it gives away: to somebody who reads the table without the key, that two rows of one site and kind have the
    same identifier, and nothing else (across sites not even that). To somebody with the key, whether a guessed
    identifier is there. Cut to 128 bits, so that two identifiers meet by chance only among 2^64.
    """
    normal = normalise_identifier(kind, text).encode()
    parts = (site.encode(), kind.encode(), normal)
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(key, b"upheld/%d index" % INDEX_VERSION + message, "sha256")[:INDEX_BYTES]


def _normalise_email(text: str) -> str:
    local, at, domain = _lower(text).rpartition("@")
    return local + at + ".".join(_write_ascii(label) for label in domain.split(".")) if at else domain


def _write_ascii(label: str) -> str:
    if label.isascii():
        return label
    return "xn--" + label.encode("punycode").decode("ascii")


def _normalise_phone(text: str) -> str:
    normal = unicodedata.normalize("NFKC", text).strip()
    digits = "".join(str(unicodedata.digit(letter)) for letter in normal if letter.isdecimal())
    return f"+{digits}" if normal.startswith("+") else digits


def _lower(text: str) -> str:
    for _ in range(_ROUNDS):
        text = unicodedata.normalize("NFKC", text).strip().lower()
    return text


def _fold(text: str) -> str:
    for _ in range(_ROUNDS):
        text = unicodedata.normalize("NFKC", text).strip().casefold()
    return text
