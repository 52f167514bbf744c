"""The mails that have just arrived in a demo: they lie in its mailbox as if a mail server had put them there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from upheld.channels.mailbox.maildir import drop_message
from upheld.channels.mailbox.writing import write_letter
from upheld.core.gate.binding import Binding
from upheld.server.demo_recipe import WrittenMail
from upheld.server.environment import Environment


def fill_mailbox(
    environment: Environment, binding: Binding, mails: Sequence[WrittenMail], customers: Sequence[str], now: datetime
) -> int:
    """How many mails lie in the demo's mailbox; none where messages arrive elsewhere. Done twice each lies there once.

    One without a sender is from one of the customers, in turns.
    """
    folder, desk = environment.inbox_place, binding.policy.contact.get("email", "")
    if folder is None or not desk:
        return 0
    count = 0
    for number, mail in enumerate(mails):
        sender = mail.sender or (customers[number % len(customers)] if customers else "")
        if not sender:
            continue
        content = write_letter(sender=sender, to=desk, subject=mail.subject, text=mail.text, now=now)
        drop_message(folder, content, f"demo-{binding.site}-{number}")
        count += 1
    return count
