"""`upheld ledger`: walks through the ledger of a site, gives it out, and proves a line of it; needs the server's parts."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import IO

from upheld.cli.policies import list_policies, write_whole
from upheld.cli.settings import add_places, find_policies, find_site, find_state
from upheld.core.errors import SealError, UpheldError
from upheld.core.policy.reading.mistakes import shorten

DESCRIPTION = """\
The ledger is the log of what was done with people's data; docs/ledger.md lists what it holds. These commands work on
this machine beside a running server. What they give out, `upheld verify` checks anywhere."""
EPILOG = """\
examples:
  upheld ledger verify
  upheld ledger checkpoint lasership > kept/2026-11.checkpoint
  upheld ledger export lasership --out ledger.jsonl
  upheld ledger prove lasership e_abcdefghijkmnpqrstuv --out receipt.json
  upheld ledger key lasership
  upheld ledger restored lasership --yes

exit codes:
  0  it is whole, or done
  1  the ledger is not what was written, or has no such line
  2  it cannot be read; nothing was done"""
NOTHING_DONE = "nothing was done"
NO_LINE = "a line is named by its id, such as e_abcdefghijkmnpqrstuv; the console and My Account show them"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and what it can do, each with its help."""
    parser = subparsers.add_parser(
        "ledger",
        help="verify, export and prove the ledger of a site",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(dest="deed", metavar="COMMAND", required=True, help="what to do with it")
    out = argparse.ArgumentParser(add_help=False)
    out.add_argument("--out", type=Path, metavar="FILE", help="write to a file instead of printing; it must not exist")
    sure = argparse.ArgumentParser(add_help=False)
    sure.add_argument("--yes", action="store_true", help="do it; without this it is only said what is lost")
    for name, told, run, parents in (
        ("verify", "go through every line and checkpoint of one site, or of all", run_verify, []),
        ("export", "give out the whole ledger as a file that verifies offline", run_export, [out]),
        ("prove", "give out the receipt of one line", run_prove, [out]),
        ("checkpoint", "print the newest signed checkpoint; keep it elsewhere", run_checkpoint, []),
        ("key", "print the key that verifies the ledger; publish it", run_key, []),
        ("restored", "have a ledger go on that is shorter since its data was restored", run_restored, [sure]),
    ):
        deed = deeds.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.", parents=parents)
        deed.add_argument(
            "site",
            nargs="?" if name == "verify" else None,
            metavar="SITE",
            help="the name of its policy" + (" (default: all)" if name == "verify" else ""),
        )
        if name == "prove":
            deed.add_argument("line", metavar="LINE", help="the id of the line")
        add_places(deed)
        deed.set_defaults(run=run)


def run_verify(args: argparse.Namespace) -> int:
    """Says of each site whether its ledger is whole, and leaves a line in it."""
    sites = [find_site(args)] if args.site else list_policies(find_policies(args))
    desk = _open_desk(args)
    are_whole = []
    for site in sites:
        found = desk.verify_site(site, find_state(args))
        are_whole.append(found.is_whole)
        waiting = f", {found.waiting:,} waiting for a place" if found.waiting else ""
        if found.is_whole:
            print(f"{site}: whole, {found.size:,} lines under {found.checkpoints:,} checkpoints{waiting}")
        else:
            print(f"{site}: NOT what was written: {found.fault}{waiting}")
        if found.root:
            print(f"    root {found.root}\n    key  {desk.read_key(site)}")
    return 0 if all(are_whole) else 1


def run_export(args: argparse.Namespace) -> int:
    """Gives out the ledger, and verifies it on its way."""
    site = find_site(args)
    _refuse_taken(args.out)
    desk = _open_desk(args)
    lines = desk.open_export(site)
    if args.out is None:
        return _check(desk, _copy(lines, sys.stdout), site)
    with args.out.open("x", encoding="utf-8") as file:
        code = _check(desk, _copy(lines, file), site)
    print(f"{args.out}")
    return code


def run_prove(args: argparse.Namespace) -> int:
    """Gives out the receipt of one line."""
    site = find_site(args)
    _refuse_taken(args.out)
    receipt = _open_desk(args).make_receipt(site, args.line)
    if receipt is None:
        print(f"the ledger of `{site}` has no line `{shorten(args.line)}`\n    hint: {NO_LINE}", file=sys.stderr)
        return 1
    if args.out is None:
        print(receipt, end="")
    else:
        write_whole(args.out, receipt)
        print(f"{args.out}")
    return 0


def run_checkpoint(args: argparse.Namespace) -> int:
    """Prints the newest checkpoint."""
    site = find_site(args)
    print(_open_desk(args).read_checkpoint(site), end="")
    return 0


def run_key(args: argparse.Namespace) -> int:
    """Prints the verifier key."""
    site = find_site(args)
    print(_open_desk(args).read_key(site))
    return 0


def run_restored(args: argparse.Namespace) -> int:
    """Says what the ledger lacks of what was signed; with --yes it goes on from what is there, and a line says so."""
    site = find_site(args)
    desk = _open_desk(args)
    if not args.yes:
        loss = desk.weigh_restored(site)
        if loss is None:
            print(f"{site}: nothing is lost, {NOTHING_DONE}")
            return 0
        print(f"{site}: {loss.departure}")
        print(f"    {NOTHING_DONE}; if you restored the data from a backup, run it again with --yes")
        return 1
    loss, aside = desk.go_on_restored(site, find_state(args))
    print(f"{site}: goes on from {loss.size:,} lines; {loss.lost:,} are lost, and a line of the ledger says so")
    if aside is not None:
        print(f"    earlier checkpoints are in {aside}")
    return 0


def _check(desk: ModuleType, lines: Iterator[str], site: str) -> int:
    try:
        desk.check_lines(lines, site)
    except SealError as error:
        for _ in lines:  # the file is whole all the same: somebody will want to look at it
            pass
        print(f"the ledger of `{site}` does not verify: {error.text}", file=sys.stderr)
        return 1
    return 0


def _copy(lines: Iterator[str], file: IO[str]) -> Iterator[str]:
    for line in lines:
        file.write(line)
        yield line


def _refuse_taken(path: Path | None) -> None:
    if path is not None and path.exists():
        raise UpheldError("C602", f"`{path}` exists", "choose another name")


def _open_desk(args: argparse.Namespace) -> ModuleType:
    """What does the work. Raises UpheldError C601 without the server's parts, and as `open_desk` does."""
    if importlib.util.find_spec("django") is None:
        raise UpheldError(
            "C601",
            "`upheld ledger` needs the server, which is not installed here",
            "install it with: pip install 'upheld[server]'",
        )
    # imported late: the other commands work without Django
    from upheld.server.desk import open_desk  # noqa: PLC0415

    open_desk(state_folder=args.state, policies_folder=args.policies)
    return importlib.import_module("upheld.server.ledger_desk")  # holds models, which need what was opened just now
