"""Random ids: they say what kind of thing they name and nothing else."""

from __future__ import annotations

import secrets

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 signs; none that reads like another
LENGTH = 20  # 100 bits: nobody meets one by guessing, and two never meet by chance


def draw_id(letter: str) -> str:
    """A new id such as `p_` and twenty signs: p person, i item, e entry, m message, c case, k key."""
    number = int.from_bytes(secrets.token_bytes(13), "big")
    signs = [ALPHABET[number >> (5 * place) & 31] for place in range(LENGTH)]
    return f"{letter}_{''.join(signs)}"
