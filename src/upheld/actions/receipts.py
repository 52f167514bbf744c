"""Receipts: the lines of the ledger about one person, and for each a file that proves it without us. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.held import COMPANY, YOU
from upheld.actions.ledger_reading import issue_receipt
from upheld.core.rights.copies import LineAbout
from upheld.core.seal.entries import KINDS
from upheld.records.models import Entry, Person
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
        return Receipt(_tell_line(row, about), issue_receipt(site, row.id, now) or "")


def _name_subjects(persons: Collection[Person]) -> dict[str, str]:
    return {person.id: COMPANY if person.kind == "company" else YOU for person in persons}


def _tell_line(row: Entry, about: dict[str, str]) -> LineAbout:
    kind = KINDS.get(row.kind)
    return LineAbout(row.id, about[row.person], row.kind, kind.meaning if kind else row.kind, row.at, row.place)
