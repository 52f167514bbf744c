"""The register of recipients: who outside may be given something at all, of which kind, and until when somebody looks again.

A line gives nobody anything: each giving out asks the gate. Without a line of a declared kind nothing goes to a firm.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from upheld.actions.grants import list_live_roles, name_staff
from upheld.actions.ids import draw_id
from upheld.actions.keys import find_person_key, open_person_key
from upheld.actions.ledger import write_line
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.core.rights.reviews import find_review
from upheld.core.seal.entries import write_canonical
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Recipient, Staff
from upheld.records.walls import enter_site, read_site

LABEL = "recipient"
SHORTEST_TITLE, LONGEST_TITLE = 2, 120
LONGEST_CONTACT = 500
CONTACT = ("name", "email", "post")  # what a contact may hold
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class HeldRecipient:
    """One line of the register as pages show it; the contact stays sealed."""

    id: str
    kind: str
    title: str
    has_contact: bool
    made_by: str
    made_at: datetime
    review_by: datetime | None
    ended_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether they may be given something."""
        return self.ended_at is None

    def is_due(self, now: datetime) -> bool:
        """Whether somebody should look at the line again soon, or should have."""
        return self.is_live and self.review_by is not None and self.review_by - SOON <= now


def add_recipient(
    binding: Binding, *, kind: str, title: str, contact: Mapping[str, str], by: Staff, now: datetime
) -> HeldRecipient:
    """A new line. `contact` has a name, an e-mail address, a postal address, or some of them, and is sealed.

    Raises StaffError W132 for a kind that the policy in force does not declare, W133 for a title that cannot be used or
    that a live line of this kind has, W134 without an address, W113 for staff whom it does not fall to. One line in the ledger, without title and contact.
    """
    _check_keeper(binding, by, now)
    declared = binding.policy.words.leaves("recipient")
    if kind not in declared:
        hint = f"it declares {', '.join(declared)}" if declared else "it declares none"
        raise StaffError("W132", "the policy gives nothing to recipients of that kind", hint)
    said = " ".join(title.split())
    if not (SHORTEST_TITLE <= len(said) <= LONGEST_TITLE) or not said.isprintable():
        raise StaffError(
            "W133", "a recipient needs the name of the organisation", f"at most {LONGEST_TITLE} characters"
        )
    told = check_contact(contact)
    site = binding.site
    with enter_site(site):
        if Recipient.objects.filter(site=site, kind=kind, title=said, ended_at__isnull=True).exists():
            raise StaffError("W133", "that organisation is in the register already", "end that line first")
        row = Recipient(
            id=draw_id("o"),
            site=site,
            kind=kind,
            title=said,
            made_by=name_staff(by.pk),
            made_at=now,
            review_by=now + find_review(binding.policy, "recipients").period,
        )
        key = find_person_key(site, "", f"{LABEL} {row.id}", now)
        row.key, row.sealed = key.name, seal_contact(key.key, told, Label(site, "", row.id, LABEL))
        row.save(force_insert=True)
        _tell(
            binding,
            row,
            "recipient.added",
            by,
            now=now,
            review=row.review_by.date().isoformat() if row.review_by else None,
        )
    return describe_recipient(row)


def may_keep_register(binding: Binding, *, by: Staff, now: datetime) -> bool:
    """Whether it falls to them to change the register: to the role that the policy has review it, and to the owner; to
    whoever holds a role here where the policy names none.
    """
    role = find_review(binding.policy, "recipients").role
    held = list_live_roles(site=binding.site, staff=by.pk, now=now)
    return by.is_active and (by.is_owner or (role in held if role else bool(held)))


def _check_keeper(binding: Binding, by: Staff, now: datetime) -> None:
    if not may_keep_register(binding, by=by, now=now):
        raise StaffError("W113", "the register of recipients is not yours to change", "ask whom the policy names")


def check_contact(contact: Mapping[str, str]) -> dict[str, str]:
    """The contact without what is empty. Raises StaffError W134 without an address, or for one that is too long."""
    told = {name: contact[name].strip() for name in CONTACT if contact.get(name, "").strip()}
    if not (told.get("email") or told.get("post")):
        raise StaffError("W134", "a recipient needs an address", "give an e-mail address or a postal one")
    if any(len(value) > LONGEST_CONTACT for value in told.values()):
        raise StaffError("W134", "a part of the address is too long", f"at most {LONGEST_CONTACT} characters")
    return told


def seal_contact(key: bytes, contact: Mapping[str, str], label: Label) -> bytes:
    """A contact as it is stored."""
    return seal(key, secrets.token_bytes(NONCE_BYTES), write_canonical(contact), label)


def read_contact(row: Recipient) -> dict[str, str]:
    """Name and addresses of a registered organisation; empty where none are kept. Raises SealError V801."""
    if not row.sealed:
        return {}
    plain = open_sealed(open_person_key(row.site, row.key), bytes(row.sealed), Label(row.site, "", row.id, LABEL))
    return read_parts(plain)


def read_parts(plain: bytes) -> dict[str, str]:
    """A contact from the bytes that were sealed."""
    found: dict[str, str] = json.loads(plain)
    return found


def review_recipient(binding: Binding, recipient: str, *, by: Staff, now: datetime) -> HeldRecipient:
    """The line, looked at again and good for another period. Raises StaffError W131, W113. One line in the ledger.

    One of a kind that the policy no longer declares stays only to be ended: W132.
    """
    _check_keeper(binding, by, now)
    with enter_site(binding.site):
        row = _find_live(binding.site, recipient)
        if row.kind not in binding.policy.words.leaves("recipient"):
            raise StaffError("W132", "the policy gives nothing to recipients of that kind any more", "end the line")
        row.review_by = now + find_review(binding.policy, "recipients").period
        row.save(update_fields=["review_by"])
        _tell(binding, row, "recipient.reviewed", by, now=now, review=row.review_by.date().isoformat())
    return describe_recipient(row)


def end_recipient(binding: Binding, recipient: str, *, by: Staff, now: datetime) -> HeldRecipient:
    """The line, ended: they get nothing more from this moment. Raises StaffError W131, W113. One line in the ledger.

    The contact stays sealed: somebody who was given data may still have to be told of a no.
    """
    _check_keeper(binding, by, now)
    with enter_site(binding.site):
        row = _find_live(binding.site, recipient)
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        _tell(binding, row, "recipient.ended", by, now=now)
    return describe_recipient(row)


def list_recipients(site: str, *, kind: str = "", with_ended: bool = True) -> tuple[HeldRecipient, ...]:
    """The register: lines that live first, the one to look at again before the others."""
    with read_site(site):
        rows = Recipient.objects.filter(site=site, **({"kind": kind} if kind else {}))
        found = [describe_recipient(row) for row in (rows if with_ended else rows.filter(ended_at__isnull=True))]
    return tuple(sorted(found, key=lambda one: (one.ended_at is not None, one.review_by or one.made_at, one.title)))


def find_recipient(site: str, recipient: str) -> HeldRecipient | None:
    """One line, or None."""
    with read_site(site):
        row = Recipient.objects.filter(site=site, id=recipient).first()
    return None if row is None else describe_recipient(row)


def name_recipients(site: str) -> dict[str, str]:
    """The titles of all lines by their ids, those that ended as well."""
    with read_site(site):
        return dict(Recipient.objects.filter(site=site).values_list("id", "title"))


def describe_recipient(row: Recipient) -> HeldRecipient:
    """The row as a value."""
    return HeldRecipient(
        id=row.id,
        kind=row.kind,
        title=row.title,
        has_contact=bool(row.sealed),
        made_by=row.made_by,
        made_at=row.made_at,
        review_by=row.review_by,
        ended_at=row.ended_at,
    )


def _find_live(site: str, recipient: str) -> Recipient:
    row = Recipient.objects.select_for_update().filter(site=site, id=recipient, ended_at__isnull=True).first()
    if row is None:
        raise StaffError(
            "W131", "that recipient is not in the register, or gets nothing more", "look at the register of recipients"
        )
    return row


def _tell(binding: Binding, row: Recipient, kind: str, by: Staff, *, now: datetime, review: str | None = None) -> None:
    # the kind may be one that only an earlier version declares; `names` holds those of all
    fields: dict[str, Any] = {"recipient": row.kind, "outside": row.id, "review": review}
    write_line(binding.site, kind, at=now, by=name_staff(by.pk), known=binding.names, **fields)
