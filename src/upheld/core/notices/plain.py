"""Plain text out of what mails hold: HTML without its markup, a text without hidden characters, one's own words alone."""

from __future__ import annotations

import re
from html import unescape

_BREAKS = frozenset(
    {"p", "br", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre", "hr"}
)
_SILENT = frozenset({"script", "style", "head", "title", "template"})
_RAW = {tag: re.compile(rf"(?i)</{tag}\b") for tag in ("script", "style", "title")}
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:_-]{0,40})")
_TAG_GOES_ON = re.compile(r">|=\s*([\"'])")
# What begins the message that somebody answers, as mail programs write it above what they quote.
_QUOTE_BEGINS = re.compile(
    r"(?i)(?:-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht).*"
    r"|(?:on|am|le|el)\b.{3,200}(?:wrote|schrieb|a écrit|escribió).*:"
    r"|_{20,}|from:\s.*@.*|sent from (?:my|yahoo|outlook|mail)\b.*|get outlook for\b.*|-- ?)\Z"
)
_WROTE = re.compile(r"(?i)(?:on|am|le|el)\b.{3,200}\Z")
# Controls, marks that turn the direction of text or hide in it, and halves of letters; kept are tab and line break.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


class _Stripper:
    """Gathers the text of HTML; what stands in a quote gets the mark that plain mails have."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._silent = self._quoted = 0

    def begin_tag(self, tag: str) -> None:
        """A tag that opens something; the body is never silent, because a head need not be closed."""
        if tag in _SILENT:
            self._silent += 1
        if tag == "body":
            self._silent = 0
        if tag in _BREAKS:
            self.pieces.append("\n")
        if tag == "blockquote":
            self._quoted += 1

    def end_tag(self, tag: str) -> None:
        """A tag that closes something."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        if tag in _BREAKS:
            self.pieces.append("\n")

    def take_text(self, text: str) -> None:
        """What stands between tags."""
        if not self._silent and text:
            data = unescape(text)
            said = " ".join(data.split())
            lead, end = (" " if data[:1].isspace() else ""), (" " if data[-1:].isspace() else "")
            if said:
                self.pieces.append(("> " if self._quoted and self._is_at_start() else lead) + said + end)

    def _is_at_start(self) -> bool:
        return not self.pieces or self.pieces[-1] == "\n"


def strip_markup(html: str) -> str:
    """What HTML says, line by line; scripts and styles say nothing. Rubbish gives what could be read of it.

    Looks at each character a few times at most, whatever somebody sends: the library's parser takes hours for some texts
    of the length that we read.
    """
    stripper, place = _Stripper(), 0
    while 0 <= place < len(html):
        begin = html.find("<", place)
        stripper.take_text(html[place:] if begin < 0 else html[place:begin])
        place = _skip_tag(stripper, html, begin) if begin >= 0 else -1
    text = "".join(stripper.pieces)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()


def _skip_tag(stripper: _Stripper, html: str, begin: int) -> int:
    """Where the text goes on behind what begins with `<` here; -1 when it never ends."""
    if html.startswith("<!--", begin):
        return _find_behind(html, "-->", begin + 4)
    found = _TAG.match(html, begin)
    if found is None:
        if html[begin + 1 : begin + 2] in ("!", "?", "/"):
            return _find_behind(html, ">", begin)
        stripper.take_text("<")  # a sign by itself, as in `1 < 2`
        return begin + 1
    tag = found.group(2).lower()
    if found.group(1):
        stripper.end_tag(tag)
        return _find_end(html, found.end())
    stripper.begin_tag(tag)
    behind = _find_end(html, found.end())
    if tag in _RAW and behind >= 0:  # up to where it is closed nothing in it is a tag
        closing = _RAW[tag].search(html, behind)
        return closing.start() if closing is not None else -1
    return behind


def _find_end(html: str, place: int) -> int:
    """Where a tag is over: behind the next `>` that does not stand in a quoted value; -1 when it never is."""
    while True:
        found = _TAG_GOES_ON.search(html, place)
        if found is None:
            return -1
        if found.group(1) is None:
            return found.end()
        closing = html.find(found.group(1), found.end())
        if closing < 0:  # a quote that is never closed: the tag is over at the first sign that ends one
            return _find_behind(html, ">", found.end())
        place = closing + 1


def _find_behind(html: str, sign: str, place: int) -> int:
    found = html.find(sign, place)
    return found + len(sign) if found >= 0 else -1


def strip_marks(text: str) -> str:
    """The text without characters that cannot be seen, or that make it read as another."""
    return _HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")).strip()


def find_own_words(text: str) -> str:
    """What the sender wrote themselves: without what is quoted, and up to where their mail program begins a quote."""
    kept: list[str] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith((">", "|>")):
            continue
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        is_folded = _WROTE.match(bare[:250]) and re.search(
            r"(?i)(?:wrote|schrieb|a écrit|escribió).{0,40}:\Z", following[:250]
        )
        if _QUOTE_BEGINS.match(bare[:300]) or is_folded:
            break
        kept.append(line.rstrip())
    return "\n".join(kept).strip()
