"""A message that arrived, read from its bytes into plain values: who says they sent it, what it says, what a program wrote.

Never raises for what somebody sent: broken parts are left out and told. It looks at no more than the bytes it is given.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from hashlib import sha256

from upheld.core.notices.plain import strip_marks, strip_markup

MOST_OF_A_TEXT = 20_000  # characters that are kept of what somebody wrote: more than forms take, less than a book
MOST_OF_A_HEADER = 998  # RFC 5322, section 2.1.1
MOST_PARTS = 200  # looked at in one message; whoever nests deeper has something else in mind than to be read
MOST_HTML = 200_000
_ADDRESS = re.compile(r"[^\s@<>,;:\\\"()\[\]]{1,64}@[^\s@<>,;:\\\"()\[\]]{1,253}\Z")
# Names of codings that are none of a text, and that take far longer than the text is long.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})
# Fields with parameters, which the library reads in a time that grows with the square of their length.
_LONG_FIELD = re.compile(rb"(?im)^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*)*")
_FIELD = re.compile(rb"(?i)^(?:from|to|subject|date|message-id|received|return-path):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something beside the text that was not taken: its bytes in the message, and whether it is what was returned."""

    size: int


@dataclass(frozen=True, slots=True)
class Returned:
    """What a report of a mail server says of one message: the action (`failed`), the status (`5.1.1`), its Message-ID."""

    action: str
    status: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as values. `headers` are pairs in their order, names in small letters, texts decoded and cut.

    `sender` is the one bare address of From, empty when there is none or several. `text` is what it says as plain text;
    `is_cut` says that the message goes on behind the bytes that were read, or its text behind what is kept, `is_broken`
    that it could not be read as a mail; `fingerprint` is the SHA-256 of the bytes that were read.
    """

    headers: tuple[tuple[str, str], ...]
    sender: str
    subject: str
    message_id: str
    text: str
    attachments: tuple[Attachment, ...]
    returned: tuple[Returned, ...]
    is_report: bool
    size: int
    is_cut: bool
    is_broken: bool
    fingerprint: str

    def list(self, name: str) -> tuple[str, ...]:
        """All headers of this name, the topmost first."""
        return tuple(value for found, value in self.headers if found == name)

    def find(self, name: str) -> str:
        """The topmost header of this name, or an empty text."""
        return next(iter(self.list(name)), "")

    def list_recipients(self) -> tuple[str, ...]:
        """Every address that the message says it went to, in small letters, each once."""
        names = ("delivered-to", "x-original-to", "envelope-to", "to", "cc", "resent-to")
        texts = [text for name in names for text in self.list(name)]
        return tuple(dict.fromkeys(address.lower() for address in read_addresses(texts)))


def read_letter(content: bytes, size: int) -> Letter:
    """The message in these bytes, which may be the beginning of one that is `size` bytes long."""
    try:
        mail = message_from_bytes(_LONG_FIELD.sub(_cut_field, content), policy=compat32)
        return _read_mail(mail, content, size)
    except Exception:  # noqa: BLE001 - the library fails on some rubbish in many ways, and nothing may be lost by that
        return _give_up(content, size)


def _cut_field(found: re.Match[bytes]) -> bytes:
    return found.group(0)[: 2 * MOST_OF_A_HEADER]


def _read_mail(mail: Message, content: bytes, size: int) -> Letter:
    headers = tuple((str(name).lower()[:100], _decode(value)) for name, value in mail.raw_items())
    is_broken = not _FIELD.search(content[:100_000])
    found = _Found()
    for part in _list_parts(mail):
        found.look_at(part)
    text = found.plain or strip_markup(found.html[:MOST_HTML]) or ("" if not is_broken else _say_bytes(content))
    text = strip_marks(text)
    senders = read_addresses([text for name, text in headers if name == "from"])
    return Letter(
        headers=headers,
        sender=senders[0] if len(senders) == 1 else "",
        subject=strip_marks(next((text for name, text in headers if name == "subject"), "")).replace("\n", " ")[:300],
        message_id=_find_id(next((text for name, text in headers if name == "message-id"), "")),
        text=text[:MOST_OF_A_TEXT],
        attachments=tuple(found.attachments),
        returned=tuple(found.returned),
        is_report=mail.get_content_type() == "multipart/report",
        size=size,
        is_cut=size > len(content) or len(text) > MOST_OF_A_TEXT,
        is_broken=is_broken,
        fingerprint=sha256(content).hexdigest(),
    )


def _give_up(content: bytes, size: int) -> Letter:
    text = strip_marks(_say_bytes(content))
    return Letter(
        headers=(),
        sender="",
        subject="",
        message_id="",
        text=text[:MOST_OF_A_TEXT],
        attachments=(),
        returned=(),
        is_report=False,
        size=size,
        is_cut=size > len(content) or len(text) > MOST_OF_A_TEXT,
        is_broken=True,
        fingerprint=sha256(content).hexdigest(),
    )


class _Found:
    """What was found so far in the parts of one message."""

    def __init__(self) -> None:
        self.plain = ""
        self.html = ""
        self.attachments: list[Attachment] = []
        self.returned: list[Returned] = []
        self._action = self._status = ""

    def look_at(self, part: Message) -> None:
        """Take in one part that holds no others."""
        kind = part.get_content_type()
        if kind in ("text/rfc822-headers", "message/rfc822"):
            self._note_returned(part)
        elif kind == "message/delivery-status":
            self._note_status(part)
        elif part.get_content_disposition() == "attachment" or part.get_filename():
            self.attachments.append(Attachment(_measure(part)))
        elif kind == "text/plain":
            # several texts beside each other, as lists and virus scanners add them, are one text
            self.plain = "\n".join(filter(None, (self.plain, _read_text(part))))
        elif kind == "text/html":
            self.html = self.html or _read_text(part)
        elif _measure(part):
            self.attachments.append(Attachment(_measure(part)))

    def _note_status(self, part: Message) -> None:
        """The worst that the report says of any receiver."""
        payload = part.get_payload()
        for block in payload if isinstance(payload, list) else []:
            if not isinstance(block, Message):
                continue
            action, status = _decode(block.get("action", "")).strip().lower(), _decode(block.get("status", "")).strip()
            if action and (not self._action or action == "failed"):
                self._action, self._status = action[:20], status[:20]
        self.returned = [Returned(self._action, self._status, "")]

    def _note_returned(self, part: Message) -> None:
        """The message that came back, of which the id alone is wanted."""
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        if isinstance(inner, Message):
            found = _find_id(_decode(inner.get("message-id", "")))
        else:
            lines = re.search(r"(?im)^message-id:\s*(<[^>\s]{1,300}>)", _read_text(part))
            found = _find_id(lines.group(1)) if lines else ""
        self.returned = [Returned(self._action, self._status, found)]


def _list_parts(mail: Message) -> list[Message]:
    """The parts that hold text or something to be left, without what a message that is itself a part holds."""
    found: list[Message] = []
    todo = [mail]
    while todo and len(found) < MOST_PARTS:
        part = todo.pop(0)
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            todo = [inner for inner in payload[:MOST_PARTS] if isinstance(inner, Message)] + todo
        else:
            found.append(part)
    return found


def _read_text(part: Message) -> str:
    """The text of a part in whatever it says that it is written in; what cannot be read becomes a mark."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    text = payload.decode(_find_charset(_read_charset(part)), "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_charset(part: Message) -> str:
    try:
        return str(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeError, ValueError):
        return "utf-8"


def _find_charset(name: str) -> str:
    """A coding of texts that we read; for one that nobody knows the usual one."""
    try:
        known = codecs.lookup(name)
        b"x".decode(known.name, "replace")  # raises LookupError for what is no coding of texts
    except (LookupError, ValueError, UnicodeError):
        return "utf-8"
    return "utf-8" if known.name.replace("-", "_") in _NO_CHARSETS else known.name


def _measure(part: Message) -> int:
    payload = part.get_payload()
    return len(payload) if isinstance(payload, str) else 0


def _decode(value: object) -> str:
    """A header as it is read, on one line and cut; one that cannot be decoded as it was written."""
    raw = str(value)[:MOST_OF_A_HEADER]
    pieces = []
    try:
        for piece, charset in decode_header(raw):
            pieces.append(
                piece.decode(_find_charset(charset or "utf-8"), "replace") if isinstance(piece, bytes) else piece
            )
    except (HeaderParseError, ValueError, LookupError, UnicodeError):
        pieces = [raw]
    text = "".join(pieces).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(text.split())


def _find_id(text: str) -> str:
    found = re.search(r"<([^<>\s]{1,300})>", text)
    return found.group(1) if found else text.strip()[:300]


def read_addresses(texts: list[str]) -> list[str]:
    """The bare addresses in these headers, each once; what is none is left out."""
    try:
        pairs = getaddresses([text[:MOST_OF_A_HEADER] for text in texts[:20]])
    except (ValueError, IndexError, TypeError):
        return []
    return list(dict.fromkeys(address for _, address in pairs if _ADDRESS.match(address)))


def _say_bytes(content: bytes) -> str:
    return content[: 4 * MOST_OF_A_TEXT].decode("utf-8", "replace")
