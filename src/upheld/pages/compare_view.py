"""Several policies side by side as frozen values for a page: cells with their marks, words and quoted sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from upheld.core.compare.comparing import Comparison, Row
from upheld.core.compare.weighing import (
    AFTER_YES,
    FOR_A_TIME,
    GROUPS,
    IF,
    MARKS,
    NEVER,
    NOT_TAKEN,
    SAYS,
    SILENT,
    UNTIL_NO,
    YES,
    Answer,
)
from upheld.core.policy.model import Policy
from upheld.core.policy.saying.names import capitalise
from upheld.pages.policy_view import find_anchor

MOST_QUOTES = 2
# mark -> the class that picks its drawing
DRAWINGS = {
    YES: "open-yes", UNTIL_NO: "open-until", IF: "open-if", AFTER_YES: "open-asked", GROUPS: "open-groups",
    SILENT: "shut-silent", NEVER: "shut-never", NOT_TAKEN: "shut-nothing", FOR_A_TIME: "told-time", SAYS: "told-words",
}  # fmt: skip
_MEANINGS = {
    YES: "it may, without anything more",
    UNTIL_NO: "it may, until you say no",
    IF: "it may, if something is so first",
    AFTER_YES: "it may once you have said yes, or permitted just this",
    GROUPS: "only where nobody can be picked out, as in figures about groups",
    SILENT: "no sentence speaks of it, and so it is refused",
    NEVER: "a sentence rules it out",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One policy: its name, what it is the policy of, and where it stands."""

    name: str
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that an answer rests on, and where it stands."""

    text: str
    href: str
    source: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer. `drawing` picks the drawing, `label` names the policy where the table is folded into a list.

    `told` stands for all to read where words are the whole answer; `words` stand behind the mark.
    """

    label: str
    drawing: str
    word: str
    words: str
    told: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One question with its cells."""

    words: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Several questions below one heading."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One line of the legend."""

    drawing: str
    word: str
    meaning: str


LEGEND = tuple(Meaning(DRAWINGS[mark], mark, _MEANINGS[mark]) for mark in MARKS)


def view_groups(comparison: Comparison, columns: Sequence[Column], policies: Mapping[str, Policy]) -> tuple[Group, ...]:
    """The rows of a comparison by their groups; `columns` stand in the order of its policies."""
    return tuple(
        Group(title, tuple(_view_row(comparison, row, columns, policies) for row in rows))
        for title, rows in groupby(comparison.rows, key=lambda row: row.group)
    )


def _view_row(comparison: Comparison, row: Row, columns: Sequence[Column], policies: Mapping[str, Policy]) -> Line:
    cells = tuple(
        _view_answer(answer, column, policies[name])
        for name, column, answer in zip(comparison.policies, columns, row.answers, strict=True)
    )
    return Line(row.words, cells)


def _view_answer(answer: Answer, column: Column, policy: Policy) -> Cell:
    quotes = []
    for ref in answer.because[:MOST_QUOTES]:
        sentence = policy.find_sentence(ref)
        if sentence is not None:
            anchor = find_anchor(ref)
            quotes.append(Quote(sentence.text, f"{column.href}#{anchor}", f"{column.name}, sentence {anchor}"))
    label = column.name + (f", {column.note}" if column.note else "")
    drawing, words = DRAWINGS[answer.mark], _end(capitalise(answer.words))
    if answer.mark == FOR_A_TIME:
        return Cell(label, drawing, capitalise(answer.words), "", "", tuple(quotes))
    if answer.mark == SAYS:
        return Cell(label, drawing, "", "", words, tuple(quotes))
    return Cell(label, drawing, answer.mark, words, "", tuple(quotes))


def _end(words: str) -> str:
    return words if not words or words.endswith((".", "”", "?")) else f"{words}."
