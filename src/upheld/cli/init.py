"""`upheld init`: a first policy to start from, sound as it stands; knows the core alone."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from upheld.cli.policies import add_folder, write_whole
from upheld.core.errors import RegisterError, UpheldError
from upheld.core.policy.load import parse_policy
from upheld.core.policy.versions import SUFFIX

DESCRIPTION = """\
Writes a first policy for a small business into the folder of policies: a contact form, a newsletter that people
choose, a visit log, and what all of it promises. Change the words, then run `upheld check`."""
EPILOG = """\
examples:
  upheld init corner-bakery
  upheld init corner-bakery --business "Corner Bakery"

exit codes:
  0  written; the text says where
  2  there is a policy of that name already, or the folder cannot be written"""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "init",
        help="write a first policy to start from",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits and hyphens")
    parser.add_argument("--business", help="what the business is called (default: from the name)")
    add_folder(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Writes the file and says what to do next; never overwrites. Raises UpheldError."""
    if not _SLUG.fullmatch(args.name):
        raise RegisterError(
            "P009",
            f"`{args.name}` cannot name a policy",
            "lower-case letters, digits and hyphens, as in `corner-bakery`",
        )
    business = args.business or args.name.replace("-", " ").title()
    if not re.fullmatch(r"[\w .,&'’-]{1,80}", business):
        raise UpheldError(
            "C601", "the name of the business has characters that cannot stand in the file", "use letters"
        )
    today = datetime.now(UTC).date().isoformat()
    folder: Path = args.policies / args.name
    path = folder / f"{today}{SUFFIX}"
    text = write_policy(args.name, business, today)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_taken = any(folder.iterdir())
    except FileExistsError as error:
        raise UpheldError("C602", f"`{folder}` is there already and no folder", "choose another name") from error
    except OSError as error:
        raise UpheldError("C601", f"`{folder}` cannot be made: {error.strerror}", "check the folder") from error
    if is_taken:
        raise UpheldError("C602", f"there is something in `{folder}` already", "choose another name")
    write_whole(path, text)
    print(
        f"{path}\nnext:\n  upheld check {args.name}\n  upheld words {args.name}\n  UPHELD_DRAFT=yes upheld serve    shows each change at once; leave it out before anybody relies on it"
    )
    return 0


def write_policy(name: str, business: str, today: str) -> str:
    """The starter policy with these names filled in; parses by construction. Raises PolicyError if it ever does not."""
    text = files("upheld.cli").joinpath("starter.policy.md").read_text(encoding="utf-8")
    quoted = '"' + business.replace('"', "") + '"'
    text = text.replace("{{name}}", name).replace("{{business}}", quoted).replace("{{today}}", today)
    parse_policy(text, f"{today}{SUFFIX}")
    return text
