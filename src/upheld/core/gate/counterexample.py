"""The act that shows where a rule does not hold, written so that a person understands it and can put it to the gate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.cases import answer_mask, choice_bits
from upheld.core.gate.claims import Conditions, know_condition
from upheld.core.policy.compile import Table
from upheld.core.policy.saying.rules import say_condition, say_fact


@dataclass(frozen=True, slots=True)
class Counterexample:
    """What shows that a rule does not hold.

    The gate, asked about `act` with the facts in `mask`, gives `verdict`; `facts` is the same as a line that can be
    put to it. `known` says the facts in words, `doubts` what the rule asks for and nobody knows. Where no act is meant
    (cookies, techniques), there is only `why`.
    """

    why: str
    act: Act | None = None
    mask: int = 0
    facts: str = ""
    known: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    verdict: Verdict | None = None


def write_facts(table: Table, mask: int, *, asks_expiry: bool, unasked: str = "") -> str:
    """The known facts of a case as a line that `parse_facts` reads.

    `expired` is false when it is not mentioned; so where it matters (`asks_expiry`) it is written when unknown.
    The choice `unasked` is written so where that cannot be told from a yes.
    """
    pieces = [f"{choice} {answer}" for choice, answer in _read_choices(table, mask, unasked)]
    facts = _read_others(table, mask)
    pieces += [name if value else f"not {name}" for name, value in facts.items() if name != "expired" or value]
    if asks_expiry and "expired" not in facts:
        pieces.append("expired unknown")
    return ", ".join(pieces)


def say_facts(table: Table, mask: int, unasked: str = "") -> tuple[str, ...]:
    """The known facts of a case, each as a clause; that a time of keeping is not over is left unsaid."""
    said = {"yes": "you said yes to", "no": "you said no to", "unasked": "you were never asked about"}
    clauses = []
    for choice, answer in _read_choices(table, mask, unasked):
        name = table.words.of_sort("choice")[choice].value or table.words.label(choice, "choice")
        clauses.append(f"{said[answer]} {name}")
    for name, value in _read_others(table, mask).items():
        if value:
            clauses.append(say_fact(name, table.policy))
        elif name != "expired":
            clauses.append(f"it is on record that this is not so: {say_fact(name, table.policy)}")
    return tuple(clauses)


def say_doubts(table: Table, conditions: Conditions, mask: int, *, is_lift: bool) -> tuple[str, ...]:
    """What a rule asks for in vain in this case, each as a clause.

    Of what would lift a ban (`is_lift`) nothing is known; of what a permission needs, only the missing is told.
    """
    clauses = []
    for wanted, group in ((True, conditions.true), (False, conditions.false)):
        for condition in group:
            known = know_condition(condition, table.facts, mask)
            if known is wanted and not is_lift:
                continue
            said = say_condition(condition, table.policy)
            lead = (
                ("it is not known that", "it is not so that")
                if wanted
                else ("it is not ruled out that", "it is so that")
            )
            clauses.append(f"{lead[known is not None]} {said}")
    return tuple(clauses)


def _read_choices(table: Table, mask: int, unasked: str) -> Iterator[tuple[str, str]]:
    for choice in table.choices:
        bits = mask & choice_bits(table, choice)
        for answer in ("unasked",) if choice == unasked else ("yes", "no", "unasked"):
            if bits and bits == answer_mask(table, choice, answer):
                yield choice, answer
                break


def _read_others(table: Table, mask: int) -> dict[str, bool]:
    """The known facts that are no answer to a choice."""
    answers = {f"{word} {choice}" for choice in table.choices for word in ("chosen", "refused")}
    return {name: value for name, value in table.facts.read_mask(mask).items() if name not in answers}
