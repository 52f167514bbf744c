"""What one would write by hand: a dict from the cell to its conditions, tried in order; the same verdicts, no gate."""

from __future__ import annotations

from collections.abc import Callable

from bench.questions import Cell, Question
from upheld.core.policy.compile import Table

Step = tuple[bool, tuple[int, ...], str]
Naive = Callable[[Cell, int], tuple[bool, str]]


def build_naive(table: Table, questions: tuple[Question, ...]) -> Naive:
    """A function from a cell and a mask to yes or no and the sentence; knows the cells of these questions only."""
    conditions: dict[Cell, list[Step]] = {}
    for question in questions:
        cell = question.cell
        bits = table.find_pieces(cell.action, cell.data, cell.purpose, cell.counterpart, cell.degree)
        pieces = [(p.kind == "cut", p.masks, table.sentences_of(p)[0]) for p in table.iter_pieces(bits)]
        conditions[cell] = sorted(pieces, key=lambda step: not step[0])

    def ask(cell: Cell, mask: int) -> tuple[bool, str]:
        for is_cut, needed, sentence in conditions[cell]:
            is_met = False
            for bits in needed:
                if mask & bits == bits:
                    is_met = True
                    break
            if is_cut and not is_met:
                return False, sentence
            if is_met and not is_cut:
                return True, sentence
        return False, ""

    return ask
