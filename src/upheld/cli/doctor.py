"""`upheld doctor`: says what a server stands on, and what about it is doubtful or broken; needs the server's parts."""

from __future__ import annotations

import argparse
import importlib.util

from upheld.cli.settings import ADDRESS, add_places
from upheld.core.errors import UpheldError

DESCRIPTION = """\
Looks at everything a server stands on: files and who may read them, disk, backup, policies, https, databases, the
walls between sites, the top key, the clock, mail. Give it the settings and the options that the server has. It changes
nothing that is held, and it may run beside a running server."""
EPILOG = """\
examples:
  upheld doctor
  upheld doctor --state /srv/upheld --host 0.0.0.0 --tls

exit codes:
  0  nothing is broken; what is doubtful is said
  1  something is broken
  2  a setting cannot be read; nothing was looked at"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "doctor",
        help="what a server stands on, and what of it is broken",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", help=f"the address the server listens on (default: {ADDRESS})")
    parser.add_argument("--tls", action="store_true", help="the server listens with https")
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints one line for each sign. Raises UpheldError C601 without the server's parts, SettingError for settings."""
    if importlib.util.find_spec("django") is None or importlib.util.find_spec("granian") is None:
        raise UpheldError(
            "C601",
            "`upheld doctor` needs the server, which is not installed here",
            "install it with: pip install 'upheld[server]'",
        )
    # imported late: the other commands work without Django
    from upheld.server.doctor import BROKEN, examine, find_environment  # noqa: PLC0415

    environment = find_environment(policies=args.policies, state=args.state, host=args.host, tls=args.tls)
    is_broken = False
    for sign in examine(environment):
        print(f"{sign.level:<5} {sign.subject:<9} {sign.text}", flush=True)
        if sign.advice:
            print(f"{'':<15} {sign.advice}", flush=True)
        is_broken |= sign.level == BROKEN
    return 1 if is_broken else 0
