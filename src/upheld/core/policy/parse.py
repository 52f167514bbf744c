"""One rule line to one Rule: feeds the grammar word by word, so that every error has its place and its hint."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput
from lark.lexer import Lexer
from lark.parsers.lalr_interactive_parser import InteractiveParser

from upheld.core.errors import Finding, Place
from upheld.core.policy.build import build_rule
from upheld.core.policy.lexer import SORT_OF_TERMINAL, Line, Piece, Vocabulary, split_line
from upheld.core.policy.model import Rule, Words

_WORD = re.compile(r"[a-z][a-z0-9_-]*")


class _NoLexer(Lexer):
    """Lark is fed tokens by hand; it never reads text itself."""

    def __init__(self, _conf: object) -> None:
        return

    def lex(self, *_arguments: object) -> Iterator[Token]:
        """Nothing: tokens come from `RuleParser`."""
        return iter(())


def read_grammar() -> str:
    """The grammar as it stands in `grammar.lark`."""
    return files("upheld.core.policy").joinpath("grammar.lark").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def build_grammar(cache: Path | None = None) -> Lark:
    """The parser tables of the rule language, built once a process; `cache` keeps them between processes."""
    options = {"cache": str(cache)} if cache else {}
    return Lark(read_grammar(), parser="lalr", lexer=_NoLexer, **options)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def list_keywords() -> tuple[tuple[str, str], ...]:
    """The language's own words with their terminals, the comma left out."""
    return tuple(
        (terminal.pattern.value, terminal.name)
        for terminal in build_grammar().terminals
        if terminal.pattern is not None and terminal.pattern.value != ","
    )


@dataclass(frozen=True, slots=True)
class _Stuck:
    """How far a reading came and what could have followed."""

    index: int
    accepts: frozenset[str]


class RuleParser:
    """Reads the rule lines of one policy; holds its words and nothing else."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._vocabulary = Vocabulary(words, list_keywords())
        self._keywords = dict(list_keywords())

    def parse_line(self, source: str, file: str, number: int) -> Rule | Finding:
        """The rule on this line, or the first thing that keeps it from being one."""
        line = split_line(source)
        bad = self._check_pieces(line, source, file, number)
        if bad:
            return bad
        stuck: list[_Stuck] = []
        reading = self._read(build_grammar().parse_interactive(), line.pieces, 0, stuck)
        if reading is None:
            return self._explain(max(stuck, key=lambda s: s.index), line, source, file, number)
        return build_rule(reading, line, source, Place(file, number, 1, max(1, len(source.rstrip()))), self._words)

    def _read(
        self, parser: InteractiveParser, pieces: tuple[Piece, ...], index: int, stuck: list[_Stuck]
    ) -> Tree[Token] | None:
        """The tree of the rest of the line. Branches only where one longest name has several sorts."""
        while index < len(pieces):
            accepts = frozenset(parser.choices())
            tokens = self._tokens_at(pieces, index, accepts)
            if not tokens:
                stuck.append(_Stuck(index, accepts))
                return None
            if len(tokens) > 1:
                for size, token in tokens:
                    branch = parser.copy()
                    if _feed(branch, token):
                        tree = self._read(branch, pieces, index + size, stuck)
                        if tree is not None:
                            return tree
                stuck.append(_Stuck(index, accepts))
                return None
            size, token = tokens[0]
            if not _feed(parser, token):
                stuck.append(_Stuck(index, accepts))
                return None
            index += size
        accepts = frozenset(parser.choices())
        try:
            return parser.feed_eof()  # type: ignore[no-any-return]
        except UnexpectedInput:
            stuck.append(_Stuck(index, accepts))
            return None

    def _tokens_at(
        self, pieces: tuple[Piece, ...], index: int, accepts: frozenset[str]
    ) -> list[tuple[int, Token]]:
        piece = pieces[index]
        if piece.text == ",":
            return [(1, _token(kind, ",", piece)) for kind in ("COMMA", "_K") if kind in accepts]
        if piece.text.startswith('"'):
            return [(1, _token("N_TEXT", piece.text[1:-1], piece))] if "N_TEXT" in accepts else []
        if piece.text.startswith("["):
            return [(1, _token("N_REFS", piece.text[1:-1], piece))] if "N_REFS" in accepts else []
        found = [f for f in self._vocabulary.find_at(pieces, index) if f[1] in accepts]
        if found:
            longest = max(size for size, _, _ in found)
            end = pieces[index + longest - 1].end
            return [(size, _token(kind, name, piece, end)) for size, kind, name in found if size == longest]
        if piece.text.isdigit() and len(piece.text) < 8 and "N_NUMBER" in accepts:
            return [(1, _token("N_NUMBER", piece.text, piece))]
        if "N_NEW" in accepts and _WORD.fullmatch(piece.text):
            return [(1, _token("N_NEW", piece.text, piece))]
        return []

    def _check_pieces(self, line: Line, source: str, file: str, number: int) -> Finding | None:
        for piece in line.pieces:
            if piece.text.startswith('"') and (len(piece.text) < 2 or not piece.text.endswith('"')):
                place = Place(file, number, piece.column, len(piece.text))
                return Finding("P106", "error", "this text has no closing quote", place, None, source)
            if piece.text.startswith("[") and not piece.text.endswith("]"):
                place = Place(file, number, piece.column, len(piece.text))
                return Finding("P105", "error", "these references have no closing bracket", place, None, source)
        if not line.pieces:
            place = Place(file, number, 1, max(1, len(source)))
            return Finding("P103", "error", "there is no rule on this line", place, None, source)
        return None

    def _explain(self, stuck: _Stuck, line: Line, source: str, file: str, number: int) -> Finding:
        accepts = stuck.accepts
        if stuck.index >= len(line.pieces):
            place = Place(file, number, line.pieces[-1].end, 1)
            text = "the rule stops here, but something is missing"
            return Finding("P103", "error", text, place, self._say_expected(accepts), source)
        piece = line.pieces[stuck.index]
        known = self._vocabulary.find_at(line.pieces, stuck.index)
        size = max((size for size, _, _ in known), default=1)
        end = line.pieces[stuck.index + size - 1].end
        place = Place(file, number, piece.column, end - piece.column)
        word = " ".join(p.text for p in line.pieces[stuck.index : stuck.index + size])
        if word == "," or word.startswith(('"', "[")):
            return Finding("P101", "error", f"`{word}` has no place here", place, self._say_expected(accepts), source)
        sorts = sorted({SORT_OF_TERMINAL[kind] for _, kind, _ in known if kind in SORT_OF_TERMINAL})
        wanted = sorted({SORT_OF_TERMINAL[kind] for kind in accepts if kind in SORT_OF_TERMINAL})
        if sorts and wanted:
            text = f"`{word}` is {_say_sorts(sorts)}; here stands {_say_sorts(wanted)}"
            return Finding("P107", "error", text, place, self._suggest(word, accepts), source)
        if known:
            return Finding("P101", "error", f"`{word}` has no place here", place, self._say_expected(accepts), source)
        return Finding("P102", "error", f"`{word}` is not a known word", place, self._suggest(word, accepts), source)

    def _suggest(self, word: str, accepts: frozenset[str]) -> str:
        names = list(self._vocabulary.names_for(accepts))
        close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
        if not close:
            tails = [name for name in names if name.endswith("." + word)]
            close = tails[:1]
        if close:
            return f"did you mean `{close[0]}`?"
        everywhere = [name for by_name in self._words.by_sort.values() for name in by_name]
        near = difflib.get_close_matches(word, everywhere, n=1, cutoff=0.75)
        start = f"the nearest declared name is `{near[0]}`; " if near else ""
        return start + self._say_expected(accepts)

    def _say_expected(self, accepts: frozenset[str]) -> str:
        reverse = {terminal: text for text, terminal in self._keywords.items()}
        said = sorted(f"`{reverse[kind]}`" for kind in accepts if kind in reverse)
        said += [_say_sorts([SORT_OF_TERMINAL[kind]]) for kind in sorted(accepts) if kind in SORT_OF_TERMINAL]
        extra = {"COMMA": "`,`", "N_NUMBER": "a number", "N_TEXT": "a text in quotes", "N_NEW": "a new name"}
        said += [words for kind, words in extra.items() if kind in accepts]
        if "N_REFS" in accepts or "$END" in accepts:
            said.append("the end of the rule")
        shown = said if len(said) <= 12 else [*said[:12], "..."]
        return "here can stand " + ", ".join(shown) if shown else "nothing can follow here"


def _say_sorts(sorts: list[str]) -> str:
    names = ["data" if sort == "data" else f"a{'n' if sort[0] in 'aeiou' else ''} {sort}" for sort in sorts]
    return " or ".join(names)


def _token(kind: str, text: str, piece: Piece, end: int | None = None) -> Token:
    return Token(kind, text, column=piece.column, end_column=end or piece.end)


def _feed(parser: InteractiveParser, token: Token) -> bool:
    try:
        parser.feed_token(token)
    except UnexpectedInput:
        return False
    return True
