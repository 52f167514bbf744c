"""A draft as frozen values: its text line by line with what is marked there, the findings, what helps whoever writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice
from typing import Any

from upheld.core.errors import Finding
from upheld.core.policy.drafting import Heading, RuleForm, list_headings, list_names, list_rule_forms
from upheld.core.policy.model import Policy
from upheld.web.drafted import Reading

MOST_SHOWN = 60  # findings of one page; whoever has more mends these first
MOST_LINES = 20_000  # drawn behind the text; a file of so many lines is no policy
MOST_DIFFERENT = 400
MOST_COMPARED = 1_500  # lines that differ, of each text: beyond, finding what belongs together takes minutes
LEVELS = {"error": "bad", "warning": "warning"}
WORDS = {"error": "Error", "warning": "Look again"}


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding: where it is, the line with the piece to underline, what to do; `kind` picks drawing and colour."""

    kind: str
    word: str
    code: str
    text: str
    hint: str
    line: int
    column: int
    length: int
    before: str
    piece: str
    after: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of the text as pieces, each with its mark (none: an empty text)."""

    number: int
    mark: str
    pieces: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that stands around the text of a draft."""

    lines: tuple[LineView, ...]
    findings: tuple[FindingView, ...]
    errors: int
    warnings: int
    more: int
    headings: tuple[Heading, ...]
    names: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    forms: tuple[tuple[str, tuple[RuleForm, ...]], ...]


def view_desk(text: str, reading: Reading, known: Policy) -> Desk:
    """The desk of a text; `known` is the policy whose names stand beside it while its own cannot be read."""
    findings = view_findings(reading.findings)
    return Desk(
        lines=view_lines(text, reading.findings),
        findings=findings,
        errors=reading.errors,
        warnings=len(reading.findings) - reading.errors,
        more=len(reading.findings) - len(findings),
        headings=list_headings(text),
        names=list_names(reading.policy or known),
        forms=list_rule_forms(reading.policy or known),
    )


def view_findings(findings: Iterable[Finding]) -> tuple[FindingView, ...]:
    """The first findings: errors before what is only doubtful, each kind by its place."""
    ordered = sorted(findings, key=lambda finding: finding.level != "error")
    return tuple(map(view_finding, ordered[:MOST_SHOWN]))


def view_finding(finding: Finding) -> FindingView:
    """One finding; a long line is cut around its piece."""
    line = finding.place.line if finding.place else 1
    column = finding.place.column if finding.place else 1
    length = max(1, finding.place.length) if finding.place else 1
    start, end = column - 1, column - 1 + length
    before = finding.source[:start].lstrip()
    return FindingView(
        kind=LEVELS.get(finding.level, "warning"),
        word=WORDS.get(finding.level, "Look again"),
        code=finding.code,
        text=finding.text,
        hint=finding.hint or "",
        line=line,
        column=column,
        length=length,
        before=("…" + before[-40:]) if len(before) > 40 else before,
        piece=finding.source[start:end][:120],
        after=finding.source[end : end + 60],
    )


def write_findings(reading: Reading, text: str) -> dict[str, Any]:
    """The same for the script: what it marks at the margin and lists below the text."""
    findings = view_findings(reading.findings)
    keys = ("kind", "word", "code", "text", "hint", "line", "column", "length", "before", "piece", "after")
    return {
        "findings": [{key: getattr(one, key) for key in keys} for one in findings],
        "errors": reading.errors,
        "warnings": len(reading.findings) - reading.errors,
        "more": len(reading.findings) - len(findings),
        "headings": [{"line": one.line, "level": one.level, "title": one.title} for one in list_headings(text)],
    }


def view_lines(text: str, findings: Iterable[Finding]) -> tuple[LineView, ...]:
    """Each line with its marks; of two on one piece the error counts."""
    by_line: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.place is not None:
            by_line.setdefault(finding.place.line, []).append(finding)
    lines = text.split("\n")[:MOST_LINES]
    return tuple(view_line(number, line, by_line.get(number, [])) for number, line in enumerate(lines, start=1))


def view_line(number: int, line: str, findings: list[Finding]) -> LineView:
    """One line in pieces; pieces that overlap are drawn one after the other, the first in the line first."""
    pieces: list[tuple[str, str]] = []
    at = 0
    for finding in sorted(findings, key=lambda one: (one.place.column if one.place else 1, one.level != "error")):
        if finding.place is None:
            continue
        start = max(at, min(finding.place.column - 1, len(line)))
        end = min(len(line), max(start, finding.place.column - 1 + max(1, finding.place.length)))
        if start > at:
            pieces.append((line[at:start], ""))
        if end > start:
            pieces.append((line[start:end], LEVELS.get(finding.level, "warning")))
        at = max(at, end)
    if at < len(line):
        pieces.append((line[at:], ""))
    kinds = {LEVELS.get(finding.level, "warning") for finding in findings}
    mark = "bad" if "bad" in kinds else "warning" if kinds else ""
    return LineView(number, mark, tuple(pieces))


def compare_lines(theirs: str, mine: str) -> tuple[tuple[str, str], ...]:
    """What differs between two texts, line by line: `same`, `theirs`, `mine` or a gap, with the line."""
    kinds = {"-": "theirs", "+": "mine", " ": "same", "@": "gap"}
    old, new = cut_alike(theirs.split("\n"), mine.split("\n"))
    found = unified_diff(old[:MOST_COMPARED], new[:MOST_COMPARED], lineterm="", n=1)
    lines = list(islice(found, 2, 2 + MOST_DIFFERENT))  # the first two name the texts
    if max(len(old), len(new)) > MOST_COMPARED:
        lines = [*lines[: MOST_DIFFERENT - 1], "@"]
    return tuple((kinds.get(line[:1], "same"), "…" if line.startswith("@") else line[1:]) for line in lines)


def cut_alike(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Both without the lines with which both begin, and end, but for the one beside the first that differs."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    tail = next((at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head)
    start, end = max(0, head - 1), max(0, tail - 1)
    return old[start : len(old) - end], new[start : len(new) - end]
