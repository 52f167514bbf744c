"""A message as the bytes of an e-mail; asks neither clock nor chance, so a message is the same bytes each time."""

from __future__ import annotations

import re
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256

from upheld.channels.base import MESSAGE_ID, CannotDo, Message

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_HEADER_NAME = re.compile(r"[A-Z][A-Za-z0-9]*(-[A-Z][A-Za-z0-9]*)*\Z")
_ADDRESS = re.compile(r"[^\s@<>,;:\\\"()\[\]]{1,64}@[^\s@<>,;:\\\"()\[\]]{1,253}\Z")
_OWN_HEADERS = frozenset(
    ("from", "to", "cc", "bcc", "sender", "subject", "date", "message-id", "mime-version", "content-type", "received")
)
MOST_OF_A_LINE = 900  # octets; RFC 5322, section 2.1.1 ends a line at 998, and names of headers stand before the text
MOST_OF_A_TEXT = 1_000_000


def write_mail(message: Message) -> bytes:
    """The message as RFC 5322 wants it, lines ended by CR LF. Raises CannotDo for what would break a header."""
    refuse_unsafe(message)
    mail = EmailMessage(policy=SMTP)
    sender, to = read_address(message.sender), read_address(message.to)
    try:
        mail["From"] = Address(message.sender_name, addr_spec=sender)
        mail["To"] = Address(addr_spec=to)
        mail["Subject"] = message.subject
        mail["Date"] = message.at
        mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
        for name, value in message.headers:
            mail[name] = value
        mail.set_content(message.text, cte="quoted-printable")
        if message.html:
            mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
            mail.set_boundary(find_boundary(message.id))
        return mail.as_bytes()
    except (MessageError, HeaderParseError, ValueError, IndexError, UnicodeError):
        # The library repeats what it was given, and that may be an address.
        raise CannotDo("a header of the message cannot be written") from None


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
