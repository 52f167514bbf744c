"""The gate asked about every act in all cases, once, for the proof to look at; judges nothing.

Alike cells are asked together: one act for each block and degree, its closure under every consistent combination of
what can be known about the facts it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod

from upheld.core.gate.act import PERMITTED, Act, Verdict
from upheld.core.gate.claims import Extent, list_degrees
from upheld.core.gate.decide import Gate
from upheld.core.gate.residual import Decision, Residual
from upheld.core.policy.cells import iter_blocks
from upheld.core.policy.compile import ACTIONS, Table
from upheld.core.policy.condition import answer_choice, join_all, join_any
from upheld.core.policy.model import OTHER, Degree

MAX_CASES = 60_000  # combinations of facts asked one by one for a closure: 3 to the 10th fits
ALL_CASES = 600_000  # what `upheld prove` takes the time for: 3 to the 12th fits
# no policy declares a name in quotes: an act about one is about the cells of what is not named
_UNNAMED_DATA, _UNNAMED_PURPOSE = '"something the policy does not name"', '"a purpose the policy does not name"'

# data, purposes, counterparts, degrees: the acts are all combinations
Cells = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What one closure answers in all cases.

    `opens` holds, for each rule that permits, the smallest sets of known facts under which it does, `uncut` the
    smallest under which nothing cuts. They are all that a proof has to look at: with less known no ban is lifted
    and no condition met, so a rule that fails in any case fails in one of these. `cuts` holds for each rule that ever
    cuts one case in which it does.
    """

    decide: Decision
    facts: tuple[str, ...]
    cases: tuple[int, ...]
    opens: tuple[tuple[int, Verdict], ...]
    uncut: tuple[int, ...]
    cuts: tuple[tuple[int, Verdict], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Alike acts, every combination of these values, and what the gate answers to each of them."""

    action: str
    data: tuple[str, ...]
    purposes: tuple[str, ...]
    counterparts: tuple[str, ...]
    degrees: tuple[int, ...]
    answers: Answers

    @property
    def cells(self) -> Cells:
        """All of the acts."""
        return self.data, self.purposes, self.counterparts, self.degrees

    def find_overlap(self, extent: Extent) -> Cells | None:
        """Those acts that are in the extent, which is of the same action; None when there are none."""
        # told apart early: most pairs of a rule and alike acts have nothing in common
        if extent.purposes.isdisjoint(self.purposes) or extent.data.isdisjoint(self.data):
            return None
        if extent.counterparts.isdisjoint(self.counterparts) or extent.degrees.isdisjoint(self.degrees):
            return None
        return (
            tuple(name for name in self.data if name in extent.data),
            tuple(name for name in self.purposes if name in extent.purposes),
            tuple(name for name in self.counterparts if name in extent.counterparts),
            tuple(number for number in self.degrees if number in extent.degrees),
        )

    def list_outside(self, extents: Iterable[Extent]) -> list[Cells]:
        """Those acts that are in none of the extents, as parts that share no act; empty when all of them are."""
        left = [self.cells]
        for extent in extents:
            if extent.action == self.action:
                left = [rest for cells in left for rest in _subtract_extent(cells, extent)]
        return left


def _subtract_extent(cells: Cells, extent: Extent) -> Iterator[Cells]:
    """The cells without those of the extent: first other data, then of the same data other purposes, and so on."""
    data, purposes, counterparts, degrees = cells
    other_data = tuple(name for name in data if name not in extent.data)
    if other_data:
        yield other_data, purposes, counterparts, degrees
    data = tuple(name for name in data if name in extent.data)
    other_purposes = tuple(name for name in purposes if name not in extent.purposes)
    if data and other_purposes:
        yield data, other_purposes, counterparts, degrees
    purposes = tuple(name for name in purposes if name in extent.purposes)
    other_counterparts = tuple(name for name in counterparts if name not in extent.counterparts)
    if data and purposes and other_counterparts:
        yield data, purposes, other_counterparts, degrees
    counterparts = tuple(name for name in counterparts if name in extent.counterparts)
    other_degrees = tuple(number for number in degrees if number not in extent.degrees)
    if data and purposes and counterparts and other_degrees:
        yield data, purposes, counterparts, other_degrees


def count_cells(cells: Cells) -> int:
    """How many acts these are."""
    return prod(len(part) for part in cells)


def ask_all(gate: Gate, most_cases: int = MAX_CASES) -> dict[str, list[Asked]]:
    """Every act there is, by action, asked of this gate in all cases."""
    known: dict[Decision, Answers] = {}
    sorted_cases: dict[object, tuple[int, ...]] = {}
    degrees = list_degrees(gate.table)
    return {
        action: list(_ask_action(gate, action, degrees, known, most_cases=most_cases, sorted_cases=sorted_cases))
        for action in ACTIONS
    }


def _ask_action(
    gate: Gate,
    action: str,
    degrees: tuple[Degree, ...],
    known: dict[Decision, Answers],
    *,
    most_cases: int,
    sorted_cases: dict[object, tuple[int, ...]],
) -> Iterator[Asked]:
    for block in iter_blocks(gate.table, action):
        # a use has no counterpart, so there is none that the policy does not name
        counterparts = tuple(name for name in block.counterparts if action != "use" or name != OTHER)
        if not counterparts:
            continue
        found: dict[Answers, list[int]] = {}
        for degree in block.degrees:
            act = make_act(action, block.data[0], block.purposes[0], counterparts[0], degrees[degree])
            decide = gate.prepare(act)
            if decide not in known:
                ((_, bits),) = gate.open_cells(act)
                residual = gate.find_residual(bits)
                known[decide] = _ask_cases(gate.table, residual, decide, most_cases, sorted_cases)
            found.setdefault(known[decide], []).append(degree)
        for answers, numbers in found.items():
            yield Asked(action, block.data, block.purposes, counterparts, tuple(numbers), answers)


def _ask_cases(
    table: Table, residual: Residual, decide: Decision, most_cases: int, sorted_cases: dict[object, tuple[int, ...]]
) -> Answers:
    facts = table.facts.facts_in(residual.masks)
    # Where all combinations are tried, they are those of the facts, whatever is asked about these.
    key = (facts, () if _count_cases(table, facts) <= most_cases else residual.masks)
    cases = sorted_cases.get(key)
    if cases is None:  # the smallest first, so that nothing has to be put in order after it was asked
        cases = sorted_cases[key] = tuple(sorted(list_cases(table, residual, most_cases), key=int.bit_count))
    # A closure answers with few verdicts, again and again the same objects: told apart by which they are, not by their values.
    verdicts: dict[int, Verdict] = {}
    groups: dict[int, list[int]] = {}
    for mask in cases:
        verdict = decide(mask)
        number = id(verdict)
        if number not in groups:
            groups[number], verdicts[number] = [], verdict
        groups[number].append(mask)
    opens: dict[int, list[int]] = {}
    cuts: dict[int, tuple[int, Verdict]] = {}
    uncut: list[list[int]] = []
    for number, masks in groups.items():
        verdict = verdicts[number]
        if verdict.is_cut:
            cuts.setdefault(verdict.rule, (masks[0], verdict))
            continue
        uncut.append(masks)
        if verdict.outcome == PERMITTED:
            opens.setdefault(verdict.rule, []).extend(masks)
    smallest = tuple((mask, decide(mask)) for masks in opens.values() for mask in _list_smallest(masks))
    left = [mask for masks in uncut for mask in _list_smallest(masks)]
    return Answers(decide, facts, cases, smallest, _list_smallest(left), tuple(cuts.values()))


def _list_smallest(masks: list[int]) -> tuple[int, ...]:
    """The masks that hold no other of them."""
    found: list[int] = []
    for mask in sorted(masks, key=int.bit_count):
        for small in found:  # a loop and no generator: this runs half a million times for a policy
            if mask & small == small:
                break
        else:
            found.append(mask)
    return tuple(found)


def list_cases(table: Table, residual: Residual, most_cases: int = MAX_CASES) -> tuple[int, ...]:
    """Every consistent combination of what can be known about the facts of this residual, as masks.

    Where there are more than `most_cases`, the smallest that lift every cut, and the smallest that then open a grant.
    They are enough, as far as the closure reads what the residual says.
    """
    options = [_list_options(table, names) for names in _group_facts(table, table.facts.facts_in(residual.masks))]
    if prod(len(option) for option in options) > most_cases:
        lifted = join_all(masks for masks, _ in residual.cuts)
        granted = join_any(masks for masks, _ in residual.grants)
        opened = join_all((lifted, granted))
        return tuple(dict.fromkeys(case for mask in (*lifted, *opened) for case in complete_mask(table, mask)))
    cases = [0]
    for option in options:
        cases = [case | bits for case in cases for bits in option]
    return tuple(cases)


def _count_cases(table: Table, facts: tuple[str, ...]) -> int:
    return prod(len(_list_options(table, names)) for names in _group_facts(table, facts))


def _group_facts(table: Table, facts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Facts that can be combined freely; the two of one choice cannot."""
    choices = {fact: choice for choice in table.choices for fact in (f"chosen {choice}", f"refused {choice}")}
    return list(dict.fromkeys((choices[fact], "") if fact in choices else (fact,) for fact in facts))


def _list_options(table: Table, group: tuple[str, ...]) -> tuple[int, ...]:
    name, facts = group[0], table.facts
    if len(group) == 1:
        return 0, facts.true_bit(name), facts.false_bit(name)
    answers = ("unknown", "yes", "no", "unasked")
    return tuple(dict.fromkeys(answer_mask(table, name, answer) for answer in answers))


def answer_mask(table: Table, choice: str, answer: str) -> int:
    """The bits of an answer (`yes`, `no`, `unasked`, `unknown`) to a choice."""
    bits = 0
    for name, value in answer_choice(choice, answer, table.choices[choice]).items():
        if value is not None:
            bits |= table.facts.true_bit(name) if value else table.facts.false_bit(name)
    return bits


def complete_mask(table: Table, mask: int) -> tuple[int, ...]:
    """The smallest cases that some person and act can be in and that know what the mask knows; none if it contradicts itself."""
    for index in range(len(table.facts.names)):
        if mask >> (2 * index) & 3 == 3:
            return ()
    found = [mask]
    for choice in table.choices:
        bits = mask & choice_bits(table, choice)
        if bits:
            answers = {answer_mask(table, choice, answer) for answer in ("yes", "no", "unasked")}
            found = [case | answer for case in found for answer in sorted(answers) if answer & bits == bits]
    return tuple(found)


def choice_bits(table: Table, choice: str) -> int:
    """All bits that stand for the answer to a choice."""
    facts = table.facts
    names = (f"chosen {choice}", f"refused {choice}")
    return sum(facts.true_bit(name) | facts.false_bit(name) for name in names)


def make_act(action: str, data: str, purpose: str, counterpart: str, degree: Degree) -> Act:
    """The act of one cell; data and purposes that the policy does not name have names in quotes."""
    named = _UNNAMED_DATA if data == OTHER else data
    return Act(action, (named,), _UNNAMED_PURPOSE if purpose == OTHER else purpose, counterpart, degree)
