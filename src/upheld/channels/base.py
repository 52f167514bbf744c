"""What every channel is: a message in, a receipt out, and five ways of not sending; knows no kind by name but in its table.

A channel never tries again by itself and keeps nothing: whoever calls it decides by the kind of the error alone.
Its errors name settings, hosts of ours and codes of answers, never an address, a subject or a text.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from upheld.core.errors import UpheldError

# One file name and one Message-ID come from it, so it holds nothing that a path or a header could mistake.
MESSAGE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{3,79}\Z")

# Every kind of channel; its class is imported when it is first used.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "folder": "upheld.channels.folder.channel.FolderChannel",
        "smtp": "upheld.channels.smtp.channel.SmtpChannel",
    }
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person, complete: the same values always give the same bytes.

    `sender` and `to` are bare addresses, `sender_name` is shown beside the first. `headers` are further lines, such as
    `List-Unsubscribe`. `at` is the moment it was written, aware. `text` is always there, `html` may be empty.
    """

    id: str
    sender: str
    sender_name: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """That the message was taken over: by which kind of channel, and the code of its answer, such as `250 2.0.0`."""

    kind: str
    answer: str


class ChannelError(UpheldError):
    """A message was not sent, or nobody can say; no text of any of these names a person."""


class SettingsWrong(ChannelError):  # noqa: N818 - named as what is so; the word error stands in the family's name
    """The channel cannot send anything until its settings are changed; the message waits."""

    def __init__(self, text: str, hint: str) -> None:
        super().__init__("M901", text, hint)


class TryLater(ChannelError):  # noqa: N818 - the same
    """The message was not taken over now and may be later; `after` is how long to wait at least."""

    def __init__(self, text: str, after: timedelta) -> None:
        super().__init__("M902", text)
        self.after = after


class CannotDo(ChannelError):  # noqa: N818 - the same
    """This message will never be taken over."""

    def __init__(self, text: str) -> None:
        super().__init__("M903", text)


class InDoubt(ChannelError):  # noqa: N818 - the same
    """The message was handed over and the answer is missing; to send it again might send it twice."""

    def __init__(self, text: str) -> None:
        super().__init__("M904", text)


class Withdrawn(ChannelError):  # noqa: N818 - the same
    """Nothing was handed over: asked just before, whoever calls said that the message may not go any more."""

    def __init__(self) -> None:
        super().__init__("M905", "the message was taken back just before it was handed over")


def let_go() -> bool:
    """Nobody is asked: the message may go."""
    return True


class Line(Protocol):
    """A way that is open for several messages, one after the other; a failure of one leaves it open for the next."""

    def send(self, message: Message, may_go: Callable[[], bool] = let_go) -> Receipt:
        """Hand over one message; raises SettingsWrong, TryLater, CannotDo, InDoubt or Withdrawn.

        `may_go` is asked as late as can be, when all but the words is said; a no raises Withdrawn.
        """


@runtime_checkable
class Channel(Protocol):
    """The contract. `is_repeatable`: sending the same message twice leaves one, so a send cut short may be done again."""

    is_repeatable: bool

    def check(self) -> None:
        """Whether messages could be sent now, without sending one; raises SettingsWrong or TryLater."""

    def open(self) -> AbstractContextManager[Line]:
        """A line for some messages, closed afterwards; raises nothing, as the first message tells what is wrong."""


def find_kind(name: str) -> type:
    """The class of a kind; raises SettingsWrong for a name that is no kind."""
    path = KINDS.get(name)
    if path is None:
        raise SettingsWrong(f"there is no channel `{name}`", "choose one of " + ", ".join(sorted(KINDS)))
    module, _, member = path.rpartition(".")
    found: type = getattr(importlib.import_module(module), member)
    return found
