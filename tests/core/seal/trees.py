"""A tree written down slowly from the definition (RFC 6962, 2.1), a log in memory, and a ledger of invented lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from upheld.core.seal.entries import make_entry
from upheld.core.seal.log import append_leaves, hash_leaf, prove_consistency, prove_inclusion, root_of
from upheld.core.seal.note import format_checkpoint, make_verifier_key, public_of, sign_note
from upheld.core.seal.proof import make_receipt, write_export

ORIGIN = "shop.example/ledger"
SEED = bytes(range(32))
KEY = make_verifier_key(ORIGIN, public_of(SEED))
OTHER_SEED = bytes(range(1, 33))
OTHER_KEY = make_verifier_key(ORIGIN, public_of(OTHER_SEED))
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PERSON = "p_" + "a" * 20


def define_root(entries: Sequence[bytes]) -> bytes:
    """MTH of the RFC, word for word."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = define_split(len(entries))
    return sha256(b"\x01" + define_root(entries[:split]) + define_root(entries[split:])).digest()


def define_path(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH of the RFC."""
    if len(entries) == 1:
        return []
    split = define_split(len(entries))
    if index < split:
        return [*define_path(index, entries[:split]), define_root(entries[split:])]
    return [*define_path(index - split, entries[split:]), define_root(entries[:split])]


def define_proof(old: int, entries: Sequence[bytes], *, is_known: bool = True) -> list[bytes]:
    """SUBPROOF of the RFC."""
    if old == len(entries):
        return [] if is_known else [define_root(entries)]
    split = define_split(len(entries))
    if old <= split:
        return [*define_proof(old, entries[:split], is_known=is_known), define_root(entries[split:])]
    return [*define_proof(old - split, entries[split:], is_known=False), define_root(entries[:split])]


def define_split(count: int) -> int:
    split = 1
    while split * 2 < count:
        split *= 2
    return split


@dataclass
class MemoryLog:
    """Tiles in a dict, and how often they were read."""

    size: int = 0
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    reads: int = 0

    def read_tile(self, level: int, index: int, width: int, /) -> bytes:
        self.reads += 1
        return self.tiles[level, index][: width * 32]

    def append(self, entries: Sequence[bytes]) -> None:
        self.size, tiles = append_leaves(self.size, [hash_leaf(entry) for entry in entries], self.read_tile)
        for tile in tiles:
            held = self.tiles.get((tile.level, tile.index), b"")
            assert tile.hashes.startswith(held), "a tile only grows"
            assert tile.width <= 256
            self.tiles[tile.level, tile.index] = tile.hashes

    def root(self, size: int | None = None) -> bytes:
        return root_of(self.size if size is None else size, self.read_tile)


@dataclass
class Ledger:
    """A log with its lines and the checkpoints after each batch."""

    texts: list[str] = field(default_factory=list)
    log: MemoryLog = field(default_factory=MemoryLog)
    notes: list[str] = field(default_factory=list)

    def add(self, texts: Sequence[str], seed: bytes = SEED) -> None:
        self.log.append([text.encode() for text in texts])
        self.texts += texts
        self.notes.append(self.sign(seed=seed))

    def sign(self, size: int | None = None, seed: bytes = SEED) -> str:
        size = self.log.size if size is None else size
        return sign_note(format_checkpoint(ORIGIN, size, self.log.root(size)), ORIGIN, seed)

    def receipt(self, index: int) -> str:
        size = self.log.size
        return make_receipt(
            entry=self.texts[index],
            index=index,
            size=size,
            proof=prove_inclusion(index, size, self.log.read_tile),
            checkpoint=self.notes[-1],
            key=KEY,
        )

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        return prove_consistency(old, new, self.log.read_tile)

    def export(self) -> list[bytes]:
        return [line.encode() for line in write_export(key=KEY, entries=self.texts, checkpoints=self.notes)]


def write_line(number: int, kind: str = "choice.recorded") -> str:
    return make_entry(
        site="shop",
        serial=f"e_{number:020d}",
        at=START + timedelta(minutes=number),
        kind=kind,
        person=PERSON,
        body={"choice": "offers", "outcome": "no", "because": ("shop#offers.1",)} if kind == "choice.recorded" else {},
    ).text


def make_ledger(*batches: int) -> Ledger:
    ledger = Ledger()
    for batch in batches:
        start = ledger.log.size
        ledger.add([write_line(number) for number in range(start, start + batch)])
    return ledger
