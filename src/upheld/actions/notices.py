"""Notices to people: the gate is asked, the words are written, the message is sealed and queued; sends nothing itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.facts import Facts, gather_facts
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.outbox import store_message
from upheld.actions.vault import open_items
from upheld.channels.base import Message
from upheld.core.errors import GateError, SealError, VaultError
from upheld.core.gate.act import Verdict
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import Carrier, find_carrier
from upheld.core.notices.compose import Written, write_notice
from upheld.core.policy.model import Policy
from upheld.records.models import Person
from upheld.records.walls import enter_site

logger = logging.getLogger(__name__)

POLICY_PAGE = "privacy"


@dataclass(frozen=True, slots=True)
class Queueing:
    """What came of wanting to send a notice: its message's id, or why there is none.

    `reason` is `no class` (the policy has no class of message for it), `refused` (the gate said no; `verdict` has the
    sentences), or `no address`. Whoever wanted the notice tells the person so.
    """

    message: str
    reason: str = ""
    verdict: Verdict | None = None

    @property
    def is_queued(self) -> bool:
        """Whether the message will be sent."""
        return bool(self.message)


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
) -> Queueing:
    """Queue a notice of a kind from core/notices to a person; belongs inside the transaction of what it tells of.

    The class is `mail_class`, or the one that the policy has for running an account. The address is `to` (one that is
    being claimed or invited), or the person's own from the vault. `home` is the address of the site's first page with
    its slash, `values` fill the kind's places. `is_last` lets the message outlive its person, for a closed account.
    Side effects: a line in the ledger for the message, and one when the address is opened. Raises NoticeError for
    values that are missing.
    """
    with enter_site(binding.site):
        known = gather_facts(binding, person) | dict(facts or {})
        carrier, verdict = find_carrier(binding, known, mail_class)
        if carrier is None or verdict is None:
            return Queueing("", "refused" if verdict else "no class", verdict)
        written = write_notice(
            binding.policy,
            service=find_trade_name(binding.policy),
            kind=kind,
            mail_class=carrier.mail_class,
            because=verdict.because,
            policy_address=home + POLICY_PAGE,
            values=values,
        )
        address = to or open_address(binding, person, carrier, known, now)
        if not address:
            return Queueing("", "no address", verdict)
        message = make_message(binding.policy, written, address, now)
        owner = "" if is_last else person.id
        store_message(binding, message, person=owner, mail_class=carrier.mail_class, kind=kind, now=now)
        fields = {"mail": message.id, "class": carrier.mail_class, "template": kind}
        fields["version"] = binding.current.isoformat()
        because = verdict.because[:1]
        write_line(
            binding.site, "mail.queued", at=now, person=person.id, by=by, known=binding.names, because=because, **fields
        )
    return Queueing(message.id, "", verdict)


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


def make_message(policy: Policy, written: Written, to: str, now: datetime) -> Message:
    """The notice with its addresses: from the contact that the policy names, to the person."""
    return Message(
        id=draw_id("m"),
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
