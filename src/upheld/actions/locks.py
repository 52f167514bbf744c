"""Sign-in locked after wrong passwords, by address: alike for one that has an account and one that has none.

Writes no ledger line: an address without an account is nobody's. For a person `sign_in` writes that they were locked.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db.models import F

from upheld.records.models import Throttle
from upheld.records.walls import enter_site, read_site

MOST_FAILURES = 5
LOCK = timedelta(minutes=15)
DIGEST_BYTES = 16


def find_lock(site: str, index: bytes, now: datetime) -> datetime | None:
    """Until when nobody can sign in with the address of this blind index, or None when it is not locked."""
    with read_site(site):
        row = Throttle.objects.filter(digest=_digest(index), ends_at__gt=now).first()
    return row.ends_at if row is not None and row.count >= MOST_FAILURES else None


def count_failure(site: str, index: bytes, now: datetime) -> datetime | None:
    """Until when the address is locked from now on, when this was the failure that locks it; else None.

    Failures count together when less than the time of a lock lies between each and the next.
    """
    digest = _digest(index)
    with enter_site(site):
        rows = Throttle.objects.filter(digest=digest)
        if not rows.filter(ends_at__gt=now).update(count=F("count") + 1, ends_at=now + LOCK):
            Throttle.objects.update_or_create(digest=digest, defaults={"count": 1, "ends_at": now + LOCK})
        count = rows.values_list("count", flat=True).get()
    return now + LOCK if count == MOST_FAILURES else None


def forget_failures(site: str, index: bytes) -> None:
    """Count from nought again: the right password was given, or a new one was chosen by a link."""
    with enter_site(site):
        Throttle.objects.filter(digest=_digest(index)).delete()


def _digest(index: bytes) -> bytes:
    """Not what stands in the table of identifiers, so that the two tables do not lead to one another."""
    return hashlib.sha256(b"failed sign-ins of " + index).digest()[:DIGEST_BYTES]
