"""Grants: which member of staff holds which role of a site, why, by whom and until when; a role without one opens nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from upheld.actions.ledger import write_line
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Policy
from upheld.core.rights.reviews import find_review
from upheld.records.models import Grant, Staff
from upheld.records.walls import enter_site, read_site

SHORTEST_REASON = 10
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant as pages show it. `is_own`: who holds it gave it to themselves; `is_active`: they are let in at all."""

    id: int
    staff: int
    username: str
    is_active: bool
    role: str
    reason: str
    given_by: str
    is_own: bool
    given_at: datetime
    review_by: datetime
    reviewed_at: datetime | None
    ended_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Whether the role may be used: not ended, not past its review, and by somebody who is let in."""
        return self.is_active and self.ended_at is None and self.review_by > now

    def is_due(self, now: datetime) -> bool:
        """Whether somebody should look at it again soon, or should have."""
        return self.is_active and self.ended_at is None and self.review_by - SOON <= now


def name_staff(staff_id: int) -> str:
    """How rows and the ledger name a member of staff."""
    return f"s_{staff_id}"


def give_grant(binding: Binding, *, staff: Staff, role: str, reason: str, given_by: Staff, now: datetime) -> HeldGrant:
    """The new grant, live until the policy's time of review has passed. One line in the ledger, without the reason.

    Raises StaffError W101 for a role that the policy does not have, W102 without a reason, W103 unless the owner gives
    it, W108 when the same one is live.
    """
    if not given_by.is_owner or not given_by.is_active:
        raise StaffError("W103", "only the owner of this server gives grants", "ask them")
    if role not in binding.policy.words.leaves("role"):
        known = ", ".join(binding.policy.words.leaves("role"))
        raise StaffError("W101", f"the policy has no role `{role[:80]}`", f"its roles are {known}")
    if len(reason.strip()) < SHORTEST_REASON:
        raise StaffError("W102", "a grant needs a reason", "write what this person needs the role for")
    with enter_site(binding.site):
        live = Grant.objects.filter(site=binding.site, staff=staff, role=role, ended_at__isnull=True)
        if live.filter(review_by__gt=now).exists():
            raise StaffError("W108", f"`{staff.username}` holds the role `{role}` already", "end that grant first")
        review_by = now + find_review(binding.policy, "grants").period
        grant = Grant.objects.create(
            site=binding.site,
            staff=staff,
            role=role,
            reason=reason.strip(),
            given_by=given_by.username,
            given_at=now,
            review_by=review_by,
        )
        _tell(binding.site, "grant.given", grant, by=given_by, now=now, review=review_by.date().isoformat())
    return describe_grant(grant)


def review_grant(binding: Binding, grant_id: int, *, by: Staff, now: datetime) -> HeldGrant:
    """The grant, looked at again and good for another period. Raises StaffError W109, W114. One line in the ledger."""
    with enter_site(binding.site):
        grant = _find_standing(binding.site, grant_id)
        if not may_review(binding.policy, by, describe_grant(grant), list_grants(binding.site), now):
            hint = "whoever holds the role that the policy names reviews it, and nobody reviews their own"
            raise StaffError("W114", "this grant is not yours to review", hint)
        grant.reviewed_at = now
        grant.review_by = now + find_review(binding.policy, "grants").period
        grant.save(update_fields=["reviewed_at", "review_by"])
        _tell(binding.site, "grant.reviewed", grant, by=by, now=now, review=grant.review_by.date().isoformat())
    return describe_grant(grant)


def may_review(policy: Policy, by: Staff, grant: HeldGrant, grants: Iterable[HeldGrant], now: datetime) -> bool:
    """Whether it falls to them to look at this grant again.

    It falls to those who hold the role that the policy gives the review to, each grant but their own; to the owner
    where the policy names none, and as long as nobody else could.
    """
    role = find_review(policy, "grants").role
    others = {one.staff for one in grants if one.role == role and one.is_live(now) and one.staff != grant.staff}
    return by.is_active and (by.pk in others or (by.is_owner and not others))


def end_grant(site: str, grant_id: int, *, by: Staff, now: datetime) -> HeldGrant:
    """The grant, ended: the role opens nothing from this moment. Raises StaffError W103, W109. One line in the ledger."""
    with enter_site(site):
        if not by.is_owner or not by.is_active:
            raise StaffError("W103", "only the owner of this server ends grants", "ask them")
        grant = _find_standing(site, grant_id)
        grant.ended_at = now
        grant.save(update_fields=["ended_at"])
        _tell(site, "grant.ended", grant, by=by, now=now, outcome="withdrawn")
    return describe_grant(grant)


def _find_standing(site: str, grant_id: int) -> Grant:
    grant = Grant.objects.select_related("staff").filter(site=site, pk=grant_id, ended_at__isnull=True).first()
    if grant is None:
        raise StaffError("W109", "there is no such grant that has not ended", "look at the list of grants")
    return grant


def _tell(
    site: str,
    kind: str,
    grant: Grant,
    *,
    by: Staff,
    now: datetime,
    review: str | None = None,
    outcome: str | None = None,
) -> None:
    write_line(
        site,
        kind,
        at=now,
        by=name_staff(by.pk),
        grant=f"g_{grant.pk}",
        staff=name_staff(grant.staff_id),
        role=grant.role,
        review=review,
        outcome=outcome,
    )


def list_live_roles(*, site: str, staff: int, now: datetime) -> tuple[str, ...]:
    """The roles that this member of staff holds at this site now, by name; nothing for one who is not active."""
    with read_site(site):
        live = Grant.objects.filter(
            site=site, staff=staff, staff__is_active=True, ended_at__isnull=True, review_by__gt=now
        )
        return tuple(sorted(set(live.values_list("role", flat=True))))


def has_live_grant(*, site: str, staff: int, role: str, now: datetime) -> bool:
    """What the gate is told as the fact `granted`: a live grant of this very role."""
    return role in list_live_roles(site=site, staff=staff, now=now)


def list_grants(site: str) -> tuple[HeldGrant, ...]:
    """All grants of a site: those that stand first, the one to review first before the others."""
    with read_site(site):
        rows = list(Grant.objects.select_related("staff").filter(site=site).order_by("review_by"))
    standing = [row for row in rows if row.ended_at is None]
    ended = sorted((row for row in rows if row.ended_at is not None), key=lambda row: str(row.ended_at), reverse=True)
    return tuple(describe_grant(row) for row in (*standing, *ended))


def describe_grant(row: Grant) -> HeldGrant:
    """The row as a value."""
    return HeldGrant(
        id=row.pk,
        staff=row.staff_id,
        username=row.staff.username,
        is_active=row.staff.is_active,
        role=row.role,
        reason=row.reason,
        given_by=row.given_by,
        is_own=row.given_by == row.staff.username,
        given_at=row.given_at,
        review_by=row.review_by,
        reviewed_at=row.reviewed_at,
        ended_at=row.ended_at,
    )
