"""The link at the end of a message that stops such messages: whoever has it may say no, or yes again, and nothing else.

The link holds whose message it was, sealed under a key of the site: nothing can be read from it, and none can be made up.
It never ends, because a no counts at any time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from django.utils import timezone

from upheld.actions.keys import find_site_key
from upheld.core.errors import SealError
from upheld.core.notices.classes import list_parts
from upheld.core.policy.model import Policy
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Person
from upheld.records.walls import read_site

STOP_PATH = "stop/m/"
KEY_USE = "stop"
KIND = "stop link"
STOP_PARTS = frozenset({"part:unsubscribe link", "part:stop link"})


@dataclass(frozen=True, slots=True)
class StopLink:
    """What a link says: whose message it was in (nobody's for a test), of which class, and which one."""

    person: str
    mail_class: str
    message: str


def make_stop_link(site: str, *, person: str, mail_class: str, message: str, home: str) -> str:
    """The address that stops such messages, for one message of one person; no value of theirs is in it.

    `home` is the address of the site's first page, with its slash. An empty person makes the link of a test, which
    stops nothing.
    """
    plain = f"{person}\n{mail_class}\n{message}".encode()
    sealed = seal(_find_key(site), secrets.token_bytes(NONCE_BYTES), plain, Label(site, "", "", KIND))
    return f"{home}{STOP_PATH}{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"


def make_named_token(site: str, row: int) -> str:
    """The token of the stop link of a named address, by the number of its row: the same in every message about it.

    So a link in an earlier message goes on working when a correction or a second proof was sent. Nobody makes one up
    without the key of the site.
    """
    made = hmac.new(_find_key(site), f"named address {row}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def open_stop_link(site: str, token: str) -> StopLink | None:
    """What the last part of such an address says; None for one that was not made here, or was changed."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        plain = open_sealed(_find_key(site), sealed, Label(site, "", "", KIND))
    except (SealError, ValueError, binascii.Error):
        return None
    person, mail_class, message = plain.decode().split("\n")
    return StopLink(person, mail_class, message)


def has_stop_links(policy: Policy) -> bool:
    """Whether the policy puts a link that stops them into any class of message: without one there is no page for it."""
    return any(STOP_PARTS & set(list_parts(policy, name)) for name in policy.words.of_sort("mail"))


def find_stopper(site: str, link: StopLink) -> Person | None:
    """Whose message it was, or None when they are erased, or it was a test."""
    if not link.person:
        return None
    with read_site(site):
        return Person.objects.filter(site=site, id=link.person).first()


def _find_key(site: str) -> bytes:
    # The moment only says when the key was made, and whoever needs a link has no other use for it.
    return find_site_key(site, KEY_USE, timezone.now()).key
