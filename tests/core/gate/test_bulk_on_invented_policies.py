"""Arrays of people get, row by row, what the slow second reading says of each: on invented policies, one act or many."""

from __future__ import annotations

from itertools import islice

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.gate.both import Both, read_both, to_gate
from tests.model.policies import Invented, invent_policies
from tests.model.questions import ask_about
from tests.model.reading import Act, Facts
from upheld.core.gate.bulk import decide_bulk, decide_rows, permit_bulk, stack_masks

QUICK = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
seeds = st.integers(0, 2**32)


def draw_rows(both: Both, invented: Invented, seed: int, count: int) -> tuple[list[Act], list[Facts], list[int]]:
    """Acts, facts, and the facts as masks, `expired` among them as the gate fills it in."""
    acts, facts = zip(*ask_about(invented.world, seed, count), strict=True)
    return list(acts), list(facts), [both.gate.mask(both.facts_of_gate(known)) for known in facts]


@QUICK
@given(invent_policies(), seeds)
def test_one_act_for_many_people(invented: Invented, seed: int) -> None:
    both = read_both(invented.text)
    acts, facts, masks = draw_rows(both, invented, seed, 40)
    rows = stack_masks(both.gate, masks)
    for act in islice(acts, 8):
        found = decide_bulk(both.gate, to_gate(act), rows, given=0)
        permitted = permit_bulk(both.gate, to_gate(act), rows, given=0)
        for row, known in enumerate(facts):
            outcome, because = both.reading.decide(act, known)
            assert (found[row].outcome, found[row].because) == (outcome, because), (invented.text, act, known)
            assert permitted[row] == (outcome == "permitted")


@QUICK
@given(invent_policies(), seeds)
def test_every_row_its_own_act(invented: Invented, seed: int) -> None:
    both = read_both(invented.text)
    acts, facts, masks = draw_rows(both, invented, seed, 80)
    found = decide_rows(
        both.gate, [to_gate(act) for act in acts], np.arange(len(acts)), stack_masks(both.gate, masks), given=0
    )
    for row, (act, known) in enumerate(zip(acts, facts, strict=True)):
        assert (found[row].outcome, found[row].because) == both.reading.decide(act, known), (invented.text, act, known)
