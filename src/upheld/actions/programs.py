"""Programs outside that report events or fetch a carrier's feed: added, found by the hash of their key, ended."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.rows import read_rows
from upheld.actions.sessions import TOKEN_BYTES, digest_token
from upheld.core.errors import ShipmentError
from upheld.core.fields.submission import has_hidden, tidy_text
from upheld.core.gate.binding import Binding
from upheld.core.shipping.ordering import find_carrying
from upheld.records.models import Program, Recipient
from upheld.records.walls import enter_site, read_site

EVENTS, FEED = "events", "feed"
MAY = (EVENTS, FEED)
KEY_MARK = "up_"  # so that somebody who finds one knows what it is, and tools that look for secrets as well
LONGEST_NAME = 80
MARK_EACH = timedelta(minutes=1)
BY_DIGEST = "WHERE site = %s AND digest = %s"


@dataclass(frozen=True, slots=True)
class HeldProgram:
    """A program as pages show it; its key was shown once and is nowhere."""

    id: str
    name: str
    may: tuple[str, ...]
    carrier: str
    made_by: str
    made_at: datetime
    seen_at: datetime | None
    ended_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether its key still opens anything."""
        return self.ended_at is None


def add_program(
    binding: Binding, *, name: str, may: Iterable[str], by: str, now: datetime, carrier: str = ""
) -> tuple[HeldProgram, str]:
    """A new program and its key, which nobody can read again. `carrier` is a line of the register, empty for our own.

    Raises ShipmentError B112 for a name or right that cannot be, and for a feed of nobody; B110 for a recipient who does
    not carry. Side effect: a line in the ledger.
    """
    title, rights = tidy_text(name), tuple(right for right in MAY if right in set(may))
    if not 0 < len(title) <= LONGEST_NAME or has_hidden(title):
        raise ShipmentError("B112", "the program has no name, or too long a one", f"at most {LONGEST_NAME} letters")
    if not rights or set(may) - set(MAY):
        raise ShipmentError("B112", "a program does at least one thing", "one of: " + ", ".join(MAY))
    if FEED in rights and not carrier:
        raise ShipmentError("B112", "a feed belongs to a carrier", "choose one of the register of recipients")
    key = KEY_MARK + secrets.token_urlsafe(TOKEN_BYTES)
    with enter_site(binding.site):
        if carrier:
            _check_carrier(binding, carrier)
        row = Program.objects.create(
            id=draw_id("pg"),
            site=binding.site,
            name=title,
            may=list(rights),
            carrier=carrier,
            digest=digest_token(key),
            made_by=by,
            made_at=now,
        )
        write_line(binding.site, "program.added", at=now, by=by, program=row.id, may="-".join(rights))
    return describe_program(row), key


def _check_carrier(binding: Binding, carrier: str) -> None:
    listed = Recipient.objects.filter(site=binding.site, id=carrier, ended_at__isnull=True).first()
    if listed is None or find_carrying(binding, listed.kind, {}) is None:
        raise ShipmentError("B110", "nobody of that id carries", "look at the register of recipients")


def end_program(binding: Binding, *, program: str, by: str, now: datetime) -> None:
    """End a program's key. Raises ShipmentError B111 when there is no live one. Side effect: a line in the ledger."""
    with enter_site(binding.site):
        if not Program.objects.filter(site=binding.site, id=program, ended_at__isnull=True).update(ended_at=now):
            raise ShipmentError("B111", "there is no such program, or it has ended", "look at the list of programs")
        write_line(binding.site, "program.ended", at=now, by=by, program=program)


def find_program(site: str, key: str, now: datetime) -> HeldProgram | None:
    """The live program of this key, or None. Writes when it was last seen, at most once a minute and without a line."""
    if not key.startswith(KEY_MARK):
        return None
    with read_site(site):
        rows = read_rows(Program, BY_DIGEST, (site, digest_token(key)))
    row = next((row for row in rows if row.ended_at is None), None)
    if row is None:
        return None
    if row.seen_at is None or now - row.seen_at >= MARK_EACH:
        with enter_site(site):
            Program.objects.filter(site=site, id=row.id).update(seen_at=now)
    return describe_program(row)


def list_programs(site: str) -> tuple[HeldProgram, ...]:
    """All programs, those that are live first, the newest before the others."""
    with read_site(site):
        rows = list(Program.objects.filter(site=site).order_by("-made_at", "id"))
    return tuple(describe_program(row) for row in sorted(rows, key=lambda row: row.ended_at is not None))


def describe_program(row: Program) -> HeldProgram:
    """The row as a value."""
    return HeldProgram(
        row.id, row.name, tuple(row.may), row.carrier, row.made_by, row.made_at, row.seen_at, row.ended_at
    )
