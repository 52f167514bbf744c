"""Combinations of what the gate may know of people: many people share one, so a question is asked once for each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date

from upheld.core.policy.condition import answer_choice

# How somebody stands towards the house, as far as messages to many go; only who holds an account is in such an audience.
HOLDER, UNVERIFIED, CLOSED, VISITOR, COMPANY = "holder", "unverified", "closed", "visitor", "company"
DIGEST_BYTES = 16
_NUMBER_BYTES = 8
_LARGEST = 2**63 - 1


def digest_standing(
    site: str,
    belongs: str,
    answers: Mapping[str, str],
    facts: Mapping[str, bool | None],
    since: date | None = None,
) -> bytes:
    """What finds a combination again: the same answers and facts give the same 16 bytes, in whatever order they come."""
    told = [site, belongs, answers, facts, since.isoformat() if since else ""]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()[:DIGEST_BYTES]


def number_standing(digest: bytes) -> int:
    """The number that people's rows hold of a combination; never 0, which stands for not looked up.

    63 bits of the digest: among ten thousand combinations two share a number once in 10^11 times.
    """
    return (int.from_bytes(digest[:_NUMBER_BYTES]) & _LARGEST) or 1


def tell_facts(
    modes: Mapping[str, str], answers: Mapping[str, str], facts: Mapping[str, bool | None]
) -> dict[str, bool | None]:
    """What the gate is told of somebody with these answers and facts under a policy with these choices.

    A choice that is not among the answers was never asked. The same as is gathered from their rows one by one.
    """
    told = dict(facts)
    for choice, mode in modes.items():
        told |= answer_choice(choice, answers.get(choice, "unasked"), mode)
    return told
