"""Staff look for one person by an exact identifier; nobody can leaf through people, and each look leaves a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.ledger import write_line
from upheld.actions.people import digest_identifier
from upheld.records.models import Identifier, Person
from upheld.records.walls import enter_site, read_site

PERSON_ID = re.compile(r"p_[a-z2-9]{20}")
BY_ID = "person-id"
KINDS = ("email", "phone", "username")


@dataclass(frozen=True, slots=True)
class Sought:
    """A person whom staff may now ask the gate about: the id and nothing that tells who it is."""

    id: str
    kind: str
    is_visitor: bool
    version: str
    created_at: datetime
    closed_at: datetime | None


def seek_person(site: str, *, kind: str, text: str, by: str, now: datetime) -> Sought | None:
    """Whoever has this identifier, or None; one line in the ledger either way, which holds the kind and not the text.

    `kind` is `person-id`, `email`, `phone` or `username`. Whoever has shown that an identifier is theirs comes before
    people who only claim it; when several claim it and nobody has shown it, it finds nobody.
    """
    if kind == BY_ID:
        with enter_site(site):
            row = (
                Person.objects.filter(site=site, id=text.strip()).first() if PERSON_ID.fullmatch(text.strip()) else None
            )
            return _tell_sought(site, row, kind=kind, by=by, now=now)
    if kind not in KINDS:
        raise ValueError(kind)
    digest = digest_identifier(site, kind, text, now)
    with enter_site(site):
        claims = list(Identifier.objects.select_related("person").filter(site=site, kind=kind, digest=digest)[:50])
        shown = [claim for claim in claims if claim.verified_at is not None] or claims
        people = {claim.person_id: claim.person for claim in shown}
        row = next(iter(people.values())) if len(people) == 1 else None
        return _tell_sought(site, row, kind=kind, by=by, now=now)


def _tell_sought(site: str, row: Person | None, *, kind: str, by: str, now: datetime) -> Sought | None:
    write_line(
        site,
        "staff.sought",
        at=now,
        person="" if row is None else row.id,
        by=by,
        identifier=kind,
        found=0 if row is None else 1,
    )
    return None if row is None else describe_sought(row)


def find_sought(site: str, person: str) -> Sought | None:
    """The person of this id, as after a look by id that was already told of; None when there is none."""
    row = find_row(site, person)
    return None if row is None else describe_sought(row)


def find_row(site: str, person: str) -> Person | None:
    """The row of the person of this id, or None; tells nobody."""
    if not PERSON_ID.fullmatch(person):
        return None
    with read_site(site):
        return Person.objects.filter(site=site, id=person).first()


def describe_sought(row: Person) -> Sought:
    """The row as a value."""
    return Sought(row.id, row.kind, row.is_visitor, row.version.isoformat(), row.created_at, row.closed_at)
