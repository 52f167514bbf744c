"""How often something was tried from one place, counted over all workers; writes no ledger line, since it is about nobody.

A row holds a keyed hash of what was tried and from where, under a key of that day: whoever has the table cannot tell
addresses from it, and nobody can once the day's key is destroyed.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from django.db import connection

from upheld.actions.keys import destroy_person_keys, find_person_key
from upheld.records.keyring.models import PersonKey
from upheld.records.models import Throttle, UsedToken

DIGEST_BYTES = 16
PREFIX = "tries of "
NOBODY = ""
COUNT = """
    INSERT INTO records_throttle (digest, count, ends_at) VALUES (%s, 1, %s)
    ON CONFLICT (digest) DO UPDATE SET count = records_throttle.count + 1 RETURNING count"""
SPEND = "INSERT INTO records_usedtoken (digest, expires_at) VALUES (%s, %s) ON CONFLICT (digest) DO NOTHING"
_day_keys: dict[tuple[str, str], bytes] = {}


def count_try(*, site: str, what: str, who: str, most: int, within: timedelta, now: datetime) -> bool:
    """Count one try and say whether it is still among the first `most` of this stretch of time.

    `what` is a word of ours such as `register`, `who` whatever tells those who try apart, such as a network address; it
    is stored only as a keyed hash.
    """
    window = int(now.timestamp() // within.total_seconds())
    digest = _hash_try(site, what, who, window, now)
    ends_at = datetime.fromtimestamp((window + 1) * within.total_seconds(), UTC)
    with connection.cursor() as cursor:  # one statement, so that two workers count each other
        cursor.execute(COUNT, [digest, connection.ops.adapt_datetimefield_value(ends_at)])
        [count] = cursor.fetchone()
    return int(count) <= most


def read_tries(*, site: str, what: str, who: str, within: timedelta, now: datetime) -> int:
    """How many tries were counted in this stretch of time."""
    window = int(now.timestamp() // within.total_seconds())
    row = Throttle.objects.filter(digest=_hash_try(site, what, who, window, now)).first()
    return row.count if row else 0


def forget_tries(*, site: str, what: str, who: str, within: timedelta, now: datetime) -> None:
    """Count from nought again, as after the right password."""
    window = int(now.timestamp() // within.total_seconds())
    Throttle.objects.filter(digest=_hash_try(site, what, who, window, now)).delete()


def spend_token(*, digest: bytes, expires_at: datetime) -> bool:
    """Whether a form's token is used for the first time; from now on it is used."""
    with connection.cursor() as cursor:  # one statement: of two that come at once one puts it in
        cursor.execute(SPEND, [digest, connection.ops.adapt_datetimefield_value(expires_at)])
        return bool(cursor.rowcount == 1)


def sweep_tries(site: str, now: datetime) -> int:
    """How many keys of earlier days were destroyed; what has ended is removed with them."""
    Throttle.objects.filter(ends_at__lte=now).delete()
    UsedToken.objects.filter(expires_at__lte=now).delete()
    today = _name_day(now)
    classes = PersonKey.objects.filter(site=site, person=NOBODY, keep_class__startswith=PREFIX)
    old = [name for name in classes.values_list("keep_class", flat=True) if name < today]
    return sum(destroy_person_keys(site, NOBODY, now, name) for name in old)


def _hash_try(site: str, what: str, who: str, window: int, now: datetime) -> bytes:
    text = "\n".join((what, str(window), who)).encode("utf-8", "surrogatepass")
    return hmac.new(_find_day_key(site, now), text, hashlib.sha256).digest()[:DIGEST_BYTES]


def _find_day_key(site: str, now: datetime) -> bytes:
    name = _name_day(now)
    key = _day_keys.get((site, name))
    if key is None:
        for known in [known for known in _day_keys if known[0] == site]:
            _day_keys.pop(known, None)  # of an earlier day
        key = _day_keys[site, name] = find_person_key(site, NOBODY, name, now).key
    return key


def _name_day(now: datetime) -> str:
    return f"{PREFIX}{now.astimezone(UTC).date().isoformat()}"
