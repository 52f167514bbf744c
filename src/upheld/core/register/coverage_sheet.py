"""Coverage as a table for a terminal and as values for JSON; knows only coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap

from upheld.core.errors import Finding, render_finding
from upheld.core.policy.words import print_body
from upheld.core.register.coverage import LAYERS, STATES, ClauseCover, Coverage, Tally

MIN_WIDTH = 60
MAX_WIDTH = 120
HEADINGS = ("clauses", *STATES, *LAYERS)
NAME_WIDTH = 18
GAP = "  "


def print_coverage(coverage: Coverage, width: int) -> str:
    """The table by modality and kind, then each clause that is open and what it needs, then the findings."""
    width = max(MIN_WIDTH, min(width, MAX_WIDTH))
    lines = [summarise_coverage(coverage), ""]
    for title, tallies in (("modality", coverage.count_by_modality()), ("kind", coverage.count_by_kind())):
        lines += [_join(title, HEADINGS), *(_print_tally(tally) for tally in tallies), ""]
    lines.append(_print_tally(coverage.count_all()))
    for cover in coverage.open:
        lines += ["", *_print_open(cover, width)]
    for finding in coverage.findings:
        lines += ["", render_finding(finding)]
    return "\n".join(lines) + "\n"


def summarise_coverage(coverage: Coverage) -> str:
    """One line: how many clauses are covered, and in which layers."""
    tally = coverage.count_all()
    layers = ", ".join(f"{count} {layer}" for count, layer in zip(tally.layers, LAYERS, strict=True))
    return f"{coverage.slug} {coverage.version}: {tally.states[0]} of {tally.clauses} clauses covered ({layers})"


def print_totals(coverages: Sequence[Coverage]) -> str:
    """Several policies below one another, a line each, and all of them together."""
    tallies = [replace(coverage.count_all(), name=coverage.slug) for coverage in coverages]
    whole = Tally(
        "all",
        sum(tally.clauses for tally in tallies),
        tuple(map(sum, zip(*(tally.states for tally in tallies), strict=True))),
        tuple(map(sum, zip(*(tally.layers for tally in tallies), strict=True))),
    )
    return "\n".join((_join("policy", HEADINGS), *map(_print_tally, tallies), _print_tally(whole))) + "\n"


def describe_coverage(coverage: Coverage) -> dict[str, object]:
    """The same as values for JSON."""
    return {
        "policy": coverage.slug,
        "version": coverage.version,
        "complete": coverage.is_complete,
        "all": _describe_tally(coverage.count_all()),
        "modalities": [_describe_tally(tally) for tally in coverage.count_by_modality()],
        "kinds": [_describe_tally(tally) for tally in coverage.count_by_kind()],
        "clauses": [_describe_cover(cover) for cover in coverage.covers],
        "findings": [_describe_finding(finding) for finding in coverage.findings],
    }


def _join(name: str, cells: tuple[str, ...]) -> str:
    shown = (cell.rjust(len(heading)) for cell, heading in zip(cells, HEADINGS, strict=True))
    return GAP.join((name.ljust(NAME_WIDTH), *shown))


def _print_tally(tally: Tally) -> str:
    counts = (tally.clauses, *tally.states, *tally.layers)
    return _join(tally.name, tuple(str(count) if count else "·" for count in counts))


def _print_open(cover: ClauseCover, width: int) -> list[str]:
    clause = cover.clause
    lines = wrap(f"{clause.id} · {clause.kind} · {clause.modality} · {cover.state}: {cover.needs}", width)
    lines += wrap(clause.behaviour.lstrip(", "), width, initial_indent="    ", subsequent_indent="    ")
    for rule in cover.rules:
        place = f"{rule.place.line}: " if rule.place else ""
        lines += wrap(f"{place}{print_body(rule)}", width, initial_indent="    > ", subsequent_indent="      ")
    return lines


def _describe_tally(tally: Tally) -> dict[str, object]:
    counts = zip(HEADINGS, (tally.clauses, *tally.states, *tally.layers), strict=True)
    return {"name": tally.name, **{heading.replace(" ", "_"): count for heading, count in counts}}


def _describe_cover(cover: ClauseCover) -> dict[str, object]:
    return {
        "id": cover.clause.id,
        "kind": cover.clause.kind,
        "modality": cover.clause.modality,
        "state": cover.state,
        "layer": cover.layer,
        "needs": cover.needs,
        "rules": [
            {
                "rule": print_body(rule),
                "layer": rule.layer,
                "settled": rule.settled,
                "sentences": list(rule.sentences),
                "line": rule.place.line if rule.place else None,
            }
            for rule in cover.rules
        ],
    }


def _describe_finding(finding: Finding) -> dict[str, object]:
    place = finding.place
    return {
        "code": finding.code,
        "level": finding.level,
        "text": finding.text,
        "hint": finding.hint,
        "place": {"file": place.file, "line": place.line, "column": place.column} if place else None,
    }
