"""The rows of the outbox: their states, the sealed words in them, the ledger's line about each; decides nothing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from upheld.actions.erasing import plan_destruction
from upheld.actions.ids import draw_id
from upheld.actions.keys import NamedKey, find_person_key, find_person_keys, open_person_key, open_person_keys
from upheld.actions.ledger import Line, write_lines
from upheld.actions.people import digest_identifier
from upheld.actions.rows import insert_rows
from upheld.channels.base import Message
from upheld.core.errors import SealError, VaultError
from upheld.core.gate.binding import Binding
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Outgoing

QUEUED, SENDING, WAITING, SENT, FAILED, IN_DOUBT = "queued", "sending", "waiting", "sent", "failed", "in-doubt"
BOUNCED = "bounced"
STATES = (QUEUED, SENDING, WAITING, SENT, FAILED, IN_DOUBT, BOUNCED)
# The reason of a failed message that a no took out; the ledger has a kind of line of its own for it.
STOPPED = "stopped"
KEEP_CLASS = "outgoing"
EMAIL = "email"
# Messages of a campaign let all others go first.
CAMPAIGN = "campaign"
_LINES = {SENT: "mail.sent", FAILED: "mail.failed", IN_DOUBT: "mail.in-doubt", BOUNCED: "mail.bounced"}
_WITH_ATTEMPTS = frozenset(("mail.sent", "mail.failed"))
_COLUMNS = (
    "id",
    "site",
    "person",
    "mail_class",
    "kind",
    "key",
    "sealed",
    "facts",
    "address",
    "digest",
    "subject",
    "queued_at",
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message to be queued, and what the gate has to know again when it leaves.

    `person` is whose mail log tells of it, empty for the last message to somebody. `facts` is what the gate was told
    beside what is known of the person; `address` the category of the address, `digest` its blind index (made from the
    message when it is left out), `subject` what the message belongs to.
    """

    message: Message
    person: str
    mail_class: str
    kind: str
    facts: Mapping[str, bool | None] = field(default_factory=dict)
    address: str = ""
    digest: bytes = b""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: a state, the reason in words without a person in them, and how long to wait at least."""

    state: str
    reason: str = ""
    after: timedelta = timedelta(0)
    may_give_up: bool = True


def digest_address(site: str, address: str, now: datetime) -> bytes:
    """The blind index of an e-mail address on this site: the same as of an account's address."""
    return digest_identifier(site, EMAIL, address, now)


def store_parcels(binding: Binding, parcels: Sequence[Parcel], now: datetime) -> None:
    """Seal these messages and lay them into the outbox; belongs inside the transaction of what they tell of.

    Without a person one is sealed under a key of its own, which is destroyed once the message has left: so the last
    message to somebody can be sent after everything about them is erased.
    """
    site, keys = binding.site, _find_keys(binding.site, parcels, now)
    rows = []
    for parcel in parcels:
        message, key = parcel.message, keys[_name_owner(parcel)]
        label = Label(site, parcel.person, message.id, KEEP_CLASS)
        digest = parcel.digest or (digest_address(site, message.to, now) if parcel.person else b"")
        rows.append(
            (
                message.id,
                site,
                parcel.person,
                parcel.mail_class,
                parcel.kind,
                key.name,
                seal(key.key, secrets.token_bytes(NONCE_BYTES), write_message(message), label),
                dict(parcel.facts),
                parcel.address,
                digest,
                parcel.subject,
                now,
            )
        )
    insert_rows(Outgoing, _COLUMNS, rows)


def _find_keys(site: str, parcels: Sequence[Parcel], now: datetime) -> Mapping[tuple[str, str], NamedKey]:
    owners = [_name_owner(parcel) for parcel in parcels]
    if len(owners) == 1:
        return {owner: find_person_key(site, *owner, now) for owner in owners}
    return find_person_keys(site, owners, now)


def _name_owner(parcel: Parcel) -> tuple[str, str]:
    return parcel.person, KEEP_CLASS if parcel.person else name_class(parcel.message.id)


def open_messages(site: str, rows: Iterable[Outgoing]) -> dict[str, Message]:
    """The messages in these rows by their ids; left out are those whose words are gone or were altered."""
    wanted = [row for row in rows if row.sealed]
    try:
        keys = open_person_keys(site, {row.key for row in wanted}) if wanted else {}
    except (SealError, VaultError):  # one of them is gone; the others are opened one by one
        keys = {}
    found = {}
    for row in wanted:
        message = open_message(row, keys.get(row.key))
        if message is not None:
            found[row.id] = message
    return found


def open_message(row: Outgoing, key: bytes | None = None) -> Message | None:
    """The message in the row, or None when its words are gone: its person was erased, or somebody altered it."""
    try:
        opener = open_person_key(row.site, row.key) if key is None else key
        plain = open_sealed(opener, bytes(row.sealed), Label(row.site, row.person, row.id, KEEP_CLASS))
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


def is_held_by(row: Outgoing, run: str) -> bool:
    """Whether this run moved the message to `sending`; its name stands where the reason of a settled one does."""
    return row.state == SENDING and row.reason == run


def forget_words(row: Outgoing, now: datetime) -> None:
    """Nothing of a message is kept once it has left or been given up, apart from the line in the mail log."""
    row.sealed = b""
    if not row.person:
        plan_destruction(row.site, "", now, keep_class=name_class(row.id))


def write_states(site: str, rows: Iterable[Outgoing], now: datetime, by: str = "") -> None:
    """The ledger's lines about these messages: which one, of which class, and what the kind of line has beside."""
    write_lines(site, (_make_line(row, now) for row in rows), by=by)


def _make_line(row: Outgoing, now: datetime) -> Line:
    kind = "mail.queued" if row.state == QUEUED else _LINES[row.state]
    if (row.state, row.reason) == (FAILED, STOPPED):
        kind = "mail.stopped"
    fields: dict[str, object] = {"mail": row.id, "class": row.mail_class}
    if kind == "mail.queued":
        fields["template"] = row.kind
    elif kind in _WITH_ATTEMPTS:
        fields["attempts"] = row.attempts
    return Line(draw_id("e"), kind, row.person, now, fields)


def name_class(message: str) -> str:
    """The keeping class of the key that seals this message alone."""
    return f"{KEEP_CLASS} {message}"
