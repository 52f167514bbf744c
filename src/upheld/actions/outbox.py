"""The outbox as the house knows it: messages laid in, listed, decided about by staff, come back; hands nothing over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from upheld.actions.mail_log import gather_people, note_deliveries
from upheld.actions.outgoing import (
    BOUNCED,
    EMAIL,
    FAILED,
    IN_DOUBT,
    KEEP_CLASS,
    QUEUED,
    SENDING,
    SENT,
    STATES,
    STOPPED,
    WAITING,
    Parcel,
    forget_words,
    open_message,
    store_parcels,
    write_states,
)
from upheld.actions.settling import KEEP_FOR
from upheld.actions.suppression import BOUNCE, suppress
from upheld.channels.base import Message
from upheld.core.gate.binding import Binding
from upheld.core.notices.stops import list_stoppable
from upheld.records.models import Identifier, Outgoing
from upheld.records.walls import enter_site, read_site

__all__ = (
    "BOUNCED",
    "FAILED",
    "IN_DOUBT",
    "KEEP_CLASS",
    "MESSAGES_A_PAGE",
    "QUEUED",
    "SENDING",
    "SENT",
    "STATES",
    "STOPPED",
    "WAITING",
    "open_message",
)

MESSAGES_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Shipped:
    """One message as the console shows it: nothing of what is written in it."""

    message: str
    person: str
    mail_class: str
    kind: str
    state: str
    attempts: int
    reason: str
    queued_at: datetime
    next_at: datetime | None
    settled_at: datetime | None
    subject: str = ""


def store_message(
    binding: Binding,
    message: Message,
    *,
    person: str,
    mail_class: str,
    kind: str,
    now: datetime,
    facts: Mapping[str, bool | None] | None = None,
    address: str = "",
    digest: bytes = b"",
    subject: str = "",
) -> None:
    """Seal a message and lay it into the outbox; belongs inside the transaction of what it tells of.

    What each means stands at `outgoing.Parcel`. Side effects: keys, one row; the line in the ledger is the caller's.
    """
    parcel = Parcel(message, person, mail_class, kind, facts or {}, address, digest, subject)
    store_parcels(binding, (parcel,), now)


def sweep_messages(binding: Binding, now: datetime) -> int:
    """How many rows of messages that were settled long ago were removed; mail log and ledger go on telling of them.

    A message in doubt about which nobody has decided for so long is let be, so that its words do not stay.
    """
    with enter_site(binding.site):
        old = Outgoing.objects.filter(site=binding.site, settled_at__lte=now - KEEP_FOR)
        for row in old.select_for_update().filter(state=IN_DOUBT):
            give_up(row, "nobody decided", now)
        return old.filter(state__in=(SENT, FAILED, BOUNCED)).delete()[0]


def send_again(binding: Binding, *, message: str, now: datetime, by: str) -> bool:
    """Whether a message in doubt was queued again; staff have decided that it may arrive twice."""
    with enter_site(binding.site):
        row = Outgoing.objects.select_for_update().filter(site=binding.site, id=message, state=IN_DOUBT).first()
        if row is None or not row.sealed:
            return False
        row.state, row.reason, row.settled_at, row.queued_at = QUEUED, "sent again by staff", None, now
        row.save(update_fields=["state", "reason", "settled_at", "queued_at"])
        write_states(binding.site, (row,), now, by)
    return True


def let_be(binding: Binding, *, message: str, now: datetime, by: str) -> bool:
    """Whether a message in doubt was given up; staff have decided that it did arrive, or need not."""
    with enter_site(binding.site):
        row = Outgoing.objects.select_for_update().filter(site=binding.site, id=message, state=IN_DOUBT).first()
        if row is None:
            return False
        give_up(row, "let be by staff", now, by)
    return True


def give_up(row: Outgoing, reason: str, now: datetime, by: str = "") -> None:
    """Settle a message in doubt as one that is not sent again; belongs inside a transaction that holds the row."""
    row.state, row.reason, row.settled_at = FAILED, reason, now
    forget_words(row, now)
    row.save(update_fields=["state", "reason", "settled_at", "sealed"])
    write_states(row.site, (row,), now, by)


def note_bounce(binding: Binding, *, message: str, is_hard: bool, now: datetime) -> bool:
    """Whether this message of ours came back, for the first time; nothing follows from a second report, or a false one.

    Side effects: the state and the mail log's entry say so, with a line in the ledger. When the address does not exist
    (`is_hard`) it gets no more messages of the classes that can be stopped; the others go on being tried. An address that
    is not known to be the person's own gets no more of this class: whoever named it could forge the report, and must not
    keep from somebody else what they ask for. No message is sent about it.
    """
    with enter_site(binding.site):
        rows = Outgoing.objects.select_for_update().filter(site=binding.site, id=message, state__in=(SENT, IN_DOUBT))
        row = rows.first()
        if row is None:
            return False
        row.state, row.reason, row.settled_at = BOUNCED, "no such address" if is_hard else "returned", now
        note_deliveries(binding, (row,), gather_people(binding, (row.person,)), now)
        forget_words(row, now)
        row.save(update_fields=["state", "reason", "settled_at", "sealed", "item"])
        write_states(binding.site, (row,), now)
        is_own = is_own_address(row)
        if is_hard and row.digest and (is_own or row.mail_class in list_stoppable(binding.policy)):
            suppress(
                binding,
                digest=bytes(row.digest),
                mail_class="" if is_own else row.mail_class,
                reason=BOUNCE,
                now=now,
                person=row.person if is_own else "",
                message=row.id,
            )
    return True


def is_own_address(row: Outgoing) -> bool:
    """Whether the message went to an address of its person, and not to one that they named."""
    own = Identifier.objects.filter(site=row.site, person=row.person, kind=EMAIL, digest=row.digest)
    return own.filter(verified_at__isnull=False).exists()


def count_messages(site: str) -> dict[str, int]:
    """How many messages of a site are in each state, those with none included."""
    with read_site(site):
        rows = Outgoing.objects.filter(site=site).values_list("state").annotate(count=Count("id"))
        return dict.fromkeys(STATES, 0) | dict(rows)


def list_messages(
    site: str, *, state: str = "", person: str = "", subject: str = "", most: int = MESSAGES_A_PAGE, skip: int = 0
) -> tuple[Shipped, ...]:
    """The newest messages of a site behind the first `skip`: of one state, to one person, of one subject; no words."""
    named = (("state", state), ("person", person), ("subject", subject))
    chosen = {name: value for name, value in named if value}
    with read_site(site):
        rows = Outgoing.objects.filter(site=site, **chosen).order_by("-queued_at", "id")[skip : skip + most]
        return tuple(
            Shipped(
                message=row.id,
                person=row.person,
                mail_class=row.mail_class,
                kind=row.kind,
                state=row.state,
                attempts=row.attempts,
                reason="" if row.state == SENDING else row.reason,
                queued_at=row.queued_at,
                next_at=row.next_at,
                settled_at=row.settled_at,
                subject=row.subject,
            )
            for row in rows
        )
