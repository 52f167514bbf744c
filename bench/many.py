"""Many decisions at once: one act over an array of fact masks, and rows that each have their own act."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.clock import Row, time_rounds
from bench.questions import SEED, draw_questions, open_gate
from upheld.core.gate import Act, Gate, parse_act
from upheld.core.gate.bulk import Masks, decide_bulk, decide_rows, permit_bulk, prepare_bulk

PART = "many at once"
ROWS = 1 << 23
ROWS_OF_ACTS = 1 << 22
CHECKED = 2_000
TARGET = 200_000_000
TARGET_OF_ACTS = 10_000_000
ACTS = (
    "use person.email for marketing.offer",
    "share person.email with authorities for legal",
    "share anything with authorities for any purpose",
)


def measure_many() -> Iterator[Row]:
    """The rows of this part; some rows of each array are compared with single answers first."""
    gate, chance = open_gate(), np.random.default_rng(SEED)
    masks = draw_masks(gate, ROWS, chance)
    for text in ACTS:
        act = parse_act(text, gate.table.words)
        yield from measure_act(gate, act, masks)
    yield from measure_rows(gate, masks[:ROWS_OF_ACTS], chance)


def measure_act(gate: Gate, act: Act, masks: Masks) -> Iterator[Row]:
    few, decide = masks[:CHECKED].tolist(), gate.prepare(act)
    verdicts = decide_bulk(gate, act, masks, given=0)
    assert [verdicts[row] for row in range(CHECKED)] == [decide(mask) for mask in few], "bulk answers otherwise"
    bits = prepare_bulk(gate, act, given=0).bits.bit_count()
    decided = ROWS / time_rounds(lambda: decide_bulk(gate, act, masks, given=0))
    permitted = ROWS / time_rounds(lambda: permit_bulk(gate, act, masks, given=0))
    alone = CHECKED / time_rounds(lambda: [decide(mask) for mask in few])
    what = f"`decide_bulk`: `{act}`, which hangs on {bits} bits of a mask"
    reached = decided >= TARGET
    yield Row(PART, what, decided, "/s", decided / alone, "{} × a loop over `decide(mask)`", "200,000,000/s", reached)
    yield Row(
        PART, "`permit_bulk`: the same act, yes or no only", permitted, "/s", permitted / decided, "{} × `decide_bulk`"
    )


def measure_rows(gate: Gate, masks: Masks, chance: np.random.Generator) -> Iterator[Row]:
    acts = list(dict.fromkeys(question.act for question in draw_questions()))
    numbers = chance.integers(0, len(acts), len(masks), dtype=np.uint16)
    verdicts = decide_rows(gate, acts, numbers, masks, given=0)
    few = list(zip(numbers[:CHECKED].tolist(), masks[:CHECKED].tolist(), strict=True))
    assert [verdicts[row] for row in range(CHECKED)] == [gate.ask(acts[n], mask) for n, mask in few], (
        "rows answer otherwise"
    )
    found = len(masks) / time_rounds(lambda: decide_rows(gate, acts, numbers, masks, given=0))
    alone = CHECKED / time_rounds(lambda: [gate.ask(acts[n], mask) for n, mask in few])
    what = f"`decide_rows`: each row one of {len(acts):,} acts"
    reached = found >= TARGET_OF_ACTS
    yield Row(PART, what, found, "/s", found / alone, "{} × a loop over `gate.ask`", "10,000,000/s", reached)


def draw_masks(gate: Gate, rows: int, chance: np.random.Generator) -> Masks:
    """Masks in which every fact is true, false or unknown by chance."""
    masks = np.zeros(rows, dtype=np.uint64)
    for number in range(len(gate.table.facts.names)):
        known = np.array([0, 1, 2], dtype=np.uint64)[chance.integers(0, 3, rows, dtype=np.uint8)]
        masks |= known << np.uint64(2 * number)
    return masks
