"""What every mailbox is: messages in order, each read to a limit, then put out of the way or left; knows no kind by name but in its table.

A mailbox forgets nothing by itself: what was not finished is there the next time. Its errors name settings and hosts of
ours, never what a message says or who sent it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from upheld.core.errors import UpheldError

# Octets of one message that are read: the text stands at its beginning, and fifty megabytes behind it are never held.
MOST_READ = 1_048_576

# Every kind of mailbox; its class is imported when it is first used.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "maildir": "upheld.channels.mailbox.maildir.MaildirMailbox",
        "imap": "upheld.channels.mailbox.imap.ImapMailbox",
    }
)


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message: its name in the mailbox, its beginning, and how many octets it has in all."""

    name: str
    content: bytes
    size: int


class MailboxError(UpheldError):
    """A mailbox could not be read; no text of it names a person."""


class MailboxWrong(MailboxError):  # noqa: N818 - named as what is so; the word error stands in the family's name
    """It cannot be read until its settings are changed."""

    def __init__(self, text: str, hint: str) -> None:
        super().__init__("M931", text, hint)


class MailboxAway(MailboxError):  # noqa: N818 - the same
    """It could not be read now and may be later; messages wait in it."""

    def __init__(self, text: str) -> None:
        super().__init__("M932", text)


@runtime_checkable
class Mailbox(Protocol):
    """The contract. `look_every`: how often it is worth looking. All methods raise MailboxWrong or MailboxAway."""

    look_every: timedelta

    def check(self) -> None:
        """Whether it could be read now, without reading a message."""

    def list_waiting(self, most: int) -> tuple[str, ...]:
        """The names of messages that were neither finished nor left, the oldest first."""

    def read(self, name: str) -> Arrived | None:
        """One of them, to the limit; None when it is not there any more, as when another process was faster."""

    def finish(self, name: str) -> None:
        """Put a message out of the way that is stored now. Done twice it does no harm."""

    def leave(self, name: str) -> None:
        """Leave a message where people of the business find it, marked; it is not listed again."""

    def sweep(self, before: datetime) -> int:
        """How many finished messages of before this moment were removed for good."""

    def close(self) -> None:
        """Let go of what is open; the next call opens it again."""


def find_kind(name: str) -> type:
    """The class of a kind; raises MailboxWrong for a name that is no kind."""
    path = KINDS.get(name)
    if path is None:
        raise MailboxWrong(f"there is no mailbox `{name}`", "choose one of " + ", ".join(sorted(KINDS)))
    module, _, member = path.rpartition(".")
    found: type = getattr(importlib.import_module(module), member)
    return found
