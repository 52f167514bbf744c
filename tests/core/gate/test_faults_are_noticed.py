"""A gate that is wrong in one place is caught by the second reading: so that the comparison is known to be able to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core.gate.both import Both, list_unlike_cells, read_both
from tests.model.policies import Invented, invent_policies
from tests.model.questions import ask_about
from tests.model.reading import Act, Facts
from upheld.core.gate import Gate
from upheld.core.policy.compile import ACTIONS, Piece, Table, _Compiler
from upheld.core.policy.condition import ALWAYS, NEVER

# Every piece of this policy decides something, so that every fault in it can be seen.
POLICY = """---
policy: faults
business: B
title: T
version: 2020-01-01
surface: web
data: {person: {name: x.y, email: x.y}, visit: x.y}
purposes: {fulfil: x.y, news: x.y}
recipients: {partners: processor, successor: processor}
roles: [desk]
touchpoints: {order: /order}
places: {cellar: us}
choices: {news: something}
mail: {letter: news}
---

# One

One. Two. Three. Four. Five. Six. Seven. Eight. Nine. Ten. Eleven. Twelve. Thirteen. Fourteen. Fifteen. Sixteen.

```rules
(1) collect person at order for fulfil if requested
(2) never use visit for news unless chosen news
(3) send letter to person.email
(4) choice news stops letter
(5) show person to desk for fulfil unless merging
(6) show visit in aggregate of 10 to desk for fulfil
(7) never show visit identified
(8) share person only with partners for fulfil if requested
(9) never share person in aggregate of 5 with partners for fulfil if merging
(10) for news share only visit pseudonymous with successor
(11) bind partners by contract
(12) keep visit 30 days for fulfil
(13) store person only in cellar
(14) require age 13 at order
(15) use visit for fulfil
(16) show anything to self
```
"""
CHOICES = ("yes", "no", "unasked", "unknown")
CASES = [
    Facts(dict(zip(("requested", "merging", "expired"), values, strict=True)) | {"bound": second, "known minor": second}, {"news": answer})
    for values in product((True, False, None), repeat=3)
    for second in (True, False)
    for answer in CHOICES
]  # fmt: skip
Fault = Callable[[Table, Piece], Piece | None]


def drop(_table: Table, _piece: Piece) -> None:
    """The piece is forgotten."""


def widen_degrees(table: Table, piece: Piece) -> Piece:
    return replace(piece, degrees=range(len(table.list_values(piece.action)[3])))


def narrow_degrees(_table: Table, piece: Piece) -> Piece:
    return replace(piece, degrees=piece.degrees[1:])


def take_other_data(table: Table, piece: Piece) -> Piece:
    return replace(piece, data=frozenset(table.list_values(piece.action)[0]) - piece.data)


def narrow_purposes(_table: Table, piece: Piece) -> Piece:
    return replace(piece, purposes=frozenset(sorted(piece.purposes)[1:]))


def narrow_counterparts(_table: Table, piece: Piece) -> Piece:
    return replace(piece, counterparts=frozenset(sorted(piece.counterparts)[1:]))


def forget_condition(_table: Table, piece: Piece) -> Piece:
    """A cut that nothing holds back, a permission that waits for nothing."""
    return replace(piece, masks=NEVER if piece.kind == "cut" else ALWAYS)


def turn_condition_round(_table: Table, piece: Piece) -> Piece:
    """Known true for known false and the other way round."""
    return replace(piece, masks=tuple((mask & TRUE) << 1 | (mask & FALSE) >> 1 for mask in piece.masks))


def turn_kind_round(_table: Table, piece: Piece) -> Piece:
    """A cut becomes a permission under the condition that lifted it, or under none; a permission becomes a cut."""
    if piece.kind == "grant":
        return replace(piece, kind="cut")
    return replace(piece, kind="grant", masks=piece.masks or ALWAYS)


def cite_another(table: Table, piece: Piece) -> Piece:
    return replace(piece, rule=(piece.rule + 1) % len(table.rules))


TRUE = int("01" * 64, 2)
FALSE = TRUE << 1
FAULTS: tuple[Fault, ...] = (
    drop, widen_degrees, narrow_degrees, take_other_data, narrow_purposes, narrow_counterparts, forget_condition,
    turn_condition_round, turn_kind_round, cite_another,
)  # fmt: skip


# what (10) then opens too is what its own cut closes
CANNOT_BE_SEEN = {widen_degrees: 1}


def spoil_piece(fault: Fault, number: int, table: Table) -> Table:
    """The table with this fault in one of its pieces."""
    spoiled = fault(table, table.pieces[number])
    kept = [] if spoiled is None else [spoiled]
    return replace_pieces(table, [*table.pieces[:number], *kept, *table.pieces[number + 1 :]])


def replace_pieces(table: Table, pieces: list[Piece]) -> Table:
    compiler = _Compiler(table.policy, table.facts)
    return replace(
        table, pieces=tuple(pieces), cells={action: compiler.index_cells(action, pieces) for action in ACTIONS}
    )


def put_fault(both: Both, fault: Fault, number: int) -> Both:
    """The same two readings, the gate's with this fault in one piece of its table."""
    return replace(both, gate=Gate(spoil_piece(fault, number, both.gate.table)))


def list_faulty(fault: Fault, table: Table) -> list[int]:
    """The numbers of the pieces that the fault changes."""
    return [number for number, piece in enumerate(table.pieces) if fault(table, piece) != piece]


def is_noticed(both: Both) -> bool:
    cells = list_unlike_cells(both)
    return any(both.find_difference(act, facts) for facts in CASES for act in cells)


def test_the_policy_without_a_fault_is_read_alike() -> None:
    assert not is_noticed(read_both(POLICY))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_in_one_piece_is_noticed(fault: Fault) -> None:
    both = read_both(POLICY)
    numbers = list_faulty(fault, both.gate.table)
    missed = [both.gate.table.pieces[number] for number in numbers if not is_noticed(put_fault(both, fault, number))]
    assert numbers
    assert len(missed) == CANNOT_BE_SEEN.get(fault, 0), f"{len(missed)} of {len(numbers)} go unnoticed: {missed}"


def test_a_wrong_order_of_citing_is_noticed() -> None:
    assert is_noticed(read_both(POLICY, lambda table: replace_pieces(table, list(reversed(table.pieces)))))


@cache
def list_invented() -> tuple[tuple[Both, int, tuple[tuple[Act, Facts], ...]], ...]:
    """Invented policies in both readings, with a number each and questions about it."""
    found = []

    @settings(max_examples=40, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
    @given(invent_policies(), st.integers(0, 2**32))
    def invent(invented: Invented, seed: int) -> None:
        found.append((read_both(invented.text), seed, tuple(ask_about(invented.world, seed, 100))))

    invent()
    return tuple(found)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_faults_are_noticed_by_the_questions_asked_of_invented_policies(fault: Fault) -> None:
    """Not every one: some pieces decide nothing, and few questions are asked."""
    noticed = seeded = 0
    for both, seed, questions in list_invented():
        numbers = list_faulty(fault, both.gate.table)
        if numbers:
            spoiled = put_fault(both, fault, numbers[seed % len(numbers)])
            seeded += 1
            noticed += any(spoiled.find_difference(act, facts) for act, facts in questions)
    assert noticed >= 3, f"{noticed} of {seeded} noticed"
