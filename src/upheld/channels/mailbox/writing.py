"""A message to the business as somebody's mail program would write it, for whoever looks around on their own machine."""

from __future__ import annotations

import secrets
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from upheld.channels.base import CannotDo
from upheld.channels.mail import read_address, refuse_breaks

MOST_OF_A_TEXT = 20_000
HERE = "mail.localhost"


def write_letter(*, sender: str, to: str, subject: str, text: str, now: datetime, answers: str = "") -> bytes:
    """The bytes of a message; `answers` is the Message-ID of the one that it answers, without its brackets.

    Raises CannotDo for an address that is none, a subject with a line break or a text that is too long.
    """
    refuse_breaks(subject)
    refuse_breaks(answers)
    if len(text) > MOST_OF_A_TEXT or "\0" in text:
        raise CannotDo("the text of the message cannot be sent")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(addr_spec=read_address(sender))
    mail["To"] = Address(addr_spec=read_address(to))
    mail["Subject"] = subject
    mail["Date"] = now
    mail["Message-ID"] = f"<{secrets.token_hex(12)}@{HERE}>"
    if answers:
        mail["In-Reply-To"] = f"<{answers}>"
    mail.set_content(text, cte="quoted-printable")
    return mail.as_bytes()
