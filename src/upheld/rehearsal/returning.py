"""A message that does not arrive: the report that another house's mail server sends back, as our mailbox gets it."""

from __future__ import annotations

from upheld.channels.folder.reading import Mail
from upheld.rehearsal.stage import Stage

# RFC 3464, sections 2 and 3 (read 2025-11-22).
_REPORT = """From: MAILER-DAEMON@{host}
To: {own}
Subject: Undelivered Mail Returned to Sender
Return-Path: <>
Auto-Submitted: auto-replied
Message-ID: <report-{message}@{host}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain

The message could not be delivered.

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1

--edge
Content-Type: text/rfc822-headers

From: {own}
Message-ID: <{message}@{own_host}>
Subject: returned

--edge--
"""


def return_mail(stage: Stage, mail: Mail) -> None:
    """The mail server of whom this mail went to says that there is no such address; `Stage.work_on` reads it."""
    own = stage.policy.contact.get("email", "")
    told = {"host": mail.to.rpartition("@")[2], "own_host": own.rpartition("@")[2], "own": own}
    stage.drop_mail(_REPORT.format(message=mail.id, to=mail.to, **told).encode())
