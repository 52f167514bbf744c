"""Addresses that get no more messages of a class, found by their blind index; a no takes out what waits, at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from upheld.actions.ledger import write_line
from upheld.actions.outgoing import digest_address
from upheld.actions.rows import read_columns
from upheld.actions.settling import stop_messages
from upheld.core.errors import RefusedError
from upheld.core.gate.binding import Binding
from upheld.core.notices.stops import find_spared, list_stoppable
from upheld.core.seal.index import INDEX_VERSION
from upheld.records.models import Suppression
from upheld.records.walls import enter_site, read_site

__all__ = ("digest_address",)

LINK, ONE_CLICK, MESSAGE, BOUNCE, COMPLAINT, STAFF = "link", "one-click", "message", "bounce", "complaint", "staff"
REASONS = (LINK, ONE_CLICK, MESSAGE, BOUNCE, COMPLAINT, STAFF)
# What somebody said themselves is over when they say yes again; that an address takes no mail is not.
SAID_BY_PERSON = (LINK, ONE_CLICK, MESSAGE)
_PAIR = ("digest", "mail_class")


def suppress(
    binding: Binding,
    *,
    digest: bytes,
    mail_class: str,
    reason: str,
    now: datetime,
    person: str = "",
    message: str = "",
    by: str = "",
) -> str:
    """The id of the ledger's line since when this address gets no more of this class; empty: of no class that can be stopped.

    Done twice it gives the first line. Side effects: what waits for the address is taken out of the outbox. Raises
    RefusedError for a class that the policy lets nobody stop, with the sentences that say so; ValueError for a reason
    that is none of REASONS.
    """
    if reason not in REASONS:
        raise ValueError(f"no reason to suppress an address: {reason}")
    site, stoppable = binding.site, list_stoppable(binding.policy)
    if mail_class and mail_class not in stoppable:
        raise RefusedError(f"stop `{mail_class}`", find_spared(binding.policy).get(mail_class, ()))
    with enter_site(site):
        known = Suppression.objects.filter(site=site, digest=digest, mail_class=mail_class).first()
        entry = (
            known.entry
            if known
            else _store(binding, digest, mail_class, reason=reason, now=now, person=person, message=message, by=by)
        )
        stop_messages(binding, (mail_class,) if mail_class else stoppable, now, digest=digest)
    return entry


def _store(
    binding: Binding,
    digest: bytes,
    mail_class: str,
    *,
    reason: str,
    now: datetime,
    person: str,
    message: str = "",
    by: str = "",
) -> str:
    """The line of a new suppression, or of the one that somebody else wrote in the same moment."""
    site = binding.site
    try:
        with transaction.atomic():
            row = Suppression.objects.create(
                site=site,
                digest=digest,
                index_version=INDEX_VERSION,
                mail_class=mail_class,
                reason=reason,
                person=person,
                at=now,
            )
    except IntegrityError:
        return Suppression.objects.get(site=site, digest=digest, mail_class=mail_class).entry
    fields = {"class": mail_class or None, "mail": message or None, "method": reason}
    row.entry = write_line(site, "address.suppressed", at=now, person=person, by=by, known=binding.names, **fields)
    row.save(update_fields=["entry"])
    return row.entry


def is_suppressed(site: str, digest: bytes, mail_class: str) -> bool:
    """Whether this address gets no more of this class, or of everything; ask it only of a class that can be stopped."""
    return bool(find_suppressed(site, (digest,), mail_class))


def find_suppressed(site: str, digests: Iterable[bytes], mail_class: str) -> set[bytes]:
    """Which of these addresses get no more of this class; ask it only of a class that can be stopped."""
    wanted = sorted({bytes(digest) for digest in digests if digest})
    if not wanted:
        return set()
    marks = ", ".join(["%s"] * len(wanted))
    rest = f"WHERE site = %s AND digest IN ({marks}) AND mail_class IN ('', %s)"
    with read_site(site):
        return {bytes(row[0]) for row in read_columns(Suppression, _PAIR, rest, (site, *wanted, mail_class))}


def lift(
    binding: Binding,
    *,
    digest: bytes,
    classes: Iterable[str],
    now: datetime,
    person: str = "",
    by: str = "",
    said_at: datetime | None = None,
    reasons: Iterable[str] = SAID_BY_PERSON,
) -> int:
    """How many suppressions of these classes ended because the person said yes later; one of everything goes on for the rest.

    That an address takes no mail, or was reported, stays unless `reasons` names it, and so does what was said after the
    yes, when that was not now (`said_at`). Side effect: a line for each.
    """
    site, lifted = binding.site, tuple(classes)
    if not lifted:
        return 0
    with enter_site(site):
        rows = Suppression.objects.select_for_update().filter(
            site=site, digest=digest, mail_class__in=[*lifted, ""], reason__in=list(reasons), at__lte=said_at or now
        )
        for row in (found := list(rows)):
            fields = {"class": row.mail_class or None, "method": row.reason}
            write_line(site, "address.lifted", at=now, person=person, by=by, known=binding.names, **fields)
            row.delete()
            if not row.mail_class:
                for rest in set(list_stoppable(binding.policy)) - set(lifted):
                    _store(binding, digest, rest, reason=row.reason, now=now, person=row.person, by=by)
    return len(found)
