"""`upheld verify`: whether a receipt or an export of a ledger is what was written; offline, and without the server."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from upheld.core.errors import SealError, UpheldError
from upheld.core.policy.reading.mistakes import shorten
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
Verifies a receipt, or the export of a whole ledger, on this machine alone. A receipt shows that one line stands in the
ledger; an export, that no line was changed, dropped, added or moved. Without --key the file is checked with the key
that came with it: this shows that it fits itself, not whose it is."""
EPILOG = """\
examples:
  upheld verify receipt.json --key 'shop.example/ledger+1b9c7a40+AZ…'
  upheld verify ledger.jsonl --key ledger.key --against last-year.checkpoint

A checkpoint that you kept from before shows whether the ledger was cut back or written anew since.

exit codes:
  0  it verifies
  1  it does not; the text says which step failed
  2  the file, the key or the checkpoint cannot be read"""
NO_KEY = """\
  key          came with the file; this shows only that the file fits itself. Compare it with the key that the
               business publishes, or give that one with --key"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "verify",
        help="is a receipt or an export of a ledger what was written",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a receipt or an export")
    parser.add_argument("--key", metavar="KEY", help="the key you trust, one line, or a file that holds it")
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a file with a signed checkpoint that you kept from before; may be given several times",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints what the file proves, or which step failed. Raises UpheldError for what cannot be read."""
    key = _read_key(args.key) if args.key else None
    older = [_read_text(path) for path in args.against]
    with args.file.open("rb") as file:
        kind = recognise_file(file.read(LARGEST_RECEIPT))
        file.seek(0)
        if kind is None:
            raise UpheldError(
                "C601",
                f"`{shorten(args.file.name)}` is neither a receipt nor an export",
                "give the file as you received it",
            )
        try:
            if kind == "receipt":
                lines = _tell_receipt(verify_receipt(file.read(LARGEST_RECEIPT + 1), key, older))
            else:
                lines = _tell_export(verify_export(file, key, older), len(older))
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


def _show_plainly(text: str) -> str:
    """The text without signs that would act on a terminal: anybody can make a file, and sign it with their own key."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)


def _tell_key(key: str, *, is_trusted: bool) -> Sequence[str]:
    return (f"  signed by    {key}", "  key          the one you trust" if is_trusted else NO_KEY)


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
