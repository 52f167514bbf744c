"""Random ids: they say what kind of thing they name and nothing else."""

from __future__ import annotations

import secrets

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 signs; none that reads like another
LENGTH = 20  # 100 bits: nobody meets one by guessing, and two never meet by chance
SIGNS = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))  # eight bytes for each sign, so all are as likely


def draw_id(letter: str) -> str:
    """A new id such as `p_` and twenty signs: p person, i item, e entry, m message, c case, k key, r permission."""
    return write_id(letter, secrets.token_bytes(LENGTH))


def write_id(letter: str, source: bytes) -> str:
    """The id that stands for these bytes, of which the first twenty count: random ones, or a digest of a secret."""
    return f"{letter}_{source[:LENGTH].translate(SIGNS).decode('ascii')}"
