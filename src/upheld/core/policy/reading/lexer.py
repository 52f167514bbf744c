"""A rule line as words and their places; knows the words of the language and of the policy, not the grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.policy.model import Words

# a bracket that closes nothing is a piece too: nothing on a line is passed over
_PIECE = re.compile(r'"[^"]*"?|,|\[[^\]]*\]?|\]|[^\s,"\[\]]+')
_NUMBERS = re.compile(r"\s*\(([^)]*)\)\s*")

TERMINAL_OF_SORT = {
    sort: "N_" + sort.upper()
    for sort in (
        "data", "purpose", "recipient", "role", "touchpoint", "place", "region", "choice", "mail", "audience",
        "event", "fact", "ground", "party", "activity", "document", "certificate", "exclusion", "param", "measure",
        "technique", "need", "part", "route", "way", "subject", "request", "signal", "reviewed", "tag",
    )
}  # fmt: skip
SORT_OF_TERMINAL = {terminal: sort for sort, terminal in TERMINAL_OF_SORT.items()}


@dataclass(frozen=True, slots=True)
class Piece:
    """One word, comma, text in quotes or reference of a line; columns count from 1."""

    text: str
    column: int

    @property
    def end(self) -> int:
        """The column after the last character."""
        return self.column + len(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """A rule line taken apart: the numbers in front, the pieces, the comment behind."""

    numbers: str | None
    numbers_column: int
    pieces: tuple[Piece, ...]
    comment: str


def split_line(source: str) -> Line:
    """The line as pieces. Never fails; what is malformed is found by the parser at its place."""
    body, comment = _cut_comment(source)
    numbers: str | None = None
    column = 1
    start = 0
    match = _NUMBERS.match(body)
    if match and body.lstrip().startswith("("):
        numbers, column, start = match.group(1), match.start(1) + 1, match.end()
    pieces = tuple(Piece(m.group(), m.start() + 1) for m in _PIECE.finditer(body, start))
    return Line(numbers, column, pieces, comment)


def _cut_comment(source: str) -> tuple[str, str]:
    quoted = False
    for index, character in enumerate(source):
        if character == '"':
            quoted = not quoted
        if character == "#" and not quoted and (index == 0 or source[index - 1].isspace()):
            return source[:index].rstrip(), source[index + 1 :].strip()
    return source.rstrip(), ""


class Vocabulary:
    """The declared names and the keywords, ready to be found longest first at a place in a line."""

    def __init__(self, words: Words, keywords: Iterable[tuple[str, str]]) -> None:
        self._names: dict[str, list[tuple[str, str]]] = {}  # phrase -> terminal, name
        self._sizes: dict[str, tuple[int, ...]] = {}  # first word -> how many words its phrases have, longest first
        for sort, terminal in TERMINAL_OF_SORT.items():
            for name in words.of_sort(sort):
                self._names.setdefault(name, []).append((terminal, name))
        for text, terminal in keywords:
            self._names.setdefault(text, []).append((terminal, text))
        sizes: dict[str, set[int]] = {}
        for phrase in self._names:
            parts = phrase.split(" ")
            sizes.setdefault(parts[0], set()).add(len(parts))
        self._sizes = {first: tuple(sorted(found, reverse=True)) for first, found in sizes.items()}

    def find_at(self, pieces: tuple[Piece, ...], index: int) -> list[tuple[int, str, str]]:
        """All that can start at this piece: how many pieces, terminal, name; longest first.

        Names match whole words only, so `fore` is never `for` with something behind it.
        """
        found = []
        for size in self._sizes.get(pieces[index].text, ()):
            if index + size <= len(pieces):
                phrase = " ".join(piece.text for piece in pieces[index : index + size])
                found += [(size, terminal, name) for terminal, name in self._names.get(phrase, ())]
        return found

    def has(self, phrase: str) -> bool:
        """Whether this is a name or a word of the language."""
        return phrase in self._names

    def names_for(self, terminals: Iterable[str]) -> dict[str, str]:
        """Every name that one of these terminals can be, with its terminal."""
        wanted = set(terminals)
        return {name: terminal for entries in self._names.values() for terminal, name in entries if terminal in wanted}
