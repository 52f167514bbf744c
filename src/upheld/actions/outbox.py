"""The outbox: messages sealed until a channel takes them, each in a state that survives a crash; knows no channel's kind.

INVARIANT: a message is handed over only by the run that moved it to `sending`, and that is on the disk before the
channel is asked. What is found in `sending` without its run may have arrived, and is not sent again by itself.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from upheld.actions.erasing import plan_destruction
from upheld.actions.facts import gather_facts
from upheld.actions.keys import find_person_key, open_person_key
from upheld.actions.ledger import write_line
from upheld.actions.vault import open_values, put_items, seal_values
from upheld.channels.base import Message
from upheld.core.errors import SealError, VaultError
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import find_mail_log, list_carriers
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Item, Outgoing, Person
from upheld.records.walls import enter_site, read_site

QUEUED, SENDING, WAITING, SENT, FAILED, IN_DOUBT = "queued", "sending", "waiting", "sent", "failed", "in-doubt"
STATES = (QUEUED, SENDING, WAITING, SENT, FAILED, IN_DOUBT)
KEEP_CLASS = "outgoing"
MESSAGES_A_PAGE = 50
# No channel holds a message for so long: its run is gone, with the worker that had it.
LOST_AFTER = timedelta(minutes=15)
# RFC 5321, section 4.5.4.1 (read 2025-11-20): give up after at least four to five days.
GIVE_UP_AFTER = timedelta(days=5)
# Whatever the reason: words that have waited so long help nobody, and rows of settled messages say what others say better.
KEEP_FOR = timedelta(days=30)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=4)
_SAID = {SENT: "handed over", FAILED: "not sent", IN_DOUBT: "not known"}
_LINES = {SENT: "mail.sent", FAILED: "mail.failed", IN_DOUBT: "mail.in-doubt"}


@dataclass(frozen=True, slots=True)
class Due:
    """A message that can be handed over now, and the name of the run that may do it: the message's id and a number."""

    message: str
    run: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: a state, the reason in words without a person in them, and how long to wait at least."""

    state: str
    reason: str = ""
    after: timedelta = timedelta(0)
    may_give_up: bool = True


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


def store_message(
    binding: Binding, message: Message, *, person: str, mail_class: str, kind: str, now: datetime
) -> None:
    """Seal a message and lay it into the outbox; belongs inside the transaction of what it tells of.

    Without a person it is sealed under a key of its own, which is destroyed once the message has left: so the last
    message to somebody can be sent after everything about them is erased.
    """
    key = find_person_key(binding.site, person, KEEP_CLASS if person else _name_class(message.id), now)
    label = Label(binding.site, person, message.id, KEEP_CLASS)
    Outgoing.objects.create(
        id=message.id,
        site=binding.site,
        person=person,
        mail_class=mail_class,
        kind=kind,
        key=key.name,
        sealed=seal(key.key, secrets.token_bytes(NONCE_BYTES), write_message(message), label),
        queued_at=now,
    )


def list_due(site: str, now: datetime, most: int = 100) -> tuple[Due, ...]:
    """The messages of a site that can be handed over now, those that wait longest first."""
    with read_site(site):
        found = Outgoing.objects.filter(Q(state=QUEUED) | Q(state=WAITING, next_at__lte=now), site=site)
        rows = found.order_by("queued_at").values_list("id", "attempts")[:most]
        return tuple(Due(message, f"{message}.{attempts + 1}") for message, attempts in rows)


def begin_sending(binding: Binding, *, message: str, run: str, is_repeatable: bool, now: datetime) -> Message | None:
    """The message opened, for the one run that may hand it over now; None for every other run.

    A run that finds itself in the row was cut short before. The message then is in doubt, unless the channel leaves one
    message however often it is sent. The gate is asked again: a no that came meanwhile stops the message.
    """
    with enter_site(binding.site):
        row = Outgoing.objects.select_for_update().filter(site=binding.site, id=message).first()
        if row is None:
            return None
        is_due = row.state == QUEUED or (row.state == WAITING and row.next_at is not None and row.next_at <= now)
        is_cut_short = is_held_by(row, run)
        if not (is_due or is_cut_short):
            return None
        if is_cut_short and not is_repeatable:
            settle_row(binding, row, Outcome(IN_DOUBT, "the sending was cut short"), now)
            return None
        if not is_still_permitted(binding, row):
            settle_row(binding, row, Outcome(FAILED, "no longer permitted"), now)
            return None
        opened = open_message(row)
        if opened is None:
            settle_row(binding, row, Outcome(FAILED, "erased or altered"), now)
            return None
        if is_due:
            row.attempts += 1
        row.state, row.reason, row.next_at = SENDING, run, now
        row.save(update_fields=["state", "reason", "attempts", "next_at"])
    return opened


def is_held_by(row: Outgoing, run: str) -> bool:
    """Whether this run moved the message to `sending`; its name stands where the reason of a settled one does."""
    return row.state == SENDING and row.reason == run


def settle_sending(binding: Binding, *, message: str, run: str, outcome: Outcome, now: datetime) -> str:
    """The state that the message is in after this run. Side effects: the ledger's line and the mail log's entry."""
    with enter_site(binding.site):
        row = Outgoing.objects.select_for_update().filter(site=binding.site, id=message).first()
        if row is None:
            return ""
        if not is_held_by(row, run):
            return row.state
        settle_row(binding, row, outcome, now)
    return row.state


def settle_row(binding: Binding, row: Outgoing, outcome: Outcome, now: datetime) -> None:
    """Write down what came of an attempt; belongs inside a transaction that holds the row."""
    is_over = now - row.queued_at >= (GIVE_UP_AFTER if outcome.may_give_up else KEEP_FOR)
    row.state = FAILED if outcome.state == WAITING and is_over else outcome.state
    row.reason = outcome.reason[:40]
    if row.state == WAITING:
        row.next_at = now + max(outcome.after, find_wait(row.attempts))
    else:
        row.next_at, row.settled_at = None, now
        note_delivery(binding, row, now)
        if row.state != IN_DOUBT:
            forget_words(row, now)
        write_state(row, _LINES[row.state], now)
    row.save(update_fields=["state", "reason", "next_at", "settled_at", "sealed", "item"])


def write_state(row: Outgoing, kind: str, now: datetime, by: str = "") -> None:
    """The ledger's line about a message: which one, of which class, and what that kind of line has beside."""
    fields = {"mail": row.id, "class": row.mail_class}
    if kind == "mail.queued":
        write_line(row.site, kind, at=now, person=row.person, by=by, template=row.kind, **fields)
    elif kind == "mail.in-doubt":
        write_line(row.site, kind, at=now, person=row.person, by=by, **fields)
    else:
        write_line(row.site, kind, at=now, person=row.person, by=by, attempts=row.attempts, **fields)


def find_wait(attempts: int) -> timedelta:
    """How long a message waits after so many attempts: twice as long each time, up to a limit."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 16), LONGEST_WAIT) if attempts else FIRST_WAIT


def forget_words(row: Outgoing, now: datetime) -> None:
    """Nothing of a message is kept once it has left or been given up, apart from the line in the mail log."""
    row.sealed = b""
    if not row.person:
        plan_destruction(row.site, "", now, keep_class=_name_class(row.id))


def is_still_permitted(binding: Binding, row: Outgoing) -> bool:
    """Whether the policy still lets this class of message go to this person; the last message to nobody always may."""
    if not row.person:
        return True
    person = Person.objects.filter(site=binding.site, id=row.person).first()
    if person is None:
        return False
    facts = gather_facts(binding, person)
    return any(
        binding.ask(carrier.act, facts).is_permitted for carrier in list_carriers(binding.policy, row.mail_class)
    )


def note_delivery(binding: Binding, row: Outgoing, now: datetime) -> None:
    """Write to whom, what kind, when and with what result into the mail log that the person sees, if the policy has one."""
    person = Person.objects.filter(site=binding.site, id=row.person).first() if row.person else None
    log = find_mail_log(binding, gather_facts(binding, person)) if person else None
    if person is None or log is None:
        return
    message = open_message(row)
    line = {
        "to": message.to if message else "",
        "class": row.mail_class,
        "kind": row.kind,
        "at": now.isoformat(timespec="seconds"),
        "result": _SAID[row.state],
    }
    if row.item and rewrite_delivery(row, log.data, line, now):
        return
    [item] = put_items(
        binding, person=person, touchpoint=log.touchpoint, values={log.data: line}, now=now, method="automatic"
    )
    row.item = item.id


def rewrite_delivery(row: Outgoing, data: str, line: Mapping[str, str], now: datetime) -> bool:
    """Whether the message's line in the mail log was there and now says what came of sending it again."""
    item = Item.objects.select_for_update().filter(site=row.site, id=row.item).first()
    if item is None:
        return False
    key = open_person_key(row.site, item.key)
    label = Label(row.site, item.person_id, item.id, item.touchpoint)
    values = open_values(key, bytes(item.sealed), label) | {data: line}
    item.sealed, item.corrected_at, item.edition = seal_values(key, values, label), now, item.edition + 1
    item.save(update_fields=["sealed", "corrected_at", "edition"])
    write_line(row.site, "item.corrected", at=now, person=item.person_id, item=item.id, data=[data])
    return True


def find_lost(binding: Binding, *, is_repeatable: bool, now: datetime) -> int:
    """How many messages were found in `sending` long after any run could still hold them, and were settled."""
    with enter_site(binding.site):
        rows = Outgoing.objects.select_for_update().filter(
            site=binding.site, state=SENDING, next_at__lte=now - LOST_AFTER
        )
        for row in (found := list(rows)):
            reason = "the sending was cut short"
            settle_row(binding, row, Outcome(WAITING if is_repeatable else IN_DOUBT, reason), now)
    return len(found)


def sweep_messages(binding: Binding, now: datetime) -> int:
    """How many rows of messages that were settled long ago were removed; mail log and ledger go on telling of them.

    A message in doubt about which nobody has decided for so long is let be, so that its words do not stay.
    """
    with enter_site(binding.site):
        old = Outgoing.objects.filter(site=binding.site, settled_at__lte=now - KEEP_FOR)
        for row in old.select_for_update().filter(state=IN_DOUBT):
            give_up(row, "nobody decided", now)
        return old.filter(state__in=(SENT, FAILED)).delete()[0]


def send_again(binding: Binding, *, message: str, now: datetime, by: str) -> bool:
    """Whether a message in doubt was queued again; staff have decided that it may arrive twice."""
    with enter_site(binding.site):
        row = Outgoing.objects.select_for_update().filter(site=binding.site, id=message, state=IN_DOUBT).first()
        if row is None or not row.sealed:
            return False
        row.state, row.reason, row.settled_at, row.queued_at = QUEUED, "sent again by staff", None, now
        row.save(update_fields=["state", "reason", "settled_at", "queued_at"])
        write_state(row, "mail.queued", now, by)
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
    write_state(row, "mail.failed", now, by)


def count_messages(site: str) -> dict[str, int]:
    """How many messages of a site are in each state, those with none included."""
    with read_site(site):
        rows = Outgoing.objects.filter(site=site).values_list("state").annotate(count=Count("id"))
        return dict.fromkeys(STATES, 0) | dict(rows)


def list_messages(
    site: str, *, state: str = "", person: str = "", most: int = MESSAGES_A_PAGE, skip: int = 0
) -> tuple[Shipped, ...]:
    """The newest messages of a site behind the first `skip`, of one state or to one person; nothing of their words."""
    chosen = {name: value for name, value in (("state", state), ("person", person)) if value}
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
            )
            for row in rows
        )


def open_message(row: Outgoing) -> Message | None:
    """The message in the row, or None when its words are gone: its person was erased, or somebody altered it."""
    try:
        key = open_person_key(row.site, row.key)
        plain = open_sealed(key, bytes(row.sealed), Label(row.site, row.person, row.id, KEEP_CLASS))
    except (SealError, VaultError):
        return None
    return read_message(plain)


def write_message(message: Message) -> bytes:
    """A message as bytes to be sealed."""
    parts = {
        "id": message.id,
        "sender": message.sender,
        "sender_name": message.sender_name,
        "to": message.to,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "at": message.at.isoformat(),
        "headers": message.headers,
    }
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()


def read_message(plain: bytes) -> Message:
    """A message from the bytes that were sealed."""
    parts = json.loads(plain)
    at = datetime.fromisoformat(parts.pop("at"))
    headers = tuple((name, value) for name, value in parts.pop("headers"))
    return Message(at=at, headers=headers, **parts)


def _name_class(message: str) -> str:
    return f"{KEEP_CLASS} {message}"
