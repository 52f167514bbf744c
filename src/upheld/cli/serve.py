"""`upheld serve` and `upheld demo`: start the server, when it is installed; the only commands that need it."""

from __future__ import annotations

import argparse
import importlib.util

from upheld.cli.settings import ADDRESS, PORT, add_places, read_port
from upheld.core.errors import UpheldError

SERVE = """\
Publishes the sites of all policies in a folder, each on the host its policy names, and an overview on localhost.
A version with errors is not served: the site keeps the last good one and says so."""
DEMO = """\
The same as `serve` with everything set for looking around on this machine: invented businesses after public
policies, on http://localhost:8000 and on one host for each site, with invented people who have been customers for a
year. Says who can sign in where. Nothing listens beyond this machine."""
PEOPLE, MOST_PEOPLE = 200, 1_000_000
EPILOG = """\
Other settings, and those that no option is given for, come from the environment; docs/settings.md lists them.

examples:
  upheld demo
  upheld demo --people 2000 --fresh      with more people, in place of those of an earlier demo
  upheld demo --prefix                   where names like lasership.localhost do not resolve
  upheld serve --host 127.0.0.1 --port 8000 --policies policies
  upheld serve --tls --port 8443         with https, by a certificate made here

exit codes:
  0  stopped by you
  2  it did not start; the text says why and what to do"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds both commands with their help."""
    for name, text, summary in (
        ("serve", SERVE, "publish the sites of all policies"),
        ("demo", DEMO, "all sites on this machine, to look around"),
    ):
        parser = subparsers.add_parser(
            name,
            help=summary,
            description=text,
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.add_argument("--host", help=f"the address to listen on (default: {ADDRESS})")
        parser.add_argument("--port", type=read_port, help=f"the port (default: {PORT})")
        parser.add_argument("--prefix", action="store_true", help="serve sites below /at/NAME/ instead of on hosts")
        parser.add_argument(
            "--tls", action="store_true", help="listen with https; without a certificate of yours, one is made here"
        )
        add_places(parser)
        parser.set_defaults(run=run)
        if name == "demo":
            add_demo(parser)


def add_demo(parser: argparse.ArgumentParser) -> None:
    """Adds what only the demo takes."""
    parser.add_argument(
        "--people",
        type=int,
        default=PEOPLE,
        metavar="N",
        help=f"how many invented people a site gets that has nobody yet (default: {PEOPLE})",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demo left in the state folder")


def run(args: argparse.Namespace) -> int:
    """Serves until stopped. Raises UpheldError C601 without the server's parts, SettingError when it cannot start."""
    if importlib.util.find_spec("django") is None or importlib.util.find_spec("granian") is None:
        raise UpheldError(
            "C601",
            f"`upheld {args.command}` needs the server, which is not installed here",
            "install it with: pip install 'upheld[server]'",
        )
    # imported late: the other commands work without Django
    from upheld.server.demo_state import Demo  # noqa: PLC0415
    from upheld.server.run import serve  # noqa: PLC0415

    if args.command == "demo" and not 0 < args.people <= MOST_PEOPLE:
        raise UpheldError("C601", f"`--people {args.people}` is out of range", f"a number from 1 to {MOST_PEOPLE:,}")
    serve(
        policies_folder=args.policies,
        host=args.host,
        port=args.port,
        prefix_mode=args.prefix,
        state_folder=args.state,
        tls=args.tls,
        demo=Demo(args.people, args.fresh) if args.command == "demo" else None,
        announce=lambda line: print(line, flush=True),
    )
    return 0
