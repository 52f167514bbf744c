"""Reading the ledger: its lines, whether it is whole, the receipt of one line; only a verification writes, its own line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Max

from upheld.actions.ledger import find_verifier_key, name_origin, read_tiles, write_line
from upheld.actions.ledger_head import Head, find_departure, find_head
from upheld.core.errors import SealError, VaultError
from upheld.core.seal.entries import write_moment
from upheld.core.seal.log import EMPTY_ROOT, RollingRoot, hash_leaf, prove_inclusion, root_of
from upheld.core.seal.note import open_note, parse_checkpoint
from upheld.core.seal.proof import make_receipt
from upheld.records.models import Checkpoint, Entry
from upheld.records.walls import enter_site, read_site

LINES_A_PAGE = 50
LINES_AT_ONCE = 2000


class _Row(NamedTuple):
    """One row, as it lies in the table."""

    place: int
    id: str
    kind: str
    person: str
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as pages show it; `place` is none until the sequencer has come by. `body` holds ids and names only."""

    id: str
    serial: int
    kind: str
    person: str
    by: str
    at: datetime
    place: int | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LedgerState:
    """How the tree stands: its size, how many lines wait, the newest signed checkpoint (empty before the first)."""

    size: int
    waiting: int
    root: str
    note: str
    signed_at: datetime | None
    verified_at: datetime | None
    key: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What going through the whole ledger gave; `fault` says in words what does not fit, empty when all fits."""

    size: int
    waiting: int
    root: str
    checkpoints: int
    fault: str

    @property
    def is_whole(self) -> bool:
        """Whether every line is there, in its place and as it was signed."""
        return not self.fault


def list_lines(
    site: str,
    *,
    kinds: tuple[str, ...] = (),
    person: str = "",
    by: str = "",
    before: int | None = None,
    most: int = LINES_A_PAGE,
) -> tuple[Line, ...]:
    """Lines of a site, the latest first; `before` is the serial of the last one already seen."""
    with read_site(site):
        rows = Entry.objects.filter(site=site)
        if kinds:
            rows = rows.filter(kind__in=kinds)
        if person:
            rows = rows.filter(person=person)
        if by:
            rows = rows.filter(by=by)
        if before is not None:
            rows = rows.filter(serial__lt=before)
        return tuple(_describe_line(row) for row in rows.order_by("-serial")[:most])


def _describe_line(row: Entry) -> Line:
    body: Mapping[str, Any] = json.loads(row.text)["body"]
    return Line(row.id, row.serial, row.kind, row.person, row.by, row.at, row.place, body)


def find_state(site: str, now: datetime) -> LedgerState:
    """How the site's ledger stands now; a few small queries, no walk through it."""
    with read_site(site):
        newest = Checkpoint.objects.filter(site=site).order_by("-size").first()
        waiting = Entry.objects.filter(site=site, place__isnull=True).count()
        verified = Entry.objects.filter(site=site, kind="ledger.verified").order_by("-serial").first()
    return LedgerState(
        size=newest.size if newest else 0,
        waiting=waiting,
        root=bytes(newest.root).hex() if newest else "",
        note=newest.note if newest else "",
        signed_at=newest.at if newest else None,
        verified_at=verified.at if verified else None,
        key=find_verifier_key(site, now),
    )


def verify_ledger(site: str, *, now: datetime, by: str = "", kept: Sequence[Head] = ()) -> Verification:
    """Go through the whole ledger: every line, every checkpoint with its signature, the tiles. Leaves a line itself.

    Finds a line that was changed, dropped, added or moved, and a checkpoint that was not signed here; by what the keys'
    database remembers, and by the `kept` heads, also an end that was cut off and a tree that was written anew. Others
    write meanwhile: it is a walk of many short transactions, up to the checkpoint that was the newest one when it
    began. `kept` is read before it is called.
    """
    remembered = find_head(site)
    found = walk_ledger(site, now, [*kept, remembered] if remembered else kept)
    with enter_site(site):
        outcome = "done" if found.is_whole else "failed"
        write_line(site, "ledger.verified", at=now, by=by, size=found.size, root=found.root or None, outcome=outcome)
    return found


def walk_ledger(
    site: str, now: datetime, heads: Sequence[Head], see: Callable[[Mapping[str, Any]], None] | None = None
) -> Verification:
    """The same without leaving a line; `see` is given every line, parsed, in the order of places, up to the first fault."""
    keys = {name_origin(site): find_verifier_key(site, now)}
    with enter_site(site):
        # in this order: a batch that gets its places in between comes with a checkpoint that covers them
        last = Entry.objects.filter(site=site).aggregate(last=Max("place"))["last"]
        checkpoints = list(Checkpoint.objects.filter(site=site).order_by("size"))
        waiting = Entry.objects.filter(site=site, place__isnull=True).count()
    covered = checkpoints[-1].size if checkpoints else 0
    rolling, fault, met = RollingRoot(), "", 0
    sizes, roots = {head.size for head in heads}, {0: EMPTY_ROOT}
    for row in _read_rows(site, covered):
        told = _read_told(row)
        fault = fault or _find_fault(row, told, site, rolling.size)
        if see is not None and not fault:
            see(told)
        rolling.add(hash_leaf(row.text.encode()))
        while met < len(checkpoints) and checkpoints[met].size == rolling.size:
            fault = fault or _find_unfit(checkpoints[met], rolling.root(), keys)
            met += 1
        if rolling.size in sizes:
            roots[rolling.size] = rolling.root()
    if rolling.size != covered:
        fault = fault or f"the ledger ends after {rolling.size} lines, and a checkpoint covers {covered}"
    elif last is not None and last >= covered:
        fault = fault or f"lines after place {covered} are covered by no checkpoint"
    departures = (find_departure(head, rolling.size, roots.__getitem__) for head in heads)
    fault = fault or _find_tile_fault(site, rolling) or next(filter(None, departures), "")
    root = rolling.root().hex() if rolling.size else ""
    return Verification(rolling.size, waiting, root, len(checkpoints), fault)


def _read_rows(site: str, size: int) -> Iterator[_Row]:
    """The lines that have a place below `size`, in their order; a short transaction for each two thousand."""
    for start in range(0, size, LINES_AT_ONCE):
        end = min(start + LINES_AT_ONCE, size)
        with enter_site(site):
            rows = Entry.objects.filter(site=site, place__gte=start, place__lt=end).order_by("place")
            page = [_Row(*row) for row in rows.values_list(*_Row._fields)]
        yield from page


def _read_told(row: _Row) -> Mapping[str, Any]:
    """What a line says of itself; empty where its text is none."""
    try:
        told = json.loads(row.text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _find_fault(row: _Row, told: Mapping[str, Any], site: str, place: int) -> str:
    """What is wrong with one line beside its text, which the checkpoints hold; empty when nothing is."""
    if row.place != place:
        return f"the line of place {place} is missing"
    try:
        same = (row.id, row.kind, row.person, row.by, site, write_moment(row.at)) == (
            told["serial"],
            told["kind"],
            told.get("person", ""),
            told["body"].get("by", ""),
            told["site"],
            told["at"],
        )
    except (KeyError, TypeError, AttributeError):
        same = False
    return "" if same else f"the line of place {place} is not what its text says"


def _find_unfit(checkpoint: Checkpoint, root: bytes, keys: dict[str, str]) -> str:
    """What is wrong with one checkpoint; empty when nothing is."""
    try:
        signed = parse_checkpoint(open_note(checkpoint.note, keys))
    except SealError:
        return f"the checkpoint over {checkpoint.size} lines was not signed here"
    if signed.size != checkpoint.size or signed.root != bytes(checkpoint.root):
        return f"the checkpoint over {checkpoint.size} lines is not the one that was signed"
    return "" if signed.root == root else f"the first {checkpoint.size} lines are not those that were signed"


def _find_tile_fault(site: str, rolling: RollingRoot) -> str:
    """What is wrong with the stored tree, from which receipts are made; empty when nothing is."""
    if not rolling.size:
        return ""
    try:
        with enter_site(site):
            is_same = root_of(rolling.size, read_tiles(site)) == rolling.root()
    except (VaultError, SealError, LookupError, ValueError):
        is_same = False
    return "" if is_same else "the stored tree is not the one over these lines"


def issue_receipt(site: str, entry_id: str, now: datetime) -> str | None:
    """The receipt of one line as a file that verifies offline; None while it has no place in the tree, or is not there."""
    with read_site(site):
        row = Entry.objects.filter(site=site, id=entry_id, place__isnull=False).first()
        newest = Checkpoint.objects.filter(site=site).order_by("-size").first()
        if row is None or row.place is None or newest is None or row.place >= newest.size:
            return None
        return make_receipt(
            entry=row.text,
            index=row.place,
            size=newest.size,
            proof=prove_inclusion(row.place, newest.size, read_tiles(site)),
            checkpoint=newest.note,
            key=find_verifier_key(site, now),
        )
