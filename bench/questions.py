"""The questions that everybody is asked: 4,000 acts on the courier's policy with facts, drawn the same in each run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from upheld.core.gate import Act, Gate
from upheld.core.policy.cells import find_open_masks, iter_blocks
from upheld.core.policy.compile import ACTIONS, DEGREES, Table, compile_policy
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.load import load_policy
from upheld.core.policy.model import OTHER, Degree

ROOT = Path(__file__).resolve().parents[1]
POLICY = min((ROOT / "policies" / "lasership").glob("*.policy.md"))
COUNT = 4_000
SEED = 20160613
STRANGER = "what nobody named"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table by its names; `degree` is the number of its class."""

    action: str
    data: str
    purpose: str
    counterpart: str
    degree: int


@dataclass(frozen=True, slots=True)
class Question:
    """One cell as an act, and what is known: as a mask and by name. Equal acts are one object."""

    cell: Cell
    act: Act
    mask: int
    facts: dict[str, bool]


@cache
def open_gate() -> Gate:
    """The courier's first version, compiled."""
    return Gate(compile_policy(load_policy(POLICY)))


@cache
def draw_questions() -> tuple[Question, ...]:
    """Cells of all kinds alike, rare ones as often as those that fill the table; half with what would open them."""
    table, chance = open_gate().table, Random(SEED)
    blocks = {action: list(iter_blocks(table, action)) for action in ACTIONS}
    acts: dict[Cell, Act] = {}
    questions = []
    for _ in range(COUNT):
        block = chance.choice(blocks[chance.choice(ACTIONS)])
        names = (chance.choice(block.data), chance.choice(block.purposes), chance.choice(block.counterparts))
        cell = Cell(block.action, *names, chance.choice(block.degrees))
        act = acts.setdefault(cell, make_act(table, cell))
        facts = draw_facts(table, chance)
        opening = find_open_masks(table, block.pieces)
        if opening and chance.random() < 0.5:
            facts |= table.facts.read_mask(chance.choice(opening))
        questions.append(Question(cell, act, table.facts.mask(facts), table.facts.read_mask(table.facts.mask(facts))))
    return tuple(questions)


def make_act(table: Table, cell: Cell) -> Act:
    """The act that asks about this one cell."""
    named = [STRANGER if name == OTHER else name for name in (cell.data, cell.purpose, cell.counterpart)]
    if cell.degree < len(DEGREES):
        degree = Degree(DEGREES[cell.degree])
    else:
        degree = Degree("aggregate", (1, *table.thresholds)[cell.degree - len(DEGREES)])
    return Act(cell.action, (named[0],), named[1], named[2], degree)


def draw_facts(table: Table, chance: Random) -> dict[str, bool | None]:
    """Each fact true, false or unknown, each choice answered in one of its four ways."""
    facts: dict[str, bool | None] = {name: chance.choice((True, False, None)) for name in table.facts.names}
    for choice, mode in table.choices.items():
        facts |= answer_choice(choice, chance.choice(("yes", "no", "unasked", "unknown")), mode)
    return facts
