"""`upheld export`: a policy as JSON for other programs, or as canonical text; knows the core alone."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from upheld.cli.policies import add_folder, open_policy, write_whole
from upheld.core.errors import UpheldError
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.export import export_policy, export_schema
from upheld.core.policy.words import print_policy

DESCRIPTION = """\
Writes one version of a policy in full: as JSON (declarations, sentences, rules, and how large the table is), or as the
policy file again with every rule in its canonical form. `--schema` writes the JSON Schema that the JSON fits."""
EPILOG = """\
examples:
  upheld export lasership > lasership.json
  upheld export my.policy.md --format policy --out tidy.policy.md
  upheld export --schema --out policy.schema.json

exit codes:
  0  written
  2  the policy cannot be read, the file cannot be written, or it exists and --force is not given"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "export",
        help="a policy as JSON, or as canonical text",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("policy", nargs="?", metavar="POLICY", help="a name, a folder (its newest version) or a file")
    parser.add_argument("--format", choices=("json", "policy"), default="json", help="what to write (default: json)")
    parser.add_argument("--schema", action="store_true", help="write the JSON Schema instead; needs no policy")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write this file, whole or not at all (default: print)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite the file if there is one")
    add_folder(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints or writes the export and gives 0. Raises UpheldError, then nothing is written."""
    if bool(args.policy) == args.schema:
        raise UpheldError("C601", "name one policy, or ask for the schema", "for example `upheld export lasership`")
    text = _write_text(args)
    if args.out is None:
        print(text, end="")
        return 0
    if args.out.exists() and not args.force:
        raise UpheldError("C602", f"`{args.out}` exists", "choose another name, or add --force to overwrite it")
    write_whole(args.out, text)
    print(f"{args.out}")
    return 0


def _write_text(args: argparse.Namespace) -> str:
    if args.schema:
        return json.dumps(export_schema(), indent=2, ensure_ascii=False) + "\n"
    policy = open_policy(args.policy, args.policies)
    if args.format == "policy":
        return print_policy(policy)
    return json.dumps(export_policy(policy, compile_policy(policy)), indent=2, ensure_ascii=False) + "\n"
