"""Notices to people: the gate is asked, the words are written, the message is sealed and queued; sends nothing itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from upheld.actions.facts import Facts, gather_facts
from upheld.actions.ids import draw_id
from upheld.actions.ledger import Line, write_lines
from upheld.actions.outgoing import CAMPAIGN, Parcel, digest_address, store_parcels
from upheld.actions.stopping import make_stop_link
from upheld.actions.suppression import find_suppressed
from upheld.actions.vault import open_items
from upheld.channels.base import Message
from upheld.core.errors import GateError, SealError, VaultError
from upheld.core.gate.act import Verdict
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import Carrier, find_carrier, list_parts
from upheld.core.notices.compose import Written, write_letter, write_notice
from upheld.core.notices.stops import UNSUBSCRIBE, UNSUBSCRIBE_LINK, list_stoppable
from upheld.core.policy.model import Policy
from upheld.records.models import Person
from upheld.records.walls import enter_site

logger = logging.getLogger(__name__)

POLICY_PAGE = "privacy"
LETTER = "letter"
NO_CLASS, REFUSED, SUPPRESSED, NO_ADDRESS = "no class", "refused", "suppressed", "no address"


@dataclass(frozen=True, slots=True)
class Queueing:
    """What came of wanting to send a message: its id, or why there is none.

    `reason` is `no class` (the policy has no class of message for it), `refused` (the gate said no; `verdict` has the
    sentences), `suppressed` (the address gets no more of this class), or `no address`. Whoever wanted the message tells
    the person so.
    """

    message: str
    reason: str = ""
    verdict: Verdict | None = None

    @property
    def is_queued(self) -> bool:
        """Whether the message will be sent."""
        return bool(self.message)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent, before it is known to whom: `write` makes the words for a class, its sentences and its links."""

    kind: str
    home: str
    values: Mapping[str, str]
    write: Callable[[Carrier, Verdict, Mapping[str, str]], Written]
    mail_class: str = ""
    to: str = ""
    message: str = ""
    subject: str = ""
    is_last: bool = False
    facts: Mapping[str, bool | None] | None = None
    is_by_hand: bool = False


def queue_notice(
    binding: Binding,
    *,
    now: datetime,
    person: Person,
    kind: str,
    home: str,
    values: Mapping[str, str],
    to: str = "",
    mail_class: str = "",
    is_last: bool = False,
    facts: Mapping[str, bool | None] | None = None,
    by: str = "",
    subject: str = "",
    message: str = "",
) -> Queueing:
    """Queue a notice of a kind from core/notices to a person; belongs inside the transaction of what it tells of.

    The class is `mail_class`, or the one that the policy has for running an account. The address is `to` (one that is
    being claimed or invited), or the person's own from the vault. `home` is the address of the site's first page with
    its slash, `values` fill the kind's places. `is_last` lets the message outlive its person, for a closed account.
    `facts` are told to the gate now and again when the message leaves; `subject` is what it belongs to, `message` an id
    that was drawn before. The link that stops such messages is made here when the class has one and `values` do not.
    Side effects: a line in the ledger for the message, and one when the address is opened. Raises NoticeError for
    values that are missing.
    """
    draft = make_notice(binding, kind=kind, home=home, values=values, mail_class=mail_class)
    draft = replace(draft, to=to, message=message, subject=subject, is_last=is_last, facts=facts)
    return queue_draft(binding, draft, person, now, by)


def make_notice(binding: Binding, *, kind: str, home: str, values: Mapping[str, str], mail_class: str = "") -> Draft:
    """A notice of this kind as a draft."""

    def write(carrier: Carrier, verdict: Verdict, given: Mapping[str, str]) -> Written:
        return write_notice(
            binding.policy,
            service=find_trade_name(binding.policy),
            kind=kind,
            mail_class=carrier.mail_class,
            because=verdict.because,
            policy_address=home + POLICY_PAGE,
            values=given,
        )

    return Draft(kind, home, values, write, mail_class)


def queue_letter(
    binding: Binding,
    *,
    now: datetime,
    person: Person,
    mail_class: str,
    subject_line: str,
    text: str,
    home: str,
    values: Mapping[str, str] | None = None,
    subject: str = "",
    facts: Mapping[str, bool | None] | None = None,
    by: str = "",
    to: str = "",
    kind: str = LETTER,
    message: str = "",
) -> Queueing:
    """Queue free text, such as an answer to a case, as a message of a class; the rest is as in `queue_notice`.

    With `to` no address is opened. `kind` is what the mail log calls it. What staff wrote (`by`) is not marked as written
    by a program. Raises NoticeError for a text without words.
    """
    draft = make_letter(
        binding, mail_class=mail_class, subject_line=subject_line, text=text, home=home, values=values or {}, kind=kind
    )
    is_by_hand = bool(by) and kind != CAMPAIGN
    draft = replace(draft, to=to, message=message, subject=subject, facts=facts, is_by_hand=is_by_hand)
    return queue_draft(binding, draft, person, now, by)


def make_letter(
    binding: Binding, *, mail_class: str, subject_line: str, text: str, home: str, values: Mapping[str, str], kind: str
) -> Draft:
    """Free text as a draft."""

    def write(carrier: Carrier, verdict: Verdict, given: Mapping[str, str]) -> Written:
        return write_letter(
            binding.policy,
            service=find_trade_name(binding.policy),
            mail_class=carrier.mail_class,
            because=verdict.because,
            policy_address=home + POLICY_PAGE,
            subject=subject_line,
            text=text,
            values=given,
        )

    return Draft(kind, home, values, write, mail_class)


def queue_draft(binding: Binding, draft: Draft, person: Person, now: datetime, by: str = "") -> Queueing:
    """Queue one draft to one person: the gate, the address, a no to it, the words, the outbox, the ledger."""
    with enter_site(binding.site):
        known = gather_facts(binding, person) | dict(draft.facts or {})
        carrier, verdict = find_carrier(binding, known, draft.mail_class)
        if carrier is None or verdict is None:
            return Queueing("", REFUSED if verdict else NO_CLASS, verdict)
        address = draft.to or open_address(binding, person, carrier, known, now)
        if not address:
            return Queueing("", NO_ADDRESS, verdict)
        digest = digest_address(binding.site, address, now)
        if not draft.is_last and is_stopped_at(binding, carrier.mail_class, digest):
            return Queueing("", SUPPRESSED, verdict)
        parcel = make_parcel(
            binding, draft, person, carrier=carrier, verdict=verdict, address=address, digest=digest, now=now
        )
        store_parcels(binding, (parcel,), now)
        write_lines(binding.site, (make_line(binding, parcel, person, verdict, now),), by=by, known=binding.names)
    return Queueing(parcel.message.id, "", verdict)


def is_stopped_at(binding: Binding, mail_class: str, digest: bytes) -> bool:
    """Whether an address gets no more of this class; never so for one that nobody can stop."""
    return mail_class in list_stoppable(binding.policy) and bool(find_suppressed(binding.site, (digest,), mail_class))


def make_parcel(
    binding: Binding,
    draft: Draft,
    person: Person,
    *,
    carrier: Carrier,
    verdict: Verdict,
    address: str,
    digest: bytes,
    now: datetime,
) -> Parcel:
    """The draft as a message to this address, with the links that stop such messages."""
    message = draft.message or draw_id("m")
    given = {**draft.values, "message": message}
    link = UNSUBSCRIBE_LINK
    if link not in given and UNSUBSCRIBE in list_parts(binding.policy, carrier.mail_class):
        given[link] = make_stop_link(
            binding.site, person=person.id, mail_class=carrier.mail_class, message=message, home=draft.home
        )
    written = draft.write(carrier, verdict, given)
    if draft.is_by_hand:  # RFC 3834, section 5 (read 2026-11-22): the mark is for what programs write
        headers = tuple((name, value) for name, value in written.headers if name != "Auto-Submitted")
        written = replace(written, headers=headers)
    return Parcel(
        message=make_message(binding.policy, written, address, now, message),
        person="" if draft.is_last else person.id,
        mail_class=carrier.mail_class,
        kind=draft.kind,
        facts=dict(draft.facts or {}),
        address=carrier.address,
        digest=b"" if draft.is_last else digest,
        subject=draft.subject,
    )


def make_line(binding: Binding, parcel: Parcel, person: Person, verdict: Verdict, now: datetime) -> Line:
    """The ledger's line for a message that was queued."""
    fields: dict[str, object] = {
        "mail": parcel.message.id,
        "class": parcel.mail_class,
        "template": parcel.kind,
        "version": binding.current.isoformat(),
        "because": verdict.because[:1],
    }
    return Line(draw_id("e"), "mail.queued", person.id, now, fields)


def open_address(binding: Binding, person: Person, carrier: Carrier, facts: Facts, now: datetime) -> str:
    """The newest address of this category held about the person, opened for the message's purpose; empty without one.

    One that does not open is none, and the operator is told: what the message tells of, such as a lock or an erasure,
    must not be undone because nobody can be told.
    """
    try:
        opening = open_items(
            binding,
            person=person,
            action="use",
            purpose=carrier.purpose,
            data=(carrier.address,),
            facts=facts,
            now=now,
        )
    except (GateError, SealError, VaultError) as problem:
        logger.error("site %s: a notice finds no address: %s", binding.site, problem.code)  # noqa: TRY400 - the code says it
        return ""
    newest = max(opening.values, key=lambda opened: opened.item.corrected_at or opened.item.collected_at, default=None)
    return newest.value if newest is not None and isinstance(newest.value, str) else ""


def make_message(policy: Policy, written: Written, to: str, now: datetime, message: str = "") -> Message:
    """The words with their addresses: from the contact that the policy names, to the person."""
    return Message(
        id=message or draw_id("m"),
        sender=policy.contact.get("email") or f"no-reply@{policy.site.get('host', 'localhost')}",
        sender_name=find_trade_name(policy),
        to=to,
        subject=written.subject,
        text=written.text,
        html=written.html,
        at=now.replace(microsecond=0),
        headers=written.headers,
    )


def find_trade_name(policy: Policy) -> str:
    """What the business calls itself towards people."""
    return str(policy.site.get("trade-name") or policy.business)
