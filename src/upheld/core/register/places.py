"""Finding clauses in a source text by their locators, without our holding the text; knows only clauses."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from upheld.core.register.clauses import Clause, Piece

DIGEST_BYTES = 8  # a locator keeps the first 16 hex digits
_APOSTROPHES = frozenset("'\u2019")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_OPENING = frozenset('([<"\u201c')
_CLOSING = frozenset('.,;:!?)]>"\u201d')


@dataclass(frozen=True, slots=True)
class SourceWord:
    """One word of a document: how a locator counts it, and the characters it takes up."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words `first` to `last` of a document, the last one left out."""

    first: int
    last: int


def split_words(text: str) -> tuple[SourceWord, ...]:
    """The words as locators count them: runs of a-z and 0-9, lower-cased, apostrophes deleted."""
    words: list[SourceWord] = []
    letters: list[str] = []
    start = end = 0
    for index, character in enumerate(text):
        # lower-casing can make two characters of one, so the runs are read after it and placed before it
        for low in character.lower():
            if low in _LETTERS:
                if not letters:
                    start = index
                letters.append(low)
                end = index + 1
            elif letters and low not in _APOSTROPHES:
                words.append(SourceWord("".join(letters), start, end))
                letters.clear()
    if letters:
        words.append(SourceWord("".join(letters), start, end))
    return tuple(words)


def make_piece(text: str) -> Piece:
    """The locator of this text, as one piece."""
    words = [word.text for word in split_words(text)]
    return Piece(len(words), sha256(" ".join(words).encode()).hexdigest()[: 2 * DIGEST_BYTES])


def find_clauses(clauses: Sequence[Clause], words: Sequence[SourceWord]) -> dict[str, tuple[Stretch, ...]]:
    """Where each clause stands, by its id; a clause of which any piece is missing is left out.

    Words that stand in several places are taken where they keep the order of the clauses.
    """
    spots = _find_pieces({piece for clause in clauses for piece in clause.locator}, words)
    found = [clause for clause in clauses if all(piece in spots for piece in clause.locator)]
    places: dict[str, tuple[Stretch, ...]] = {}
    earliest = 0
    for clause in found:
        places[clause.id] = _place_pieces(clause.locator, spots, earliest)
        earliest = places[clause.id][0].first
    return places


def show_stretch(text: str, words: Sequence[SourceWord], stretch: Stretch) -> str:
    """The document's own characters for these words and the punctuation right beside them.

    White space is evened; what a terminal would obey and people would not see (escapes, turning marks) is dropped.
    """
    start, end = words[stretch.first].start, words[stretch.last - 1].end
    while start > 0 and text[start - 1] in _OPENING:
        start -= 1
    while end < len(text) and text[end] in _CLOSING:
        end += 1
    evened = " ".join(text[start:end].split())
    return "".join(character for character in evened if character.isprintable())


def _find_pieces(pieces: Iterable[Piece], words: Sequence[SourceWord]) -> dict[Piece, list[int]]:
    """Every spot of every piece: one pass over the words for each length that occurs."""
    wanted: dict[int, dict[bytes, Piece]] = defaultdict(dict)
    for piece in pieces:
        wanted[piece.length][bytes.fromhex(piece.digest)] = piece
    joined = " ".join(word.text for word in words).encode("ascii")
    # the windows are cut from one joined text: joining the words anew for each costs three times as much
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + len(word.text) + 1)
    spots: dict[Piece, list[int]] = defaultdict(list)
    for length, digests in wanted.items():
        for first in range(len(words) - length + 1):
            window = joined[offsets[first] : offsets[first + length] - 1]
            piece_here = digests.get(sha256(window).digest()[:DIGEST_BYTES])
            if piece_here is not None:
                spots[piece_here].append(first)
    return dict(spots)


def _place_pieces(
    locator: tuple[Piece, ...], spots: Mapping[Piece, Sequence[int]], earliest: int
) -> tuple[Stretch, ...]:
    stretches: list[Stretch] = []
    for piece in locator:
        starts = spots[piece]
        # the first spot that keeps the order; when there is none, the document has another order than the register
        first = starts[min(bisect_left(starts, earliest), len(starts) - 1)]
        stretches.append(Stretch(first, first + piece.length))
        earliest = first + piece.length
    return tuple(stretches)
