"""A rule line as words and their places; knows the words of the language and of the policy, not the grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.policy.model import Words

_PIECE = re.compile(r'"[^"]*"?|,|\[[^\]]*\]?|[^\s,"\[\]]+')
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
        self._phrases: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
        for sort, terminal in TERMINAL_OF_SORT.items():
            for name in words.of_sort(sort):
                self._add(name, terminal)
        for text, terminal in keywords:
            self._add(text, terminal)
        for phrases in self._phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase[0]))

    def _add(self, name: str, terminal: str) -> None:
        parts = tuple(name.split(" "))
        self._phrases.setdefault(parts[0], []).append((parts, terminal, name))

    def find_at(self, pieces: tuple[Piece, ...], index: int) -> list[tuple[int, str, str]]:
        """All that can start at this piece: how many pieces, terminal, name; longest first.

        Names match whole words only, so `fore` is never `for` with something behind it.
        """
        found = []
        for parts, terminal, name in self._phrases.get(pieces[index].text, ()):
            size = len(parts)
            if index + size <= len(pieces) and all(
                pieces[index + k].text == part for k, part in enumerate(parts)
            ):
                found.append((size, terminal, name))
        return found

    def names_for(self, terminals: Iterable[str]) -> dict[str, str]:
        """Every name that one of these terminals can be, with its terminal."""
        wanted = set(terminals)
        return {
            name: terminal
            for phrases in self._phrases.values()
            for _, terminal, name in phrases
            if terminal in wanted
        }
