"""Formal evidence: what the check of all cases says of each rule that can be checked so; knows the gate, and no record."""

from __future__ import annotations

from upheld.core.gate.act import REFUSED, SILENT
from upheld.core.gate.cases import ALL_CASES
from upheld.core.gate.counterexample import Counterexample
from upheld.core.gate.decide import Gate
from upheld.core.gate.formal import FAILS as PROOF_FAILS
from upheld.core.gate.formal import UNUSED as PROOF_UNUSED
from upheld.core.gate.formal import FormalProof, prove_formally
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import FAILS, FORMAL, HOLDS, IDLE, LACKS, Evidence


def show_formally(gate: Gate, at: str, *, most_cases: int = ALL_CASES) -> dict[int, Evidence]:
    """Formal evidence by the place of each rule among the rules in force; of every rule that demands it, and of others
    that can be checked in all cases as well. `at` is the moment of the look.

    The same text gives the same evidence at any time and on any machine, so whoever doubts it makes it again.
    """
    places = {id(rule): number for number, rule in enumerate(gate.table.rules)}
    found = {
        places[id(proof.rule)]: describe_formally(proof, at) for proof in prove_formally(gate, most_cases=most_cases)
    }
    for number, rule in enumerate(gate.table.rules):
        if number not in found and FORMAL in list_demanded(rule):
            found[number] = Evidence(FORMAL, LACKS, "it speaks of no act that could be checked in all cases", at=at)
    return found


def describe_formally(proof: FormalProof, at: str) -> Evidence:
    """One formal proof as evidence: how much was looked at, and the act that shows it where the rule does not hold."""
    if proof.state == PROOF_FAILS and proof.counterexample is not None:
        return Evidence(FORMAL, FAILS, _say_example(proof.counterexample), count=proof.cells, at=at)
    if proof.state == PROOF_UNUSED:
        return Evidence(FORMAL, IDLE, proof.note, count=proof.cells, at=at)
    return Evidence(FORMAL, HOLDS, _say_looked(proof), count=proof.cells, at=at)


def _say_looked(proof: FormalProof) -> str:
    if not proof.cells:
        return f"checked against all rules of the policy{f': {proof.note}' if proof.note else ''}"
    acts = f"{proof.cells:,} act{'' if proof.cells == 1 else 's'}"
    if not proof.cases:
        return f"checked in all cases: {acts}"
    known = f"{proof.cases:,} combination{'' if proof.cases == 1 else 's'}"
    return f"checked in all cases: {acts}, in {known} of what can be known"


def _say_example(example: Counterexample) -> str:
    if example.act is None or example.verdict is None:
        return example.why
    outcome = {REFUSED: "refused", SILENT: "refused, as no sentence speaks of it"}.get(
        example.verdict.outcome, "permitted"
    )
    known = " and ".join(example.known) or "nothing at all"
    doubts = f" and {' and '.join(example.doubts)}" if example.doubts else ""
    return f"`{example.act}` is {outcome} when it is known: {known}{doubts}; {example.why}"
