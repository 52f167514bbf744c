"""Writes docs/proof.md: what each clause came to, from the proofs that are committed beside the policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.house.files import ROOT

if TYPE_CHECKING:
    from upheld.core.proof.runs import Proof

OPENING = """\
How much of each source is upheld, by the newest proof that is committed: `policies/NAME/proof.json`, which `make proof`
writes over the demo's data. A clause is what the rules came to that cite it and fit it; the claims of its kind count
too. Nothing is green without the evidence that its verb demands ([what a proof means](proving.md)). The same for any
other proof: `upheld coverage NAME --proof FILE`."""
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
    found = list_proofs()
    for path in found:
        proof = read_committed(path)
        policies = load_versions(path.parent).policies
        policy = next((one for one in policies if one.digest == proof.digest), policies[-1])
        lines += write_section(judge_clauses(policy, register, proof))
    return "\n".join(lines if found else [*lines, NONE]).rstrip("\n") + "\n"


def list_proofs() -> list[Path]:
    """The proofs that are committed."""
    return sorted((ROOT / "policies").glob("*/proof.json"))


def read_committed(path: Path) -> Proof:
    """The proof in this file."""
    from upheld.core.proof.runs import read_proof

    return read_proof(path.read_bytes().removesuffix(b"\n"))
