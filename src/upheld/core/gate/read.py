"""A line of text to an act or to facts, with the place of what cannot be read; asks no gate."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.errors import GateError, Place
from upheld.core.gate.act import IDENTIFIED, WORD_BEFORE, Act
from upheld.core.policy.compile import ACTIONS, COUNTERPART_SORT, Table
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.model import (
    ANYONE,
    HERE,
    NO_COUNTERPART,
    OTHER,
    SELF,
    WIDE_TOUCHPOINTS,
    Degree,
    Words,
)
from upheld.core.policy.reading.mistakes import shorten

_PIECE = re.compile(r'"[^"]*"?|,|[^\s,"]+')
_EXAMPLE = "write for example `share person.email with carriers for fulfil`"
_ORDER = "the order is: action, data, degree, with whom or where, purpose"
_DEGREES = ("identified", "pseudonymous", "de-identified")
_MOST_DIGITS = 9
_NOBODY_NAMED = (ANYONE, *WIDE_TOUCHPOINTS, "someone else", "somewhere else")
_ANSWERS = ("yes", "no", "unasked", "unknown")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, a comma or a name in quotes, and its column."""

    text: str
    column: int

    @property
    def end(self) -> int:
        return self.column + len(self.text)


def parse_act(text: str, words: Words) -> Act:
    """The act on this line. Raises GateError at the first word the policy does not know.

    A name in double quotes is one that the policy does not name: `share person with "a list broker" for sale`.
    The degree stands behind the data, or at the end.
    """
    return _ActReader(text, words).read()


class _ActReader:
    """Reads one line from left to right; the longest declared name is taken."""

    def __init__(self, text: str, words: Words) -> None:
        self._words = words
        self._pieces = [_Piece(match.group(), match.start() + 1) for match in _PIECE.finditer(text)]
        self._index = 0
        self._action = ""
        self._counterpart: str | None = None
        self._purpose: str | None = None
        self._degree: Degree | None = None

    def read(self) -> Act:
        """The whole line as an act."""
        for piece in self._pieces:
            if piece.text.startswith('"') and (len(piece.text) < 3 or not piece.text.endswith('"')):
                raise _refuse("G401", piece, "close the name with a double quote")
        self._action = self._peek()
        if self._action not in ACTIONS:
            raise self._refuse_rest(f"an act starts with {', '.join(ACTIONS)}", self._pieces[:1])
        self._index = 1
        data = self._read_data()
        while self._index < len(self._pieces):
            self._read_part()
        return Act(self._action, data, self._purpose or "", self._find_counterpart(), self._degree or IDENTIFIED)

    def _peek(self, ahead: int = 0) -> str:
        index = self._index + ahead
        return self._pieces[index].text if index < len(self._pieces) else ""

    def _read_data(self) -> tuple[str, ...]:
        names: list[str] = []
        while True:
            name = self._read_name("data", "data")
            if name not in names:
                names.append(name)
            if self._peek() != "," or self._is_degree(1):
                return tuple(names)
            self._index += 1

    def _read_part(self) -> None:
        """One of what can follow the data; each stands once and in its order."""
        if self._is_degree(1 if self._peek() == "," else 0) and self._degree is None:
            self._read_degree()
        elif self._peek() == "for" and self._purpose is None:
            self._index += 1
            self._purpose = self._read_name("purpose", "a purpose")
        elif self._peek() in WORD_BEFORE.values() and self._counterpart is None and self._purpose is None:
            self._read_counterpart()
        else:
            raise self._refuse_rest(_ORDER)

    def _is_degree(self, ahead: int) -> bool:
        first, second = self._peek(ahead), self._peek(ahead + 1)
        return first in _DEGREES or (first, second) == ("in", "aggregate") or (first, second) == ("aggregate", "of")

    def _read_degree(self) -> None:
        self._index += self._peek() == ","
        first = self._index
        if self._peek() in _DEGREES:
            self._degree = Degree(self._peek())
            self._index += 1
            return
        self._index += self._peek() == "in"
        count = self._peek(2)
        if self._peek(1) != "of" or not re.fullmatch(rf"[0-9]{{1,{_MOST_DIGITS}}}", count):
            self._index = first
            raise self._refuse_rest("write for example `in aggregate of 10`")
        self._degree = Degree("aggregate", int(count))
        self._index += 3

    def _read_counterpart(self) -> None:
        word, start = self._peek(), self._index
        sort = COUNTERPART_SORT.get(self._action)
        if sort is None:
            raise self._refuse_rest("`use` has no counterpart; write `use … for …`")
        if word != WORD_BEFORE[self._action]:
            raise self._refuse_rest(f"`{self._action}` goes with `{WORD_BEFORE[self._action]}`", self._pieces[start:])
        self._index += 1
        name = self._read_name(sort, f"a {sort}")
        self._counterpart = OTHER if name in _NOBODY_NAMED else name

    def _find_counterpart(self) -> str:
        if self._counterpart is not None or self._action not in COUNTERPART_SORT:
            return self._counterpart or NO_COUNTERPART
        if self._action == "keep":
            return HERE
        raise _refuse("G401", self._pieces[0], f"`{self._action}` needs `{WORD_BEFORE[self._action]} …`")

    def _read_name(self, sort: str, said: str) -> str:
        """The longest name of this sort that stands here, or one in quotes."""
        start = self._index
        if self._peek().startswith('"'):
            self._index += 1
            return self._pieces[start].text
        end = self._find_end(sort)
        for stop in range(end, start, -1):
            name = " ".join(piece.text for piece in self._pieces[start:stop])
            if self._is_known(name, sort):
                self._index = stop
                return name
        unknown = self._pieces[start : max(self._find_stop(), start + 1)]
        if not unknown or unknown[0].text in (",", "for", *WORD_BEFORE.values()):
            raise self._refuse_rest(f"here stands {said}; {_EXAMPLE}", unknown or self._pieces[-1:])
        raise self._refuse_unknown(unknown, sort, said)

    def _find_end(self, sort: str) -> int:
        """Where a name that starts here ends at the latest: it holds no comma and no quote, and few words."""
        longest = max(name.count(" ") + 1 for name in (*self._words.of_sort(sort), *_NOBODY_NAMED))
        for index in range(self._index, min(len(self._pieces), self._index + longest)):
            if self._pieces[index].text.startswith((",", '"')):
                return index
        return min(len(self._pieces), self._index + longest)

    def _find_stop(self) -> int:
        """Where the next part of the act begins, for underlining a name that is not known."""
        for index in range(self._index, len(self._pieces)):
            if self._pieces[index].text in (",", "for", *WORD_BEFORE.values()) or self._pieces[index].text[0] == '"':
                return index
        return len(self._pieces)

    def _is_known(self, name: str, sort: str) -> bool:
        if self._words.has(sort, name):
            return True
        if sort == "data":
            # a field that the policy does not name below a node that it does: it is asked about and is silent
            above, _, field = name.rpartition(".")
            return " " not in field and self._words.has(sort, above)
        own = {"show": SELF, "keep": HERE}.get(self._action)
        return sort == COUNTERPART_SORT.get(self._action) and (name == own or name in _NOBODY_NAMED)

    def _refuse_rest(self, hint: str, pieces: list[_Piece] | None = None) -> GateError:
        rest = self._pieces[self._index :] if pieces is None else pieces
        return _refuse("G401", _join(rest), hint)

    def _refuse_unknown(self, pieces: list[_Piece], sort: str, said: str) -> GateError:
        unknown = _join(pieces)
        near = _say_near(unknown.text, self._words.of_sort(sort))
        hint = near or "put a name that the policy does not know in quotes"
        return _refuse("G403", unknown, hint, f"as {said}")


def _join(pieces: list[_Piece]) -> _Piece:
    """Pieces as one, for underlining."""
    if not pieces:
        return _Piece("", 1)
    text = " ".join(piece.text for piece in pieces).replace(" ,", ",")
    return _Piece(text, pieces[0].column)


def parse_facts(text: str, table: Table) -> dict[str, bool | None]:
    """The facts on this line: `requested, not told, merging unknown, marketing no`. Raises GateError.

    A choice is answered with yes, no, unasked or unknown; a fact that is not mentioned is unknown.
    """
    facts: dict[str, bool | None] = {}
    for match in re.finditer(r"[^,]+", text):
        words = match.group().split()
        if not words:
            continue
        column = match.start() + len(match.group()) - len(match.group().lstrip()) + 1
        piece = _Piece(" ".join(words), column)
        for name, value in _read_fact(piece, table).items():
            if facts.setdefault(name, value) != value:
                raise _refuse("G402", piece, "say each fact once", "after what was said before it")
    return facts


def _read_fact(piece: _Piece, table: Table) -> dict[str, bool | None]:
    name, answer = _split_fact(piece.text)
    if name in table.facts.index and answer in ("true", "false", "unknown"):
        return {name: {"true": True, "false": False, "unknown": None}[answer]}
    if name in table.choices:
        if answer in _ANSWERS:
            return answer_choice(name, answer, table.choices[name])
        raise _refuse(
            "G402", piece, f"answer the choice: `{name} yes`, `{name} no`, `{name} unasked` or `{name} unknown`"
        )
    if name in table.facts.index:
        raise _refuse("G402", piece, f"write `{name}`, `not {name}` or `{name} unknown`")
    near = _say_near(name, [*table.facts.index, *table.choices])
    raise _refuse("G402", piece, near or "`upheld words` lists the facts")


def _split_fact(piece: str) -> tuple[str, str]:
    if piece.startswith("not "):
        return piece.removeprefix("not "), "false"
    name, _, last = piece.rpartition(" ")
    if name and last in _ANSWERS:
        return name, last
    return piece, "true"


def _say_near(name: str, names: Iterable[str]) -> str | None:
    known = list(names)
    close = difflib.get_close_matches(name[:100], known, n=1, cutoff=0.6)
    close = close or [full for full in known if full.endswith(f".{name}") or full.startswith(f"{name} by ")][:1]
    return f"did you mean `{close[0]}`?" if close else None


def _refuse(code: str, piece: _Piece, hint: str, more: str = "") -> GateError:
    shown = shorten(piece.text)
    said = {
        "G401": f"`{shown}` cannot be read as an act" if shown else "there is no act here",
        "G402": f"`{shown}` cannot stand {more}" if more else f"`{shown}` is not a fact of this policy",
        "G403": f"the policy does not know `{shown}` {more}".rstrip(),
    }[code]
    return GateError(code, said, hint, Place("question", 1, piece.column, max(1, len(piece.text))))
