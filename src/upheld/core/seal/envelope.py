"""Seals bytes under a key and a label; knows nothing of where keys or sealed bytes lie.

AES-256-GCM (NIST SP 800-38D). The nonce comes from the caller, 12 random bytes each time. A random nonce is safe for
2^32 seals under one key; a key here belongs to one person, so nobody comes near.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from upheld.core.errors import SealError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
NAME_BYTES = 8
_SEALED = b"\x01"
_WRAPPED = b"\x01"
_LABEL_SIZES = struct.Struct(">HHHH")


@dataclass(frozen=True, slots=True)
class Label:
    """What sealed bytes are bound to: moved to another site, person, item or kind they do not open."""

    site: str
    person: str
    item: str
    kind: str

    def encode(self) -> bytes:
        """The label as bytes, each part behind its length, so that no two labels read the same."""
        site, person, item, kind = self.site.encode(), self.person.encode(), self.item.encode(), self.kind.encode()
        return b"".join((_LABEL_SIZES.pack(len(site), len(person), len(item), len(kind)), site, person, item, kind))


def seal(key: bytes, nonce: bytes, plain: bytes, label: Label) -> bytes:
    """The sealed bytes: one for the version, the nonce, then the ciphertext with its tag. Never use a nonce twice."""
    _check_sizes(key, nonce)
    return _SEALED + nonce + AESGCM(key).encrypt(nonce, plain, label.encode())


def open_sealed(key: bytes, sealed: bytes, label: Label) -> bytes:
    """What was sealed under this key and label. Raises SealError V801 when one bit of any of the three differs."""
    if sealed[:1] != _SEALED or len(sealed) < 1 + NONCE_BYTES + TAG_BYTES:
        raise _refuse_opening(label)
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], label.encode())
    except InvalidTag:
        raise _refuse_opening(label) from None


def wrap_key(wrapping: bytes, nonce: bytes, key: bytes, context: str) -> bytes:
    """The key sealed under another one, with the name of that other one before it; `context` says whose key it is."""
    _check_sizes(wrapping, nonce)
    return _WRAPPED + _name(wrapping) + nonce + AESGCM(wrapping).encrypt(nonce, key, _bind_context(context))


def unwrap_key(wrapping: bytes, wrapped: bytes, context: str) -> bytes:
    """The key inside. Raises SealError V802 for another wrapping key, V801 when the bytes or the context are not those."""
    start = 1 + NAME_BYTES
    if wrapped[:1] != _WRAPPED or len(wrapped) < start + NONCE_BYTES + TAG_BYTES:
        raise SealError("V801", f"the wrapped key of `{context}` is not whole", "restore it from a backup of the keys")
    if wrapped[1:start] != _name(wrapping):
        raise SealError(
            "V802",
            f"the key of `{context}` wants the key `{wrapped[1:start].hex()}`, not `{name_key(wrapping)}`",
            "give the key that this data was made with",
        )
    nonce, ciphertext = wrapped[start : start + NONCE_BYTES], wrapped[start + NONCE_BYTES :]
    try:
        return AESGCM(wrapping).decrypt(nonce, ciphertext, _bind_context(context))
    except InvalidTag:
        raise SealError(
            "V801", f"the wrapped key of `{context}` was altered or is not from here", "restore it from a backup"
        ) from None


def name_wrapping(wrapped: bytes) -> str:
    """The name of the key that a wrapped key asks for, as `name_key` gives it."""
    return wrapped[1 : 1 + NAME_BYTES].hex()


def derive_key(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose out of a secret of full strength (HKDF-SHA256, RFC 5869); not for passwords."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"upheld/1 {purpose}".encode()).derive(secret)


def name_key(key: bytes) -> str:
    """16 letters and digits by which a key can be named; they say nothing about it."""
    return _name(key).hex()


def _name(key: bytes) -> bytes:
    return hmac.digest(key, b"upheld/1 the name of this key", "sha256")[:NAME_BYTES]


def _bind_context(context: str) -> bytes:
    # begins unlike any label, whose first bytes are lengths: a wrapped key never opens as an item, or the other way
    return b"\xff\xffupheld/1 key " + context.encode()


def _check_sizes(key: bytes, nonce: bytes) -> None:
    # AESGCM would take a 128-bit key and an odd nonce without a word
    if len(key) != KEY_BYTES or len(nonce) != NONCE_BYTES:
        message = f"a key has {KEY_BYTES} bytes and a nonce {NONCE_BYTES}"
        raise ValueError(message)


def _refuse_opening(label: Label) -> SealError:
    return SealError(
        "V801",
        f"what is sealed as `{label.kind}` in item `{label.item}` of `{label.site}` was altered or is not from there",
        "restore the item from a backup; if several do not open, look at who can write to the database",
    )
