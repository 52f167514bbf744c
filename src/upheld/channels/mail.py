"""A message as the bytes of an e-mail; asks neither clock nor chance, so a message is the same bytes each time."""

from __future__ import annotations

import re
from binascii import b2a_qp
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256

from upheld.channels.base import MESSAGE_ID, CannotDo, Message

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_HEADER_NAME = re.compile(r"[A-Z][A-Za-z0-9]*(-[A-Z][A-Za-z0-9]*)*\Z")
_ADDRESS = re.compile(r"[^\s@<>,;:\\\"()\[\]]{1,64}@[^\s@<>,;:\\\"()\[\]]{1,253}\Z")
_OWN_HEADERS = frozenset(
    ("from", "to", "cc", "bcc", "sender", "subject", "date", "message-id", "mime-version", "content-type", "received")
)
# What needs no encoding in a header, and an address whose both sides need no quotes (RFC 5322, section 3.2.3).
_PLAIN = re.compile(r"[!-~]+( [!-~]+)*\Z")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\Z")
_BREAK = re.compile(r"\r\n|\r|\n")
MOST_OF_A_SUBJECT = 68  # RFC 5322, section 2.1.1 wants lines of 78 at most; the name stands before it
WANTED_OF_A_LINE = 78
MOST_OF_A_LINE = 900  # octets; RFC 5322, section 2.1.1 ends a line at 998, and names of headers stand before the text
MOST_OF_A_TEXT = 1_000_000


def write_mail(message: Message) -> bytes:
    """The message as RFC 5322 wants it, lines ended by CR LF. Raises CannotDo for what would break a header."""
    refuse_unsafe(message)
    sender, to = read_address(message.sender), read_address(message.to)
    try:
        head = [
            write_sender(message.sender_name, sender),
            write_header("To", to) if _PLAIN_ADDRESS.match(to) else fold_header("To", Address(addr_spec=to)),
            write_header("Subject", message.subject),
            write_header("Date", format_datetime(message.at)),
            write_header("Message-ID", f"<{message.id}@{sender.rpartition('@')[2]}>"),
            *(write_header(name, value) for name, value in message.headers),
            b"MIME-Version: 1.0\r\n",
        ]
        return b"".join((*head, *write_body(message)))
    except (MessageError, HeaderParseError, ValueError, IndexError, UnicodeError):
        # The library repeats what it was given, and that may be an address.
        raise CannotDo("a header of the message cannot be written") from None


@lru_cache(maxsize=64)
def write_sender(name: str, address: str) -> bytes:
    """The line `From`; nearly all messages of a house have the same one."""
    return fold_header("From", Address(name, addr_spec=address))


def write_header(name: str, value: str) -> bytes:
    """One header. Addresses of links stay whole, as mail programs follow them: a list is folded behind its commas alone."""
    if not _PLAIN.match(value) or "=?" in value:
        return fold_header(name, value)
    if name == "Subject" and len(value) > MOST_OF_A_SUBJECT:
        return fold_words(name, value)
    if len(name) + len(value) > MOST_OF_A_SUBJECT:
        value = value.replace(", ", ",\r\n ")
    return f"{name}: {value}\r\n".encode("ascii")


def fold_header(name: str, value: object) -> bytes:
    """One header as the library writes it: other letters become encoded words, long lines are folded."""
    folded: bytes = SMTP.fold_binary(*SMTP.header_store_parse(name, value))
    return folded


def fold_words(name: str, value: str) -> bytes:
    """Plain words over as many lines as they need.

    The library breaks right behind the colon when all of it fits into the next line, and then readers see a space first.
    """
    if max(map(len, value.split(" "))) > MOST_OF_A_LINE:
        return fold_header(name, value)
    first, *rest = value.split(" ")
    lines = [f"{name}: {first}"]
    for word in rest:
        if len(lines[-1]) + 1 + len(word) > WANTED_OF_A_LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def write_body(message: Message) -> tuple[bytes, ...]:
    """The text alone, or text and HTML as two forms of the same."""
    text = write_part("plain", message.text)
    if not message.html:
        return (text,)
    boundary = find_boundary(message.id)
    mark = f"--{boundary}".encode("ascii")
    return (
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii"),
        *(mark, b"\r\n", text, b"\r\n"),
        *(mark, b"\r\n", write_part("html", message.html), b"\r\n"),
        *(mark, b"--\r\n"),
    )


def write_part(kind: str, text: str) -> bytes:
    """One part with its own headers, in quoted-printable: no line is longer than any server takes."""
    lines = _BREAK.sub("\r\n", text)
    if not lines.endswith("\r\n"):
        lines += "\r\n"
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode("ascii") + b2a_qp(lines.encode(), istext=True)


def refuse_unsafe(message: Message) -> None:
    """Raise CannotDo when a value would become a second header, another file or a line nobody may send."""
    if not MESSAGE_ID.match(message.id):
        raise CannotDo("the id of the message is not one of ours")
    for name, value in message.headers:
        if not _HEADER_NAME.match(name) or name.lower() in _OWN_HEADERS:
            raise CannotDo("the message brings a header that is not its own to set")
        refuse_breaks(value)
    for value in (message.sender_name, message.subject):
        refuse_breaks(value)
    if message.at.tzinfo is None:
        raise CannotDo("the moment of the message has no time zone")
    if len(message.text) + len(message.html) > MOST_OF_A_TEXT or "\0" in message.text + message.html:
        raise CannotDo("the text of the message cannot be sent")


def refuse_breaks(value: str) -> None:
    """Raise CannotDo for a value of a header with a line break or another control character, or one far too long."""
    if _UNSAFE.search(value) or len(value.encode("utf-8", "surrogatepass")) > MOST_OF_A_LINE:
        raise CannotDo("a header of the message has a line break or is too long")


def read_address(address: str) -> str:
    """A bare address with its domain in ASCII; raises CannotDo for anything that is more or less than one address."""
    if not _ADDRESS.match(address) or _UNSAFE.search(address):
        raise CannotDo("an address of the message is not one e-mail address")
    name, _, domain = address.rpartition("@")
    try:
        return f"{name}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise CannotDo("an address of the message has a domain that cannot be") from None


def find_boundary(message_id: str) -> str:
    """What parts text from HTML, drawn from the id: the library's own would be another each time."""
    return "part-" + sha256(message_id.encode()).hexdigest()[:40]
