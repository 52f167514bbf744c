"""Receipts: the lines of the ledger about one person, and for each a file that proves it without us. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.held import COMPANY, YOU
from upheld.actions.ledger import find_verifier_key, read_tiles
from upheld.core.rights.copies import LineAbout
from upheld.core.seal.entries import KINDS
from upheld.core.seal.log import prove_inclusion
from upheld.core.seal.proof import make_receipt as write_receipt
from upheld.records.models import Checkpoint, Entry, Person
from upheld.records.walls import enter_site


@dataclass(frozen=True, slots=True)
class Receipt:
    """A line of the ledger with its proof as a file; `text` is empty until the sequencer has come by."""

    line: LineAbout
    text: str

    @property
    def is_ready(self) -> bool:
        """Whether the line has its place in the log, so that there is something to prove."""
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Head:
    """What everybody may know of a ledger: its public key, and its newest signed checkpoint if it has one."""

    key: str
    note: str
    size: int
    at: datetime | None
    waiting: int


def list_lines(
    site: str, persons: Collection[Person], *, most: int | None = None, skip: int = 0
) -> tuple[LineAbout, ...]:
    """The lines about these persons, the newest first; all of them without `most`."""
    about = _name_subjects(persons)
    with enter_site(site):
        rows = Entry.objects.filter(site=site, person__in=about).order_by("-serial")
        return tuple(_tell_line(row, about) for row in (rows[skip:] if most is None else rows[skip : skip + most]))


def count_lines(site: str, persons: Collection[Person]) -> int:
    """How many lines there are about these persons."""
    with enter_site(site):
        return Entry.objects.filter(site=site, person__in=_name_subjects(persons)).count()


def make_receipt(site: str, *, entry: str, persons: Collection[Person], now: datetime) -> Receipt | None:
    """The receipt of one line, if it is about one of these persons; None for a line of somebody else, or none at all."""
    return find_receipt(site, entry=entry, about=_name_subjects(persons), now=now)


def find_receipt(site: str, *, entry: str, about: dict[str, str], now: datetime) -> Receipt | None:
    """The receipt of a line about one of these ids, who need not be there any more; `about` says how to call each."""
    with enter_site(site):
        row = Entry.objects.filter(site=site, id=entry, person__in=about).first()
        if row is None:
            return None
        line = _tell_line(row, about)
        checkpoint = Checkpoint.objects.filter(site=site).order_by("-size").first()
        if row.place is None or checkpoint is None or checkpoint.size <= row.place:
            return Receipt(line, "")
        proof = prove_inclusion(row.place, checkpoint.size, read_tiles(site))
    text = write_receipt(
        entry=row.text,
        index=row.place,
        size=checkpoint.size,
        proof=proof,
        checkpoint=checkpoint.note,
        key=find_verifier_key(site, now),
    )
    return Receipt(line, text)


def read_head(site: str, now: datetime) -> Head:
    """The ledger's public key and newest checkpoint. Raises VaultError V811 while the vault is locked."""
    key = find_verifier_key(site, now)
    with enter_site(site):
        newest = Checkpoint.objects.filter(site=site).order_by("-size").first()
        waiting = Entry.objects.filter(site=site, place__isnull=True).count()
    if newest is None:
        return Head(key, "", 0, None, waiting)
    return Head(key, newest.note, newest.size, newest.at, waiting)


def _name_subjects(persons: Collection[Person]) -> dict[str, str]:
    return {person.id: COMPANY if person.kind == "company" else YOU for person in persons}


def _tell_line(row: Entry, about: dict[str, str]) -> LineAbout:
    kind = KINDS.get(row.kind)
    return LineAbout(row.id, about[row.person], row.kind, kind.meaning if kind else row.kind, row.at, row.place)
