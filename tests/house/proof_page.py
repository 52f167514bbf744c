"""Writes docs/proof.md: what each clause came to, from the proofs that are committed beside the policies.

Run as a program it makes a committed proof of a whole one: the same evidence and states, with the steps that they need.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.house.files import ROOT

if TYPE_CHECKING:
    from upheld.core.proof.evidence import Evidence
    from upheld.core.proof.runs import Proof
    from upheld.core.proof.tally import ProvenCoverage

OPENING = """\
How much of each source is upheld, by the newest proof that is committed: `policies/NAME/proof.json`, which `make proof`
writes over the demo's data. A clause is what the rules came to that cite it and fit it; the claims of its kind count
too. Nothing is green without the evidence that its verb demands ([what a proof means](proving.md)). The same for any
other proof: `upheld coverage NAME --proof FILE`. A committed proof is short: of the steps of each rehearsal it keeps one
that worked, and those that were not kept or could not be tried."""
NONE = "No proof is committed yet: `upheld prove NAME --out policies/NAME/proof.json` writes one."


def write_proofs() -> str:
    """The page; it says so where there is no proof yet."""
    from tests.house.pages import NOTE
    from upheld.core.policy.versions import load_versions
    from upheld.core.proof.tally import judge_clauses
    from upheld.core.proof.tally_sheet import write_meanings, write_section
    from upheld.core.register import load_register

    lines = ["# What is upheld", "", NOTE, "", OPENING, "", *write_meanings(), ""]
    register = load_register(ROOT / "policies" / "register.csv")
    found = []
    for path in list_proofs():
        proof = read_committed(path)
        policies = load_versions(path.parent).policies
        policy = next((one for one in policies if one.digest == proof.digest), policies[-1])
        found.append(judge_clauses(policy, register, proof))
    lines += write_totals(found)
    for proven in found:
        lines += write_section(proven)
    return "\n".join(lines if found else [*lines, NONE]).rstrip("\n") + "\n"


def write_totals(found: list[ProvenCoverage]) -> list[str]:
    """All policies in one table: a row for each, then all clauses by modality and by layer."""
    from upheld.core.proof.tally import count_clauses
    from upheld.core.proof.tally_sheet import write_table

    if len(found) < 2:
        return []
    rows = [count_clauses(one.policy, one.clauses) for one in found]
    clauses = [clause for one in found for clause in one.clauses]
    whole = replace(found[0], clauses=tuple(clauses))
    lines = ["## All policies", "", *write_table("policy", (*rows, whole.count_all()))]
    return [*lines, *write_table("modality", whole.count_by_modality()), *write_table("layer", whole.count_by_layer())]


def shorten(proof: Proof) -> Proof:
    """The same proof with the steps that its states need: one that worked, what was not kept, and what could not be tried."""
    rules = tuple(replace(rule, evidence=tuple(map(_shorten_one, rule.evidence))) for rule in proof.rules)
    return replace(proof, rules=rules)


def _shorten_one(one: Evidence) -> Evidence:
    from upheld.core.proof.evidence import MISSING, WORKS

    first = next((step for step in one.steps if step.sort == WORKS and step.is_kept), None)
    tried = [step for step in one.steps if step.sort != MISSING]
    kept = tuple(
        replace(step, lines=())
        for step in one.steps
        if step is (first or (tried[0] if tried else None)) or not step.is_kept or step.sort == MISSING
    )
    return replace(one, steps=kept, lines=())


def list_proofs() -> list[Path]:
    """The proofs that are committed."""
    return sorted((ROOT / "policies").glob("*/proof.json"))


def read_committed(path: Path) -> Proof:
    """The proof in this file."""
    from upheld.core.proof.runs import read_proof

    return read_proof(path.read_bytes().removesuffix(b"\n"))


def main(whole: str, short: str) -> None:
    """Lay the short proof of a whole one into this file."""
    from upheld.core.proof.runs import write_proof

    Path(short).write_bytes(write_proof(shorten(read_committed(Path(whole)))) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
