"""Reading back what the channel `folder` wrote, for people who look around; knows no page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from upheld.channels.base import MESSAGE_ID
from upheld.channels.folder.channel import SUFFIX

FOLDED_AT = 76  # where notices are folded (core/notices/compose.py)
_URL = re.compile(r"https?://\S+\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a mail's text; `address` when the line is an address to follow."""

    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as its reader sees it."""

    id: str
    sender: str
    to: str
    subject: str
    at: datetime
    paragraphs: tuple[tuple[Line, ...], ...]


def list_mails(folder: Path, most: int = 200) -> tuple[Mail, ...]:
    """The newest mails of the folder; a file that is none, or is being written, is left out."""
    try:
        files = [(file.stat().st_mtime, file) for file in folder.iterdir() if file.suffix == SUFFIX]
    except OSError:
        return ()
    newest = sorted(files, reverse=True)[:most]
    found = (read_mail(folder, file.name.removesuffix(SUFFIX)) for _, file in newest)
    return tuple(mail for mail in found if mail is not None)


def read_mail(folder: Path, message: str) -> Mail | None:
    """The mail of this id, or None."""
    if not MESSAGE_ID.match(message):
        return None
    try:
        content = (folder / f"{message}{SUFFIX}").read_bytes()
    except OSError:
        return None
    mail = message_from_bytes(content, policy=default)
    body = mail.get_body(("plain",))
    if body is None:
        return None
    at = getattr(mail["Date"], "datetime", None) or datetime.fromtimestamp(0, UTC)
    return Mail(
        id=message,
        sender=str(mail["From"] or ""),
        to=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        at=at,
        paragraphs=split_paragraphs(body.get_content()),
    )


def split_paragraphs(text: str) -> tuple[tuple[Line, ...], ...]:
    """The text as paragraphs of lines, those joined again that were folded only because they were long.

    A line that is nothing but a web address can be followed.
    """
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n"))
    return tuple(tuple(_read_line(line) for line in _unfold(block.split("\n"))) for block in blocks)


def _unfold(lines: list[str]) -> list[str]:
    """The lines, with each that ends where the next word would not have fitted joined to the next."""
    joined: list[str] = []
    room = FOLDED_AT
    for line in lines:
        if joined and len(line.split(" ", 1)[0]) >= room and not _URL.match(line.strip()):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
        room = FOLDED_AT - len(line)
    return joined


def _read_line(line: str) -> Line:
    bare = line.strip()
    return Line(bare, bare if _URL.match(bare) else "")
