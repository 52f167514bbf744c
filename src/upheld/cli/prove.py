"""`upheld prove`: what holds in all cases, and the act that shows it where something does not; knows the core alone."""

from __future__ import annotations

import argparse
import json
import shutil

from upheld.cli.check import find_files
from upheld.cli.policies import add_folder, list_policies
from upheld.core.errors import UpheldError
from upheld.core.gate import Gate
from upheld.core.gate.cases import ALL_CASES
from upheld.core.gate.formal import FAILS, prove_formally
from upheld.core.gate.formal_sheet import describe_proofs, print_proofs
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.condition import FactNumbers
from upheld.core.policy.load import load_policy

DESCRIPTION = """\
Proves rules over all cases: every act that can be put to the gate, under every combination of what can be known.
Claims, bans, each `only`, choices, and that a permission opens what it says and nothing besides. What is not about
acts (notices, deadlines, measures) cannot be shown this way and is left out. Where a rule fails, you see the act."""
EPILOG = """\
examples:
  upheld prove --formal                  every version of every policy in the folder `policies`
  upheld prove --formal lasership --all  every rule of one policy, those that hold too
  upheld prove --formal my.policy.md --format json

exit codes:
  0  everything that can be checked holds (a permission may be unused)
  1  at least one rule fails
  2  a policy cannot be read, or another kind of proof was asked for"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "prove",
        help="what holds in all cases, and a counterexample where something does not",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("policy", nargs="*", metavar="POLICY", help="a name, a folder or a file; without one, all")
    parser.add_argument(
        "--formal", action="store_true", help="by exhaustion over the compiled table (the only kind yet)"
    )
    parser.add_argument("--all", action="store_true", help="list the rules that hold too")
    add_folder(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the proofs of each version; 0 when nothing fails, else 1. Raises UpheldError, also without `--formal`."""
    if not args.formal:
        text = "only formal proofs exist in this version; nothing can be rehearsed or observed before data is held"
        raise UpheldError("C601", text, "add --formal")
    tables = [table for name in args.policy or list_policies(args.policies) for table in _compile_all(name, args)]
    found = [(table.policy, prove_formally(Gate(table), most_cases=ALL_CASES)) for table in tables]
    holds = all(proof.state != FAILS for _, proofs in found for proof in proofs)
    if args.format == "json":
        described = {"holds": holds, "policies": [describe_proofs(policy, proofs) for policy, proofs in found]}
        print(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        width = shutil.get_terminal_size().columns
        print("\n".join(print_proofs(policy, proofs, width, shows_all=args.all) for policy, proofs in found), end="")
    return 0 if holds else 1


def _compile_all(name: str, args: argparse.Namespace) -> list[Table]:
    """The table of each version under this name; facts keep their numbers from one to the next."""
    tables: list[Table] = []
    numbers: FactNumbers | None = None
    for file in find_files(name, args.policies):
        tables.append(compile_policy(load_policy(file), numbers))
        numbers = tables[-1].facts
    return tables
