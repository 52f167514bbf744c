"""Approvals: who of a role agreed to one thing as it stood, and what may stand in where there are too few of the role.

One voice for each holder of a live grant, for exactly what was put to them: it is known by its digest. Knows no subject.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from upheld.actions.approval_mails import check_address, mail_link
from upheld.actions.grants import has_live_grant, list_grants, list_live_roles, name_staff
from upheld.actions.ids import draw_id
from upheld.actions.keys import find_person_key, open_person_key
from upheld.actions.ledger import write_line
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Approval as Needed
from upheld.core.rights.approving import OUTSIDE, STAFF, WAITING, find_stand_in
from upheld.core.rights.demanding import digest_content
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Approval, Staff, StandIn
from upheld.records.walls import enter_site, read_site

TOKEN_BYTES = 24
LONGEST_NAME = 120
LINK_LIVES = timedelta(days=14)
PATH = "agree/"
NOBODY = ""
KEEP_CLASS = "stand-in"


@dataclass(frozen=True, slots=True)
class Asking:
    """What is put to people: the digest it is known by, how many of which role have to agree, and how many there are.

    `methods` are the ways in which the policy lets something stand in for voices that cannot be had; empty when there are
    enough people, or the policy declares none.
    """

    subject: str
    digest: str
    count: int
    role: str
    holders: int
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """One answer: who gave it and how, and whether it still counts (somebody without the grant any more has no voice)."""

    by: str
    method: str
    is_yes: bool
    is_live: bool
    at: datetime
    entry: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stand-in that has not answered yet; `who` is the name of somebody outside, for those who may read it."""

    id: str
    method: str
    begun_by: str
    begun_at: datetime
    counts_from: datetime | None
    ends_at: datetime | None


def ask_approval(
    binding: Binding, *, subject: str, content: Mapping[str, object], needed: Needed, now: datetime
) -> Asking:
    """What has to be agreed to, and by how many; whoever calls keeps the digest with the subject. Writes nothing."""
    return describe_asking(binding, subject=subject, asked=digest_content(content), needed=needed, now=now)


def describe_asking(binding: Binding, *, subject: str, asked: str, needed: Needed, now: datetime) -> Asking:
    """The same for a digest that is known already."""
    holders = len(list_holders(binding.site, needed.role, now))
    declared = find_stand_in(binding.policy) if holders < needed.count else None
    return Asking(subject, asked, needed.count, needed.role, holders, declared.methods if declared else ())


def list_holders(site: str, role: str, now: datetime) -> tuple[str, ...]:
    """Who holds a live grant of the role, as rows name them."""
    return tuple(
        dict.fromkeys(
            name_staff(grant.staff) for grant in list_grants(site) if grant.role == role and grant.is_live(now)
        )
    )


def give_approval(
    binding: Binding, *, subject: str, asked: str, role: str, staff: Staff, is_yes: bool, now: datetime
) -> str:
    """The ledger's line: this member of staff agreed, or did not. Belongs inside the transaction that holds the subject.

    Raises StaffError W113 without a live grant of the role, W144 for a second voice on the same thing.
    """
    if not has_live_grant(site=binding.site, staff=staff.pk, role=role, now=now):
        raise StaffError("W113", f"you hold no live grant of the role `{role}`", "the owner gives and reviews grants")
    return _note_voice(binding, subject, asked, role, by=name_staff(staff.pk), method=STAFF, is_yes=is_yes, now=now)


def _note_voice(
    binding: Binding, subject: str, asked: str, role: str, *, by: str, method: str, is_yes: bool, now: datetime
) -> str:
    with enter_site(binding.site):
        row = Approval(
            site=binding.site, subject=subject, asked=asked, role=role, by=by, method=method, is_yes=is_yes, at=now
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise StaffError(
                "W144", "you have answered already, and have one voice", "somebody else of the role has to agree"
            ) from None
        row.entry = write_line(
            binding.site, "approval.given", at=now, by=by, known=binding.names, subject=subject, role=role,
            method=method, digest=asked, outcome="yes" if is_yes else "no", version=binding.current.isoformat(),
        )  # fmt: skip
        row.save(update_fields=["entry"])
    return row.entry


def count_approvals(site: str, subject: str, asked: str, role: str, now: datetime | None = None) -> int:
    """How many agreed to this as it stands; none when anybody said no.

    Given the moment, a voice counts only while its holder still has a live grant of the role.
    """
    if not asked:
        return 0
    voices = list_voices(site, subject, asked, role, now)
    return 0 if any(not voice.is_yes for voice in voices) else sum(voice.is_live for voice in voices)


def has_refusal(site: str, subject: str, asked: str) -> bool:
    """Whether somebody said no to this as it stands."""
    with read_site(site):
        return Approval.objects.filter(site=site, subject=subject, asked=asked, is_yes=False).exists()


def list_voices(site: str, subject: str, asked: str, role: str = "", now: datetime | None = None) -> tuple[Voice, ...]:
    """All answers to this as it stands, the first one first."""
    with read_site(site):
        rows = Approval.objects.filter(site=site, subject=subject, asked=asked)
        found = list((rows.filter(role=role) if role else rows).order_by("at", "pk"))
        holders = set(list_holders(site, role, now)) if role and now else set()
    return tuple(
        Voice(
            row.by, row.method, row.is_yes, row.method != STAFF or now is None or row.by in holders, row.at, row.entry
        )
        for row in found
    )


def list_waiting(site: str, subject: str, asked: str) -> tuple[Waiting, ...]:
    """The stand-ins that have not answered yet."""
    with read_site(site):
        rows = StandIn.objects.filter(site=site, subject=subject, asked=asked, settled_at__isnull=True).order_by(
            "begun_at"
        )
        return tuple(
            Waiting(row.id, row.method, row.begun_by, row.begun_at, row.counts_from, row.ends_at) for row in rows
        )


def begin_waiting(binding: Binding, asking: Asking, *, staff: Staff, now: datetime) -> datetime:
    """From when on the time that has passed without objection counts as the missing voice. One line: the notice of it.

    Raises StaffError W145 where the policy declares no such time, where enough people hold the role, or before one of
    them has agreed.
    """
    declared = find_stand_in(binding.policy)
    with enter_site(binding.site):
        check_stand_in(binding, asking, WAITING, now)
        counts_from = now + declared.wait if declared and declared.wait else now
        row = _make_stand_in(asking, WAITING, binding.site, staff, now)
        row.counts_from = counts_from
        _store_stand_in(binding, row, now, until=counts_from)
    return counts_from


def ask_outside(
    binding: Binding, asking: Asking, *, staff: Staff, who: str, email: str, home: str, now: datetime
) -> str:
    """The id of the message that asks somebody outside, named `who`: its link works once, for two weeks.

    Nobody of the house is shown the link: it goes to their address, and its hash alone is kept. Name and address are
    sealed; the page shows an outline and nothing personal. Raises StaffError W145 as `begin_waiting` and when no class of
    message can carry it, W143 without a name and an address. Two lines in the ledger: that they were asked, and the mail.
    """
    if not 3 <= len(who.strip()) <= LONGEST_NAME:
        raise StaffError("W143", "somebody outside is asked by name", "write who it is")
    address = check_address(binding, email)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with enter_site(binding.site):
        check_stand_in(binding, asking, OUTSIDE, now)
        row = _make_stand_in(asking, OUTSIDE, binding.site, staff, now)
        key = find_person_key(binding.site, NOBODY, f"{KEEP_CLASS} {row.id}", now)
        row.key = key.name
        named = json.dumps([who.strip(), address]).encode()
        row.sealed = seal(key.key, secrets.token_bytes(NONCE_BYTES), named, _label(row))
        row.digest, row.ends_at = digest_link(token), now + LINK_LIVES
        _store_stand_in(binding, row, now, until=row.ends_at)
        return mail_link(binding, row, address=address, link=f"{home}{PATH}{token}", home=home, now=now)


def check_stand_in(binding: Binding, asking: Asking, method: str, now: datetime) -> None:
    """Raise StaffError W145 unless the policy lets this stand in now. Belongs inside the transaction of the subject."""
    if method not in asking.methods:
        said = "enough people hold the role" if asking.holders >= asking.count else "the policy declares no such thing"
        raise StaffError("W145", f"nothing stands in for a missing voice: {said}", "somebody else has to agree")
    voices = list_voices(binding.site, asking.subject, asking.digest, asking.role, now)
    if any(not voice.is_yes for voice in voices) or not any(v.method == STAFF and v.is_live for v in voices):
        raise StaffError("W145", "first somebody of the role agrees themselves", "agree, then ask for the other voice")
    stands = StandIn.objects.filter(site=binding.site, subject=asking.subject, asked=asking.digest)
    if stands.exclude(method=OUTSIDE, ends_at__lte=now, settled_at__isnull=True).count() >= (
        asking.count - asking.holders
    ):
        raise StaffError("W145", "the missing voice was asked for already", "wait for it")


def _make_stand_in(asking: Asking, method: str, site: str, staff: Staff, now: datetime) -> StandIn:
    return StandIn(
        id=draw_id("y"), site=site, subject=asking.subject, asked=asking.digest, role=asking.role, method=method,
        begun_by=name_staff(staff.pk), begun_at=now,
    )  # fmt: skip


def _store_stand_in(binding: Binding, row: StandIn, now: datetime, *, until: datetime) -> None:
    row.save(force_insert=True)
    write_line(
        binding.site, "approval.stand-in", at=now, by=row.begun_by, known=binding.names, subject=row.subject,
        role=row.role, method=row.method, digest=row.asked, standin=row.id, until=until,
    )  # fmt: skip


def settle_waiting(binding: Binding, *, subject: str, asked: str, now: datetime) -> int:
    """How many times of waiting are over without objection, and from now on are voices. Done twice it does no harm."""
    with enter_site(binding.site):
        rows = StandIn.objects.select_for_update().filter(
            site=binding.site, subject=subject, asked=asked, method=WAITING, settled_at__isnull=True
        )
        ripe = [row for row in rows if row.counts_from is not None and row.counts_from <= now]
        if not ripe or has_refusal(binding.site, subject, asked):
            return 0
        for row in ripe:
            row.settled_at = now
            row.save(update_fields=["settled_at"])
            _note_voice(binding, subject, asked, row.role, by=row.id, method=WAITING, is_yes=True, now=now)
    return len(ripe)


def raise_objection(binding: Binding, *, subject: str, asked: str, role: str, staff: Staff, now: datetime) -> str:
    """The ledger's line: somebody of the site's staff, in whatever role, or the owner, objects while time is waited for.

    Belongs inside the transaction that holds the subject. Raises StaffError W145 when nothing waits, W113 for somebody
    who has no role at this site, W144 for who has answered already.
    """
    with enter_site(binding.site):
        if not any(waiting.method == WAITING for waiting in list_waiting(binding.site, subject, asked)):
            raise StaffError("W145", "nothing waits for objections here", "look at how far it is")
        if not staff.is_owner and not list_live_roles(site=binding.site, staff=staff.pk, now=now):
            raise StaffError("W113", "you hold no live grant at this site", "the owner gives and reviews grants")
        return _note_voice(binding, subject, asked, role, by=name_staff(staff.pk), method=STAFF, is_yes=False, now=now)


def find_outside(site: str, token: str, now: datetime) -> StandIn | None:
    """What a link to somebody outside is about, while it works; looking uses nothing up."""
    with read_site(site):
        rows = StandIn.objects.filter(site=site, digest=digest_link(token), method=OUTSIDE, settled_at__isnull=True)
        return rows.filter(ends_at__gt=now).first()


def answer_outside(binding: Binding, *, token: str, is_yes: bool, now: datetime) -> StandIn | None:
    """The stand-in whose voice was noted, or None for a link that does not work: of two who use it at once one gets it.

    Belongs inside the transaction that holds the subject, which says whether it still is what was put to them.
    """
    with enter_site(binding.site):
        row = find_outside(binding.site, token, now)
        if row is None or not StandIn.objects.filter(pk=row.pk, settled_at__isnull=True).update(settled_at=now):
            return None
        _note_voice(binding, row.subject, row.asked, row.role, by=row.id, method=OUTSIDE, is_yes=is_yes, now=now)
    return row


def name_outside(site: str, stand_in: str) -> str:
    """Who outside was asked and at which address, for those who work on the subject; empty for a time of waiting."""
    with read_site(site):
        row = StandIn.objects.filter(site=site, id=stand_in).first()
    if row is None or not row.sealed:
        return ""
    plain = open_sealed(open_person_key(site, row.key), bytes(row.sealed), _label(row))
    return ", ".join(json.loads(plain))


def digest_link(token: str) -> bytes:
    """What is kept of a link: its hash, so that nobody can answer from a copy of the table."""
    return hashlib.sha256(b"approval " + token.encode()).digest()


def _label(row: StandIn) -> Label:
    return Label(row.site, NOBODY, row.id, KEEP_CLASS)
