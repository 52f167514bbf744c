"""What the gate says of many rows at once is what it says of each row."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.core.gate import Act, Gate, Verdict, parse_act
from upheld.core.gate.bulk import (
    TABLE_BITS,
    decide_bulk,
    decide_rows,
    permit_bulk,
    place_bits,
    prepare_bulk,
    stack_masks,
)
from upheld.core.policy.compile import ACTIONS, compile_policy
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import Degree

ROOT = Path(__file__).parents[3]
DEGREES = (Degree("identified"), Degree("de-identified"), Degree("aggregate", 10))
OWN_FACTS = 40  # with the language's own they fill more than one word of a mask

ODD = f"""---
policy: odd
business: Odd
title: An odd policy
version: 2026-01-01
surface: web
data: {{person: {{name: user.name, email: user.contact.email}}, visit: user.behavior}}
purposes: {{fulfil: essential.service, sale: third_party_sharing}}
recipients: {{near: processor, far: processor}}
roles: [clerks]
touchpoints: {{order: /order}}
choices: {{news: about news, offers: about offers}}
facts: {{{", ".join(f"f{n}: {('person', 'act', 'context')[n % 3]}" for n in range(OWN_FACTS))}}}
---

# Odd

We do it.

```rules
collect person at order for fulfil
choice news is opt-out, asked at order
choice news, offers stops sharing with far
%s
```
"""


@cache
def open_courier() -> Gate:
    return Gate(compile_policy(load_policy(min((ROOT / "policies" / "lasership").glob("*.policy.md")))))


@cache
def list_acts() -> tuple[Act, ...]:
    """Every act of the courier's words, inner names too, and names that it does not know."""
    table = open_courier().table
    data = [*table.words.of_sort("data"), "what nobody named"]
    purposes = [*table.words.of_sort("purpose"), "what nobody named", ""]
    return tuple(
        Act(action, (name,), purpose, other, degree)
        for action in ACTIONS
        for other in table.list_values(action)[2]
        for name, purpose, degree in product(data, purposes, DEGREES)
    )


def draw_masks(gate: Gate, rows: int, seed: int) -> list[int]:
    """Masks in which every fact is true, false or unknown by chance."""
    draw = np.random.default_rng(seed).integers(0, 3, (rows, len(gate.table.facts.names))).tolist()
    return [sum(known << 2 * number for number, known in enumerate(row)) for row in draw]


def read_odd(*rules: str) -> Gate:
    return Gate(compile_policy(parse_policy(ODD % "\n".join(rules))))


def test_it_works() -> None:
    gate = open_courier()
    act = parse_act("share addressee.address with carriers for fulfil.service", gate.table.words)
    asked, unasked = gate.mask({"requested": True}), gate.mask({"requested": False})
    verdicts = decide_bulk(gate, act, stack_masks(gate, [asked, unasked, asked, 0]))
    assert [verdict.outcome for verdict in map(verdicts.__getitem__, range(4))] == [
        "permitted", "refused", "permitted", "refused",
    ]  # fmt: skip
    assert verdicts[1] == gate.ask(act, {"requested": False})
    assert verdicts.is_permitted.tolist() == [True, False, True, False]
    assert permit_bulk(gate, act, stack_masks(gate, [asked, unasked])).tolist() == [True, False]
    assert verdicts.numbers.dtype == np.uint8


def test_it_counts_rows_by_the_sentence_that_decides_and_finds_them() -> None:
    gate = open_courier()
    act = parse_act("use person.email for marketing.offer", gate.table.words)
    masks = draw_masks(gate, 70_000, seed=1)
    verdicts = decide_bulk(gate, act, stack_masks(gate, masks), given=0)
    counts = verdicts.count_by_sentence()
    wanted = Counter((v.outcome, v.because[0]) for v in (gate.ask(act, mask) for mask in masks))
    assert {(count.outcome, count.sentence): count.rows for count in counts} == wanted
    assert sum(count.rows for count in counts) == len(verdicts) == len(masks)
    assert [count.rows for count in counts] == sorted(wanted.values(), reverse=True)
    for count in counts:
        rows = verdicts.find_rows(count.outcome, count.sentence)
        assert len(rows) == count.rows
        verdict = gate.ask(act, masks[rows[-1]])
        assert (verdict.outcome, verdict.because[0]) == (count.outcome, count.sentence)


def test_silence_is_counted_without_a_sentence() -> None:
    gate = open_courier()
    act = parse_act('collect "shoe size" at order for fulfil.service', gate.table.words)
    verdicts = decide_bulk(gate, act, stack_masks(gate, [0, 1]))
    assert [(c.outcome, c.sentence, c.rows) for c in verdicts.count_by_sentence()] == [("silent", "", 2)]
    assert verdicts.find_rows("silent", "").tolist() == [0, 1]


def test_every_kind_of_act_of_the_courier_gets_in_bulk_what_it_gets_alone() -> None:
    gate = open_courier()
    masks = [0, *draw_masks(gate, 6, seed=2), *(1 << bit for bit in range(0, 48, 7)), (1 << 48) - 1]
    array = stack_masks(gate, masks)
    unlike: dict[object, Act] = {}
    for act in list_acts():
        unlike.setdefault((act.action, gate.open_cells(act)), act)
    assert len(unlike) > 300
    for act in unlike.values():
        verdicts = decide_bulk(gate, act, array, given=0)
        alone = [gate.ask(act, mask) for mask in masks]
        assert [verdicts.verdicts[number] for number in verdicts.numbers.tolist()] == alone, act
        assert permit_bulk(gate, act, array, given=0).tolist() == [verdict.is_permitted for verdict in alone]


def test_every_row_may_have_its_own_act() -> None:
    gate, acts = open_courier(), list_acts()
    numbers = np.random.default_rng(3).permutation(len(acts)).astype(np.uint32)[::18]  # some of them, by chance
    masks = draw_masks(gate, len(numbers), seed=4)
    verdicts = decide_rows(gate, acts, numbers, stack_masks(gate, masks), given=0)
    for row, (number, mask) in enumerate(zip(numbers.tolist(), masks, strict=True)):
        assert verdicts[row] == gate.ask(acts[number], mask), (acts[number], mask)


def test_what_holds_for_all_rows_is_given_once() -> None:
    gate = open_courier()
    act = parse_act("share person with successor for merger", gate.table.words)
    told, untold = gate.mask({"told": True, "expired": None}), gate.mask({"told": False, "expired": None})
    rows = stack_masks(gate, [told, untold, 0])
    assert permit_bulk(gate, act, rows, given=gate.mask({"merging": True})).tolist() == [True, False, False]
    assert permit_bulk(gate, act, rows).tolist() == [False, False, False]
    everything = gate.mask({"merging": True, "told": True})
    assert permit_bulk(gate, act, rows, given=everything).tolist() == [True, False, True]


def test_rows_that_speak_of_no_item_have_none_that_could_be_expired() -> None:
    gate = open_courier()
    act = parse_act("use person.email for contact.announcement", gate.table.words)
    rows = stack_masks(gate, [0, gate.mask({"expired": True}), gate.mask({"expired": False})])
    assert permit_bulk(gate, act, rows).tolist() == [True, False, True]
    assert decide_bulk(gate, act, rows)[0] == gate.ask(act, {})
    assert permit_bulk(gate, act, rows, given=0).tolist() == [False, False, True]
    assert decide_rows(gate, [act], np.zeros(3, np.uint8), rows).is_permitted.tolist() == [True, False, True]


def test_a_fact_on_which_row_and_given_disagree_is_unknown() -> None:
    gate = read_odd("share visit with near for fulfil if f1", "never share visit with near for fulfil if f2")
    act = Act("share", ("visit",), "fulfil", "near")
    yes, no = gate.mask({"f1": True}), gate.mask({"f1": False})
    lifted = gate.mask({"f2": False})
    rows = stack_masks(gate, [yes | lifted, no | lifted])
    assert permit_bulk(gate, act, rows, given=yes).tolist() == [True, False]
    assert permit_bulk(gate, act, rows, given=no).tolist() == [False, False]
    assert permit_bulk(gate, act, rows, given=yes | gate.mask({"f2": True})).tolist() == [False, False]


def test_masks_may_have_two_words_and_what_has_no_word_is_unknown() -> None:
    gate = read_odd("share person with near for sale if f0, f39 and f38 unless f1")
    act = Act("share", ("person",), "sale", "near")
    masks = draw_masks(gate, 3_000, seed=5)
    masks += [mask | gate.mask({"f0": True, "f38": True, "f39": True, "f1": False}) for mask in masks]
    array = stack_masks(gate, masks)
    assert array.shape == (6_000, 2)
    assert permit_bulk(gate, act, array, given=0).tolist() == [gate.ask(act, mask).is_permitted for mask in masks]
    low = [mask & (1 << 64) - 1 for mask in masks]
    assert permit_bulk(gate, act, array[:, 0], given=0).tolist() == [gate.ask(act, m).is_permitted for m in low]


def test_an_act_that_hangs_on_many_facts_is_decided_too() -> None:
    many = ", ".join(f"f{n}" for n in range(OWN_FACTS - 1))
    gate = read_odd(f"share person with near for sale if {many} or f39", f"never share visit unless {many} and f39")
    wide = Act("share", ("person",), "sale", "near")
    both = Act("share", ("person", "visit"), "sale", "near")
    narrow = Act("collect", ("person",), "fulfil", "order")
    acts = [narrow, wide, both, narrow]
    assert prepare_bulk(gate, wide, 0).numbers is None
    none = sum(gate.mask({f"f{n}": False, "expired": None}) for n in range(OWN_FACTS))
    masks = [*draw_masks(gate, 500, seed=6), none, 0]
    masks += masks
    for act in acts:
        verdicts = decide_bulk(gate, act, stack_masks(gate, masks), given=0)
        assert [verdicts[row] for row in range(len(masks))] == [gate.ask(act, mask) for mask in masks]
    assert permit_bulk(gate, wide, stack_masks(gate, masks), given=0).sum() > 0
    numbers = np.arange(len(masks)) % len(acts)
    verdicts = decide_rows(gate, acts, numbers, stack_masks(gate, masks), given=0)
    assert [verdicts[row] for row in range(len(masks))] == [
        gate.ask(acts[number], mask) for number, mask in zip(numbers.tolist(), masks, strict=True)
    ]


conditions = st.builds(
    lambda word, joint, facts: (
        f" {word} " + (f"{', '.join(facts[:-1])} {joint} {facts[-1]}" if facts[1:] else facts[0])
    ),
    st.sampled_from(["if", "unless"]),
    st.sampled_from(["and", "or"]),
    st.lists(
        st.sampled_from([*(f"f{n}" for n in range(0, OWN_FACTS, 3)), "chosen news", "refused offers", "requested"]),
        min_size=1,
        max_size=5,
        unique=True,
    ),
)
rules = st.builds(
    str.__add__,
    st.sampled_from(
        [
            "share person with near for sale",
            "share visit with near, far for sale",
            "share person.name with anyone for any purpose",
            "share person only with near for sale",
            "for sale share only person with near",
            "show person to clerks for sale",
            "show anything to clerks for sale",
            "never share person.email",
            "never share anything with far",
            "never show visit to clerks for sale",
        ]
    ),
    st.just("") | conditions,
)
odd_acts = st.builds(
    Act,
    st.sampled_from(["share", "show"]),
    st.sampled_from([("person",), ("visit",), ("anything",), ("person.email", "visit"), ("what nobody named",)]),
    st.sampled_from(["sale", "fulfil", "any purpose", ""]),
    st.sampled_from(["near", "far", "clerks", "self", "what nobody named"]),
)


@settings(max_examples=40)
@given(st.lists(rules, min_size=1, max_size=6), st.lists(odd_acts, min_size=1, max_size=6), st.integers(0, 2**32))
def test_odd_policies_get_in_bulk_what_they_get_alone(lines: list[str], acts: list[Act], seed: int) -> None:
    gate = read_odd(*lines)
    masks = draw_masks(gate, 40, seed)
    array = stack_masks(gate, masks)
    given_facts = draw_masks(gate, 1, seed + 1)[0] & draw_masks(gate, 1, seed + 2)[0]
    numbers = np.arange(len(masks)) % len(acts)
    rows = decide_rows(gate, acts, numbers, array, given=0)
    for number, act in enumerate(acts):
        verdicts = decide_bulk(gate, act, array, given=0)
        assert [verdicts[row] for row in range(len(masks))] == [gate.ask(act, mask) for mask in masks]
        mine = np.flatnonzero(numbers == number).tolist()
        assert [rows[row] for row in mine] == [gate.ask(act, masks[row]) for row in mine]
        believed = decide_bulk(gate, act, array, given=given_facts)
        assert [believed[row] for row in range(len(masks))] == [
            gate.ask(act, believe(gate, m, given_facts)) for m in masks
        ]


def believe(gate: Gate, mask: int, given_facts: int) -> int:
    """Fact by fact, from the words of it: what both say or one says, and nothing where they disagree."""
    row, shared = gate.table.facts.read_mask(mask), gate.table.facts.read_mask(given_facts)
    known: dict[str, bool | None] = {**shared, **row}
    known |= {name: None for name in row if name in shared and shared[name] != row[name]}
    return gate.mask({"expired": None, **known})


@given(st.integers(0, (1 << 128) - 1).filter(lambda bits: bits.bit_count() > 0), st.data())
def test_bits_find_places_of_their_own(bits: int, data: st.DataObject) -> None:
    kept = data.draw(
        st.lists(st.sampled_from([n for n in range(128) if bits >> n & 1]), max_size=TABLE_BITS, unique=True)
    )
    chosen = sum(1 << n for n in kept)
    places = []
    for window in place_bits(chosen):
        places += [n - window.shift for n in range(64) if window.keep >> n & 1]
        assert window.keep << 64 * window.word & ~chosen == 0
    assert len(places) == len(set(places)) == len(kept)
    assert all(0 <= place < TABLE_BITS for place in places)


@pytest.mark.parametrize("masks", [np.zeros(3, np.int64), np.zeros((2, 2, 2), np.uint64), np.zeros((2, 0), np.uint64)])
def test_arrays_of_another_kind_are_not_taken(masks: np.ndarray) -> None:
    gate = open_courier()
    act = Act("use", ("person",), "fulfil")
    with pytest.raises(ValueError, match="uint64"):
        decide_bulk(gate, act, masks)


def test_each_row_has_one_act_that_exists() -> None:
    gate = open_courier()
    act = Act("use", ("person",), "fulfil")
    with pytest.raises(ValueError, match="2 act numbers for 3 rows"):
        decide_rows(gate, [act], np.zeros(2, np.uint8), np.zeros(3, np.uint64))
    with pytest.raises(IndexError):
        decide_rows(gate, [act], np.array([0, 1, 0]), np.zeros(3, np.uint64))


def test_no_rows_are_no_verdicts() -> None:
    gate = open_courier()
    act = parse_act("share person with successor for merger", gate.table.words)
    none = stack_masks(gate, [])
    assert len(decide_bulk(gate, act, none)) == 0
    assert decide_bulk(gate, act, none).count_by_sentence() == ()
    assert len(permit_bulk(gate, act, none)) == 0
    assert len(decide_rows(gate, [act], np.zeros(0, np.uint8), none)) == 0
    assert len(decide_rows(gate, [], np.zeros(0, np.uint8), none)) == 0


def test_a_verdict_in_bulk_is_the_same_value_with_parts_and_duties() -> None:
    gate = read_odd("show person.name to clerks for sale if f1", "show person.email to clerks for sale if f2")
    act = Act("show", ("person",), "sale", "clerks")
    mask = gate.mask({"f1": True, "f2": False})
    verdict = decide_bulk(gate, act, stack_masks(gate, [mask]))[0]
    assert isinstance(verdict, Verdict)
    assert [(data, part.outcome) for data, part in verdict.parts] == [
        ("person.name", "permitted"),
        ("person.email", "refused"),
    ]
