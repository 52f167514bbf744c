"""How many clauses of a source are upheld, and which are not and why: a proof held against the register of clauses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from upheld.core.errors import SealError
from upheld.core.policy.forms import is_claim
from upheld.core.policy.model import Policy
from upheld.core.proof.runs import Proof
from upheld.core.proof.states import BROKEN, PARTLY, STATED, STATES, UNUSED, UPHELD, VOUCHED, Judged, judge_sentence
from upheld.core.register.clauses import Clause
from upheld.core.register.coverage import (
    COVERED,
    LAYERS,
    ClauseCover,
    Coverage,
    is_fitting,
    is_of_kind,
    measure_coverage,
)

MISSING = "missing"
# What is best stands first, as in a table of results; what no rule upholds at all stands last.
COLUMNS = (*STATES[::-1], MISSING)
GREEN = (UPHELD, VOUCHED, STATED)
# Obligations and bans are one group: both can be broken. In the order of how much they bind.
GROUPS = (
    ("MUST and MUST NOT", ("MUST", "MUST NOT")),
    ("SHOW", ("SHOW",)),
    ("MAY", ("MAY",)),
    ("CLAIM", ("CLAIM",)),
    ("STATE", ("STATE",)),
)


@dataclass(frozen=True, slots=True)
class ClauseProof:
    """What one clause came to by the rules that uphold it; `layer` is empty where none does."""

    clause: Clause
    state: str
    why: str
    layer: str
    rules: tuple[int, ...]

    @property
    def is_green(self) -> bool:
        """Whether there is nothing left to be done for it."""
        return self.state in GREEN


@dataclass(frozen=True, slots=True)
class ProofTally:
    """How many clauses of one group are in each state, in the order of COLUMNS."""

    name: str
    clauses: int
    states: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProvenCoverage:
    """One policy's clauses with what each came to, by which proof."""

    policy: str
    version: str
    ended: str
    clauses: tuple[ClauseProof, ...]
    coverage: Coverage
    faults: tuple[str, ...]

    @property
    def is_kept(self) -> bool:
        """Whether every clause is covered and none is broken, and nothing was wrong with the look itself."""
        return self.coverage.is_complete and not self.faults and not any(one.state == BROKEN for one in self.clauses)

    def count_by_modality(self) -> tuple[ProofTally, ...]:
        """A tally for each group of modalities that occurs."""
        found = (
            (name, [one for one in self.clauses if one.clause.modality in modalities]) for name, modalities in GROUPS
        )
        return tuple(count_clauses(name, ones) for name, ones in found if ones)

    def count_by_layer(self) -> tuple[ProofTally, ...]:
        """A tally for each layer that occurs; clauses that no rule upholds have none."""
        found = ((layer or "none", [one for one in self.clauses if one.layer == layer]) for layer in (*LAYERS, ""))
        return tuple(count_clauses(name, ones) for name, ones in found if ones)

    def count_all(self) -> ProofTally:
        """The tally of all clauses."""
        return count_clauses("all", self.clauses)

    def list_open(self) -> tuple[ClauseProof, ...]:
        """The clauses that are not green, what presses most first."""
        order = (BROKEN, MISSING, *(state for state in STATES if state != BROKEN))
        found = [one for one in self.clauses if not one.is_green]
        return tuple(sorted(found, key=lambda one: order.index(one.state)))


def judge_clauses(policy: Policy, clauses: Sequence[Clause], proof: Proof) -> ProvenCoverage:
    """What each clause of this policy came to, by the rules that cite it and fit it, and the claims of its kind.

    A rule that cites it and does not fit adds nothing, unless it is broken: then the clause is, too. Raises SealError V806
    when the proof is for another text, RegisterError R505 when the register has no clause of this policy.
    """
    if proof.digest != policy.digest:
        text = (
            f"the proof is for another text of the policy `{policy.slug}` than the one of {policy.version.isoformat()}"
        )
        raise SealError("V806", text, f"prove it anew: upheld prove {policy.slug}")
    coverage = measure_coverage(policy, clauses)
    return ProvenCoverage(
        policy=policy.slug,
        version=policy.version.isoformat(),
        ended=proof.ended,
        clauses=tuple(_judge_clause(cover, policy, proof) for cover in coverage.covers),
        coverage=coverage,
        faults=proof.faults,
    )


def count_clauses(name: str, clauses: Iterable[ClauseProof]) -> ProofTally:
    """The tally of these clauses under this name."""
    states = [one.state for one in clauses]
    return ProofTally(name, len(states), tuple(states.count(state) for state in COLUMNS))


def _judge_clause(cover: ClauseCover, policy: Policy, proof: Proof) -> ClauseProof:
    clause = cover.clause
    citing = [number for number, rule in enumerate(policy.active_rules) if clause.id in rule.refs]
    broken = next((proof.rules[number] for number in citing if proof.rules[number].state == BROKEN), None)
    if broken is not None:
        return ClauseProof(clause, BROKEN, broken.why, cover.layer or "", tuple(citing))
    if cover.state != COVERED:
        return ClauseProof(clause, MISSING, f"{cover.state}: {cover.needs}", "", tuple(citing))
    upholding = [number for number in citing if _upholds(policy, number, clause)]
    judged = judge_sentence(
        (policy.active_rules[number], Judged(proof.rules[number].state, proof.rules[number].why))
        for number in upholding
    )
    why = judged.why or ("some of it is shown, and some of it is not" if judged.state in (PARTLY, UNUSED) else "")
    return ClauseProof(clause, judged.state, why, cover.layer or "", tuple(upholding))


def _upholds(policy: Policy, number: int, clause: Clause) -> bool:
    rule = policy.active_rules[number]
    return is_fitting(rule, clause) or (is_claim(rule.form) and is_of_kind(rule.form, clause))
