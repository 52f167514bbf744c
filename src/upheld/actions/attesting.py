"""Vouching: people of a role sign the policy's statements, take them back; what is signed runs out by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from upheld.actions.grants import has_live_grant, name_staff
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.core.proof.evidence import ATTESTED, AWAITED, HOLDS, LAPSED, Evidence
from upheld.core.rights.attesting import Statement, list_statements
from upheld.core.seal.entries import write_moment
from upheld.records.models import Attestation, Staff
from upheld.records.walls import enter_site, read_site

SOON = timedelta(days=14)
LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True)
class Signature:
    """That somebody vouched; `by` is how the ledger names them, `note` what they looked at."""

    id: str
    by: str
    note: str
    signed_at: datetime
    until: datetime
    withdrawn_at: datetime | None
    entry: str

    def counts(self, now: datetime) -> bool:
        """Whether it was not taken back and has not run out; one of a later moment is of a clock that was set back."""
        return self.withdrawn_at is None and self.signed_at <= now < self.until


@dataclass(frozen=True, slots=True)
class HeldStatement:
    """A statement with its signatures, the latest first. `until` is when it runs out, None while too few have signed."""

    statement: Statement
    signatures: tuple[Signature, ...]
    until: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Whether somebody should sign soon, or should have."""
        return self.until is None or self.until - SOON <= now


def sign(binding: Binding, digest: str, *, by: Staff, note: str = "", now: datetime) -> Signature:
    """Vouch for the statement of this digest, for the policy's period from now. One line in the ledger.

    Raises StaffError W171 for a statement that the policy in force does not have, W172 without a live grant of its role,
    which leaves a line of its own.
    """
    site, statement = binding.site, find_statement(binding, digest)
    if not (by.is_active and has_live_grant(site=site, staff=by.pk, role=statement.role, now=now)):
        with enter_site(site):
            fields = {"role": statement.role, "digest": digest}
            write_line(site, "attestation.refused", at=now, by=name_staff(by.pk), **fields)
        raise StaffError(
            "W172", f"only who holds the role `{statement.role}` vouches for this", "ask somebody who does"
        )
    with enter_site(site):
        row = Attestation(
            id=draw_id("at"),
            site=site,
            digest=digest,
            words=statement.words,
            role=statement.role,
            signed_by=name_staff(by.pk),
            note=note.strip()[:LONGEST_NOTE],
            version=binding.current,
            signed_at=now,
            until=now + statement.period,
        )
        row.entry = write_line(
            site,
            "attestation.signed",
            at=now,
            by=row.signed_by,
            because=statement.sentences,
            version=binding.current.isoformat(),
            attestation=row.id,
            role=statement.role,
            digest=digest,
            until=row.until,
        )
        row.save(force_insert=True)
    return _describe(row)


def take_back(binding: Binding, attestation: str, *, by: Staff, now: datetime) -> None:
    """Take back what one signed oneself: from now on it counts for nothing. Raises StaffError W173. One line in the ledger."""
    with enter_site(binding.site):
        own = Attestation.objects.filter(site=binding.site, id=attestation, signed_by=name_staff(by.pk))
        row = own.filter(withdrawn_at__isnull=True).first()
        if row is None:
            raise StaffError("W173", "there is nothing of yours to take back there", "each takes back what they signed")
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        write_line(
            binding.site,
            "attestation.withdrawn",
            at=now,
            by=row.signed_by,
            attestation=row.id,
            role=row.role,
            digest=row.digest,
        )


def find_statement(binding: Binding, digest: str) -> Statement:
    """The statement of the policy in force with this digest. Raises StaffError W171."""
    for statement in list_statements(binding.policy):
        if statement.digest == digest:
            return statement
    raise StaffError("W171", "the policy has no such statement", "look at the list of what is vouched for")


def list_held(binding: Binding, now: datetime) -> tuple[HeldStatement, ...]:
    """Every statement of the policy in force with what was signed for it, in the order of the policy."""
    statements = list_statements(binding.policy)
    with read_site(binding.site):
        rows = list(
            Attestation.objects.filter(site=binding.site, digest__in=[one.digest for one in statements]).order_by(
                "-signed_at", "-id"
            )
        )
    signed: dict[str, list[Signature]] = {}
    for row in rows:
        signed.setdefault(row.digest, []).append(_describe(row))
    return tuple(
        HeldStatement(one, tuple(signed.get(one.digest, ())), find_end(one, signed.get(one.digest, ()), now))
        for one in statements
    )


def find_end(statement: Statement, signatures: Iterable[Signature], now: datetime) -> datetime | None:
    """Until when enough people vouch, each counted once by their latest; None when too few ever did.

    What has run out gives the moment at which it did.
    """
    latest: dict[str, datetime] = {}
    for one in signatures:
        if one.withdrawn_at is None and one.signed_at <= now:
            latest[one.by] = max(latest.get(one.by, one.until), one.until)
    ends = sorted(latest.values(), reverse=True)
    return ends[statement.voices - 1] if len(ends) >= statement.voices else None


def keep_latest(signatures: Iterable[Signature]) -> list[Signature]:
    """Of each person the latest of these, in their order: whoever signs twice is one voice."""
    found: dict[str, Signature] = {}
    for one in signatures:
        found.setdefault(one.by, one)
    return list(found.values())


def gather_attested(binding: Binding, now: datetime) -> Mapping[int, Evidence]:
    """Attested evidence by the place of each `attest` rule among the rules in force."""
    found = {}
    for held in list_held(binding, now):
        statement, until = held.statement, held.until
        role = binding.policy.words.label(statement.role, "role")
        counting = keep_latest(one for one in held.signatures if one.counts(now))
        longest = sorted(counting, key=lambda one: one.until, reverse=True)  # those who give it its end
        lines = tuple(one.entry for one in longest[: statement.voices])
        if until is None:
            said = f"nobody of {role} has vouched for it yet"
            if counting:
                said = f"{len(counting)} of {statement.voices} who have to vouch did"
            evidence = Evidence(ATTESTED, AWAITED, said, count=len(counting), at=write_moment(now), lines=lines)
        elif until <= now:
            said = f"{role} vouched for it until {until.date().isoformat()}, and nobody has since"
            evidence = Evidence(ATTESTED, LAPSED, said, count=0, until=write_moment(until), at=write_moment(now))
        else:
            last = counting[0].signed_at
            said = f"{role} vouched for it on {last.date().isoformat()}, until {until.date().isoformat()}"
            evidence = Evidence(
                ATTESTED,
                HOLDS,
                said,
                count=len(counting),
                since=write_moment(last),
                until=write_moment(until),
                at=write_moment(now),
                lines=lines,
            )
        found[statement.number] = evidence
    return found


def _describe(row: Attestation) -> Signature:
    return Signature(row.id, row.signed_by, row.note, row.signed_at, row.until, row.withdrawn_at, row.entry)
