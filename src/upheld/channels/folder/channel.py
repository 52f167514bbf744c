"""The channel `folder`: one file a message, whole or not there; knows no mail server."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from upheld.channels.base import Message, Receipt, SettingsWrong, TryLater, Withdrawn, let_go
from upheld.channels.mail import write_mail

SUFFIX = ".eml"
# The disk is full, broken for the moment, or too many files are open: none of these is the message's fault.
_PASSING = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM))
_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """Where the files go."""

    folder: Path


class FolderChannel:
    """Writes each message into `folder` as ID.eml."""

    is_repeatable = True

    def __init__(self, settings: FolderSettings) -> None:
        self._folder = settings.folder

    def check(self) -> None:
        """Make the folder if it is missing and see that it can be written."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise explain(problem) from None
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise SettingsWrong("the mail folder cannot be written", "give it to the user that the server runs as")

    @contextlib.contextmanager
    def open(self) -> Iterator[FolderChannel]:
        """The folder is open at all times."""
        yield self

    def send(self, message: Message, may_go: Callable[[], bool] = let_go) -> Receipt:
        """Write the message; a message that is there already is left as it is. Raises Withdrawn when it may not go."""
        content = write_mail(message)
        place = self._folder / f"{message.id}{SUFFIX}"
        try:
            if not place.exists():  # one that is there left before, whatever was said since
                if not may_go():
                    raise Withdrawn
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._write(place, content)
        except OSError as problem:
            raise explain(problem) from None
        return Receipt("folder", "written")

    def _write(self, place: Path, content: bytes) -> None:
        """The bytes beside their place, forced to the disk, then put in place in one step, and that step forced too."""
        # Two workers that write the same message must not share the file they write to.
        beside = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            with open(beside, "wb", opener=open_privately) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(place)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def open_privately(path: str, flags: int) -> int:
    """Open a file that nobody else on the machine may read."""
    return os.open(path, flags, 0o600)


def explain(problem: OSError) -> TryLater | SettingsWrong:
    """The disk's refusal as one of ours."""
    if problem.errno in _PASSING:
        return TryLater(f"the mail folder took nothing: {problem.strerror}", _A_MINUTE)
    return SettingsWrong(
        f"the mail folder cannot be written: {problem.strerror}", "give it to the user that the server runs as"
    )
