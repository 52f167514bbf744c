"""Plain text out of what mails hold: HTML without its markup, a text without hidden characters, one's own words alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BREAKS = frozenset(
    {"p", "br", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre", "hr"}
)
_SILENT = frozenset({"script", "style", "head", "title", "template"})
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


class _Stripper(HTMLParser):
    """Gathers the text of HTML; what stands in a quote gets the mark that plain mails have."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the library's own name
        if tag in _SILENT:
            self._silent += 1
        if tag in _BREAKS:
            self.pieces.append("\n")
        if tag == "blockquote":
            self._quoted += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            said = " ".join(data.split())
            lead, end = (" " if data[:1].isspace() else ""), (" " if data[-1:].isspace() else "")
            if said:
                self.pieces.append(("> " if self._quoted and self._is_at_start() else lead) + said + end)

    def _is_at_start(self) -> bool:
        return not self.pieces or self.pieces[-1] == "\n"


def strip_markup(html: str) -> str:
    """What HTML says, line by line; scripts and styles say nothing. Rubbish gives what could be read of it."""
    stripper = _Stripper()
    try:
        stripper.feed(html)
        stripper.close()
    except (AssertionError, ValueError):  # the library gives up on some declarations
        stripper.pieces.append("")
    text = "".join(stripper.pieces)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()


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
