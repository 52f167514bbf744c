"""Signed marks in forms, by which a post shows that it answers a page of ours, lately, from the same browser; stores nothing.

No cookie, no picture puzzle and nobody else is needed: a robot that posts without reading, or faster than a person
writes, or the same thing again, is told to try once more.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing

from upheld.web.forms import TOKEN, TRAP

OLDEST = timedelta(hours=12)
DIGEST_BYTES = 16
GOOD, FAST, OLD, FORGED, ROBOT, SPENT = "good", "fast", "old", "forged", "robot", "spent"
WORDS = {
    FAST: "that came faster than people write; look at it once more and send it again",
    OLD: "this page was open for too long; send it again",
    FORGED: "this form could not be matched to the page you opened; send it again",
    ROBOT: "the field that only programs see was filled in; leave it empty and send again",
    SPENT: "this was sent already; nothing was kept a second time",
}


@dataclass(frozen=True, slots=True)
class Token:
    """What a posted token came to: `outcome`, and by what it is remembered once it is used, until when."""

    outcome: str
    digest: bytes
    expires_at: datetime


def issue_token(site: str, form: str, session: str, now: datetime) -> str:
    """A new token for one form of one site; `session` is the browser's sign-in, or empty."""
    payload = [secrets.token_urlsafe(12), int(now.timestamp() * 1000)]
    return _find_signer(site, form, session).sign_object(payload)


def read_token(
    posted: Mapping[str, Sequence[str]], query: Mapping[str, str], *, site: str, form: str, session: str, now: datetime
) -> Token:
    """The token that came with a form, in its body or, where a policy bans hidden fields, in its address.

    Never raises: what cannot be read is forged. Whether it was used before only the table of used ones can say.
    """
    text = next(iter(posted.get(TOKEN, ())), "") or query.get(TOKEN, "")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]
    try:
        _, moment = _find_signer(site, form, session).unsign_object(text)
        issued = datetime.fromtimestamp(moment / 1000, UTC)
    except (signing.BadSignature, ValueError, TypeError, OverflowError, OSError):
        return Token(FORGED, digest, now + OLDEST)
    expires = issued + OLDEST
    if any(text.strip() for text in posted.get(TRAP, ())):
        return Token(ROBOT, digest, expires)
    age = (now - issued).total_seconds()
    if not session and age < settings.FORM_SECONDS:
        return Token(FAST, digest, expires)
    if age > OLDEST.total_seconds() or age < -60:
        return Token(OLD, digest, expires)
    return Token(GOOD, digest, expires)


def keep_token(posted: Mapping[str, Sequence[str]], query: Mapping[str, str], token: Token, new: str) -> str:
    """The token for the page that comes again: the same one while it is of use, so that time counts; else the new one."""
    if token.outcome not in (GOOD, FAST):
        return new
    return next(iter(posted.get(TOKEN, ())), "") or query.get(TOKEN, "") or new


def _find_signer(site: str, form: str, session: str) -> signing.Signer:
    """Signs for one site, form and sign-in; the session itself never stands in the token."""
    bound = hashlib.sha256(session.encode()).hexdigest() if session else "visitor"
    return signing.Signer(salt=f"upheld.form\n{site}\n{form}\n{bound}")
