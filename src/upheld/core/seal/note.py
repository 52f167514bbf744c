"""Signed notes and checkpoints as C2SP writes them (signed-note and tlog-checkpoint, read 2026-11); knows no log.

A note is text, an empty line, and lines of signatures. A checkpoint is a note that says how long a log is and what its
root is, so that whoever keeps it can later show that the log was changed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from upheld.core.errors import SealError
from upheld.core.seal.log import HASH_BYTES

SEED_BYTES = 32
_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f]")
_MOST_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one moment."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key that signatures are checked with, and the name that it signs under."""

    name: str
    tag: bytes
    public: bytes


def public_of(seed: bytes) -> bytes:
    """The public key, 32 bytes, that belongs to a private seed of 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def make_verifier_key(name: str, public: bytes) -> str:
    """The public key as one line of text: name, tag, key. This is what is published."""
    _check_name(name)
    return f"{name}+{_tag(name, public).hex()}+{_encode(_ED25519 + public)}"


def parse_verifier_key(text: str) -> VerifierKey:
    """The key in such a line. Raises SealError V803 when its parts do not fit together."""
    name, _, rest = text.strip().partition("+")
    tag, _, encoded = rest.partition("+")
    key = _decode(encoded)
    if not _NAME.fullmatch(name) or key is None or key[:1] != _ED25519 or len(key) != 1 + HASH_BYTES:
        raise SealError(
            "V803", "the key cannot be read", "a key is one line: a name, a plus, eight digits, a plus, the key"
        )
    if tag != _tag(name, key[1:]).hex():
        raise SealError("V803", f"the key of `{name}` does not fit its own tag", "copy the whole line once more")
    return VerifierKey(name, _tag(name, key[1:]), key[1:])


def format_checkpoint(origin: str, size: int, root: bytes, extensions: tuple[str, ...] = ()) -> str:
    """The text of a checkpoint, not yet signed."""
    return "".join(f"{line}\n" for line in (origin, str(size), _encode(root), *extensions))


def parse_checkpoint(text: str) -> Checkpoint:
    """What the text of an opened note says. Raises SealError V803 when it is no checkpoint."""
    lines = text.split("\n")
    root = _decode(lines[2]) if len(lines) > 3 else None
    if root is None or len(root) != HASH_BYTES or not lines[0] or not _SIZE.fullmatch(lines[1]) or lines[-1]:
        raise SealError(
            "V803", "the note is no checkpoint", "a checkpoint has an origin, a size and a root, each a line"
        )
    extensions = tuple(lines[3:-1])
    if not all(extensions):
        raise SealError("V803", "the checkpoint has an empty line", "use it as it was published")
    return Checkpoint(lines[0], int(lines[1]), root, extensions)


def sign_note(text: str, name: str, seed: bytes) -> str:
    """The text with one signature below it. The text ends with a new line."""
    _check_name(name)
    if not text.endswith("\n") or _FORBIDDEN.search(text):
        message = "a note ends with a new line and holds no other control characters"
        raise ValueError(message)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature = _tag(name, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n— {name} {_encode(signature)}\n"


def open_note(note: str, keys: Mapping[str, str]) -> str:
    """The text, if one of the keys (name to verifier key) signed it and no signature of any of them is false.

    Signatures of others are passed over. Raises SealError V803.
    """
    text, signatures = _split_note(note)
    known = {(key.name, key.tag): key for key in map(parse_verifier_key, keys.values())}
    is_signed = False
    for name, signature in signatures:
        key = known.get((name, signature[:4]))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature[4:], text.encode())
        except InvalidSignature:
            raise SealError(
                "V803", f"the signature of `{name}` does not fit the text", "the note was altered, or it is a forgery"
            ) from None
        is_signed = True
    if not is_signed:
        raise SealError(
            "V803", "no key that you trust has signed this note", "give the key that the business publishes"
        )
    return text


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    refused = SealError("V803", "the text is no signed note", "use it as it was published, with all its lines")
    text, gap, block = note.rpartition("\n\n")
    lines = block.split("\n")
    if not gap or _FORBIDDEN.search(note) or lines.pop() or not 1 <= len(lines) <= _MOST_SIGNATURES:
        raise refused
    signatures = []
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = _decode(encoded)
        if dash != "—" or not _NAME.fullmatch(name) or signature is None or len(signature) < 5:
            raise refused
        signatures.append((name, signature))
    return text + "\n", signatures


def _tag(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        message = "the name of a key has no spaces and no plus"
        raise ValueError(message)


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _decode(text: str) -> bytes | None:
    """The bytes, or None when this is not the one way to write them: otherwise a flipped last bit would go unseen."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if _encode(value) == text else None
