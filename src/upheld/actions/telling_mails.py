"""Recipients are told of a no by mail: the message has references of what they were given, and nobody's name."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from upheld.actions.accounts import say_moment
from upheld.actions.ledger import write_line
from upheld.actions.notices import POLICY_PAGE, find_trade_name, make_message
from upheld.actions.outbox import store_message
from upheld.actions.outgoing import BOUNCED, FAILED
from upheld.actions.permissions import open_named
from upheld.actions.recipients import read_contact
from upheld.actions.settling import KEEP_FOR
from upheld.actions.tellings import ERASED, PENDING, TOLD, find_pending, mark_told, take_back
from upheld.core.errors import NoticeError, SealError, VaultError
from upheld.core.gate.binding import Binding
from upheld.core.notices.compose import Written, write_notice
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.policy.saying.names import join_words, say_name
from upheld.core.rights.permitting import list_stopped
from upheld.core.rights.releasing import ENDED_BY_PERSON
from upheld.records.models import Disclosure, Outgoing, Permission, Recipient, Telling
from upheld.records.walls import enter_site, read_site

KIND, KIND_ERASED = "recipient-told", "recipient-told-erased"
MOST_REFERENCES = 5
# Whoever has to erase needs them all; a carrier may have had some hundred parcels of one customer.
MOST_TO_ERASE = 1_000
# Why a recipient is not told by mail, in words for staff.
NO_ADDRESS = "no e-mail address is kept of this recipient"
NO_CLASS = "the policy has no class of message that can carry this"


def tell_recipient(binding: Binding, telling: int, *, home: str, now: datetime, by: str = "") -> str:
    """Why the recipient cannot be told by mail, in words; empty when the message is in the outbox, and they are told.

    `home` is the address of the site's first page with its slash. Raises StaffError W136 for one that was told already.
    Side effects: the message, with its line, and `telling.done`.
    """
    with enter_site(binding.site):
        row = find_pending(binding.site, telling)
        address = _find_address(row)
        if not address:
            return NO_ADDRESS
        mail_class = next(iter(list_administrative_classes(binding.policy)), "")
        written = _write(binding, row, mail_class, home) if mail_class else None
        if written is None:
            return NO_CLASS
        message = make_message(binding.policy, written, address, now)
        kind = name_kind(row)
        store_message(binding, message, person="", mail_class=mail_class, kind=kind, now=now, subject=row.recipient)
        fields = {"mail": message.id, "class": mail_class, "template": kind}
        write_line(binding.site, "mail.queued", at=now, person=row.person, by=by, known=binding.names, **fields)
        mark_told(binding, telling, by=by, now=now, message=message.id)
    return ""


def tell_pending(binding: Binding, *, home: str, now: datetime, person: str = "", most: int = 100) -> int:
    """How many of those who wait were told by mail, about one person or all; the others wait for staff: those without
    an address, and those whom our mail did not reach.
    """
    about = {"person": person} if person else {}
    with read_site(binding.site):
        rows = Telling.objects.filter(site=binding.site, state=PENDING, message="", **about).order_by("at", "pk")
        waiting = list(rows.values_list("pk", flat=True)[:most])
    return sum(not tell_recipient(binding, telling, home=home, now=now) for telling in waiting)


def take_back_failed(binding: Binding, *, now: datetime) -> int:
    """How many recipients count as told no longer, because the message did not leave or came back. A line for each.

    Rows of messages stay for a while after they are settled, so each is looked at in time.
    """
    site = binding.site
    with read_site(site):
        told = Telling.objects.filter(site=site, state=TOLD, told_at__gte=now - KEEP_FOR).exclude(message="")
        messages = dict(told.values_list("message", "pk"))
        lost = Outgoing.objects.filter(site=site, id__in=messages, state__in=(FAILED, BOUNCED))
        found = [messages[message] for message in lost.values_list("id", flat=True)]
    return sum(take_back(binding, telling, now=now) for telling in found)


def name_kind(row: Telling) -> str:
    """The notice by which they are told."""
    return KIND_ERASED if row.reason == ERASED else KIND


def _find_address(row: Telling) -> str:
    """The e-mail address of the recipient: from the register, or from the permission in which they were named."""
    try:
        line = Recipient.objects.filter(site=row.site, id=row.recipient).first()
        if line is not None:
            return read_contact(line).get("email", "")
        given = Permission.objects.filter(site=row.site, id=row.recipient).first()
        return open_named(given).get("email", "") if given is not None else ""
    except (SealError, VaultError):  # erased with its person, or altered: staff see it waiting
        return ""


def _write(binding: Binding, row: Telling, mail_class: str, home: str) -> Written | None:
    policy, kind = binding.policy, name_kind(row)
    gone = _list_about(binding, row)
    purposes = dict.fromkeys(say_name(one.purpose, "purpose", policy.words) for one in gone)
    references = [one.id for one in gone[:MOST_REFERENCES]]
    try:
        return write_notice(
            policy,
            service=find_trade_name(policy),
            kind=kind,
            mail_class=mail_class,
            because=(),
            policy_address=home + POLICY_PAGE,
            values={
                "all_references": ", ".join(one.id for one in gone[:MOST_TO_ERASE]),
                "references": ", ".join(references),
                "at": say_moment(row.at),
                "purpose": join_words(purposes) or "what you got them for",
            },
        )
    except NoticeError:  # the policy puts something into every such message that belongs to an account
        return None


def _list_about(binding: Binding, row: Telling) -> list[Disclosure]:
    """What the recipient was given that it is about: under the permission, for what the choice stops, or all of it."""
    rows = Disclosure.objects.filter(
        site=row.site, person=row.person, recipient=row.recipient, ground__in=ENDED_BY_PERSON
    ).order_by("-at")
    if row.reason == ERASED:
        return list(rows)
    stopped = list_stopped(binding.policy, row.reason)
    return list(rows.filter(Q(subject=row.reason) | Q(purpose__in=stopped)))
