"""The ledger: a line beside every act in its own transaction, put into a signed tree by the sequencer in batches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from upheld.actions.ids import draw_id
from upheld.actions.keys import find_site_key
from upheld.actions.ledger_head import Head, find_departure, find_head, raise_head
from upheld.actions.rows import insert_rows, update_rows
from upheld.core.errors import VaultError
from upheld.core.seal.entries import Entry as Written
from upheld.core.seal.entries import make_entry
from upheld.core.seal.log import EMPTY_ROOT, HASH_BYTES, TileReader, append_leaves, hash_leaf, root_of
from upheld.core.seal.note import (
    format_checkpoint,
    make_verifier_key,
    open_note,
    parse_checkpoint,
    public_of,
    sign_note,
)
from upheld.records.models import Checkpoint, Entry, Tile
from upheld.records.walls import enter_site

MOST_IN_A_BATCH = 10_000
SIGN = "sign"
ENTRY = ("id", "site", "kind", "person", "by", "at", "text")


def write_line(
    site: str,
    kind: str,
    *,
    at: datetime,
    person: str = "",
    by: str = "",
    known: Collection[str] | None = None,
    **fields: object,
) -> str:
    """The id of the new line. Belongs inside the transaction of what it tells of; raises SealError V804 for a field
    that the kind does not have, or a value that could be personal.

    `known` are the names that the policy declares; whoever is told names by somebody else gives it, so that a plain word
    of theirs does not pass for one. What erases leaves it out: no name may stand in the way of that.
    """
    serial = draw_id("e")
    made = _make_line(site, kind, person, fields, at=at, by=by, serial=serial, known=known)
    insert_rows(Entry, ENTRY, [(serial, site, kind, person, by, at, made.text)])
    return serial


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is to be written with others: its id, drawn beforehand so that rows can point to it, and what it says."""

    id: str
    kind: str
    person: str
    at: datetime
    fields: Mapping[str, object]


def write_lines(site: str, lines: Iterable[Line], *, by: str = "", known: Collection[str] | None = None) -> None:
    """Many lines at once; belongs inside the transaction of what they tell of, and raises as `write_line` does."""
    rows = []
    for line in lines:
        made = _make_line(site, line.kind, line.person, line.fields, at=line.at, by=by, serial=line.id, known=known)
        rows.append((line.id, site, line.kind, line.person, by, line.at, made.text))
    insert_rows(Entry, ENTRY, rows)


def _make_line(
    site: str,
    kind: str,
    person: str,
    fields: Mapping[str, object],
    *,
    at: datetime,
    by: str,
    serial: str,
    known: Collection[str] | None,
) -> Written:
    body = {**fields, "by": by or None}
    return make_entry(site=site, serial=serial, at=at, kind=kind, person=person or None, body=body, known=known)


def name_origin(site: str) -> str:
    """The name under which this site's ledger signs its checkpoints."""
    return f"upheld/{site}"


def find_verifier_key(site: str, now: datetime) -> str:
    """The public key of the site's ledger, as anybody needs it to verify offline."""
    return make_verifier_key(name_origin(site), public_of(find_site_key(site, SIGN, now).key))


def read_tiles(site: str) -> TileReader:
    """A reader of the tree's tiles, each read once."""
    kept: dict[tuple[int, int], bytes] = {}

    def read_tile(level: int, index: int, width: int, /) -> bytes:
        hashes = kept.get((level, index))
        if hashes is None:
            row = Tile.objects.filter(site=site, level=level, number=index).first()
            hashes = kept[level, index] = bytes(row.hashes) if row else b""
        if len(hashes) < width * HASH_BYTES:
            text = f"the ledger of `{site}` lacks tile {level}/{index}, or a part of it"
            raise VaultError(
                "V821", text, "it was altered, or restored in part: compare with a checkpoint kept elsewhere"
            )
        return hashes[: width * HASH_BYTES]

    return read_tile


def find_size(site: str) -> int:
    """How many entries the tree holds."""
    newest = Checkpoint.objects.filter(site=site).order_by("-size").values_list("size", flat=True).first()
    return newest or 0


def sequence_entries(site: str, now: datetime, most: int = MOST_IN_A_BATCH) -> int:
    """How many waiting entries got their place in the tree, with a signed checkpoint; 0 when none wait.

    One transaction: a crash leaves the tree as it was. Two sequencers of one site wait for each other.
    Raises VaultError V822 when the tree is not the one that was signed last, V824 when it is not the one that the keys'
    database remembers; the lines go on waiting.
    """
    with enter_site(site):
        lock_sequencer(site)
        rows = Entry.objects.filter(site=site, place__isnull=True).order_by("serial")
        waiting = list(rows.values_list("serial", "text")[:most])
        if not waiting:
            return 0
        read_tile = read_tiles(site)
        size = check_newest(site, read_tile, now).size
        _check_head(site, size, read_tile)
        leaves = [hash_leaf(text.encode()) for _, text in waiting]
        new_size, tiles = append_leaves(size, leaves, read_tile)
        update_rows(Entry, ("place",), ((serial, place) for place, (serial, _) in enumerate(waiting, size)))
        Tile.objects.bulk_create(
            [Tile(site=site, level=tile.level, number=tile.index, hashes=tile.hashes) for tile in tiles],
            update_conflicts=True,
            unique_fields=["site", "level", "number"],
            update_fields=["hashes"],
        )
        root = root_of(new_size, read_tiles(site))
        sign_checkpoint(site, new_size, root, now)
        transaction.on_commit(partial(raise_head, site, Head(new_size, root), now))
    return len(waiting)


def check_newest(site: str, read_tile: TileReader, now: datetime) -> Head:
    """The tree as it is, after a look that it is the one of the newest checkpoint, and that one ours; else VaultError V822.

    Otherwise the next signature would make true what somebody has put there.
    """
    newest = Checkpoint.objects.filter(site=site).order_by("-size").first()
    if newest is None:
        return Head(0, EMPTY_ROOT)
    signed = parse_checkpoint(open_note(newest.note, {name_origin(site): find_verifier_key(site, now)}))
    if signed.size != newest.size or signed.root != root_of(newest.size, read_tile):
        raise VaultError(
            "V822",
            f"the tree of the ledger of `{site}` is not the one that was signed over {signed.size} lines",
            "nothing is added to it meanwhile; `upheld ledger verify` says where it differs",
        )
    return Head(newest.size, signed.root)


def _check_head(site: str, size: int, read_tile: TileReader) -> None:
    """Raise VaultError V824 when the tree was cut back together with its checkpoints, or another one is in its place."""
    departure = find_departure(find_head(site), size, lambda remembered: root_of(remembered, read_tile))
    if departure:
        raise VaultError(
            "V824",
            f"site `{site}`: {departure}",
            "nothing is added meanwhile; if you restored the data from a backup, say so: `upheld ledger restored`",
        )


def sign_checkpoint(site: str, size: int, root: bytes, now: datetime) -> Checkpoint:
    """A signed note over the tree at this size, stored."""
    seed = find_site_key(site, SIGN, now).key
    note = sign_note(format_checkpoint(name_origin(site), size, root), name_origin(site), seed)
    return Checkpoint.objects.create(site=site, size=size, root=root, note=note, at=now)


def lock_sequencer(site: str) -> None:
    """Wait until no other process sequences this site; SQLite's IMMEDIATE transactions do it by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"upheld sequencer {site}"])
