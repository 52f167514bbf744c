"""The Merkle log of RFC 6962, section 2.1 (the same hashes as RFC 9162), over tiles; knows no entry and no store.

A tile (C2SP tlog-tiles, read 2026-11) holds up to 256 hashes that stand side by side: level 0 those of the leaves,
level 1 those of the trees over 256 leaves, and so on. What lies between is computed, so a proof reads a few tiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = sha256(b"").digest()


class TileReader(Protocol):
    """Gives the first `width` hashes of a tile, joined; a longer answer is cut. A plain function will do."""

    def __call__(self, level: int, index: int, width: int, /) -> bytes:
        """The hashes of the tile, 32 bytes each."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile to be written over what stood there: a fuller one replaces the partial one, its first hashes equal."""

    level: int
    index: int
    hashes: bytes

    @property
    def width(self) -> int:
        """How many hashes the tile holds."""
        return len(self.hashes) // HASH_BYTES


def hash_leaf(entry: bytes) -> bytes:
    """The hash of a leaf, from what the leaf holds."""
    return sha256(b"\x00" + entry).digest()


def hash_nodes(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two halves."""
    return sha256(b"\x01" + left + right).digest()


def append_leaves(size: int, leaf_hashes: Sequence[bytes], read_tile: TileReader) -> tuple[int, list[Tile]]:
    """The new size of the log, and the tiles to write for it. Takes hashes of leaves, from `hash_leaf`."""
    if any(len(leaf) != HASH_BYTES for leaf in leaf_hashes):
        message = "a leaf is given as its hash; use hash_leaf"
        raise ValueError(message)
    tiles: list[Tile] = []
    level, fresh = 0, b"".join(leaf_hashes)
    while fresh:
        index, held = divmod(size >> (TILE_HEIGHT * level), TILE_WIDTH)
        row = (_read_exactly(read_tile, level, index, held) if held else b"") + fresh
        full = TILE_WIDTH * HASH_BYTES
        pieces = [row[start : start + full] for start in range(0, len(row), full)]
        tiles += [Tile(level, index + step, piece) for step, piece in enumerate(pieces)]
        fresh = b"".join(_fold(piece) for piece in pieces if len(piece) == full)
        level += 1
    return size + len(leaf_hashes), tiles


def root_of(size: int, read_tile: TileReader) -> bytes:
    """The root of the first `size` leaves."""
    return _Tiles(size, read_tile).root(0, size) if size else EMPTY_ROOT


def prove_inclusion(index: int, size: int, read_tile: TileReader) -> tuple[bytes, ...]:
    """The hashes that show that leaf `index` is in the log of this size (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        message = f"no leaf {index} in a log of {size}"
        raise ValueError(message)
    tiles = _Tiles(size, read_tile)
    proof: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(tiles.root(middle, high))
            high = middle
        else:
            proof.append(tiles.root(low, middle))
            low = middle
    return tuple(reversed(proof))


def prove_consistency(old: int, new: int, read_tile: TileReader) -> tuple[bytes, ...]:
    """The hashes that show that the log of `new` leaves begins with that of `old` (RFC 6962, 2.1.2)."""
    if not 0 <= old <= new:
        message = f"a log of {new} cannot go on from {old}"
        raise ValueError(message)
    if old in {0, new}:
        return ()
    tiles = _Tiles(new, read_tile)
    proof: list[bytes] = []
    low, high = 0, new
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(tiles.root(middle, high))
            high = middle
        else:
            proof.append(tiles.root(low, middle))
            low = middle
    if low:
        proof.append(tiles.root(low, high))
    return tuple(reversed(proof))


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or any(len(step) != HASH_BYTES for step in proof):
        return False
    place, last, found = index, size - 1, leaf_hash
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = hash_nodes(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = hash_nodes(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof leads from one root to the other (RFC 9162, 2.1.4.2). Every log goes on from the empty one."""
    if not 0 <= old <= new or any(len(step) != HASH_BYTES for step in proof):
        return False
    if old in {0, new}:
        return not proof and (old_root == new_root if old else old_root == EMPTY_ROOT)
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    found_old = found_new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            found_old, found_new = hash_nodes(step, found_old), hash_nodes(step, found_new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found_new = hash_nodes(found_new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found_old == old_root and found_new == new_root


class RollingRoot:
    """Adds leaves one by one and gives the root at any moment, with one hash held for each level."""

    __slots__ = ("_stack", "size")

    def __init__(self) -> None:
        self.size = 0
        self._stack: list[bytes] = []

    def add(self, leaf_hash: bytes) -> None:
        """One leaf more, as its hash."""
        stack, rest = self._stack, self.size
        while rest & 1:
            leaf_hash = sha256(b"\x01" + stack.pop() + leaf_hash).digest()
            rest >>= 1
        stack.append(leaf_hash)
        self.size += 1

    def root(self) -> bytes:
        """The root of the leaves so far."""
        if not self._stack:
            return EMPTY_ROOT
        found = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            found = hash_nodes(left, found)
        return found


def root_of_leaves(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root of very many leaves that come one after the other; none is kept."""
    rolling = RollingRoot()
    for leaf in leaf_hashes:
        rolling.add(leaf)
    return rolling.root()


class _Tiles:
    """The tiles that one proof reads, each once."""

    __slots__ = ("_held", "_read", "_size")

    def __init__(self, size: int, read_tile: TileReader) -> None:
        self._size = size
        self._read = read_tile
        self._held: dict[tuple[int, int], bytes] = {}

    def root(self, low: int, high: int) -> bytes:
        """The root of the leaves from `low` to before `high`, where `low` is a place that a split can give."""
        count = high - low
        if count & (count - 1) == 0:
            return self._node(count.bit_length() - 1, low // count)
        middle = low + _split(count)
        return hash_nodes(self.root(low, middle), self.root(middle, high))

    def _node(self, height: int, place: int) -> bytes:
        level, rest = divmod(height, TILE_HEIGHT)
        index, offset = divmod(place << rest, TILE_WIDTH)
        hashes = self._tile(level, index)
        return _fold(hashes[offset * HASH_BYTES : (offset + (1 << rest)) * HASH_BYTES])

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._held:
            width = min(TILE_WIDTH, (self._size >> (TILE_HEIGHT * level)) - TILE_WIDTH * index)
            self._held[level, index] = _read_exactly(self._read, level, index, width)
        return self._held[level, index]


def _read_exactly(read_tile: TileReader, level: int, index: int, width: int) -> bytes:
    hashes = bytes(read_tile(level, index, width))[: width * HASH_BYTES]
    if len(hashes) != width * HASH_BYTES:
        message = f"tile {index} of level {level} holds less than {width} hashes"
        raise LookupError(message)
    return hashes


def _fold(hashes: bytes) -> bytes:
    """The root over hashes that stand side by side; their number is a power of two."""
    row = [hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)]
    while len(row) > 1:
        row = [sha256(b"\x01" + row[place] + row[place + 1]).digest() for place in range(0, len(row), 2)]
    return row[0]


def _split(count: int) -> int:
    """The largest power of two smaller than the count."""
    return 1 << (count - 1).bit_length() - 1
