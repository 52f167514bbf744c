"""People who register and sign in, for tests on every floor: what they type, and what they find in their mailbox."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from upheld.core.gate.binding import Binding

HOME = "https://courier.example/"
PASSWORD = "three boats under one bridge"  # noqa: S105 - of nobody
OTHER_PASSWORD = "seven lamps along the quay"  # noqa: S105 - the same
CY = {"person.name": "Cy Reed", "person.email": "cy@reed.example", "person.zip": "90418"}
REED_AND_CO = {
    "company.name": "Reed & Co",
    "company.address": "12 Sail Loft\nPort Ellery",
    "company.account-contact": "Cy Reed, cy@reed.example",
    "company.billing-contact": "Accounts, bills@reed.example",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as its receiver sees it; `path` is where its link leads, behind the site's first page."""

    to: str
    kind: str
    subject: str
    text: str
    path: str

    @property
    def token(self) -> str:
        """The secret part of the link."""
        return self.path.rpartition("/")[2]


def read_mails(to: str = "") -> list[Mail]:
    """What was queued, the oldest first; to one address or to everybody."""
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    mails = []
    for row in Outgoing.objects.order_by("queued_at", "pk"):
        message = open_message(row)
        assert message is not None
        if to in ("", message.to):
            found = re.search(r"^https?://[^/]+/(account/\S*)$", message.text, re.MULTILINE)
            mails.append(Mail(message.to, row.kind, message.subject, message.text, found[1] if found else ""))
    return mails


def find_mail(to: str, kind: str) -> Mail:
    """The only mail of this kind to this address."""
    (found,) = [mail for mail in read_mails(to) if mail.kind == kind]
    return found


def tell(values: Mapping[str, str] = CY, password: str = PASSWORD, **more: Any) -> Any:
    """What somebody fills in."""
    from upheld.actions.accounts import Told

    return Told(dict(values), password, **more)


def register_one(binding: Binding, now: datetime, values: Mapping[str, str] = CY, **more: Any) -> None:
    """Somebody fills in the form to register, or with `is_company` the one for a company."""
    from upheld.actions.accounts import register

    is_company = more.pop("is_company", False)
    register(binding, told=tell(values, **more), home=HOME, now=now, is_company=is_company)


def join_one(binding: Binding, now: datetime, values: Mapping[str, str] = CY, **more: Any) -> Any:
    """Somebody registers, opens the link that they are mailed and gives their password, which signs them in; the person."""
    register_one(binding, now, values, **more)
    token = find_mail(values["person.email"], "verify-address").token
    found = verify_one(binding, now, token, more.get("password", PASSWORD))
    assert found.outcome == "in"
    return found.person


def verify_one(binding: Binding, now: datetime, token: str, password: str = PASSWORD) -> Any:
    """Somebody opens a link to confirm an address, and gives a password; what came of it."""
    from upheld.actions.confirming import verify_address

    return verify_address(binding, token=token, password=password, home=HOME, now=now)


def sign_in_one(binding: Binding, now: datetime, address: str = CY["person.email"], password: str = PASSWORD) -> Any:
    """Somebody tries to sign in."""
    from upheld.actions.entering import sign_in

    return sign_in(binding, address=address, password=password, home=HOME, now=now)
