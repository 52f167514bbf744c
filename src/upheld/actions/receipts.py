"""Receipts: the lines of the ledger about one person, and for each a file that proves it without us. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from upheld.actions.barring import list_barred
from upheld.actions.held import COMPANY, YOU
from upheld.actions.ledger_reading import issue_receipt
from upheld.core.policy.model import SELF
from upheld.core.rights.copies import LineAbout
from upheld.core.seal.kinds import KINDS
from upheld.records.models import Entry, Person
from upheld.records.walls import read_site

# The fields of a line that say more to the person it is about, in the order in which they are told.
TOLD = ("choice", "outcome", "data", "withheld", "purpose", "role", "recipient", "class", "format", "touchpoint")

OWN_LOOK = f'"role":"{SELF}"'  # as it stands in the canonical text of a line


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
    site: str, persons: Collection[Person], *, most: int | None = None, skip: int = 0, with_looks: bool = True
) -> tuple[LineAbout, ...]:
    """The lines about these persons, the newest first; all of them without `most`.

    Without looks those lines are left out that tell of the person's own looks at what is held about them.
    """
    about = _name_subjects(persons)
    with read_site(site):
        rows = _find_rows(site, about, with_looks=with_looks).order_by("-serial")
        return tuple(_tell_line(row, about) for row in (rows[skip:] if most is None else rows[skip : skip + most]))


def count_lines(site: str, persons: Collection[Person], *, with_looks: bool = True) -> int:
    """How many lines there are about these persons."""
    with read_site(site):
        return _find_rows(site, _name_subjects(persons), with_looks=with_looks).count()


def _find_rows(site: str, about: dict[str, str], *, with_looks: bool) -> QuerySet[Entry]:
    rows = Entry.objects.filter(site=site, person__in=about)
    for demand, case in list_barred(site, list(about)):  # a court or a law forbids to tell them of it yet
        rows = rows.exclude(text__contains=f'"{demand}"').exclude(text__contains=f'"{case}"')
    if with_looks:
        return rows
    return rows.exclude(kind="item.opened", text__contains=OWN_LOOK, by__in=["", *_list_own(about)])


def make_receipt(site: str, *, entry: str, persons: Collection[Person], now: datetime) -> Receipt | None:
    """The receipt of one line, if it is about one of these persons; None for a line of somebody else, or none at all."""
    return find_receipt(site, entry=entry, about=_name_subjects(persons), now=now)


def find_receipt(site: str, *, entry: str, about: dict[str, str], now: datetime) -> Receipt | None:
    """The receipt of a line about one of these ids, who need not be there any more; `about` says how to call each."""
    with read_site(site):
        row = _find_rows(site, about, with_looks=True).filter(id=entry).first()
        if row is None:
            return None
        return Receipt(_tell_line(row, about), issue_receipt(site, row.id, now) or "")


def _name_subjects(persons: Collection[Person]) -> dict[str, str]:
    return {person.id: COMPANY if person.kind == "company" else YOU for person in persons}


def _list_own(about: dict[str, str]) -> list[str]:
    """The ids of whoever asks: theirs, and not that of their company."""
    return [name for name, said in about.items() if said == YOU]


def _tell_line(row: Entry, about: dict[str, str]) -> LineAbout:
    kind = KINDS.get(row.kind)
    body = json.loads(row.text)["body"]
    details = tuple((name, _list_names(body[name])) for name in TOLD if name in body)
    meaning = kind.meaning if kind else row.kind
    by = "" if row.by in _list_own(about) else row.by
    return LineAbout(row.id, about[row.person], row.kind, meaning, row.at, row.place, by, details)


def _list_names(value: object) -> tuple[str, ...]:
    return tuple(str(part) for part in value) if isinstance(value, list) else (str(value),)
