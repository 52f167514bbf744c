"""Receipts and exports of the ledger: files that anybody can verify offline; knows the log, and no store.

A receipt is one line of the ledger with the proof that it stands in the log. An export is the ledger whole. Both are
canonical JSON, so that no byte of them can change unseen.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from upheld.core.errors import SealError
from upheld.core.seal.entries import write_canonical
from upheld.core.seal.log import HASH_BYTES, RollingRoot, hash_leaf, verify_consistency, verify_inclusion
from upheld.core.seal.note import Checkpoint, open_note, parse_checkpoint, parse_verifier_key

RECEIPT = "receipt/1"
EXPORT = "export/1"
LARGEST_RECEIPT = 100_000  # characters; a proof of 60 steps and a line of 200 names come to a fifth of it
_ENTRY_OPENS = b'{"at":"'
_CHECKPOINT_OPENS = b'{"checkpoint":"'
_KIND = re.compile(rb'"kind":"([a-z.-]{1,60})"')
_AT = re.compile(rb'\{"at":"([0-9TZ:-]{20})"')


@dataclass(frozen=True, slots=True)
class Verified:
    """What a receipt proves; `is_key_trusted` is False when only the key inside the receipt was there to check it."""

    kind: str
    at: str
    site: str
    person: str | None
    body: Mapping[str, Any]
    index: int
    size: int
    origin: str
    key: str
    is_key_trusted: bool


@dataclass(frozen=True, slots=True)
class VerifiedExport:
    """What an export proves: its lines are those of the log, in their order, up to its newest checkpoint."""

    origin: str
    size: int
    root: bytes
    checkpoints: int
    first_at: str
    last_at: str
    kinds: Mapping[str, int]
    key: str
    is_key_trusted: bool


def make_receipt(*, entry: str, index: int, size: int, proof: Sequence[bytes], checkpoint: str, key: str) -> str:
    """The receipt as text. `entry` is the canonical line, `checkpoint` the signed note, `key` the verifier key."""
    document = {
        "upheld": RECEIPT,
        "origin": checkpoint.partition("\n")[0],
        "entry": entry,
        "index": index,
        "size": size,
        "proof": [base64.b64encode(step).decode("ascii") for step in proof],
        "checkpoint": checkpoint,
        "key": key,
    }
    return write_canonical(document).decode() + "\n"


def recognise_file(opening: bytes) -> str | None:
    """`receipt` or `export`, from the first bytes of a file; None for anything else."""
    line = opening.partition(b"\n")[0]
    if not line.startswith(b"{") or b'"upheld":"' not in line:
        return None
    return "export" if b'"upheld":"export/' in line and b'"entry":' not in line else "receipt"


def verify_receipt(document: str | bytes, trusted_key: str | None = None, older: Sequence[str] = ()) -> Verified:
    """What the receipt proves. Raises SealError V803 that names the step that failed.

    An older checkpoint can be held against it only when it is of the same size; for another size take an export.
    """
    parts = _read_receipt(document)
    checkpoint, is_key_trusted = _open_checkpoint(parts["checkpoint"], parts["key"], trusted_key)
    if checkpoint.origin != parts["origin"] or checkpoint.size != parts["size"]:
        raise _refuse("the receipt and its checkpoint speak of different logs")
    for note in older:
        if _open_checkpoint(note, parts["key"], trusted_key)[0].size != checkpoint.size:
            raise _refuse("a receipt can be held only against a checkpoint of its own size; take an export for others")
        compare_checkpoints(parts["checkpoint"], note, parts["key"])
    proof = [_read_hash(step) for step in parts["proof"]]
    leaf = hash_leaf(parts["entry"].encode())
    if not verify_inclusion(leaf, parts["index"], parts["size"], proof, checkpoint.root):
        raise _refuse("the line does not lead to the root of the log")
    entry = _read_line(parts["entry"])
    return Verified(
        kind=entry["kind"],
        at=entry["at"],
        site=entry["site"],
        person=entry.get("person"),
        body=MappingProxyType(entry["body"]),
        index=parts["index"],
        size=parts["size"],
        origin=checkpoint.origin,
        key=parts["key"],
        is_key_trusted=is_key_trusted,
    )


def write_export(*, key: str, entries: Iterable[str], checkpoints: Sequence[str]) -> Iterator[str]:
    """The lines of an export, each with its end: a header, the entries, and each checkpoint behind its last entry.

    `checkpoints` are signed notes from the smallest to the largest; the last of them covers all entries.
    """
    told = [(parse_checkpoint(note.rpartition("\n\n")[0] + "\n"), note) for note in checkpoints]
    origin, size = told[-1][0].origin, told[-1][0].size
    yield _write_line({"upheld": EXPORT, "origin": origin, "size": size, "checkpoints": len(told), "key": key})
    place = count = 0
    for text in _with_end(entries):
        while place < len(told) and told[place][0].size == count:
            yield _write_line({"checkpoint": told[place][1]})
            place += 1
        if text is not None:
            yield text + "\n"
            count += 1


def verify_export(
    lines: Iterable[bytes | str], trusted_key: str | None = None, older: Sequence[str] = ()
) -> VerifiedExport:
    """What an export proves, read line by line. `older` are signed checkpoints that were kept from before.

    Raises SealError V803 for a line that was changed, dropped, added or moved, for an export that ends too early, and
    for two checkpoints that do not fit each other. Only an older checkpoint shows that a ledger was cut back or
    written anew by somebody who holds the signing key.
    """
    source = (line.encode() if isinstance(line, str) else line for line in lines)
    return _Reading(_read_header(next(source, b"")), trusted_key, older).read(source)


def compare_checkpoints(first: str, second: str, key: str, proof: Sequence[bytes] = ()) -> None:
    """Raises SealError V803 when two signed checkpoints of one log are a fork, or the proof does not join them."""
    one, other = sorted((_open_checkpoint(note, key, key)[0] for note in (first, second)), key=lambda note: note.size)
    if one.origin != other.origin:
        raise _refuse("the two checkpoints are of different logs")
    if one.size == other.size and one.root != other.root:
        raise _refuse(f"two checkpoints of size {one.size} have different roots: the log was forked")
    if not verify_consistency(one.size, other.size, one.root, other.root, proof):
        raise _refuse(f"the log of size {other.size} does not go on from the one of size {one.size}")


@dataclass(slots=True)
class _Reading:
    """One pass over an export."""

    header: Mapping[str, Any]
    trusted_key: str | None
    older: Sequence[str]
    rolling: RollingRoot = field(default_factory=RollingRoot)
    kinds: Counter[bytes] = field(default_factory=Counter)
    checkpoints: int = 0
    first: bytes = b""
    last: bytes = b""

    def read(self, source: Iterable[bytes]) -> VerifiedExport:
        key, origin = self.header["key"], self.header["origin"]
        kept = [_open_checkpoint(note, key, self.trusted_key)[0] for note in self.older]
        if any(note.origin != origin for note in kept):
            raise _refuse("the checkpoint kept from before is of another log")
        wanted: dict[int, list[Checkpoint]] = {}
        for note in kept:
            wanted.setdefault(note.size, []).append(note)
        is_key_trusted = _open_is_trusted(key, self.trusted_key)
        covered = -1
        self._compare(wanted)
        for line in source:
            if line.startswith(_ENTRY_OPENS):
                self._take_entry(line)
                if self.rolling.size in wanted:
                    self._compare(wanted)
            elif line.startswith(_CHECKPOINT_OPENS):
                covered = self._take_checkpoint(line)
            else:
                raise _refuse(f"what follows line {self.rolling.size} of the ledger is neither a line nor a checkpoint")
        self._check_end(covered, kept)
        return VerifiedExport(
            origin=origin,
            size=self.rolling.size,
            root=self.rolling.root(),
            checkpoints=self.checkpoints,
            first_at=_find_moment(self.first),
            last_at=_find_moment(self.last),
            kinds=MappingProxyType({kind.decode(): count for kind, count in sorted(self.kinds.items())}),
            key=key,
            is_key_trusted=is_key_trusted,
        )

    def _take_entry(self, line: bytes) -> None:
        if not line.endswith(b"\n"):
            raise _refuse("the export ends in the middle of a line")
        self.rolling.add(hash_leaf(line[:-1]))
        found = _KIND.search(line)
        self.kinds[found[1] if found else b"?"] += 1
        self.first = self.first or line
        self.last = line

    def _take_checkpoint(self, line: bytes) -> int:
        note = _parse_canonical(line, ("checkpoint",), "a checkpoint")["checkpoint"]
        told = _open_checkpoint(note, self.header["key"], self.trusted_key)[0]
        if told.origin != self.header["origin"]:
            raise _refuse("a checkpoint in the export is of another log")
        if told.size != self.rolling.size:
            raise _refuse(
                f"the checkpoint of {told.size} lines stands behind {self.rolling.size}: lines were dropped or added before it"
            )
        if told.root != self.rolling.root():
            raise _refuse(
                f"the first {told.size} lines are not those that the checkpoint was signed over"
                ": one of them was changed, or two of them moved"
            )
        self.checkpoints += 1
        return told.size

    def _compare(self, wanted: Mapping[int, list[Checkpoint]]) -> None:
        for note in wanted.get(self.rolling.size, ()):
            if note.root != self.rolling.root():
                raise _refuse(
                    f"the first {note.size} lines are not those of the checkpoint kept from before: the ledger was written anew"
                )

    def _check_end(self, covered: int, kept: Sequence[Checkpoint]) -> None:
        size = self.rolling.size
        if self.header["size"] > size:
            raise _refuse(f"the export says {self.header['size']} lines and has {size}: its end is missing")
        if covered != size or self.header["size"] != size:
            raise _refuse(f"the last of the {size} lines stand behind no checkpoint")
        if self.checkpoints != self.header["checkpoints"]:
            raise _refuse(f"the export says {self.header['checkpoints']} checkpoints and has {self.checkpoints}")
        for note in kept:
            if note.size > size:
                raise _refuse(
                    f"the checkpoint kept from before covers {note.size} lines, the export has {size}: it was cut"
                )


def _read_receipt(document: str | bytes) -> Mapping[str, Any]:
    fields = ("checkpoint", "entry", "index", "key", "origin", "proof", "size", "upheld")
    raw = document.encode() if isinstance(document, str) else document
    if len(raw) > LARGEST_RECEIPT:
        raise _refuse("the file is too large for a receipt")
    parts = _parse_canonical(raw.rstrip(b"\r\n") + b"\n", fields, "a receipt")
    texts = all(isinstance(parts[name], str) for name in ("checkpoint", "entry", "key", "origin"))
    counts = all(type(parts[name]) is int for name in ("index", "size"))
    steps = isinstance(parts["proof"], list) and all(isinstance(step, str) for step in parts["proof"])
    if parts["upheld"] != RECEIPT or not (texts and counts and steps):
        raise _refuse("the file is no receipt of a kind that is known here")
    return parts


def _read_header(line: bytes) -> Mapping[str, Any]:
    header = _parse_canonical(line, ("checkpoints", "key", "origin", "size", "upheld"), "an export")
    texts = all(isinstance(header[name], str) for name in ("key", "origin"))
    counts = all(type(header[name]) is int for name in ("checkpoints", "size"))
    if header["upheld"] != EXPORT or not (texts and counts):
        raise _refuse("the file is no export of a kind that is known here")
    return header


def _parse_canonical(line: bytes, fields: tuple[str, ...], what: str) -> dict[str, Any]:
    """The object of one line, if it is written in the one way; otherwise a changed byte could mean the same."""
    refused = _refuse(f"this is not {what}, or it was changed after it was written")
    try:
        parts = json.loads(line)
        if isinstance(parts, dict) and tuple(sorted(parts)) == fields and write_canonical(parts) + b"\n" == line:
            return parts
    except (ValueError, RecursionError):
        raise refused from None
    raise refused


def _open_checkpoint(note: Any, key: str, trusted_key: str | None) -> tuple[Checkpoint, bool]:
    is_key_trusted = _open_is_trusted(key, trusted_key)
    if not isinstance(note, str):
        raise _refuse("the checkpoint is no text")
    return parse_checkpoint(open_note(note, {parse_verifier_key(key).name: key})), is_key_trusted


def _open_is_trusted(key: str, trusted_key: str | None) -> bool:
    if trusted_key is not None and trusted_key.strip() != key:
        raise _refuse("the file was signed with another key than the one you trust")
    return trusted_key is not None


def _read_line(text: str) -> dict[str, Any]:
    try:
        entry = json.loads(text)
        is_line = all(isinstance(entry[name], str) for name in ("at", "kind", "site")) and isinstance(
            entry["body"], dict
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        is_line = False
        entry = {}
    if not is_line:
        raise _refuse("the line is in the log, but it is no line of a ledger")
    return dict(entry)


def _read_hash(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != HASH_BYTES or base64.b64encode(value).decode("ascii") != text:
        raise _refuse("a step of the proof is no hash")
    return value


def _find_moment(line: bytes) -> str:
    found = _AT.match(line)
    return found[1].decode() if found else ""


def _write_line(value: Mapping[str, Any]) -> str:
    return write_canonical(value).decode() + "\n"


def _with_end(entries: Iterable[str]) -> Iterator[str | None]:
    yield from entries
    yield None


def _refuse(text: str) -> SealError:
    return SealError("V803", text, "ask for it once more; if it fails again, what you hold is not what was written")
