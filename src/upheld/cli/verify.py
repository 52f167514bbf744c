"""`upheld verify`: whether a receipt, an export or a bundle of proofs is what was written; offline, without the server."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from upheld.core.errors import SealError, UpheldError
from upheld.core.policy.load import load_policy
from upheld.core.policy.reading.mistakes import shorten
from upheld.core.proof.bundle import LARGEST_BUNDLE, is_bundle, refuse
from upheld.core.proof.oscal import is_oscal, open_oscal, write_oscal
from upheld.core.proof.recounting import recount_ledger
from upheld.core.proof.sheet import GAPS
from upheld.core.proof.verifying import VerifiedBundle, verify_bundle
from upheld.core.seal.kinds import KINDS
from upheld.core.seal.note import parse_verifier_key
from upheld.core.seal.proof import (
    LARGEST_RECEIPT,
    Verified,
    VerifiedExport,
    recognise_file,
    verify_export,
    verify_receipt,
)

DESCRIPTION = """\
Verifies a receipt, the export of a whole ledger, or a bundle of proofs, on this machine alone. A receipt shows that one
line stands in the ledger; an export, that no line was changed, dropped, added or moved. A bundle, or the OSCAL results
written from one, shows what each sentence of a policy came to: every line it rests on leads to the root that was signed,
every state follows from its evidence, and what is checked in all cases is checked again. Without --key the file is
checked with the key that came with it: this shows that it fits itself, not whose it is."""
EPILOG = """\
examples:
  upheld verify receipt.json --key 'shop.example/ledger+1b9c7a40+AZ…'
  upheld verify ledger.jsonl --key ledger.key --against last-year.checkpoint
  upheld verify proof.bundle.json --key ledger.key --policy 2027-01-01.policy.md --newer-than 2027-03-01

A checkpoint that you kept from before shows whether the ledger was cut back or written anew since.

exit codes:
  0  it verifies (a bundle also when it shows that a sentence is broken; read what it says)
  1  it does not, or it is older than asked for; the text says which step failed
  2  the file, the key, the checkpoint or the policy cannot be read"""
LINE_OPENS = '{"at":"'  # how each line of a ledger stands in an export
_MOMENT = re.compile(r"20\d\d-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
NO_KEY = """\
  key          came with the file; this shows only that the file fits itself. Compare it with the key that the
               business publishes, or give that one with --key"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "verify",
        help="is a receipt, an export of a ledger or a bundle of proofs what was written",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a receipt, an export, a bundle, or OSCAL results")
    parser.add_argument("--key", metavar="KEY", help="the key you trust, one line, or a file that holds it")
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a file with a signed checkpoint that you kept from before; may be given several times",
    )
    bundle = parser.add_argument_group("of a bundle")
    bundle.add_argument("--policy", type=Path, metavar="FILE", help="the policy that has to be the one that was proven")
    bundle.add_argument(
        "--code", metavar="DIGEST", help="the digest of the program that has to be the one that was proven"
    )
    bundle.add_argument(
        "--ledger", type=Path, metavar="EXPORT", help="the whole ledger: what was observed is counted again from it"
    )
    bundle.add_argument("--newer-than", metavar="MOMENT", help="a day or moment (UTC) before which a proof is too old")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints what the file proves, or which step failed. Raises UpheldError for what cannot be read."""
    key = _read_key(args.key) if args.key else None
    older = [_read_text(path) for path in args.against]
    expected = _read_expected(args)
    with args.file.open("rb") as file:
        opening = file.read(LARGEST_RECEIPT)
        file.seek(0)
        kind = "bundle" if is_bundle(opening) else "oscal" if is_oscal(opening) else recognise_file(opening)
        if kind is None:
            raise UpheldError(
                "C601",
                f"`{shorten(args.file.name)}` is neither a receipt nor an export, and no bundle",
                "give the file as you received it",
            )
        try:
            if kind == "receipt":
                lines = _tell_receipt(verify_receipt(file.read(LARGEST_RECEIPT + 1), key, older))
            elif kind == "export":
                lines = _tell_export(verify_export(file, key, older), len(older))
            else:
                raw = (
                    file.read(LARGEST_BUNDLE + 1) if kind == "bundle" else _take_out(file.read(3 * LARGEST_BUNDLE + 1))
                )
                found = verify_bundle(raw, key, older=older, **expected)
                lines = _tell_bundle(found, expected, is_oscal=kind == "oscal")
                if args.ledger is not None:
                    lines = [*lines, *_recount(args.ledger, found, older)]
        except SealError as error:
            print(f"does not verify: {_show_plainly(error.text)}")
            if error.hint:
                print(f"    hint: {error.hint}")
            return 1
    print("\n".join(_show_plainly(line) for line in lines))
    return 0


def _tell_receipt(receipt: Verified) -> Sequence[str]:
    kind = KINDS.get(receipt.kind)
    meaning = f": {kind.meaning}" if kind else ""
    return (
        f"verified: this stands in the ledger `{receipt.origin}`, line {receipt.index + 1} of {receipt.size:,}",
        f"  what         {receipt.kind}{meaning}",
        f"  when         {receipt.at}",
        f"  site         {receipt.site}",
        *([f"  about        {receipt.person}"] if receipt.person else []),
        *_tell_body(receipt.body),
        *_tell_key(receipt.key, is_trusted=receipt.is_key_trusted),
    )


def _tell_body(body: Mapping[str, Any]) -> Sequence[str]:
    return [
        f"  {name:<12} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in body.items()
    ]


def _tell_export(export: VerifiedExport, older: int) -> Sequence[str]:
    kept = f"  kept         fits {'the checkpoint' if older == 1 else f'all {older} checkpoints'} from before"
    none = (
        "  kept         none; only a checkpoint kept from before shows that nothing was cut off or written anew since"
    )
    return (
        f"verified: the ledger `{export.origin}`, {export.size:,} lines under {export.checkpoints:,} checkpoints",
        *([f"  from, to     {export.first_at}, {export.last_at}"] if export.size else []),
        *(f"  {count:>12,} {kind}" for kind, count in export.kinds.items()),
        f"  root         {export.root.hex()}",
        kept if older else none,
        *_tell_key(export.key, is_trusted=export.is_key_trusted),
    )


def _take_out(raw: bytes) -> bytes:
    """The bundle in these OSCAL results, which are what is written from it, to the byte."""
    bundle = open_oscal(raw)
    if write_oscal(bundle) != raw:
        raise refuse("the results are not those of the bundle that lies in them")
    return bundle


def _recount(path: Path, found: VerifiedBundle, older: Sequence[str]) -> Sequence[str]:
    """Verifies the export, that the bundle's checkpoint is one of its own, and what was observed. Raises SealError."""
    with path.open("rb") as file:
        export = verify_export(file, found.key, [*older, found.checkpoint])
    with path.open(encoding="utf-8", newline="\n") as file:
        count = recount_ledger(found, (line[:-1] for line in file if line.startswith(LINE_OPENS)))
    looked = f"{found.proof.ledger.size:,} lines that were looked at, of {export.size:,}"
    return (f"  counted      again from the {looked}; the same for {count} rules",)


def _tell_bundle(found: VerifiedBundle, expected: Mapping[str, str | None], *, is_oscal: bool) -> Sequence[str]:
    proof = found.proof
    counts = ", ".join(f"{count} {state}" for state, count in proof.count_states().items() if count)
    gaps = [sentence for state in GAPS for sentence in proof.sentences if sentence.state == state]
    return (
        f"verified: what each sentence of `{proof.policy}` {proof.version} came to, as of {proof.ended}",
        *(["  results      are what is written from the bundle in them, to the byte"] if is_oscal else []),
        f"  sentences    {counts}",
        *(f"  {sentence.state:<12} {sentence.ref}: {sentence.why}" for sentence in gaps),
        *(f"  FAULT        {fault}" for fault in proof.faults),
        f"  states       follow from the evidence, for all {len(proof.rules)} rules",
        f"  all cases    checked again for {found.recomputed} rules, with the same outcome",
        f"  rests on     {found.lines:,} lines of the ledger `{found.origin}`, each of which leads to its root",
        f"  named by     line {found.place + 1:,} of {found.size:,}, at {found.made.at}",
        f"  looked at    {proof.ledger.size:,} lines" if proof.ledger.origin else "  looked at    no ledger",
        f"  policy       {proof.digest}",
        "               the one you gave"
        if expected["policy_text"]
        else "               its text lies in the bundle; give the one that is in force with --policy",
        f"  program      {proof.code}{', the one you named' if expected['code'] else ''}",
        *_tell_key(found.key, is_trusted=found.is_key_trusted),
    )


def _show_plainly(text: str) -> str:
    """The text without signs that would act on a terminal: anybody can make a file, and sign it with their own key."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)


def _tell_key(key: str, *, is_trusted: bool) -> Sequence[str]:
    return (f"  signed by    {key}", "  key          the one you trust" if is_trusted else NO_KEY)


def _read_expected(args: argparse.Namespace) -> dict[str, Any]:
    """What a bundle is held against. Raises UpheldError for what is no digest or moment, PolicyError for no policy."""
    moment, code = args.newer_than, args.code
    if moment is not None and not _MOMENT.fullmatch(moment):
        raise UpheldError(
            "C601", f"`{shorten(moment)}` is no moment", "write a day, such as 2027-03-01, or 2027-03-01T12:00:00Z"
        )
    if code is not None and not _DIGEST.fullmatch(code):
        raise UpheldError("C601", f"`{shorten(code)}` is no digest", "a digest is 64 digits in hex")
    if moment is not None and "T" not in moment:
        moment += "T00:00:00Z"
    text = load_policy(args.policy).text if args.policy is not None else None
    return {"policy_text": text, "code": code, "newest": moment}


def _read_key(given: str) -> str:
    """The key itself, or what the file of this name holds."""
    if given.count("+") >= 2:
        text = given
    elif Path(given).is_file():
        text = _read_text(Path(given))
    else:
        raise UpheldError(
            "C601",
            f"`{shorten(given)}` is neither a key nor a file",
            "a key is one line: a name, a plus, eight digits, a plus, the key",
        )
    parse_verifier_key(text)
    return text.strip()


def _read_text(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(LARGEST_RECEIPT)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise UpheldError("C601", f"`{shorten(path.name)}` is not UTF-8", "give the file as you received it") from None
