"""Who is signed in: opened by a password that was right, found by the hash of what the cookie holds, ended by either side.

Finding one writes when it was last used, at most once a minute and without a line in the ledger: that would tell each
page somebody looks at.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from upheld.actions.ledger import write_line
from upheld.actions.rows import read_pairs
from upheld.core.gate.binding import Binding
from upheld.records.models import Person, Session
from upheld.records.walls import enter_site, read_site

TOKEN_BYTES = 32
LONGEST = timedelta(hours=12)
LONGEST_IDLE = timedelta(hours=2)
MARK_EACH = timedelta(minutes=1)
WITH_PERSON = (
    "JOIN records_person ON records_person.id = records_session.person_id"
    " WHERE records_session.site = %s AND records_session.digest = %s"
)


def open_session(binding: Binding, *, person: Person, now: datetime, method: str = "page") -> str:
    """What the cookie holds: random and new at each sign-in, so a planted one is of no use. One line in the ledger.

    The person is asked for a password first (`sign_in` in accounts.py); the clock of `last sign-in` starts anew.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with enter_site(binding.site):
        Session.objects.create(
            digest=digest_token(token),
            site=binding.site,
            person=person,
            method=method,
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST,
        )
        person.signed_in_at = now
        person.save(update_fields=["signed_in_at"])
        # who uses a company's account keeps its clock running as well
        Person.objects.filter(site=binding.site, kind="company", members__person=person).update(signed_in_at=now)
        write_line(binding.site, "person.signed-in", at=now, person=person.id, version=binding.current.isoformat())
    return token


def find_session(site: str, token: str, now: datetime) -> Session | None:
    """The live session of this token with its person, or None: unknown, over, idle too long, or the account is closed."""
    if not token:
        return None
    with read_site(site):
        rows = read_pairs(Session, Person, WITH_PERSON, (site, digest_token(token)))
    for found, person in rows:
        if found.expires_at <= now or found.seen_at <= now - LONGEST_IDLE or person.closed_at is not None:
            continue
        found.person = person
        if now - found.seen_at >= MARK_EACH:
            found.seen_at = now
            with enter_site(site):
                Session.objects.filter(site=site, digest=found.digest).update(seen_at=now)
        return found
    return None


def end_session(binding: Binding, *, token: str, now: datetime) -> bool:
    """Whether there was a session to end. One line in the ledger if so."""
    with enter_site(binding.site):
        found = Session.objects.filter(site=binding.site, digest=digest_token(token)).first()
        if found is None:
            return False
        found.delete()
        write_line(binding.site, "person.signed-out", at=now, person=found.person_id, sessions=1)
    return True


def end_sessions(binding: Binding, *, person: Person, now: datetime, keeping: str = "") -> int:
    """How many sessions of the person were ended: all but the one of the token in `keeping`. One line if any."""
    with enter_site(binding.site):
        rows = Session.objects.filter(site=binding.site, person=person)
        if keeping:
            rows = rows.exclude(digest=digest_token(keeping))
        count, _ = rows.delete()
        if count:
            write_line(binding.site, "person.signed-out", at=now, person=person.id, sessions=count)
    return count


def count_sessions(site: str, person: Person, now: datetime) -> int:
    """In how many places the person is signed in."""
    with read_site(site):
        rows = Session.objects.filter(site=site, person=person, expires_at__gt=now, seen_at__gt=now - LONGEST_IDLE)
        return rows.count()


def sweep_sessions(site: str, now: datetime) -> int:
    """How many sessions that are over were removed; they signed nobody in any more, so the ledger gets no line."""
    with enter_site(site):
        over = Session.objects.filter(site=site, expires_at__lte=now)
        idle = Session.objects.filter(site=site, seen_at__lte=now - LONGEST_IDLE)
        return over.delete()[0] + idle.delete()[0]


def digest_token(token: str) -> bytes:
    """Under what a token lies in the tables. It is random, so a fast hash without salt is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
