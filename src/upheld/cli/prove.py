"""`upheld prove`: what is known about each sentence of a policy, and why; with `--formal` it knows the core alone."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upheld.cli.check import find_files
from upheld.cli.policies import list_policies, write_whole
from upheld.cli.settings import add_places, find_policies, find_state
from upheld.core.errors import UpheldError
from upheld.core.gate import Gate
from upheld.core.gate.cases import ALL_CASES
from upheld.core.gate.formal import FAILS, prove_formally
from upheld.core.gate.formal_sheet import describe_proofs, print_proofs
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.condition import FactNumbers
from upheld.core.policy.load import load_policy
from upheld.core.proof.evidence import FORMAL, OBSERVED, REHEARSED
from upheld.core.proof.runs import ASKED, CAUSES, Proof, write_proof
from upheld.core.proof.sheet import describe_proof, print_proof

if TYPE_CHECKING:
    from collections.abc import Callable

DESCRIPTION = """\
Proves a policy sentence by sentence. What rules say of acts is checked in all cases. What they have the house do is
rehearsed: in a throw-away copy of the site, with invented people and a simulated clock. What really happened is
observed: on the ledger and the records of the house in --state. What no machine can see, somebody vouches for.
Nothing is called upheld without the evidence that its verb demands."""
EPILOG = """\
examples:
  upheld prove                           every policy of the house in `var`, with what it did so far
  upheld prove lasership --keep          the same for one, on record: console, page and ledger have it
  upheld prove lasership --bundle lasership.json --oscal assessment.json
  upheld prove my.policy.md              one file, in a throw-away house alone: nothing is observed
  upheld prove --formal                  only what can be checked in all cases; needs no server
  upheld prove --formal lasership --all  every rule of one policy, those that hold too

exit codes:
  0  nothing is broken; what cannot be shown yet says so
  1  at least one sentence is broken, or the look itself was: an altered ledger, a clock set back
  2  a policy or the house cannot be read"""
WORDS = {FORMAL: "checking all cases", REHEARSED: "rehearsing", OBSERVED: "reading the ledger"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "prove",
        help="what is upheld and why, sentence by sentence",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("policy", nargs="*", metavar="POLICY", help="a name, a folder or a file; without one, all")
    parser.add_argument("--formal", action="store_true", help="only by exhaustion over the compiled table")
    parser.add_argument("--all", action="store_true", help="list what holds, too")
    add_places(parser)
    parser.add_argument("--keep", action="store_true", help="keep the proof on record in the house")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the proof itself, as JSON")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="write a bundle for an auditor; keeps the proof")
    parser.add_argument("--oscal", type=Path, metavar="FILE", help="the same as OSCAL assessment results")
    parser.add_argument(
        "--workers", type=int, default=0, metavar="N", help="how many rehearse at once (default: cores)"
    )
    parser.add_argument("--cause", choices=CAUSES, default=ASKED, help=argparse.SUPPRESS)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the proofs of each policy; 0 when nothing is broken, else 1. Raises UpheldError for what cannot be read."""
    args.folder = find_policies(args)
    if args.formal:
        return _run_formally(args)
    if importlib.util.find_spec("django") is None:
        raise UpheldError("C601", "rehearsing needs the server's parts", 'install "upheld[server]", or add --formal')
    names = args.policy or list_policies(args.folder)
    files = [path for path in (args.out, args.bundle, args.oscal) if path is not None]
    if files and len(names) > 1:
        raise UpheldError("C601", f"`{files[0]}` can hold one proof, and there are {len(names)}", "name one policy")
    # told to end, it puts away what it has begun, as it does when it is stopped by hand
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        house = _open_house(args)
        found = [_prove_one(name, house, args) for name in names]
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
    width = shutil.get_terminal_size().columns
    if args.format == "json":
        told = {"broken": any(proof.is_broken for proof in found), "proofs": [describe_proof(one) for one in found]}
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        print("\n".join(print_proof(proof, width, shows_all=args.all) for proof in found), end="")
    return 1 if any(proof.is_broken for proof in found) else 0


def _run_formally(args: argparse.Namespace) -> int:
    tables = [table for name in args.policy or list_policies(args.folder) for table in _compile_all(name, args.folder)]
    found = [(table.policy, prove_formally(Gate(table), most_cases=ALL_CASES)) for table in tables]
    holds = all(proof.state != FAILS for _, proofs in found for proof in proofs)
    if args.format == "json":
        described = {"holds": holds, "policies": [describe_proofs(policy, proofs) for policy, proofs in found]}
        print(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        width = shutil.get_terminal_size().columns
        print("\n".join(print_proofs(policy, proofs, width, shows_all=args.all) for policy, proofs in found), end="")
    return 0 if holds else 1


def _prove_one(name: str, house: Any, args: argparse.Namespace) -> Proof:
    """A name is proven in the house, where there is one that serves it; a file is proven alone. Writes what is asked for."""
    progress = Progress(name)
    try:
        if house is None or name not in house.sites:
            proof = _prove_file(name, args, progress.tell)
        else:
            wants_bundle = args.bundle is not None or args.oscal is not None
            is_kept = args.keep or wants_bundle
            proof, run = house.prove(name, cause=args.cause, is_kept=is_kept, workers=args.workers, tell=progress.tell)
            if wants_bundle:
                _write_bundle(house.write_bundle(name, run), args)
    finally:
        progress.end()
    if args.out is not None:
        write_whole(args.out, write_proof(proof).decode() + "\n")
    return proof


def _write_bundle(bundle: bytes, args: argparse.Namespace) -> None:
    if args.bundle is not None:
        write_whole(args.bundle, bundle.decode())
    if args.oscal is not None:
        write_whole(args.oscal, importlib.import_module("upheld.core.proof.oscal").write_oscal(bundle).decode())


def _prove_file(name: str, args: argparse.Namespace, tell: Callable[[str, int, int], None]) -> Proof:
    """The newest version of what is named, in a throw-away house alone."""
    if args.keep or args.bundle is not None or args.oscal is not None:
        raise UpheldError("C601", f"there is no house here that serves `{name}`", "name its folder: --state FOLDER")
    table = _compile_all(name, args.folder)[-1]
    desk = importlib.import_module("upheld.server.proof_desk")
    proof: Proof = desk.prove_file(table.policy, Gate(table), workers=args.workers, tell=tell)
    return proof


def _open_house(args: argparse.Namespace) -> Any:
    """The house of the state folder, opened in this process; None where nothing is held there and nobody asked for it."""
    desk = importlib.import_module("upheld.server.proof_house")
    return desk.open_house(state_folder=find_state(args), policies_folder=args.folder, is_wanted=args.state is not None)


def _compile_all(name: str, folder: Path) -> list[Table]:
    """The table of each version under this name; facts keep their numbers from one to the next."""
    tables: list[Table] = []
    numbers: FactNumbers | None = None
    for file in find_files(name, folder):
        tables.append(compile_policy(load_policy(file), numbers))
        numbers = tables[-1].facts
    return tables


class Progress:
    """Says on the error output how far a proof has come: one line that changes on a terminal, else a few lines."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.said = ""
        self.is_terminal = sys.stderr.isatty()

    def tell(self, what: str, done: int, of: int) -> None:
        """How much of what is done, of how much."""
        quarter = 4 * done // of if of else 4
        words = f"{self.name}: {WORDS.get(what, what)}"
        words += f", {done:,} of {of:,}" if self.is_terminal and of > 1 else ""
        mark = words if self.is_terminal else f"{words} {quarter}"
        if mark == self.said:
            return
        self.said = mark
        if self.is_terminal:
            print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
        elif done == 0:
            print(words, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line empty."""
        if self.is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
