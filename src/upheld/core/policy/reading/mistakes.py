"""What keeps a line from being a rule: the place, the text and the hint; knows the words, not how a line is read."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from upheld.core.errors import Finding, Place
from upheld.core.policy.model import Words
from upheld.core.policy.reading.lexer import SORT_OF_TERMINAL, Line, Piece, Vocabulary

CLAUSE = re.compile(r"[A-Z]{2}-\d+[a-z]?")
_NEARLY_A_CLAUSE = re.compile(r"[A-Za-z]{2}-?\d{1,3}[A-Za-z]?")
_ORDER = (
    "parts stand in one order, each once: verb, data, degree, `at`/`to`/`with`, `for`, `if`, `unless`, `when`,"
    " `within`/`before`, layer, references"
)
_ORDERED = frozenset(("at", "to", "with", "for", "if", "unless", "when", "within", "settled", "literal", "beyond"))
_ORDERED |= {"identified", "pseudonymous", "de-identified"}
_SAID = {
    "data": "data", "param": "a settled name", "part": "a part of a page", "reviewed": "something to review",
    "way": "a way of coming by data", "route": "a way of reaching somebody", "need": "something to do without",
}  # fmt: skip
_LONGEST_SHOWN = 60
_MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a file, where findings can be made."""

    file: str
    number: int
    text: str

    @property
    def whole(self) -> Place:
        """The line without the white space around it."""
        start = len(self.text) - len(self.text.lstrip())
        return Place(self.file, self.number, start + 1, max(1, len(self.text.strip())))

    def finding(self, code: str, text: str, place: Place, hint: str) -> Finding:
        """An error at this place of the line."""
        return Finding(code, "error", text, place, hint, self.text)

    def place(self, column: int, length: int) -> Place:
        """A place on this line; columns count from 1."""
        return Place(self.file, self.number, column, max(1, length))


@dataclass(frozen=True, slots=True)
class Stuck:
    """How many pieces a reading could take, and which terminals could have come next."""

    index: int
    accepts: frozenset[str]


class Mistakes:
    """Says what is wrong with lines of one policy."""

    def __init__(self, words: Words, vocabulary: Vocabulary, keywords: dict[str, str], starts: frozenset[str]) -> None:
        self._everywhere = [name for by_name in words.by_sort.values() for name in by_name]
        self._vocabulary = vocabulary
        self._keywords = keywords
        self._text_of = {terminal: text for text, terminal in keywords.items()}
        self._starts = starts

    def find_in_pieces(self, line: Line, at: SourceLine) -> Finding | None:
        """What is wrong before the grammar is asked: quotes, brackets, references, or nothing on the line at all."""
        if line.numbers is None and line.pieces and line.pieces[0].text.startswith("("):
            first = line.pieces[0]
            hint = "write `(1)`, `(1 3)` or `(1-3)` in front of the rule"
            return at.finding("P104", "these sentence numbers have no closing bracket", _place(at, first), hint)
        for piece in line.pieces:
            is_open = len(piece.text) == 1 or not piece.text.endswith('"')
            if piece.text.startswith('"') and is_open:
                hint = "close it with a double quote on the same line"
                return at.finding("P106", "this text has no closing quote", _place(at, piece), hint)
            if piece.text.startswith("["):
                wrong = _find_bad_reference(piece.text)
                if wrong:
                    hint = "write clause ids such as `[LS-25 LS-26]`, law articles after a comma"
                    return at.finding("P105", wrong, _place(at, piece), hint)
        if not line.pieces:
            return at.finding("P103", "there is no rule on this line", at.whole, "write a rule, or take the line out")
        return None

    def explain(self, stuck: Stuck, line: Line, at: SourceLine) -> Finding:
        """Why the grammar could not take the piece where the reading stopped, and what it could have taken."""
        accepts = stuck.accepts
        if stuck.index >= len(line.pieces):
            place = at.place(line.pieces[-1].end, 1)
            text = "the rule stops here, but something is missing"
            return at.finding("P103", text, place, self._say_expected(accepts))
        piece = line.pieces[stuck.index]
        known = self._vocabulary.find_at(line.pieces, stuck.index)
        size = max((size for size, _, _ in known), default=1)
        place = at.place(piece.column, line.pieces[stuck.index + size - 1].end - piece.column)
        word = " ".join(p.text for p in line.pieces[stuck.index : stuck.index + size])
        said = shorten(word)
        if word in {",", "]"} or word.startswith(('"', "[")):
            return at.finding("P101", f"`{said}` has no place here", place, self._say_expected(accepts))
        sorts = sorted({SORT_OF_TERMINAL[kind] for _, kind, _ in known if kind in SORT_OF_TERMINAL})
        wanted = sorted({SORT_OF_TERMINAL[kind] for kind in accepts if kind in SORT_OF_TERMINAL})
        if sorts and wanted:
            text = f"`{said}` is {_say_sorts(sorts)}; here stands {_say_sorts(wanted)}"
            return at.finding("P107", text, place, self._suggest(word, accepts))
        if known:
            return at.finding("P101", f"`{said}` has no place here", place, self._say_misplaced(word, accepts))
        return at.finding("P102", f"`{said}` is not a known word", place, self._suggest(word, accepts))

    def _say_misplaced(self, word: str, accepts: frozenset[str]) -> str:
        if "$END" in accepts and self._keywords.get(word) in self._starts and word not in _ORDERED:
            return f"one rule a line: start a new line for `{word}`"
        return _ORDER if word in _ORDERED else self._say_expected(accepts)

    def _suggest(self, word: str, accepts: frozenset[str]) -> str:
        if ";" in word:
            return "one rule a line, no semicolons"
        if self._vocabulary.has(word.lower()) and word != word.lower():
            return f"did you mean `{word.lower()}`? All words of a rule are written small"
        names = [*self._vocabulary.names_for(accepts)]
        close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
        if not close:
            close = [name for name in names if name.endswith("." + word)][:1]
        parted = self._part(word, accepts)
        if parted:
            close = [parted]
        if close:
            return f"did you mean `{close[0]}`?"
        near = difflib.get_close_matches(word, self._everywhere, n=1, cutoff=0.75)
        start = f"the nearest declared name is `{near[0]}`; " if near and near[0] != word else ""
        return start + self._say_expected(accepts)

    def _part(self, word: str, accepts: frozenset[str]) -> str | None:
        """`for fulfil` when `forfulfil` was written: two known words without the space between them."""
        for kind in sorted(accepts):
            first = self._text_of.get(kind, "")
            if first and word.startswith(first) and self._vocabulary.has(word[len(first) :]):
                return f"{first} {word[len(first) :]}"
        return None

    def _say_expected(self, accepts: frozenset[str]) -> str:
        said = sorted(f"`{self._text_of[kind]}`" for kind in accepts if kind in self._text_of)
        said += [_say_sorts([SORT_OF_TERMINAL[kind]]) for kind in sorted(accepts) if kind in SORT_OF_TERMINAL]
        extra = {"N_NUMBER": "a number", "N_TEXT": "a text in quotes", "N_NEW": "a new name"}
        said += [words for kind, words in extra.items() if kind in accepts]
        if accepts & {"COMMA", "_K"}:
            said.append("`,`")
        if accepts & {"N_REFS", "$END"}:
            said.append("the end of the rule")
        shown = said if len(said) <= _MOST_SHOWN else [*said[:_MOST_SHOWN], "..."]
        return "here can stand " + ", ".join(shown) if shown else "nothing can follow here"


def shorten(word: str) -> str:
    """The word as it is said in an error: what is very long is cut."""
    return word if len(word) <= _LONGEST_SHOWN else word[: _LONGEST_SHOWN - 3] + "..."


def _find_bad_reference(text: str) -> str | None:
    """What is wrong with `[LS-25 LS-26, GDPR Art. 17]`, or None."""
    if not text.endswith("]"):
        return "these references have no closing bracket"
    for group in text[1:-1].split(","):
        names = group.split()
        if not names:
            return "a reference is missing here"
        clauses = [name for name in names if CLAUSE.fullmatch(name)]
        if clauses and len(clauses) < len(names):
            return f"`{shorten(group.strip())}` mixes clause ids with something else"
        for name in names:
            if not CLAUSE.fullmatch(name) and _NEARLY_A_CLAUSE.fullmatch(name):
                return f"`{name}` is not a clause id"
    return None


def _place(at: SourceLine, piece: Piece) -> Place:
    return at.place(piece.column, len(piece.text))


def _say_sorts(sorts: list[str]) -> str:
    return " or ".join(_SAID.get(sort) or f"a{'n' if sort[0] in 'aeiou' else ''} {sort}" for sort in sorts)
