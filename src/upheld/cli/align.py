"""`upheld align`: an original document beside our policy, clause by clause; writes only the page it is asked for."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from upheld.cli.policies import add_folder, find_policy, find_register, open_policy, write_whole
from upheld.core.errors import RegisterError
from upheld.core.register import align_document, load_register
from upheld.core.register.align import read_document
from upheld.core.register.align_page import make_page
from upheld.core.register.align_sheet import describe_alignment, print_alignment

DESCRIPTION = """\
Reads your own document (plain text in UTF-8), finds each clause of the policy in it by the hashes that the register
holds, and shows original, restated sentence, rule and layer side by side. Nothing of your document is stored or sent:
it goes to the screen, or into the one page you name."""
EPILOG = """\
examples:
  upheld align original.txt --policy lasership
  upheld align original.txt --policy lasership --html beside.html

exit codes:
  0  every clause was found, in the register's order
  1  a clause was not found, or the document has another order
  2  a file cannot be read or written"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "align",
        help="lay an original document beside the policy, clause by clause",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("document", type=Path, metavar="FILE", help="the original document, plain text in UTF-8")
    parser.add_argument("--policy", required=True, help="the policy's name, as the register has it")
    parser.add_argument("--html", type=Path, metavar="OUT.html", help="write one page that stands alone, instead")
    parser.add_argument("--width", type=int, help="columns of the sheet (default: those of the terminal)")
    add_folder(parser)
    parser.add_argument("--register", type=Path, help="the register (default: register.csv in the folder)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints or writes the alignment; 0 when every clause was found in order, else 1. Raises UpheldError."""
    register = load_register(find_register(args.register, args.policies))
    text = read_document(args.document)
    ours = find_policy(args.policy, args.policies)
    policy = open_policy(args.policy, args.policies) if ours else None
    alignment = align_document(text, register, policy.slug if policy else args.policy, policy)
    name = args.document.name
    if args.html:
        if args.html.resolve() == args.document.resolve():
            raise RegisterError("C602", "the page would overwrite the document", "give --html another name")
        write_whole(args.html, make_page(alignment, name))
        print(f"written to {args.html}", file=sys.stderr)
    if args.format == "json":
        print(json.dumps(describe_alignment(alignment, name), indent=2, ensure_ascii=False))
    elif not args.html:
        print(print_alignment(alignment, name, args.width or shutil.get_terminal_size().columns), end="")
    return 0 if alignment.is_complete else 1
