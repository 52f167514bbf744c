"""`upheld jobs`: a further process that sends mail and does what has a deadline; needs the server's parts."""

from __future__ import annotations

import argparse
import importlib.util

from upheld.cli.settings import add_places
from upheld.core.errors import UpheldError

DESCRIPTION = """\
Sends what waits in the outbox, puts the ledger into its tree and sweeps what has run out, until it is stopped. `upheld
serve` does this by itself, in a process beside it. Over PostgreSQL any number of them share the work, on any machine
with the same settings; over SQLite a second one waits until the first is gone, and takes over."""
EPILOG = """\
examples:
  upheld jobs
  upheld jobs --state /srv/upheld --policies /srv/policies

exit codes:
  0  stopped by you
  2  it did not start; the text says why and what to do"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "jobs",
        help="send mail and do what has a deadline, beside a server",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Does jobs until stopped. Raises UpheldError C601 without the server's parts, SettingError when it cannot start."""
    if importlib.util.find_spec("django") is None or importlib.util.find_spec("dbos") is None:
        raise UpheldError(
            "C601",
            "`upheld jobs` needs the server, which is not installed here",
            "install it with: pip install 'upheld[server]'",
        )
    # imported late: the other commands work without Django
    from upheld.server.working import work_alone  # noqa: PLC0415

    work_alone(state_folder=args.state, policies_folder=args.policies, announce=lambda line: print(line, flush=True))
    return 0
