"""Links that work once: random, kept as their hash, over after a while; the pages they lead to act only on a button.

A link leaves no line of its own in the ledger: the message that carries it does, and so does what it is used for.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from upheld.actions.keys import find_person_key, open_person_key
from upheld.actions.sessions import TOKEN_BYTES, digest_token
from upheld.core.errors import AccountError
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Person, Token
from upheld.records.walls import enter_site, read_site

VERIFY, RESET, JOIN, MOVE = "verify", "reset", "join", "move"
LIVES = {VERIFY: timedelta(hours=48), RESET: timedelta(hours=1), JOIN: timedelta(days=7), MOVE: timedelta(hours=48)}
# Where each link leads, behind the address of the site's first page; the server's addresses have the same.
PATHS = {
    VERIFY: "account/verify/",
    RESET: "account/new-password/",
    JOIN: "account/join/",
    MOVE: "account/new-address/",
}
SIGN_IN_PATH = "account/sign-in"
KEEP_CLASS = "link"


def issue_link(
    site: str, *, use: str, person: Person, home: str, now: datetime, company: Person | None = None, text: str = ""
) -> str:
    """The address that a mail carries; of all uses but the confirmation at registration only the newest link works.

    `text` is what the link is about when that is personal, such as a new address; it is sealed under the person's key.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    digest = digest_token(token)
    key = find_person_key(site, person.id, KEEP_CLASS, now) if text else None
    sealed = (
        seal(key.key, secrets.token_bytes(NONCE_BYTES), text.encode(), _label(site, person.id, use)) if key else b""
    )
    with enter_site(site):
        if use != VERIFY:  # whoever gets two mails about one address may open either
            Token.objects.filter(site=site, use=use, person=person, company=company, used_at__isnull=True).delete()
        Token.objects.create(
            digest=digest,
            site=site,
            use=use,
            person=person,
            company=company,
            key=key.name if key else "",
            sealed=sealed,
            created_at=now,
            expires_at=now + LIVES[use],
        )
    return home + PATHS[use] + token


def find_link(site: str, use: str, token: str, now: datetime) -> Token | None:
    """The link of this use, with its person and company, when it still works; looking at it uses nothing up."""
    with read_site(site):
        rows = Token.objects.filter(site=site, use=use, digest=digest_token(token), used_at__isnull=True)
        return rows.filter(expires_at__gt=now).select_related("person", "company").first()


def spend_link(site: str, use: str, token: str, now: datetime) -> Token:
    """The link, used up: of two who use it at once one gets it. Belongs inside the transaction of what it is used for.

    Raises AccountError A102 for one that was used, is over, or never was; it does not say which.
    """
    with enter_site(site):
        found = find_link(site, use, token, now)
        if found is None or found.person.closed_at is not None:
            raise refuse_link()
        if not Token.objects.filter(site=site, pk=found.pk, used_at__isnull=True).update(used_at=now, sealed=b""):
            raise refuse_link()
    return found


def refuse_link() -> AccountError:
    """What is said of every link that does not work."""
    return AccountError("A102", "this link does not work, or not any more", "links work once and for a limited time")


def read_link(link: Token) -> str:
    """What a link is about, opened; empty when it is about nothing personal."""
    if not link.key or not link.sealed:
        return ""
    key = open_person_key(link.site, link.key)
    return open_sealed(key, bytes(link.sealed), _label(link.site, link.person_id, link.use)).decode()


def withdraw_links(site: str, *, person: Person) -> int:
    """How many links stopped working by which somebody could take over the account: to another password or address.

    Whoever had one sent has seen the mailbox or known the password; when either changes, that may be why.
    """
    with enter_site(site):
        rows = Token.objects.filter(site=site, person=person, use__in=(RESET, MOVE), used_at__isnull=True)
        return rows.delete()[0]


def sweep_links(site: str, now: datetime) -> int:
    """How many links that are over were removed."""
    with enter_site(site):
        return Token.objects.filter(site=site, expires_at__lte=now).delete()[0]


def _label(site: str, person: str, use: str) -> Label:
    return Label(site, person, "link", use)
