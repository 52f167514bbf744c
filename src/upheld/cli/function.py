"""`upheld function`: what a site can do under its policy, what is allowed and not built, what is not named; knows the core alone."""

from __future__ import annotations

import argparse
import json
import shutil

from upheld.cli.policies import add_folder, find_policy, list_policies, open_policy
from upheld.core.errors import RegisterError
from upheld.core.functions import find_address, list_functions
from upheld.core.functions.sheet import (
    describe_answer,
    describe_functions,
    print_answer,
    print_functions,
    print_side_by_side,
)
from upheld.core.policy.compile import Table, compile_policy

DESCRIPTION = """\
Lists 83 functions that sites like these have, such as a newsletter or shipments. A function exists on a site only
because a sentence of its policy names it, and this program does not have them all. So each is one of four: it works
here, the policy allows it and it is not built, the policy does not name it, or a sentence shuts it out."""
EPILOG = """\
examples:
  upheld function                        every policy side by side
  upheld function lasership              one policy: where each function is met, or what is missing
  upheld function lasership --address /forum
                                         which of the four an address of the site is

exit codes:
  0  the table was printed
  2  a file cannot be read, or an address was asked of several policies"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "function",
        help="what a site can do under its policy, and what is missing",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("policy", nargs="*", metavar="POLICY", help="a name, a folder or a file; without one, all")
    add_folder(parser)
    parser.add_argument("--address", metavar="PATH", help="an address of the site, such as /forum")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the functions of each policy, or what an address is. Raises UpheldError."""
    names = args.policy or list_policies(args.policies)
    tables = {(table := compile_policy(open_policy(name, args.policies))).policy.slug: table for name in names}
    homes = {slug: _find_home(table, args) for slug, table in tables.items()}
    width = shutil.get_terminal_size().columns
    if args.address is not None:
        if len(tables) != 1:
            raise RegisterError("R505", "an address is one of one site, and several policies are named", "name one")
        (slug, table), *_ = tables.items()
        answer = find_address(table, args.address, homes[slug])
        print(_write(describe_answer(answer)) if args.format == "json" else print_answer(answer, width), end="")
        return 0
    listed = {slug: list_functions(table, homes[slug]) for slug, table in tables.items()}
    if args.format == "json":
        print(_write({"policies": [describe_functions(slug, found) for slug, found in listed.items()]}), end="")
    elif len(listed) == 1:
        print("".join(print_functions(slug, found, width) for slug, found in listed.items()), end="")
    else:
        print(print_side_by_side(listed, width), end="")
    return 0


def _find_home(table: Table, args: argparse.Namespace) -> Table | None:
    """The policy on whose site this one stands; None for one with a site of its own, and where that one is not there."""
    name = table.policy.site.get("of")
    if not isinstance(name, str) or find_policy(name, args.policies) is None:
        return None
    return compile_policy(open_policy(name, args.policies))


def _write(described: dict[str, object]) -> str:
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"
