"""Sessions of staff in the database: sealed, found by the hash of what the cookie holds, and swept; writes no ledger line.

A copy of the table signs nobody in and tells nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as PlainStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from upheld.actions.keys import find_site_key
from upheld.core.errors import UpheldError
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal

NO_SITE = ""
USE = "staff"
LABEL = Label(NO_SITE, "", "", "staff session")
DIGEST_SIGNS = 40  # what Django's table has room for: 160 bits


class SessionStore(PlainStore):
    """Django's session in the database, its name hashed and its content sealed."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """The content sealed, as text."""
        plain = json.dumps(session_dict).encode()
        return base64.b64encode(seal(find_staff_key(), secrets.token_bytes(NONCE_BYTES), plain, LABEL)).decode("ascii")

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The content again; nothing when it was altered, so that whoever did it is signed out."""
        try:
            content: dict[str, Any] = json.loads(open_sealed(find_staff_key(), base64.b64decode(session_data), LABEL))
        except (UpheldError, ValueError):
            return {}
        return content

    def exists(self, session_key: str) -> bool:
        """Whether there is a session of this name."""
        return Session.objects.filter(session_key=hash_key(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """The row for this session."""
        row = super().create_model_instance(data)
        row.session_key = hash_key(str(self.session_key))
        return row

    def delete(self, session_key: str | None = None) -> None:
        """End this session, or the one of the name given."""
        name = session_key or self.session_key
        if name:
            Session.objects.filter(session_key=hash_key(name)).delete()

    def _get_session_from_db(self) -> Session | None:
        row = Session.objects.filter(
            session_key=hash_key(str(self.session_key)), expire_date__gt=timezone.now()
        ).first()
        if row is None:
            self._session_key = None
        return row


def hash_key(session_key: str) -> str:
    """The name under which a session lies in the table."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:DIGEST_SIGNS]


def hash_count(key: str, prefix: str, version: int) -> str:
    """The name under which a count of tries or a used code lies in the shared table: no address stands there."""
    return hmac.new(find_staff_key(), f"{prefix}:{version}:{key}".encode(), hashlib.sha256).hexdigest()


def sweep_staff(now: datetime) -> int:
    """How many sessions of staff were removed because they have ended; counts of tries that have ended go with them."""
    table = str(settings.CACHES["default"]["LOCATION"])
    with connection.cursor() as cursor:
        expired = connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))
        cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)} WHERE expires < %s", [expired])  # noqa: S608 - our own name
    count, _ = Session.objects.filter(expire_date__lt=now).delete()
    return count


def find_staff_key() -> bytes:
    """The key for what staff leave in the database: sessions and second factors."""
    return find_site_key(NO_SITE, USE, timezone.now()).key
