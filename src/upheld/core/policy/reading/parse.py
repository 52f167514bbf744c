"""One rule line to one Rule: finds the words of the line that the grammar takes, then has them built into a rule."""

from __future__ import annotations

import hashlib
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import lark
from lark import Lark, Token, Tree
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from upheld.core.errors import Finding
from upheld.core.policy.model import Rule, Words
from upheld.core.policy.reading.build import build_rule
from upheld.core.policy.reading.lexer import Piece, Vocabulary, split_line
from upheld.core.policy.reading.mistakes import Mistakes, SourceLine, Stuck

_NEW_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_MOST_DIGITS = 7

Stack = tuple[int, ...]


class _NoLexer(Lexer):
    """Lark is fed tokens by hand; it never reads text itself."""

    def __init__(self, _conf: object) -> None:
        return

    def lex(self, *_arguments: object) -> Iterator[Token]:
        """Nothing: tokens come from `RuleParser`."""
        return iter(())


def read_grammar() -> str:
    """The grammar as it stands in `grammar.lark`."""
    return files("upheld.core.policy.reading").joinpath("grammar.lark").read_text(encoding="utf-8")


_BUILT: list[Lark] = []


def build_grammar() -> Lark:
    """The parser tables of the rule language, built once a process unless `restore_grammar` came first."""
    if not _BUILT:
        _BUILT.append(Lark(read_grammar(), parser="lalr", lexer=_NoLexer))
    return _BUILT[0]


def has_grammar() -> bool:
    """Whether this process has the tables already."""
    return bool(_BUILT)


def name_grammar() -> str:
    """A name that is another one as soon as tables saved earlier would not fit: by grammar, lark and Python."""
    parts = (read_grammar(), lark.__version__, f"{sys.version_info.major}.{sys.version_info.minor}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def save_grammar() -> bytes:
    """The parser tables, so that another process need not build them."""
    stored = io.BytesIO()
    build_grammar().save(stored)
    return stored.getvalue()


def restore_grammar(stored: bytes) -> None:
    """Takes the tables that `save_grammar` gave under the same `name_grammar`, instead of building them.

    The bytes are a pickle, which may run anything when it is read: hand over only what nobody else can have written.
    """
    _BUILT[:] = [Lark.load(io.BytesIO(stored))]


@lru_cache(maxsize=1)
def list_keywords() -> tuple[tuple[str, str], ...]:
    """The language's own words with their terminals, the comma left out."""
    return tuple(
        (terminal.pattern.value, terminal.name)
        for terminal in build_grammar().terminals
        if terminal.pattern.value != ","
    )


class _Steps:
    """Walks the grammar's table without building a tree, so that a way can be tried and left at no cost."""

    def __init__(self) -> None:
        conf = build_grammar().parse_interactive().parser_state.parse_conf
        self._states: dict[int, dict[str, tuple[Any, Any]]] = conf.states
        self._end: int = conf.end_state
        self.start: Stack = (conf.start_state,)

    def take(self, stack: Stack, terminal: str) -> Stack | None:
        """Where a reading stands after this token, or None when the grammar has no place for it there."""
        states = list(stack)
        while True:
            found = self._states[states[-1]].get(terminal)
            if found is None:
                return None
            action, target = found
            if action is Shift:
                return (*states, target)
            if target.expansion:
                del states[-len(target.expansion) :]
            states.append(self._states[states[-1]][target.origin.name][1])
            if terminal == "$END" and states[-1] == self._end:
                return tuple(states)

    def list_accepted(self, stack: Stack) -> frozenset[str]:
        """Every terminal that has a place here."""
        here = (terminal for terminal in self._states[stack[-1]] if not terminal.islower())
        return frozenset(terminal for terminal in here if self.take(stack, terminal) is not None)


@lru_cache(maxsize=1)
def _get_steps() -> _Steps:
    return _Steps()


def list_first_words() -> tuple[str, ...]:
    """Every word that a rule can begin with."""
    steps = _get_steps()
    first = steps.list_accepted(steps.start)
    return tuple(text for text, terminal in list_keywords() if terminal in first)


@dataclass(frozen=True, slots=True)
class _Way:
    """A reading of the first pieces of a line: the last token and the way that led to it."""

    index: int
    stack: Stack
    token: Token | None = None
    before: _Way | None = None

    def list_tokens(self) -> list[Token]:
        """The tokens from the start of the line."""
        tokens: list[Token] = []
        way: _Way | None = self
        while way is not None and way.token is not None:
            tokens.append(way.token)
            way = way.before
        return tokens[::-1]


class RuleParser:
    """Reads the rule lines of one policy; holds its words and nothing else."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._vocabulary = Vocabulary(words, list_keywords())
        self._steps = _get_steps()
        first = self._steps.list_accepted(self._steps.start)
        self._mistakes = Mistakes(words, self._vocabulary, dict(list_keywords()), first)

    def parse_line(self, source: str, file: str, number: int) -> Rule | Finding:
        """The rule on this line, or the first thing that keeps it from being one."""
        line = split_line(source)
        at = SourceLine(file, number, source)
        mistake = self._mistakes.find_in_pieces(line, at)
        if mistake:
            return mistake
        found = self._find_way(line.pieces)
        if isinstance(found, Stuck):
            return self._mistakes.explain(found, line, at)
        return build_rule(_build_tree(found), line, source, at.whole, self._words)

    def _find_way(self, pieces: tuple[Piece, ...]) -> list[Token] | Stuck:
        """The tokens of the line, or how far the best reading came.

        The longest name is taken. Where it has several sorts each is tried, and no place is tried twice.
        """
        furthest = start = _Way(0, self._steps.start)
        todo, seen = [start], set[tuple[int, Stack]]()
        while todo:
            way = todo.pop()
            if (way.index, way.stack) in seen:
                continue
            seen.add((way.index, way.stack))
            if way.index > furthest.index:
                furthest = way
            if way.index < len(pieces):
                todo.extend(reversed(list(self._go_on(way, pieces))))
            elif self._steps.take(way.stack, "$END") is not None:
                return way.list_tokens()
        return Stuck(furthest.index, self._steps.list_accepted(furthest.stack))

    def _go_on(self, way: _Way, pieces: tuple[Piece, ...]) -> Iterator[_Way]:
        longest = 0
        for size, token in self._list_tokens(pieces, way.index):
            stack = self._steps.take(way.stack, token.type)
            if stack is None or size < longest:
                continue
            longest = size
            yield _Way(way.index + size, stack, token, way)

    def _list_tokens(self, pieces: tuple[Piece, ...], index: int) -> Iterator[tuple[int, Token]]:
        """All that the next pieces can be, longest first; the grammar has not been asked yet."""
        piece = pieces[index]
        if piece.text == ",":
            yield from ((1, _token(kind, ",", piece)) for kind in ("COMMA", "_K"))
        elif piece.text.startswith('"'):
            yield 1, _token("N_TEXT", piece.text[1:-1], piece)
        elif piece.text.startswith("["):
            yield 1, _token("N_REFS", piece.text[1:-1], piece)
        else:
            for size, kind, name in self._vocabulary.find_at(pieces, index):
                yield size, _token(kind, name, piece, pieces[index + size - 1].end)
            if piece.text.isascii() and piece.text.isdigit() and len(piece.text) <= _MOST_DIGITS:
                yield 1, _token("N_NUMBER", piece.text, piece)
            if _NEW_NAME.fullmatch(piece.text):
                yield 1, _token("N_NEW", piece.text, piece)


def _build_tree(tokens: list[Token]) -> Tree[Token]:
    parser = build_grammar().parse_interactive()
    for token in tokens:
        parser.feed_token(token)
    return parser.feed_token(Token("$END", ""))  # type: ignore[no-any-return]


def _token(kind: str, text: str, piece: Piece, end: int | None = None) -> Token:
    return Token(kind, text, column=piece.column, end_column=end or piece.end)
