"""One policy in both readings, the gate's and the slow one of tests/model: asked the same and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import TypeVar

from hypothesis import reject

from tests.model.names import HERE, NOT_NAMED, OWN_TOUCHPOINTS
from tests.model.page import UnreadableError
from tests.model.pieces import rank_degree
from tests.model.reading import Act, Facts, Reading, read_policy, speaks_of
from upheld.core.errors import PolicyError
from upheld.core.gate import Act as GateAct
from upheld.core.gate import Gate, Verdict
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import HERE as GATE_HERE
from upheld.core.policy.model import NO_COUNTERPART, OTHER, Degree

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


@dataclass(frozen=True)
class Sides:
    """All values of the four sides of one action's cells, each with the pieces that speak of it there, as bits."""

    data: dict[str, int]
    purposes: dict[str, int]
    others: dict[str, int]
    degrees: dict[tuple[str, int], int]


@lru_cache(maxsize=4)
def list_sides(reading: Reading) -> dict[str, Sides]:
    """Every cell of a policy, folded: all leaves, all counterparts, all degrees that could matter."""
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
    found = {}
    for action, named in others.items():
        pieces = [(1 << number, piece) for number, piece in enumerate(reading.pieces) if piece.action == action]
        found[action] = Sides(
            {one: sum(bit for bit, piece in pieces if one in piece.data) for one in [*names.data_leaves, NOT_NAMED]},
            {
                one: sum(bit for bit, piece in pieces if one in piece.purposes)
                for one in [*names.purpose_leaves, NOT_NAMED]
            },
            {one: sum(bit for bit, piece in pieces if one in piece.others) for one in named},
            {
                one: sum(bit for bit, piece in pieces if piece.degrees.first <= rank_degree(one) <= piece.degrees.last)
                for one in degrees
            },
        )
    return found


def list_unlike_cells(both: Both) -> list[Act]:
    """Of all cells one of each kind, as an act about it alone: cells are alike when the same pieces speak of them, in
    either reading.

    There are a million and a half of them in the policies we publish, so the pieces are looked up side by side, and what
    was found is held against the cell as a whole once for each kind.
    """
    found: dict[tuple[str, int, int], Act] = {}
    for action, sides in list_sides(both.reading).items():
        written = tuple(sides.data)
        for (purpose, by_purpose), (other, by_other), (degree, by_degree) in product(
            sides.purposes.items(), sides.others.items(), sides.degrees.items()
        ):
            act = Act(action, written, purpose, other, degree)
            around = by_purpose & by_other & by_degree
            opened = dict(both.gate.open_cells(to_gate(act)))
            assert len(opened) == len(written)
            for data, speaking in sides.data.items():
                key = (action, around & speaking, opened[OTHER if data == NOT_NAMED else data])
                if key not in found:
                    found[key] = replace(act, data=(data,))
    for (action, speaking, bits), act in found.items():
        cell = (action, act.data[0], act.purpose, act.other, rank_degree(act.degree))
        assert speaking == sum(
            1 << number for number, piece in enumerate(both.reading.pieces) if speaks_of(piece, cell)
        )
        assert ((bits,),) == tuple((bits,) for _, bits in both.gate.open_cells(to_gate(act)))
    return list(found.values())
