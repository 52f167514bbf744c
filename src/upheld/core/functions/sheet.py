"""Functions as tables for a terminal and as values for JSON; knows only what was listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

from upheld.core.functions.addresses import Answer
from upheld.core.functions.function import EXCLUDED, NOT_BUILT, NOT_NAMED, STATES, WORKS, Listed
from upheld.core.functions.listing import count_states

MIN_WIDTH, MAX_WIDTH = 60, 120
MARKS = {WORKS: "yes", NOT_BUILT: "not yet", NOT_NAMED: "·", EXCLUDED: "never"}
TITLES = {
    WORKS: "works here",
    NOT_BUILT: "the policy allows this, not built",
    NOT_NAMED: "the policy does not name this",
    EXCLUDED: "a sentence shuts this out",
}
_MOST_SENTENCES = 4
_SHORTEST = 30  # so much of a function's words stands there however narrow the terminal


def print_functions(name: str, listed: Sequence[Listed], width: int) -> str:
    """One policy: a line with the counts, then each state with its functions, where they are met or what is missing."""
    width = max(MIN_WIDTH, min(width, MAX_WIDTH))
    lines = [summarise(name, listed)]
    for state in STATES:
        found = [one for one in listed if one.state == state]
        lines += ["", f"{TITLES[state]} ({len(found)})"]
        for one in found:
            lines += _print_one(one, width)
    return "\n".join(lines) + "\n"


def print_side_by_side(policies: Mapping[str, Sequence[Listed]], width: int) -> str:
    """Several policies: a row for each function, a column for each policy, and the counts below.

    The words of a function are cut where the terminal is too narrow for them.
    """
    names = list(policies)
    columns = [max(len(name), len(MARKS[NOT_BUILT])) for name in names]
    rows = list(zip(*policies.values(), strict=True))
    first = max(len(f"{row[0].function.id}  {row[0].function.words}") for row in rows)
    first = min(first, max(_SHORTEST, width - sum(columns) - 2 * len(columns)))
    lines = [_join("", names, first, columns)]
    group = ""
    for row in rows:
        function = row[0].function
        if function.group != group:
            group = function.group
            lines += ["", group]
        lines.append(_join(f"{function.id}  {function.words}", [MARKS[one.state] for one in row], first, columns))
    counts = [count_states(tuple(listed)) for listed in policies.values()]
    lines.append("")
    lines += [_join(TITLES[state], [str(count[state]) for count in counts], first, columns) for state in STATES]
    return "\n".join(lines) + "\n"


def print_answer(answer: Answer, width: int) -> str:
    """Which of the cases an address is."""
    width = max(MIN_WIDTH, min(width, MAX_WIDTH))
    said = TITLES.get(answer.state, "no sentence names a page here")
    if answer.state == WORKS and not answer.is_here:
        said = "no page here; what it asks for works elsewhere"
    return (
        "\n".join([f"{answer.path}: {said}", *(line for one in answer.listed for line in _print_one(one, width))])
        + "\n"
    )


def summarise(name: str, listed: Sequence[Listed]) -> str:
    """One line: how many functions stand in each state."""
    counts = count_states(tuple(listed))
    said = f"{counts[WORKS]} work, {counts[NOT_BUILT]} are allowed and not built"
    return (
        f"{name}: of {len(listed)} functions {said}, {counts[NOT_NAMED]} are not named, {counts[EXCLUDED]} are shut out"
    )


def describe_functions(name: str, listed: Sequence[Listed]) -> dict[str, object]:
    """The same as values for JSON."""
    return {"policy": name, "counts": count_states(tuple(listed)), "functions": [describe_one(one) for one in listed]}


def describe_one(one: Listed) -> dict[str, object]:
    """One function."""
    return {
        "id": one.function.id,
        "function": one.function.words,
        "group": one.function.group,
        "state": one.state,
        "sentences": list(one.sentences),
        "met": [{"where": m.where, "words": m.words, "address": m.address} for m in one.built.meetings],
        "missing": one.built.lacks,
    }


def describe_answer(answer: Answer) -> dict[str, object]:
    """An address with the functions that it asks for."""
    return {
        "address": answer.path,
        "state": answer.state,
        "here": answer.is_here,
        "touchpoint": answer.touchpoint,
        "functions": [describe_one(one) for one in answer.listed],
        "sentences": list(answer.sentences),
    }


def _print_one(one: Listed, width: int) -> list[str]:
    lines = wrap(f"{one.function.id}  {one.function.words}", width, initial_indent="  ", subsequent_indent="        ")
    met = ", ".join(f"{m.words} ({m.address})" if m.address else m.words for m in one.built.meetings)
    refs = [ref.partition("#")[2] for ref in one.sentences]
    more = f" and {len(refs) - _MOST_SENTENCES} more" if len(refs) > _MOST_SENTENCES else ""
    for text in (
        f"missing: {one.built.lacks}" if one.built.lacks else "",
        f"there already: {met}" if met and one.built.lacks else f"where: {met}" if met else "",
        f"by: {', '.join(refs[:_MOST_SENTENCES])}{more}" if refs else "",
    ):
        lines += wrap(text, width, initial_indent="        ", subsequent_indent="          ") if text else []
    return lines


def _join(first: str, cells: Sequence[str], width: int, columns: Sequence[int]) -> str:
    first = first if len(first) <= width else f"{first[: width - 1]}…"
    return "  ".join([first.ljust(width), *(cell.ljust(columns[place]) for place, cell in enumerate(cells))]).rstrip()
