"""One policy in both readings, the gate's and the slow one of tests/model: asked the same and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TypeVar

from hypothesis import reject

from tests.model.names import HERE, NOT_NAMED, OWN_TOUCHPOINTS
from tests.model.page import UnreadableError
from tests.model.pieces import Piece, rank_degree
from tests.model.reading import Act, Cell, Facts, Reading, read_policy, speaks_of
from upheld.core.errors import PolicyError
from upheld.core.gate import Act as GateAct
from upheld.core.gate import Gate, Verdict
from upheld.core.policy.compile import ACTIONS, Table, compile_policy
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import HERE as GATE_HERE
from upheld.core.policy.model import NO_COUNTERPART, Degree

Read = TypeVar("Read")


@dataclass(frozen=True)
class Both:
    """Two readings of one text."""

    text: str
    reading: Reading
    gate: Gate

    def ask_gate(self, act: Act, facts: Facts) -> Verdict:
        return self.gate.ask(to_gate(act), self.facts_of_gate(facts))

    def facts_of_gate(self, facts: Facts) -> dict[str, bool | None]:
        """The same facts as the gate takes them: a choice is two of them, and what its policy never asks is left out."""
        known = {name: value for name, value in facts.known.items() if name in self.gate.table.facts.index}
        for choice, answer in facts.choices.items():
            known |= answer_choice(choice, answer, self.gate.table.choices[choice])
        return known

    def find_difference(self, act: Act, facts: Facts) -> str | None:
        """None when both say the same, else everything that is needed to see why not."""
        verdict = self.ask_gate(act, facts)
        said: object = (verdict.outcome, verdict.because)
        wanted: object = self.reading.decide(act, facts)
        if said == wanted and verdict.parts:
            said = {data: (part.outcome, part.because) for data, part in verdict.parts}
            wanted = self.reading.decide_each(act, facts)
        if said == wanted:
            return None
        return (
            f"the readings differ\n{self.text}\nact:    {to_gate(act)}\n        {act}\n"
            f"facts:  {dict(facts.known)} {dict(facts.choices)}\ngate:   {said}\nsecond: {wanted}"
        )

    def compare(self, questions: Iterable[tuple[Act, Facts]]) -> None:
        """Fails with the first question that the two answer differently."""
        for act, facts in questions:
            difference = self.find_difference(act, facts)
            assert difference is None, difference


def read_both(text: str, change: Callable[[Table], Table] = lambda table: table) -> Both:
    """Both readings of a text; `change` may spoil the gate's table.

    A text that neither can read is no example (`at order for sale` where both `order` and `order for sale` are places to
    collect); one that only one of them can read is a failure.
    """
    reading = try_to_read(read_policy, text)
    table = try_to_read(lambda text: compile_policy(parse_policy(text)), text)
    if isinstance(reading, Exception) and isinstance(table, Exception):
        reject()
    assert not isinstance(reading, Exception), f"only the gate can read this\n{text}\n{reading!r}"
    assert not isinstance(table, Exception), f"only the second reading can read this\n{text}\n{table!r}"
    return Both(text, reading, Gate(change(table)))


def try_to_read(read: Callable[[str], Read], text: str) -> Read | UnreadableError | PolicyError:
    try:
        return read(text)
    except (UnreadableError, PolicyError) as error:
        return error


def to_gate(act: Act) -> GateAct:
    other = GATE_HERE if act.action == "keep" else NO_COUNTERPART
    return GateAct(act.action, act.data, act.purpose or "", act.other or other, Degree(*act.degree))


def list_cells(reading: Reading) -> Iterator[tuple[Act, Cell]]:
    """Every cell of a policy, and an act about it alone: all leaves, all counterparts, all degrees that could matter."""
    names = reading.names
    others = {
        "collect": [*names.touchpoints, *OWN_TOUCHPOINTS, NOT_NAMED],
        "use": ["-"],
        "show": [*names.roles, "self", NOT_NAMED],
        "share": [*names.recipients, NOT_NAMED],
        "keep": [*names.places, HERE, NOT_NAMED],
    }
    sizes = {border - 3 for piece in reading.pieces for border in piece.degrees}
    around = sorted({1} | {size + more for size in sizes if 0 < size < 10**6 for more in (-1, 0, 1)})
    degrees = [("identified", 0), ("pseudonymous", 0), ("de-identified", 0), *(("aggregate", size) for size in around)]
    for action, named in others.items():
        for data, purpose, other, degree in product(
            [*names.data_leaves, NOT_NAMED], [*names.purpose_leaves, NOT_NAMED], named, degrees
        ):
            yield Act(action, (data,), purpose, other, degree), (action, data, purpose, other, rank_degree(degree))


@lru_cache(maxsize=4)
def list_spoken_of(reading: Reading) -> list[tuple[Act, tuple[int, ...]]]:
    """Every cell as an act, with the numbers of the pieces that speak of it."""
    pieces: dict[str, list[tuple[int, Piece]]] = {action: [] for action in ACTIONS}
    for number, piece in enumerate(reading.pieces):
        pieces[piece.action].append((number, piece))
    return [
        (act, tuple(number for number, piece in pieces[act.action] if speaks_of(piece, cell)))
        for act, cell in list_cells(reading)
    ]


def list_unlike_cells(both: Both) -> list[Act]:
    """Of all cells one of each kind: cells are alike when the same pieces speak of them, in either reading."""
    found: dict[tuple[str, tuple[int, ...], int], Act] = {}
    for act, speaking in list_spoken_of(both.reading):
        ((_, bits),) = both.gate.open_cells(to_gate(act))
        found.setdefault((act.action, speaking, bits), act)
    return list(found.values())
