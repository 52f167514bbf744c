"""An alignment as text for a terminal and as values for JSON; knows only alignments."""

from __future__ import annotations

from itertools import groupby, zip_longest
from textwrap import wrap

from upheld.core.policy.words import print_body
from upheld.core.register.align import AlignedClause, Alignment, Restatement

MIN_WIDTH = 50
MAX_WIDTH = 200
LAYER_WIDTH = 10
GAP = "  "
HEADINGS = ("original clause", "restated sentence", "rule", "layer")


def print_alignment(alignment: Alignment, document: str, width: int) -> str:
    """The sheet: what was found, then each clause with original, sentence, rule and layer side by side.

    `document` is the name shown for the original; `width` is in characters and kept between 50 and 200.
    """
    widths = _share_width(max(MIN_WIDTH, min(width, MAX_WIDTH)))
    total = sum(widths) + len(GAP) * (len(widths) - 1)
    lines = [line for text in summarise_alignment(alignment, document) for line in wrap(text, total)]
    lines += [
        "",
        *_join_columns([_wrap_cell(heading, size) for heading, size in zip(HEADINGS, widths, strict=True)], widths),
        "-" * total,
    ]
    for row in alignment.rows:
        lines += ["", *wrap(_head_row(row), total), *_print_row(row, alignment, widths)]
    return "\n".join(lines) + "\n"


def summarise_alignment(alignment: Alignment, document: str) -> tuple[str, ...]:
    """What was found, in sentences."""
    found, total = len(alignment.found), len(alignment.rows)
    lines = [f"{alignment.slug}: {found} of {total} clauses found in {document}, {_say_order(alignment)}"]
    if alignment.policy is None:
        lines.append("there is no policy of that name yet, so nothing stands beside them")
    else:
        bare = sum(not row.restatements for row in alignment.rows)
        lines.append(
            f"beside version {alignment.policy.version.isoformat()}; "
            + (f"{bare} without a rule" if bare else "every clause has its rule")
        )
    lines.append(f"{alignment.claimed_words} of {alignment.word_count} words belong to a clause")
    if alignment.overlaps:
        lines.append("sharing words: " + ", ".join(f"{one} and {other}" for one, other in alignment.overlaps))
    if alignment.not_found:
        lines.append("not found: " + ", ".join(row.clause.id for row in alignment.not_found))
    return tuple(lines)


def describe_alignment(alignment: Alignment, document: str) -> dict[str, object]:
    """The same as values for JSON."""
    return {
        "policy": alignment.slug,
        "version": alignment.policy.version.isoformat() if alignment.policy else None,
        "document": document,
        "found": len(alignment.found),
        "clauses": [_describe_row(row) for row in alignment.rows],
        "misplaced": list(alignment.misplaced),
        "overlaps": [list(pair) for pair in alignment.overlaps],
        "words": alignment.word_count,
        "words_in_clauses": alignment.claimed_words,
        "complete": alignment.is_complete,
    }


def say_layer(restatement: Restatement) -> str:
    """The layer of a rule: `plain`, `beyond`, or `settled` (or read literally) with the name of what settles it."""
    rule = restatement.rule
    if rule.settled is None:
        return rule.layer
    return f"literal {rule.settled}" if rule.is_literal else f"settled {rule.settled}"


def say_absence(alignment: Alignment) -> str:
    """What stands in place of a sentence for a clause that no rule cites."""
    return "(no policy yet)" if alignment.policy is None else "(no rule cites it)"


def _say_order(alignment: Alignment) -> str:
    if not alignment.misplaced:
        return "in the original's order"
    return "out of order: " + ", ".join(alignment.misplaced)


def _describe_row(row: AlignedClause) -> dict[str, object]:
    return {
        "id": row.clause.id,
        "kind": row.clause.kind,
        "modality": row.clause.modality,
        "found": row.is_found,
        "words": [[stretch.first + 1, stretch.last] for stretch in row.stretches],
        "original": row.original,
        "rules": [
            {
                "rule": print_body(restatement.rule),
                "layer": restatement.rule.layer,
                "settled": restatement.rule.settled,
                "sentences": [{"ref": said.ref, "text": said.text} for said in restatement.sentences],
            }
            for restatement in row.restatements
        ],
    }


def _head_row(row: AlignedClause) -> str:
    head = f"{row.clause.id} · {row.clause.kind} · {row.clause.modality}"
    if not row.is_found:
        return head + " · not found"
    words = ", ".join(
        f"{stretch.first + 1}-{stretch.last}" if stretch.last - stretch.first > 1 else str(stretch.last)
        for stretch in row.stretches
    )
    return head + f" · words {words}"


def _share_width(width: int) -> tuple[int, ...]:
    column = (width - LAYER_WIDTH - len(GAP) * 3) // 3
    return column, column, column, LAYER_WIDTH


def _print_row(row: AlignedClause, alignment: Alignment, widths: tuple[int, ...]) -> list[str]:
    """The original down the left, and beside it each sentence, once, with the rules under it."""
    right: list[tuple[str, str, str]] = []
    for said, group in groupby(row.restatements, _say_sentences):
        rules: list[tuple[str, str]] = []
        for restatement in group:
            rule_lines = _wrap_cell(print_body(restatement.rule), widths[2])
            rules += zip_longest(rule_lines, _wrap_cell(say_layer(restatement), widths[3]), fillvalue="")
        for said_line, rule in zip_longest(_wrap_cell(said, widths[1]), rules):
            right.append((said_line or "", *(rule or ("", ""))))
    if not right:
        right = [(line, "", "") for line in _wrap_cell(say_absence(alignment), widths[1])]
    left = _wrap_cell(row.original or "(not in this document)", widths[0])
    columns = [left, *(list(column) for column in zip(*right, strict=True))]
    return _join_columns(columns, widths)


def _say_sentences(restatement: Restatement) -> str:
    return " ".join(sentence.text for sentence in restatement.sentences)


def _wrap_cell(text: str, width: int) -> list[str]:
    # a name such as `sign-in.password` is kept whole where it fits
    return wrap(text, width, break_on_hyphens=any(len(word) > width for word in text.split()))


def _join_columns(columns: list[list[str]], widths: tuple[int, ...]) -> list[str]:
    return [
        GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in zip_longest(*columns, fillvalue="")
    ]
