"""The mailbox `maildir`: a folder into which a mail server on this machine delivers, one file a message.

A message goes from `new` to `cur` only when it is stored elsewhere, and is removed from there later. Files that another
program put into `cur` are never touched.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from upheld.channels.mailbox.base import MOST_READ, Arrived, MailboxAway, MailboxWrong

NEW, CUR, TMP = "new", "cur", "tmp"
# In the name of what we finished or left, so that it is told from what somebody's mail program has read.
TAKEN, LEFT = ".upheld:2,S", ".upheld:2,F"
_NAME = re.compile(r"[^/\x00.][^/\x00]{0,250}\Z")
# The disk is broken for the moment, or too many files are open.
_PASSING = frozenset((errno.EIO, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT))


@dataclass(frozen=True, slots=True)
class MaildirSettings:
    """Where the folder is."""

    folder: Path


class MaildirMailbox:
    """The messages of one maildir."""

    look_every = timedelta(seconds=1)

    def __init__(self, settings: MaildirSettings) -> None:
        self._folder = settings.folder

    def check(self) -> None:
        """Make the folders if they are missing, and see that they can be written."""
        try:
            make_maildir(self._folder)
        except OSError as problem:
            raise explain(problem) from None
        if not os.access(self._folder / CUR, os.W_OK | os.X_OK):
            raise MailboxWrong("the maildir cannot be written", "give it to the user that the server runs as")

    def list_waiting(self, most: int) -> tuple[str, ...]:
        """The names in `new`, the oldest first."""
        found: list[tuple[float, str]] = []
        try:
            with os.scandir(self._folder / NEW) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):  # another process was faster
                        if _NAME.match(entry.name) and entry.is_file(follow_symlinks=False):
                            found.append((entry.stat(follow_symlinks=False).st_mtime, entry.name))
        except FileNotFoundError:
            self.check()
        except OSError as problem:
            raise explain(problem) from None
        return tuple(name for _, name in sorted(found)[:most])

    def read(self, name: str) -> Arrived | None:
        """The message, to the limit; of a link or a pipe nothing is read."""
        try:
            opened = os.open(self._find_new(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as problem:
            if problem.errno == errno.ELOOP:  # a link, which may lead anywhere
                return None
            raise explain(problem) from None
        with os.fdopen(opened, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return None
            return Arrived(name, file.read(MOST_READ), status.st_size)

    def finish(self, name: str) -> None:
        """From `new` to `cur`, as read."""
        self._move(name, TAKEN)

    def leave(self, name: str) -> None:
        """From `new` to `cur`, marked for somebody to look at."""
        self._move(name, LEFT)

    def sweep(self, before: datetime) -> int:
        """Remove what was finished before this moment."""
        removed = 0
        try:
            with os.scandir(self._folder / CUR) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        is_old = entry.stat(follow_symlinks=False).st_mtime < before.timestamp()
                        if entry.name.endswith(TAKEN) and is_old:
                            Path(entry.path).unlink()
                            removed += 1
        except FileNotFoundError:
            return removed
        except OSError as problem:
            raise explain(problem) from None
        return removed

    def close(self) -> None:
        """Nothing is open between two calls."""

    def _find_new(self, name: str) -> Path:
        if not _NAME.match(name):
            raise FileNotFoundError(name)
        return self._folder / NEW / name

    def _move(self, name: str, mark: str) -> None:
        unique = name.partition(":")[0]
        try:
            place = self._find_new(name)
            os.utime(place, (time.time(), time.time()), follow_symlinks=False)  # from now on its time here counts
            place.rename(self._folder / CUR / f"{unique}{mark}")
        except FileNotFoundError:
            return
        except OSError as problem:
            raise explain(problem) from None


def make_maildir(folder: Path) -> None:
    """The three folders of a maildir, for this user alone."""
    for name in (TMP, NEW, CUR):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def drop_message(folder: Path, content: bytes, name: str = "") -> str:
    """The name of a message that was put into the maildir as a mail server would: whole, or not there.

    With a `name` of its own it is put there once: not while one of that name waits, or lies there as taken in or left.
    """
    make_maildir(folder)
    if name and any(
        (folder / place).exists() for place in (f"{NEW}/{name}", f"{CUR}/{name}{TAKEN}", f"{CUR}/{name}{LEFT}")
    ):
        return name
    name = name or f"{time.time_ns()}.{os.getpid()}_{secrets.token_hex(8)}.here"
    beside = folder / TMP / name
    with open(beside, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(folder / NEW / name)
    return name


def explain(problem: OSError) -> MailboxAway | MailboxWrong:
    """The disk's refusal as one of ours; the path may hold no name of a person, but it is left out all the same."""
    if problem.errno in _PASSING:
        return MailboxAway(f"the maildir could not be read: {problem.strerror}")
    return MailboxWrong(
        f"the maildir cannot be used: {problem.strerror}", "give it to the user that the server runs as"
    )
