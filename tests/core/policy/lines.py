"""Random rule lines, made from the grammar itself: whatever the grammar can derive, over the words it is given."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

from hypothesis import strategies as st

from upheld.core.policy.model import Words
from upheld.core.policy.reading.lexer import SORT_OF_TERMINAL
from upheld.core.policy.reading.parse import build_grammar

# beyond this depth a list stops growing
DEEP = 9
TEXTS = st.text(alphabet="abc (),;:#'[]{}~-0 for if", min_size=1, max_size=20)
REFERENCES = ("LS-25", "LS-25 AL-01", "NI-114, GDPR Art. 17", "GDPR Art. 17(3), CA 1798", "GS-62a")
NEW_NAMES = ("session", "a", "for", "x-1", "person")
# what is read on to the end of its list: behind them `,` and `or` go on with grounds and regions
GREEDY = ("demanded by ", "living in ")


@cache
def read_derivations() -> dict[str, list[list[tuple[str, bool]]]]:
    """For each part of the grammar the ways to write it: names, each with whether it is a terminal."""
    found: dict[str, list[list[tuple[str, bool]]]] = defaultdict(list)
    for rule in build_grammar().rules:
        found[rule.origin.name].append([(symbol.name, symbol.is_term) for symbol in rule.expansion])
    return dict(found)


@cache
def read_keywords() -> dict[str, str]:
    """The text of each terminal that is a word of the language."""
    return {terminal.name: terminal.pattern.value for terminal in build_grammar().terminals}


class LineMaker:
    """Draws lines over one set of words."""

    def __init__(self, words: Words) -> None:
        self._ways: dict[str, list[list[tuple[str, bool]]]] = {}
        names = {terminal: list(words.of_sort(sort)) for terminal, sort in SORT_OF_TERMINAL.items()}
        self._terminals: dict[str, st.SearchStrategy[str]] = {
            terminal: st.sampled_from(of_sort) for terminal, of_sort in names.items() if of_sort
        }
        self._terminals |= {
            "N_TEXT": TEXTS.map('"{}"'.format),
            "N_NUMBER": st.integers(0, 9_999_999).map(str),
            "N_REFS": st.sampled_from(REFERENCES).map("[{}]".format),
            "N_NEW": st.sampled_from(NEW_NAMES),
            "_K": st.just(","),
        }

    def lines(self, form: str | None = None) -> st.SearchStrategy[str]:
        """Lines of one form, or of any."""

        @st.composite
        def make(draw: st.DrawFn) -> str:
            return " ".join(self._derive(draw, "start", 0, form)).replace(" ,", ",")

        return make()

    def _derive(self, draw: Any, name: str, depth: int, form: str | None = None) -> list[str]:
        if name == "condition":
            return self._derive_condition(draw, depth)
        ways = self._list_ways(name)
        if name == "rule" and form is not None:
            ways = [way for way, made in zip(read_derivations()[name], self._forms(), strict=True) if made == form]
        if depth > DEEP:
            ways = [min(ways, key=len)]
        pieces: list[str] = []
        for symbol, is_terminal in draw(st.sampled_from(ways)):
            pieces += [self._write(draw, symbol)] if is_terminal else self._derive(draw, symbol, depth + 1, form)
        return pieces

    def _derive_condition(self, draw: Any, depth: int) -> list[str]:
        terms = [" ".join(self._derive(draw, "term", depth)) for _ in range(draw(st.integers(1, 3)))]
        word = draw(st.sampled_from(["and", "or"]))
        greedy = [term for term in terms if term.startswith(GREEDY)]
        terms = [term for term in terms if term not in greedy] + greedy[:1]
        return [*" , ".join(terms[:-1]).split(), word, *terms[-1].split()] if len(terms) > 1 else terms[0].split()

    def _write(self, draw: Any, terminal: str) -> str:
        return str(draw(self._terminals[terminal])) if terminal in self._terminals else read_keywords()[terminal]

    def _list_ways(self, name: str) -> list[list[tuple[str, bool]]]:
        if name not in self._ways:
            self._ways[name] = [way for way in read_derivations()[name] if self._can_write(way)]
        return self._ways[name]

    def _can_write(self, way: list[tuple[str, bool]]) -> bool:
        return all(not t or name in self._terminals or name in read_keywords() for name, t in way)

    @staticmethod
    @cache
    def _forms() -> tuple[str, ...]:
        return tuple(str(rule.alias) for rule in build_grammar().rules if rule.origin.name == "rule")
