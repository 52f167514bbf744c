"""A proof as one file for an auditor: the proof, the policy, the lines it rests on, one signed checkpoint; knows no store.

The file is canonical JSON, so that no byte of it can change unseen. Nothing in it is taken at its word: each state is made
again from its evidence, each line leads to the root that was signed, and the proof is the one that the ledger names.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from upheld.core.errors import SealError
from upheld.core.proof.runs import Proof, digest_proof
from upheld.core.proof.states import (
    BROKEN,
    EXPIRED,
    PARTLY,
    STATED,
    UNPROVEN,
    UNUSED,
    UPHELD,
    VOUCHED,
)
from upheld.core.seal.entries import write_canonical

BUNDLE = "upheld/1"
MADE = "proof.made"  # the line of the ledger that names a proof by its digest
LARGEST_BUNDLE = 64_000_000  # bytes; a thousand rules with three lines each come to a tenth of it
FIELDS = ("bundle", "checkpoint", "code", "consistency", "key", "lines", "made", "origin", "policies", "proof")
_OPENS = b'{"bundle":"'
# How the line of a proof calls the number of sentences in each state.
COUNTED: Mapping[str, str] = MappingProxyType(
    {
        UPHELD: "upheld",
        VOUCHED: "vouched",
        STATED: "stated",
        UNUSED: "unused",
        PARTLY: "partly",
        EXPIRED: "expired",
        UNPROVEN: "unproven",
        BROKEN: "broken",
    }
)


@dataclass(frozen=True, slots=True)
class Anchored:
    """One line of the ledger with the hashes that lead from it to the root; `place` counts from 0."""

    entry: str
    place: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PolicyText:
    """The text of one version: the one that was proven, or an earlier one under which lines were written."""

    version: str
    digest: str
    text: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """The parts of a bundle as they stand in its file; nothing of it is verified yet.

    `made` is the id of the line that names the proof, `consistency` leads from the tree that was looked at to the one of
    the checkpoint.
    """

    origin: str
    key: str
    checkpoint: str
    code: str
    made: str
    proof: bytes
    policies: tuple[PolicyText, ...]
    lines: tuple[Anchored, ...]
    consistency: tuple[bytes, ...]


def list_cited(proof: Proof) -> tuple[str, ...]:
    """The ids of all lines of the ledger that the evidence names, each once."""
    found = (
        line
        for rule in proof.rules
        for evidence in rule.evidence
        for lines in (evidence.lines, *(step.lines for step in evidence.steps))
        for line in lines
    )
    return tuple(dict.fromkeys(found))


def make_bundle(
    written: bytes,
    *,
    made: str,
    policies: Iterable[PolicyText],
    lines: Iterable[Anchored],
    checkpoint: str,
    key: str,
    consistency: Sequence[bytes] = (),
) -> bytes:
    """The file. `written` is the proof as `write_proof` gives it, `made` the id of the line that names it.

    `checkpoint` is the signed note to which all lines lead, `key` the verifier key. What is put in is not checked here:
    whoever gives a bundle out verifies it first.
    """
    proof = json.loads(written)
    document = {
        "bundle": BUNDLE,
        "checkpoint": checkpoint,
        "code": proof["code"],
        "consistency": [_encode(step) for step in consistency],
        "key": key,
        "lines": [
            {"entry": line.entry, "path": [_encode(step) for step in line.path], "place": line.place}
            for line in sorted(lines, key=lambda line: line.place)
        ],
        "made": made,
        "origin": checkpoint.partition("\n")[0],
        "policies": [
            {"digest": one.digest, "text": one.text, "version": one.version}
            for one in sorted(policies, key=lambda one: one.version)
        ],
        "proof": proof,
    }
    return write_canonical(document) + b"\n"


def is_bundle(opening: bytes) -> bool:
    """Whether a file that begins so wants to be a bundle."""
    return opening.startswith(_OPENS)


def read_bundle(raw: bytes) -> Bundle:
    """The parts of this file, each of the right sort. Raises SealError V805 for what is no bundle, or not written in the
    one way.
    """
    refused = refuse("this is not a bundle, or it was changed after it was written")
    if len(raw) > LARGEST_BUNDLE:
        raise refuse("the file is too large for a bundle")
    try:
        told = json.loads(raw)
        is_canonical = isinstance(told, dict) and write_canonical(told) + b"\n" == raw
    except (ValueError, RecursionError):
        raise refused from None
    if not is_canonical or tuple(sorted(told)) != FIELDS or told["bundle"] != BUNDLE:
        raise refused
    try:
        return _build(raw, told)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise refused from None


def refuse(
    text: str, hint: str = "ask for it once more; if it fails again, what you hold is not what was written"
) -> SealError:
    """The error of a bundle whose step fails, in words."""
    return SealError("V805", text, hint)


def refuse_judgement(text: str, code: str) -> SealError:
    """The error of a bundle that was written so, and comes out otherwise when it is judged again here.

    A later version of this program may judge otherwise, so whoever holds an old bundle needs the one that made it.
    """
    hint = f"either it was not judged honestly, or another version of Upheld made it: verify it with the program `{code[:16]}`"
    return refuse(text, hint)


def _build(raw: bytes, told: Mapping[str, Any]) -> Bundle:
    texts = {name: _take_text(told[name]) for name in ("checkpoint", "code", "key", "made", "origin")}
    return Bundle(
        proof=_slice_proof(raw, told["proof"]),
        policies=tuple(_build_text(one) for one in _take_list(told["policies"])),
        lines=tuple(_build_line(one) for one in _take_list(told["lines"])),
        consistency=tuple(_decode(step) for step in _take_list(told["consistency"])),
        **texts,
    )


def _slice_proof(raw: bytes, told: Any) -> bytes:
    """The proof as it stands in the file: its names are in order, so the proof is the last of its parts."""
    written = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    if not raw.endswith(b',"proof":' + written + b"}\n"):
        raise ValueError
    return written


def _build_text(told: Mapping[str, Any]) -> PolicyText:
    return PolicyText(**{name: _take_text(value) for name, value in told.items()})


def _build_line(told: Mapping[str, Any]) -> Anchored:
    place = told["place"]
    if type(place) is not int or len(told) != 3:
        raise ValueError
    return Anchored(_take_text(told["entry"]), place, tuple(_decode(step) for step in _take_list(told["path"])))


def _take_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _take_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _decode(text: str) -> bytes:
    """The bytes; ValueError when this is not the one way to write them."""
    value = base64.b64decode(text, validate=True)
    if _encode(value) != text:
        raise ValueError
    return value


def name_proof(bundle: Bundle) -> str:
    """The SHA-256 of the proof inside, as the ledger names it."""
    return digest_proof(bundle.proof)
