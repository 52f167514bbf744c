"""`upheld coverage`: which clauses of the source policies our rules uphold; knows the core alone."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from upheld.cli.policies import add_folder, find_register, list_policies, locate_policy, open_policy, refuse_name
from upheld.core.errors import SealError, UpheldError
from upheld.core.policy.load import load_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.reading.mistakes import shorten
from upheld.core.policy.versions import list_version_files
from upheld.core.proof.runs import Proof, read_proof
from upheld.core.proof.tally import ProvenCoverage, judge_clauses
from upheld.core.proof.tally_sheet import describe_proven, print_proven
from upheld.core.proof.verifying import check_states
from upheld.core.register import load_register, measure_coverage
from upheld.core.register.clauses import Clause
from upheld.core.register.coverage_sheet import describe_coverage, print_coverage, print_totals

DESCRIPTION = """\
Holds each policy against the register of clauses: covered by a rule of the right sort, missing, or cited by a rule
that does not fit. A MUST NOT needs a `never` or an `only` and a claim, a MAY a permission, a SHOW something shown,
a MUST a duty, a safeguard or a limit, a CLAIM a claim or an attestation, a STATE a `state`. The rule also has to speak
of what the clause is about: a clause of the kind legal-process needs a `share`, not a `use`.
With --proof it says what each clause came to when the policy was proven: upheld, in part, broken, unused, attested or
missing, by the rules that cite it and fit it, by modality and by layer."""
EPILOG = """\
examples:
  upheld coverage                        every policy in the folder `policies`, its newest version
  upheld coverage lasership              one policy
  upheld coverage my.policy.md --register my.csv
  upheld coverage lasership --proof      what each clause came to, by policies/lasership/proof.json
  upheld coverage --proof run.json       the same by the proof that `upheld prove --out run.json` wrote

exit codes:
  0  every clause of the policies named is covered; with --proof also: none is broken
  1  a clause is missing or has no rule that fits, or a rule cites a clause that does not exist, or a clause is broken
  2  a file cannot be read, or a proof is for another text of the policy"""
PROOF = "proof.json"  # beside the versions of a policy


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "coverage",
        help="which clauses of the source policies are upheld, and by what",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("policy", nargs="*", metavar="POLICY", help="a name, a folder or a file; without one, all")
    add_folder(parser)
    parser.add_argument("--register", type=Path, help="the register (default: register.csv in the folder)")
    parser.add_argument(
        "--proof", nargs="?", const="", metavar="FILE", help=f"by a proof (default: {PROOF} in the policy's folder)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the coverage of each policy; 0 when all are complete, else 1. Raises UpheldError."""
    register = load_register(find_register(args.register, args.policies))
    if args.proof is not None:
        return _run_proven(args, register)
    policies = [open_policy(name, args.policies) for name in args.policy or list_policies(args.policies)]
    coverages = [measure_coverage(policy, register) for policy in policies]
    is_complete = all(coverage.is_complete for coverage in coverages)
    if args.format == "json":
        described = {"complete": is_complete, "policies": [describe_coverage(coverage) for coverage in coverages]}
        print(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        width = shutil.get_terminal_size().columns
        sheets = [print_coverage(coverage, width) for coverage in coverages]
        print("\n".join([*sheets, print_totals(coverages)] if len(sheets) > 1 else sheets), end="")
    return 0 if is_complete else 1


def _run_proven(args: argparse.Namespace, register: tuple[Clause, ...]) -> int:
    """Prints what the clauses came to; 0 when all are covered and none is broken, else 1."""
    found = [_judge(proof, name, args.policies, register) for name, proof in _list_proofs(args)]
    is_kept = all(proven.is_kept for proven in found)
    if args.format == "json":
        described = {"kept": is_kept, "policies": [describe_proven(proven) for proven in found]}
        print(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        width = shutil.get_terminal_size().columns
        print("\n".join(print_proven(proven, width) for proven in found), end="")
    return 0 if is_kept else 1


def _list_proofs(args: argparse.Namespace) -> list[tuple[str, Proof]]:
    """The policies that are asked about, each with its proof. Raises UpheldError C601 where there is none."""
    if args.proof:
        proof = open_proof(Path(args.proof))
        if len(args.policy) > 1:
            raise UpheldError("C601", "a proof is of one policy, and several are named", "name one, or none")
        return [(args.policy[0] if args.policy else proof.policy, proof)]
    return [
        (name, open_proof(_find_proof(name, args.policies))) for name in args.policy or list_policies(args.policies)
    ]


def _find_proof(name: str, folder: Path) -> Path:
    path = locate_policy(name, folder)
    if path is None or not path.exists():
        raise refuse_name(name, folder)
    return (path if path.is_dir() else path.parent) / PROOF


def open_proof(path: Path) -> Proof:
    """The proof in this file. Raises UpheldError C601 when there is none, SealError V803 when it is not as it was written."""
    if not path.is_file():
        hint = f"`upheld prove POLICY --out {shorten(path.name)}` writes one"
        raise UpheldError("C601", f"there is no proof `{shorten(str(path))}`", hint)
    return read_proof(path.read_bytes().removesuffix(b"\n"))


def _judge(proof: Proof, name: str, folder: Path, register: tuple[Clause, ...]) -> ProvenCoverage:
    policy = _open_proven(name, folder, proof)
    check_states(policy, proof)
    return judge_clauses(policy, register, proof)


def _open_proven(name: str, folder: Path, proof: Proof) -> Policy:
    """The version that was proven: the file that is named, or the one in the folder. Raises SealError V806 for none."""
    path = locate_policy(name, folder)
    files = list_version_files(path) if path is not None and path.is_dir() else ()
    for file in reversed(files):
        policy = load_policy(file)
        if policy.digest == proof.digest:
            return policy
    policy = open_policy(name, folder)
    if policy.digest != proof.digest:
        text = f"the proof is for another text than any version of `{shorten(name)}`"
        raise SealError("V806", text, f"prove it anew: upheld prove {shorten(name)}")
    return policy
