"""What `upheld staff` does, once the house is open: people who work here, their links and grants; says nothing itself."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse

from upheld.actions.grants import HeldGrant, give_grant
from upheld.actions.staff import HeldStaff, add_staff, close_staff, find_staff, forget_factors, list_staff, make_welcome
from upheld.core.errors import StaffError
from upheld.records.models import Staff
from upheld.server.opening import open_shelf
from upheld.web.binding import make_binding


def list_everybody() -> tuple[HeldStaff, ...]:
    """Everybody who works here, by name."""
    return list_staff()


def add_one(name: str, *, is_owner: bool, at: str) -> str:
    """The link for somebody new. Raises StaffError W104."""
    return make_link_for(add_staff(name, is_owner=is_owner), at)


def make_link(name: str, *, is_factor_lost: bool, at: str) -> str:
    """A new link for somebody who cannot get in. Raises StaffError W105, also for somebody let in no longer."""
    staff = find_staff(name)
    if not staff.is_active:
        raise StaffError("W105", f"`{name}` is let in no longer", "add somebody under another name")
    if is_factor_lost:
        forget_factors(staff)
    return make_link_for(staff, at)


def make_link_for(staff: Staff, at: str) -> str:
    """The link with which they choose a password, below the address given or the one of the settings."""
    environment = settings.ENVIRONMENT
    host = environment.overview_hosts[0] if environment.overview_hosts else environment.address
    address = at.rstrip("/") or f"{environment.scheme}://{host}:{environment.port}"
    return address + reverse("console-welcome", args=make_welcome(staff))


def close_one(name: str) -> None:
    """Let somebody in no longer. Raises StaffError W105."""
    sites = [shelved.slug for shelved in open_shelf(settings.ENVIRONMENT).policies]
    close_staff(find_staff(name), sites, now=datetime.now(UTC))


def grant_role(name: str, *, site: str, role: str, reason: str, by: str) -> HeldGrant:
    """The new grant. Raises StaffError W101 to W108, and W112 when `by` is empty and there is not one owner alone."""
    shelved = open_shelf(settings.ENVIRONMENT).find_slug(site)
    if shelved is None:
        raise StaffError("W101", f"there is no site `{site[:40]}` to hold a role at", "name the policy of the site")
    now = datetime.now(UTC)
    return give_grant(
        make_binding(shelved, now.date()),
        staff=find_staff(name),
        role=role,
        reason=reason,
        given_by=find_staff(by) if by else find_owner(),
        now=now,
    )


def find_owner() -> Staff:
    """The one owner who is active; raises StaffError W112 when there is none or more than one."""
    owners = list(Staff.objects.filter(is_owner=True, is_active=True)[:2])
    if len(owners) != 1:
        raise StaffError("W112", "it is not clear who gives the grant", "name one of the owners with --by NAME")
    return owners[0]
