"""Which clauses are upheld, as a table for a terminal, as values for JSON and as a page; knows only tallies."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from upheld.core.proof.states import BROKEN, MEANINGS, PARTLY, UNPROVEN, UPHELD
from upheld.core.proof.tally import COLUMNS, GREEN, ClauseProof, ProofTally, ProvenCoverage

MIN_WIDTH = 60
MAX_WIDTH = 120
NAME_WIDTH = 18
GAP = "  "
_SHORT = {UNPROVEN: "unproven", PARTLY: "in part"}
_MISSING_MEANS = "no rule of the right sort upholds it"


def print_proven(proven: ProvenCoverage, width: int) -> str:
    """The tables by modality and by layer, then each clause that is not green, with the reason."""
    width = max(MIN_WIDTH, min(width, MAX_WIDTH))
    lines = [summarise_proven(proven), ""]
    for fault in proven.faults:
        lines += [*wrap(f"FAULT  {fault}", width, subsequent_indent="       "), ""]
    for title, tallies in (("modality", proven.count_by_modality()), ("layer", proven.count_by_layer())):
        lines += [_print_heading(title), *(_print_tally(tally) for tally in tallies), ""]
    lines.append(_print_tally(proven.count_all()))
    for one in proven.list_open():
        state = one.state.upper() if one.state == BROKEN else one.state
        clause = one.clause
        lines += ["", *wrap(f"{clause.id} · {clause.kind} · {clause.modality} · {state}", width)]
        lines += wrap(one.why, width, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def summarise_proven(proven: ProvenCoverage) -> str:
    """One line: how many clauses are upheld, and by which proof."""
    tally = proven.count_all()
    counts = dict(zip(COLUMNS, tally.states, strict=True))
    others = ", ".join(f"{count} {state}" for state, count in counts.items() if count and state != UPHELD)
    rest = f" ({others})" if others else ""
    return f"{proven.policy} {proven.version}: {counts[UPHELD]} of {tally.clauses} clauses upheld{rest}, as of {proven.ended}"


def describe_proven(proven: ProvenCoverage) -> dict[str, object]:
    """The same as values for JSON."""
    return {
        "policy": proven.policy,
        "version": proven.version,
        "ended": proven.ended,
        "kept": proven.is_kept,
        "faults": list(proven.faults),
        "all": _describe_tally(proven.count_all()),
        "modalities": [_describe_tally(tally) for tally in proven.count_by_modality()],
        "layers": [_describe_tally(tally) for tally in proven.count_by_layer()],
        "clauses": [
            {
                "id": one.clause.id,
                "kind": one.clause.kind,
                "modality": one.clause.modality,
                "layer": one.layer or None,
                "state": one.state,
                "why": one.why,
                "rules": [number + 1 for number in one.rules],
            }
            for one in proven.clauses
        ],
    }


def write_section(proven: ProvenCoverage) -> list[str]:
    """The same as lines of Markdown: the part of one policy on the page of all."""
    lines = [f"## {proven.policy}", "", f"{summarise_proven(proven)}.", ""]
    lines += [f"- Fault of the look itself: {fault}" for fault in proven.faults]
    lines += [""] if proven.faults else []
    for title, tallies in (("modality", proven.count_by_modality()), ("layer", proven.count_by_layer())):
        lines += write_table(title, (*tallies, proven.count_all()))
    found = proven.list_open()
    if found:
        lines += [
            "### What is not green, and why",
            "",
            "| clause | modality | state | why |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_write_row(one) for one in found]
        lines.append("")
    return lines


def write_meanings() -> list[str]:
    """What each state means, as lines of Markdown; what is counted as green is marked."""
    rows = [(state, MEANINGS.get(state, _MISSING_MEANS)) for state in COLUMNS]
    return [f"- **{state}**{'' if state in GREEN else ' (not green)'}: {meaning}" for state, meaning in rows]


def write_table(title: str, tallies: Iterable[ProofTally]) -> list[str]:
    """Tallies as a table in Markdown; `title` stands above their names."""
    heads = [title, "clauses", *(_SHORT.get(state, state) for state in COLUMNS)]
    lines = [f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)}"]
    for tally in tallies:
        cells = [tally.name, str(tally.clauses), *(str(count) if count else "" for count in tally.states)]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _write_row(one: ClauseProof) -> str:
    why = " ".join(one.why.split()).replace("|", "\\|")
    return f"| {one.clause.id} | {one.clause.modality} | {one.state} | {why} |"


def _print_heading(title: str) -> str:
    return GAP.join((title.ljust(NAME_WIDTH), "clauses", *(_SHORT.get(state, state) for state in COLUMNS)))


def _print_tally(tally: ProofTally) -> str:
    heads = ("clauses", *(_SHORT.get(state, state) for state in COLUMNS))
    cells = (str(count) if count else "·" for count in (tally.clauses, *tally.states))
    shown = (cell.rjust(len(head)) for cell, head in zip(cells, heads, strict=True))
    return GAP.join((tally.name.ljust(NAME_WIDTH), *shown))


def _describe_tally(tally: ProofTally) -> dict[str, object]:
    states = {state.replace(" ", "_"): count for state, count in zip(COLUMNS, tally.states, strict=True)}
    return {"name": tally.name, "clauses": tally.clauses, **states}
