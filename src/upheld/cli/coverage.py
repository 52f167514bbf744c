"""`upheld coverage`: which clauses of the source policies our rules uphold; knows the core alone."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from upheld.cli.policies import add_folder, find_register, list_policies, open_policy
from upheld.core.register import load_register, measure_coverage
from upheld.core.register.coverage_sheet import describe_coverage, print_coverage

DESCRIPTION = """\
Holds each policy against the register of clauses: covered by a rule of the right sort, missing, or cited by a rule
that does not fit. A MUST NOT needs a `never` or an `only` and a claim, a MAY a permission, a SHOW something shown,
a MUST a duty, a safeguard or a limit, a CLAIM a claim or an attestation, a STATE a `state`. The rule also has to speak
of what the clause is about: a clause of the kind legal-process needs a `share`, not a `use`."""
EPILOG = """\
examples:
  upheld coverage                        every policy in the folder `policies`, its newest version
  upheld coverage lasership              one policy
  upheld coverage my.policy.md --register my.csv

exit codes:
  0  every clause of the policies named is covered
  1  a clause is missing or has no rule that fits, or a rule cites a clause that does not exist
  2  a file cannot be read"""


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
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the coverage of each policy; 0 when all are complete, else 1. Raises UpheldError."""
    register = load_register(find_register(args.register, args.policies))
    policies = [open_policy(name, args.policies) for name in args.policy or list_policies(args.policies)]
    coverages = [measure_coverage(policy, register) for policy in policies]
    is_complete = all(coverage.is_complete for coverage in coverages)
    if args.format == "json":
        described = {"complete": is_complete, "policies": [describe_coverage(coverage) for coverage in coverages]}
        print(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        width = shutil.get_terminal_size().columns
        print("\n".join(print_coverage(coverage, width) for coverage in coverages), end="")
    return 0 if is_complete else 1
