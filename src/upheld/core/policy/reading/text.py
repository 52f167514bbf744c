"""Prose: headings, paragraphs and where one sentence ends and the next begins; knows nothing of rules."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

_ABBREVIATIONS = (
    "e.g.", "i.e.", "u.s.", "inc.", "ltd.", "llc.", "co.", "corp.", "mr.", "mrs.", "ms.", "dr.", "st.",
    "vs.", "etc.", "art.", "sec.", "p.m.", "a.m.", "d.c.", "jr.", "sr.", "dept.", "approx.", "cf.",
)  # fmt: skip
_END = re.compile(r"[.!?][\"'”’)\]]*(?=\s+[\"'“‘(\[*_]*[A-Z0-9])")

_FIGURE_NEXT = re.compile(r"\s+\d")


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """The start and end of each sentence in `text`, white space around it left out.

    A full stop ends a sentence when a capital or a figure follows and it does not belong to a known abbreviation
    or a single letter.
    """
    start = 0
    for match in _END.finditer(text):
        last_word = _find_word_before(text, match.start() + 1)
        if match.group()[0] == "." and (last_word in _ABBREVIATIONS or re.fullmatch(r"[a-z]\.", last_word)):
            continue
        if last_word == "no." and _FIGURE_NEXT.match(text, match.end()):
            continue  # No. 5 is a number, a plain no is an answer
        yield from _trim(text, start, match.end())
        start = match.end()
    yield from _trim(text, start, len(text))


def _find_word_before(text: str, end: int) -> str:
    start = end
    while start and not text[start - 1].isspace():
        start -= 1
    return text[start:end].lower().lstrip("(\"'“‘*_")


def _trim(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def collapse(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def digest_text(text: str) -> str:
    """The first 16 hex digits of the SHA-256 of the text, white space collapsed."""
    return hashlib.sha256(collapse(text).encode()).hexdigest()[:16]


def make_slug(title: str) -> str:
    """A heading as it stands in a reference: lower-case letters, figures and hyphens."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower().replace("'", "").replace("’", "")).strip("-")
    return slug or "section"
