"""Acts that somebody keeps an eye on: which of them another version of the policy answers in another way; asks, decides nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.errors import GateError
from upheld.core.gate.act import PERMITTED, REFUSED, SILENT, Verdict
from upheld.core.gate.decide import Gate
from upheld.core.gate.read import parse_act, parse_facts

MOST_ACTS = 500
UNKNOWN = "unknown"
_SAID = {
    (True, False): "may no longer",
    (False, True): "may now",
}
_STAYS = {
    REFUSED: "still refused; the policy now rules it out",
    SILENT: "still refused; the policy no longer speaks of it",
    UNKNOWN: "still refused; the policy no longer has these words",
}


@dataclass(frozen=True, slots=True)
class Watched:
    """One act to keep an eye on: how people ask it, the act and the facts as a line for the gate."""

    act: str
    facts: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Turned:
    """An act that the two versions answer differently: what it comes to, and the sentences on both sides."""

    watched: Watched
    said: str
    opens: bool
    closes: bool
    before: tuple[str, ...]
    after: tuple[str, ...]


def compare_verdicts(old: Gate, new: Gate, watched: Iterable[Watched]) -> tuple[tuple[Turned, ...], int]:
    """The acts whose answer is another one, those that open first, and how many were asked that a version can read.

    The same act with the same facts is asked once, under its first words.
    """
    found: list[Turned] = []
    count = 0
    first: dict[tuple[str, str], Watched] = {}
    for one in watched:
        first.setdefault((one.act, one.facts), one)
    for one in first.values():
        before, after = _ask(old, one), _ask(new, one)
        if before is None and after is None:
            continue
        count += 1
        outcomes = tuple(verdict.outcome if verdict is not None else UNKNOWN for verdict in (before, after))
        if outcomes[0] == outcomes[1]:
            continue
        opens, closes = outcomes[1] == PERMITTED, outcomes[0] == PERMITTED
        said = _SAID.get((closes, opens)) or _STAYS[outcomes[1]]
        refs = tuple(verdict.because if verdict is not None else () for verdict in (before, after))
        found.append(Turned(one, said, opens, closes, *refs))
    return tuple(sorted(found, key=lambda turned: (not turned.opens, not turned.closes))), count


def _ask(gate: Gate, watched: Watched) -> Verdict | None:
    """The answer of a gate of its own, since a gate remembers all it was asked; None where it does not know the words."""
    try:
        act = parse_act(watched.act, gate.table.words)
        return Gate(gate.table).ask(act, parse_facts(watched.facts, gate.table))
    except GateError:
        return None


def read_watched(text: str) -> tuple[Watched, ...]:
    """The acts of a file with a line for each: columns `act`, `facts` and `words`, of which the first is needed.

    What cannot be read as such lines ends the list; what came before counts.
    """
    found: list[Watched] = []
    try:
        for row in csv.DictReader(io.StringIO(text)):
            act = (row.get("act") or "").strip()
            if act and len(found) < MOST_ACTS:
                found.append(Watched(act, (row.get("facts") or "").strip(), (row.get("words") or "").strip()))
    except csv.Error:
        pass
    return tuple(found)
