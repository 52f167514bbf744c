"""The mailbox `imap`: one folder on a mail server, over TLS; what is stored here is moved out of it there.

A message is known by its UID under the folder's UIDVALIDITY. What was taken in goes into a folder of its own, out of
which it is removed later; nothing else on the server is touched but the mark on what is left.
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from upheld.channels.mailbox.base import MOST_READ, Arrived, MailboxAway, MailboxWrong

_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,100}\Z")
TIMEOUT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """Which folder of which account; `done` is the folder for what was taken in, `authority` a certificate to trust."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    done: str = "Upheld"
    authority: Path | None = None


class ImapMailbox:
    """The messages of one folder on a server."""

    look_every = timedelta(seconds=30)

    def __init__(self, settings: ImapSettings) -> None:
        for name in (settings.folder, settings.done):
            if not _FOLDER.match(name):
                raise MailboxWrong("a folder on the mail server has a name that we do not write", "use plain letters")
        if settings.folder == settings.done:
            raise MailboxWrong("what was taken in would go where it came from", "name another folder for it")
        self._settings = settings
        self._server: imaplib.IMAP4 | None = None
        self._selected = ""
        self._validity = ""
        self._left: set[str] = set()

    def check(self) -> None:
        """Sign in and open the folder."""
        self._open(self._settings.folder)

    def list_waiting(self, most: int) -> tuple[str, ...]:
        """The UIDs in the folder, the lowest first; those that were left are not among them."""
        server = self._open(self._settings.folder)
        with self._explain():
            _, found = server.uid("SEARCH", "UNDELETED")
        uids = [uid.decode("ascii") for uid in (found[0] or b"").split() if uid.isdigit()]
        return tuple([uid for uid in sorted(uids, key=int) if uid not in self._left][:most])

    def read(self, name: str) -> Arrived | None:
        """The beginning of a message; the server is asked for no more, and the message stays unread there."""
        server = self._open(self._settings.folder)
        with self._explain():
            _, found = server.uid("FETCH", name, f"(RFC822.SIZE BODY.PEEK[]<0.{MOST_READ}>)")
        parts = found or []
        content = next((part[1] for part in parts if isinstance(part, tuple)), None)
        if content is None:
            return None
        told = b" ".join(part[0] if isinstance(part, tuple) else part for part in parts if part)
        size = _SIZE.search(told)
        return Arrived(name, content[:MOST_READ], int(size.group(1)) if size else len(content))

    def finish(self, name: str) -> None:
        """Seen, and moved into the folder for what was taken in."""
        server = self._open(self._settings.folder)
        with self._explain():
            self._do(server, "STORE", name, "+FLAGS", r"(\Seen)")
            if "MOVE" in server.capabilities:
                self._do(server, "MOVE", name, _quote(self._settings.done))
                return
            self._do(server, "COPY", name, _quote(self._settings.done))
            self._do(server, "STORE", name, "+FLAGS", r"(\Deleted)")
            if "UIDPLUS" in server.capabilities:  # without it, expunging would remove what others marked
                self._do(server, "EXPUNGE", name)

    def leave(self, name: str) -> None:
        """Flagged, where it is."""
        server = self._open(self._settings.folder)
        with self._explain():
            self._do(server, "STORE", name, "+FLAGS", r"(\Flagged)")
        self._left.add(name)

    def sweep(self, before: datetime) -> int:
        """Remove what was taken in and had arrived before the day of this moment; the server counts in days."""
        server = self._open(self._settings.done)
        day = f"{before.day}-{_MONTHS[before.month - 1]}-{before.year}"
        with self._explain():
            _, found = server.uid("SEARCH", "BEFORE", day)
            uids = [uid.decode("ascii") for uid in (found[0] or b"").split() if uid.isdigit()]
            for uid in uids:
                self._do(server, "STORE", uid, "+FLAGS", r"(\Deleted)")
            if uids:
                server.expunge()  # the folder is ours alone
        return len(uids)

    def close(self) -> None:
        """Sign out; what goes wrong there goes wrong for nobody."""
        server, self._server, self._selected = self._server, None, ""
        if server is not None:
            hang_up(server)

    def _open(self, folder: str) -> imaplib.IMAP4:
        """The connection, signed in, with this folder open."""
        with self._explain():
            if self._server is None:
                self._server = self._connect()
            if self._selected != folder:
                answer, _ = self._server.select(_quote(folder))
                if answer != "OK":
                    raise MailboxWrong("the folder on the mail server cannot be opened", "look at its name")
                self._selected = folder
                if folder == self._settings.folder:
                    self._note_validity(self._server)
            return self._server

    def _connect(self) -> imaplib.IMAP4:
        settings = self._settings
        context = ssl.create_default_context(cafile=str(settings.authority) if settings.authority else None)
        server = imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=TIMEOUT_SECONDS)
        try:
            server.login(settings.user, settings.password)
        except (imaplib.IMAP4.abort, OSError):
            hang_up(server)
            raise
        except imaplib.IMAP4.error:
            hang_up(server)
            raise MailboxWrong(
                "the mail server does not let us in", "look at `UPHELD_INBOX_USER` and `UPHELD_INBOX_PASSWORD`"
            ) from None
        server.create(_quote(settings.done))  # it says no when it is there already
        return server

    def _note_validity(self, server: imaplib.IMAP4) -> None:
        """Forget which messages were left when the server counts its messages anew."""
        _, told = server.response("UIDVALIDITY")
        validity = str(told[0]) if told else ""
        if validity != self._validity:
            self._validity, self._left = validity, set()

    @staticmethod
    def _do(server: imaplib.IMAP4, command: str, *arguments: str) -> Any:
        answer, told = server.uid(command, *arguments)
        if answer != "OK":
            raise MailboxAway(f"the mail server did not do {command}")
        return told

    @contextlib.contextmanager
    def _explain(self) -> Iterator[None]:
        """The library's errors as ours, without their texts: a server repeats what it was sent."""
        try:
            yield
        except (MailboxAway, MailboxWrong):
            self.close()
            raise
        except ssl.SSLCertVerificationError:
            self.close()
            raise MailboxWrong(
                "nobody vouches for the certificate of the mail server",
                "name its authority in `UPHELD_INBOX_AUTHORITY`",
            ) from None
        except (OSError, imaplib.IMAP4.error, EOFError) as problem:
            self.close()
            raise MailboxAway(f"the mail server of the mailbox did not answer: {type(problem).__name__}") from None


def hang_up(server: imaplib.IMAP4) -> None:
    """Say goodbye and close the connection, whatever state it is in."""
    with contextlib.suppress(OSError, imaplib.IMAP4.error):
        server.logout()
    with contextlib.suppress(OSError):
        server.shutdown()


def _quote(folder: str) -> str:
    return f'"{folder}"'
