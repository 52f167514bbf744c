"""Messages as people and programs send them, as bytes and as letters, for tests on every floor."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from upheld.core.notices.letters import Letter, read_letter

DESK = "privacy@lasership.example"
ADA_ADDRESS = "ada@quill.example"
STRANGER = "someone@elsewhere.example"
CHECKED_BY = "mx.lasership.example"
PROOF = f"{CHECKED_BY}; dmarc=pass header.from=quill.example; spf=fail smtp.mailfrom=bounce.example"


def write_bytes(
    text: str = "Where is my parcel?", *, sender: str = ADA_ADDRESS, subject: str = "A question", **headers: str
) -> bytes:
    """A plain mail to the desk; `headers` are further ones, with `_` for `-`."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, DESK, subject
    mail["Message-ID"] = headers.pop("Message_ID", f"<{abs(hash((text, sender, subject)))}@mail.example>")
    mail["Date"] = "Fri, 20 Nov 2026 08:59:00 +0000"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def write_one(text: str = "Where is my parcel?", **options: Any) -> Letter:
    """The same as a letter."""
    content = write_bytes(text, **options)
    return read_letter(content, len(content))


def write_report(message: str, *, action: str = "failed", status: str = "5.1.1", returned: str = "headers") -> Letter:
    """A report of a mail server (RFC 3464) about a message of ours."""
    content = REPORT.format(
        message=message,
        action=action,
        status=status,
        kind="message/rfc822" if returned == "message" else "text/rfc822-headers",
    ).encode()
    return read_letter(content, len(content))


REPORT = """From: MAILER-DAEMON@mx.quill.example
To: privacy@lasership.example
Subject: Undelivered Mail Returned to Sender
Return-Path: <>
Auto-Submitted: auto-replied
Message-ID: <report-{message}@mx.quill.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain

I am sorry to have to inform you that your message could not be delivered.

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.quill.example

Final-Recipient: rfc822; ada@quill.example
Action: {action}
Status: {status}

--edge
Content-Type: {kind}

From: privacy@lasership.example
Message-ID: <{message}@lasership.example>
Subject: Autumn offers

--edge--
"""
