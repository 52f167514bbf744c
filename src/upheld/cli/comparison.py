"""Several policies side by side for a terminal, for a program, and for a sheet."""

from __future__ import annotations

import csv
import io
import textwrap

from upheld.core.compare.comparing import Comparison, Row
from upheld.core.compare.weighing import (
    AFTER_YES,
    FOR_A_TIME,
    GROUPS,
    IF,
    NEVER,
    NOT_TAKEN,
    SAYS,
    SILENT,
    UNTIL_NO,
    YES,
    Answer,
)

# a sign beside the word, so that a column can be read at a glance
SIGNS = {
    YES: "●", UNTIL_NO: "◕", IF: "◑", AFTER_YES: "◔", GROUPS: "∴", SILENT: "·", NEVER: "✕", NOT_TAKEN: "-",
    FOR_A_TIME: "◷", SAYS: "»",
}  # fmt: skip
_LEAST_COLUMN = 15
_WIDEST_COLUMN = 34
_WIDEST_QUESTION = 26
_GAP = 2


def print_comparison(comparison: Comparison, width: int) -> str:
    """The table, as wide as the terminal; where the columns would get too narrow, one policy below another for each question."""
    names = comparison.policies
    head = "What do these policies say, whatever the data?"
    if comparison.kind:
        head = f"Who may do what with {comparison.kind.words}?"
    column = min(_WIDEST_COLUMN, (width - _WIDEST_QUESTION) // max(1, len(names)) - _GAP)
    body = _print_columns(comparison, column) if column >= _LEAST_COLUMN else _print_list(comparison, width)
    return f"{head}\n\n{body}"


def _print_columns(comparison: Comparison, column: int) -> str:
    lines = [_lay_out(["", *(name for name in comparison.policies)], column)]
    group = ""
    for row in comparison.rows:
        if row.group != group:
            group = row.group
            lines.append(f"\n{group}")
        lines.append(_lay_out([row.words, *(_say_briefly(answer) for answer in row.answers)], column))
    return "\n".join(lines) + "\n"


def _lay_out(cells: list[str], column: int) -> str:
    """One row: each cell wrapped in its column."""
    widths = [_WIDEST_QUESTION, *(column for _ in cells[1:])]
    wrapped = [textwrap.wrap(cell, wide) or [""] for cell, wide in zip(cells, widths, strict=True)]
    height = max(map(len, wrapped))
    rows = []
    for line in range(height):
        parts = [
            (cell[line] if line < len(cell) else "").ljust(wide) for cell, wide in zip(wrapped, widths, strict=True)
        ]
        rows.append((" " * _GAP).join(parts).rstrip())
    return "\n".join(rows)


def _print_list(comparison: Comparison, width: int) -> str:
    wide = max(map(len, comparison.policies), default=0)
    lines = []
    for row in comparison.rows:
        lines.append(f"{row.group}: {row.words}")
        for name, answer in zip(comparison.policies, row.answers, strict=True):
            lead = f"  {name.ljust(wide)}  "
            lines.append(
                textwrap.fill(
                    _say(answer), max(40, width), initial_indent=lead, subsequent_indent=" " * (len(lead) + 2)
                )
            )
    return "\n".join(lines) + "\n"


def _say_briefly(answer: Answer) -> str:
    return f"{SIGNS[answer.mark]} {answer.words if answer.mark in (FOR_A_TIME, SAYS) else answer.mark}"


def _say(answer: Answer) -> str:
    return f"{SIGNS[answer.mark]} {answer.mark}" + (f": {answer.words}" if answer.words else "")


def describe_comparison(comparison: Comparison) -> dict[str, object]:
    """The table for a program: each question with the answers by policy, each with its sentences."""
    return {
        "data": comparison.kind.name if comparison.kind else "business",
        "policies": list(comparison.policies),
        "questions": [_describe_row(comparison, row) for row in comparison.rows],
    }


def _describe_row(comparison: Comparison, row: Row) -> dict[str, object]:
    return {
        "question": row.name,
        "group": row.group,
        "words": row.words,
        "answers": {
            name: {"mark": answer.mark, "words": answer.words, "because": list(answer.because)}
            for name, answer in zip(comparison.policies, row.answers, strict=True)
        },
    }


def write_comparison(comparison: Comparison) -> str:
    """The table as CSV: one line for each question and policy."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(("data", "question", "policy", "mark", "words", "because"))
    kind = comparison.kind.name if comparison.kind else "business"
    for row in comparison.rows:
        for name, answer in zip(comparison.policies, row.answers, strict=True):
            writer.writerow((kind, row.name, name, answer.mark, answer.words, " ".join(answer.because)))
    return sheet.getvalue()
