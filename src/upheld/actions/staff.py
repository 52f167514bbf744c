"""Staff: made by the owner or on the machine itself, let in by a link that works once; knows no page.

Staff belong to the server, not to one site, so their making stands in no site's ledger; their grants, their signing in
and their end stand in the ledger of each site that they may open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import IntegrityError, transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from upheld.actions.grants import list_live_roles, name_staff
from upheld.actions.ledger import write_line
from upheld.core.errors import StaffError
from upheld.records.models import Staff
from upheld.records.walls import enter_site

NAME = re.compile(r"[a-z][a-z0-9.-]{1,38}[a-z0-9]")


class WelcomeTokens(PasswordResetTokenGenerator):
    """Makes links that end with the first use: the token hangs on the password and the last sign-in."""

    key_salt = "upheld.actions.staff.WelcomeTokens"


TOKENS = WelcomeTokens()


@dataclass(frozen=True, slots=True)
class HeldStaff:
    """A member of staff as pages show them."""

    id: int
    username: str
    is_active: bool
    is_owner: bool
    has_password: bool
    has_factor: bool
    created_at: datetime
    last_login: datetime | None


def add_staff(username: str, *, is_owner: bool = False) -> Staff:
    """A new member of staff, who cannot sign in before they have chosen a password. Raises StaffError W104."""
    if not NAME.fullmatch(username):
        raise StaffError(
            "W104", "a name for signing in has 3 to 40 small letters, digits, dots and hyphens", "such as `r.okafor`"
        )
    try:
        with transaction.atomic():
            return Staff.objects.create_user(username, is_owner=is_owner)
    except IntegrityError:
        raise StaffError("W104", f"there is somebody called `{username}` already", "choose another name") from None


def find_staff(username: str) -> Staff:
    """The member of staff of this name. Raises StaffError W105."""
    staff = Staff.objects.filter(username=username).first()
    if staff is None:
        raise StaffError("W105", f"there is nobody called `{username[:40]}`", "`upheld staff list` names everybody")
    return staff


def list_staff() -> tuple[HeldStaff, ...]:
    """Everybody, by name."""
    secured = set(Authenticator.objects.values_list("user_id", flat=True))
    return tuple(
        HeldStaff(
            id=row.pk,
            username=row.username,
            is_active=row.is_active,
            is_owner=row.is_owner,
            has_password=row.has_usable_password(),
            has_factor=row.pk in secured,
            created_at=row.created_at,
            last_login=row.last_login,
        )
        for row in Staff.objects.order_by("username")
    )


def make_welcome(staff: Staff) -> tuple[str, str]:
    """The two parts of a link with which they choose a password; it works once and for two days."""
    return urlsafe_base64_encode(force_bytes(staff.pk)), TOKENS.make_token(staff)


def find_welcomed(name: str, token: str) -> Staff | None:
    """Whose link this is, or None when it was used, is too old or was never given."""
    try:
        staff = Staff.objects.filter(pk=int(urlsafe_base64_decode(name)), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return staff if staff is not None and TOKENS.check_token(staff, token) else None


def choose_password(staff: Staff, password: str) -> None:
    """Set the password; all their links and sessions end with the old one."""
    staff.set_password(password)
    staff.save(update_fields=["password"])


def forget_factors(staff: Staff) -> int:
    """How many second factors were forgotten, as when a phone is lost; they set one up anew before they see anything."""
    count, _ = Authenticator.objects.filter(user=staff).delete()
    return int(count)


def close_staff(staff: Staff, sites: Iterable[str] = (), *, now: datetime, by: str = "") -> None:
    """Let them in no longer; their grants are not live from this moment, and what they did stays in the ledgers.

    One line in the ledger of each of these sites that they held a live grant of.
    """
    with transaction.atomic():
        for site in sites:
            if list_live_roles(site=site, staff=staff.pk, now=now):
                with enter_site(site):
                    write_line(site, "staff.closed", at=now, by=by, staff=name_staff(staff.pk))
        staff.is_active = False
        staff.set_unusable_password()
        staff.save(update_fields=["is_active", "password"])


def note_sign_in(staff: Staff, sites: Iterable[str], *, method: str, now: datetime) -> None:
    """One line in the ledger of each of these sites that they hold a live grant of."""
    for site in sites:
        if list_live_roles(site=site, staff=staff.pk, now=now):
            with enter_site(site):
                write_line(
                    site, "staff.signed-in", at=now, by=name_staff(staff.pk), staff=name_staff(staff.pk), method=method
                )
