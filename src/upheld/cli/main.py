"""The command `upheld`: one parser, one room a command; only `serve` and `demo` need the server."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from upheld import __version__
from upheld.cli import (
    align,
    ask,
    check,
    coverage,
    diff,
    doctor,
    explain,
    export,
    function,
    init,
    jobs,
    keys,
    ledger,
    prove,
    publish,
    serve,
    staff,
    verify,
    words,
)
from upheld.cli.grammar import warm_grammar
from upheld.core.errors import PolicyError, UpheldError, render_finding
from upheld.core.policy.reading.mistakes import shorten

DESCRIPTION = """\
Upheld makes a business keep its privacy policy. The policy is one file: the sentences people read, and under each
sentence the rule that upholds it. What the policy does not permit is refused."""
EPILOG = """\
start here:
  upheld check lasership                 is the policy sound, and what is doubtful about it
  upheld explain 'share person.email with "a list broker" for sale' --policy lasership
                                         what the gate answers, and which sentence decides
  upheld demo                            all sites on this machine
  upheld COMMAND --help                  what a command does, with examples and exit codes

exit codes, for every command:
  0  yes, or done
  1  the answer is no: findings, a refusal, something missing
  2  the question or a file cannot be read; nothing was done"""
COMMANDS = (
    check,
    explain,
    ask,
    coverage,
    align,
    diff,
    function,
    publish,
    prove,
    ledger,
    verify,
    staff,
    words,
    export,
    init,
    serve,
    jobs,
    keys,
    doctor,
)


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each is added by its own room."""
    parser = argparse.ArgumentParser(
        prog="upheld", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"upheld {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for room in COMMANDS:
        room.add_parser(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code. An error is told with its place and hint, never as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a letter gets its number, not a traceback
            stream.reconfigure(errors="backslashreplace")
    code = 2
    try:
        try:
            args = make_parser().parse_args(arguments)
            warm_grammar()
            code = int(args.run(args))
        finally:
            sys.stdout.flush()
    except PolicyError as error:
        print("\n".join(render_finding(finding) for finding in error.findings), file=sys.stderr)
    except UpheldError as error:
        print(render_finding(error.as_finding()), file=sys.stderr)
    except BrokenPipeError:
        # whoever read our output has seen enough; what is still unwritten goes nowhere, silently
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"`{shorten(str(error.filename))}`" if error.filename else "a file"
        found = UpheldError(
            "C601", f"{where} cannot be used: {error.strerror or error}", "check the path and the permissions"
        )
        print(render_finding(found.as_finding()), file=sys.stderr)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
