"""Where mails to the visitor are read back from: the folder that mails go to, or a maildir that a mail server delivers into."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from upheld.server.environment import Environment

SUFFIX = ".eml"
LOOK_EVERY_SECONDS = 0.2
CLOCKS_APART_SECONDS = 10.0  # of this machine and of what the folder lies on
LARGEST = 1_000_000


class Post:
    """The mails in these folders that came since the walk began."""

    def __init__(self, folders: tuple[Path, ...], suffix: str) -> None:
        self._folders = folders
        self._suffix = suffix
        self._since = time.time() - CLOCKS_APART_SECONDS
        self._read: dict[Path, EmailMessage | None] = {}

    def wait_for_link(self, address: str, marker: str, *, seconds: float) -> str:
        """The link with this in it in the newest mail to the address; empty when none comes in time."""
        link = re.compile(rf"https?://\S*{re.escape(marker)}\S+")
        ends = time.monotonic() + seconds
        while True:
            for mail in self._list_mails(address):
                body = mail.get_body(("plain",))
                found = link.findall(str(body.get_content())) if body is not None else []
                if found:
                    return str(found[-1])
            if time.monotonic() > ends:
                return ""
            time.sleep(LOOK_EVERY_SECONDS)

    def throw_away(self, address: str) -> None:
        """Remove the mails to this address, which nobody else will read."""
        for file in list(self._list_files()):
            mail = self._open(file)
            if mail is not None and _goes_to(mail, address):
                file.unlink(missing_ok=True)

    def _list_mails(self, address: str) -> Iterator[EmailMessage]:
        files = sorted(self._list_files(), key=_find_age, reverse=True)
        for file in files:
            mail = self._open(file)
            if mail is not None and _goes_to(mail, address):
                yield mail

    def _list_files(self) -> Iterator[Path]:
        for folder in self._folders:
            if folder.is_dir():
                for file in folder.iterdir():
                    if file.name.endswith(self._suffix) and _find_age(file) >= self._since:
                        yield file

    def _open(self, file: Path) -> EmailMessage | None:
        if file not in self._read:
            try:
                mail = message_from_bytes(file.read_bytes(), policy=default) if file.stat().st_size < LARGEST else None
            except OSError:
                return None
            self._read[file] = mail if isinstance(mail, EmailMessage) else None
        return self._read[file]


def _goes_to(mail: EmailMessage, address: str) -> bool:
    return address.lower() in str(mail["To"] or "").lower()


def _find_age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def open_post(environment: Environment) -> Post | None:
    """Where mails to the visitor can be read; None where they leave for a mail server and nobody says where they arrive."""
    if environment.visitor_maildir is not None:
        return Post((environment.visitor_maildir / "new", environment.visitor_maildir / "cur"), "")
    return Post((environment.mail_folder,), SUFFIX) if environment.mail == "folder" else None
