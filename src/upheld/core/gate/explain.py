"""Why the gate answered as it did, and what would change it, in words; asks the gate, decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upheld.core.errors import PolicyError
from upheld.core.gate.act import PERMITTED, SILENT, Act, Verdict
from upheld.core.gate.decide import Gate
from upheld.core.policy.cells import find_open_masks, name_masks
from upheld.core.policy.condition import join_all
from upheld.core.policy.model import Sentence
from upheld.core.policy.saying.answers import say_fact_sets
from upheld.core.policy.saying.rules import say_fact

MOST_WAYS = 6


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with everything a person needs to understand it.

    `rule` is the deciding rule's line, empty when the policy is silent. `changes` says what would have to be
    known for the answer to become yes, each a way of its own; empty when nothing would.
    """

    act: str
    verdict: Verdict
    sentences: tuple[Sentence, ...]
    clauses: tuple[str, ...]
    rule: str
    summary: str
    changes: tuple[str, ...]


def explain_act(gate: Gate, act: Act, facts: Mapping[str, bool | None]) -> Explanation:
    """The verdict on this act with its sentences, its rule, and what would change it."""
    verdict = gate.ask(act, facts)
    policy = gate.table.policy
    sentences = tuple(s for ref in verdict.because if (s := policy.find_sentence(ref)) is not None)
    rules = [rule for rule in gate.table.rules if set(rule.sentences) & set(verdict.because[:1])]
    clauses = tuple(dict.fromkeys(ref for rule in rules for ref in rule.refs))
    line = gate.table.rules[verdict.rule].text if verdict.rule >= 0 else ""
    changes = () if verdict.is_permitted else say_changes(gate, act, facts)
    is_free = verdict.is_permitted and gate.ask(act, {}).is_permitted
    summary = _summarise(verdict, can_change=bool(changes), is_free=is_free)
    return Explanation(str(act), verdict, sentences, clauses, line, summary, changes)


def _summarise(verdict: Verdict, *, can_change: bool, is_free: bool) -> str:
    if verdict.outcome == PERMITTED:
        return (
            "Permitted: the policy says so."
            if is_free
            else "Permitted: the policy says so, and what it asks for is known."
        )
    if verdict.outcome == SILENT:
        return "Refused: the policy says nothing about this. What it does not permit is refused, and this is a gap."
    if verdict.is_cut:
        return "Refused: the policy rules this out" + (", as things stand." if can_change else ".")
    if not can_change:
        return "Refused: the policy permits a part of this at most, and all of it was asked."
    return "Refused: the policy permits it only under conditions that are not known to hold."


def facts_of(gate: Gate, act: Act) -> tuple[str, ...]:
    """The facts that the verdict on this act can depend on, in the order of their numbers."""
    masks = [mask for _, bits in gate.open_cells(act) for mask in gate.find_residual(bits).masks]
    return gate.table.facts.facts_in(masks)


def find_ways(gate: Gate, act: Act, facts: Mapping[str, bool | None]) -> tuple[frozenset[str], ...]:
    """What would have to be known besides for the act to be permitted: each a set of facts (`told`, `not merging`).

    The shortest ways come first; there is none when nothing would change the answer, or nothing has to.
    """
    table = gate.table
    cells = dict.fromkeys(bits for _, bits in gate.open_cells(act))
    try:
        opens = join_all(find_open_masks(table, bits) for bits in cells)
    except PolicyError:  # a question over very many acts at once: too many ways to list any
        return ()
    known = table.facts.mask(facts)
    missing = sorted({mask & ~known for mask in opens} - {0}, key=lambda mask: (mask.bit_count(), mask))
    return tuple(named for mask in missing for named in name_masks(table, (mask,)))


def say_changes(gate: Gate, act: Act, facts: Mapping[str, bool | None]) -> tuple[str, ...]:
    """The ways of `find_ways` in words, at most six."""
    ways = find_ways(gate, act, facts)
    return tuple(dict.fromkeys(say_fact_sets(gate.table, [way]) for way in ways))[:MOST_WAYS]


def question_fact(gate: Gate, fact: str) -> str:
    """A fact as a plain clause, for a form that asks for it."""
    return say_fact(fact, gate.table.policy)
