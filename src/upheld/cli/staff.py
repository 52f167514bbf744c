"""`upheld staff`: who may sign in to the console, and with which roles; needs the server's parts."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
from types import ModuleType

from upheld.cli.settings import add_places
from upheld.core.errors import UpheldError

DESCRIPTION = """\
Staff sign in to the console, on the overview's host under /console/. A name alone opens nothing: each role of a site
is a grant with a reason, and is looked at again after the time that the site's policy says. The first one to add is
the owner, who gives the others their grants in the console."""
EPILOG = """\
examples:
  upheld staff add o.reyes --owner
  upheld staff add c.lindqvist
  upheld staff grant c.lindqvist lasership customer-service --reason "answers what customers ask"
  upheld staff link c.lindqvist           when somebody cannot get in
  upheld staff link c.lindqvist --lost-factor
  upheld staff close c.lindqvist

exit codes:
  0  done
  2  it cannot be done; nothing was done"""
NAMED = "the name for signing in: small letters, digits, dots and hyphens"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and what it can do, each with its help."""
    parser = subparsers.add_parser(
        "staff",
        help="who may sign in to the console",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(dest="deed", metavar="COMMAND", required=True, help="what to do")
    for name, told, run in (
        ("list", "print everybody", run_list),
        ("add", "add somebody and print the link with which they choose a password, once", run_add),
        ("link", "print a new link for somebody who cannot get in", run_link),
        ("grant", "give somebody a role of a site, with the reason", run_grant),
        ("close", "let somebody in no longer; what they did stays in the ledgers", run_close),
    ):
        deed = deeds.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.")
        if name != "list":
            deed.add_argument("name", metavar="NAME", help=NAMED)
        if name == "add":
            deed.add_argument("--owner", action="store_true", help="they give grants and add others")
        if name in ("add", "link"):
            deed.add_argument(
                "--at",
                default="",
                metavar="ADDRESS",
                help="how people reach the overview, such as http://localhost:8080 (default: by the settings)",
            )
        if name == "link":
            deed.add_argument("--lost-factor", action="store_true", help="forget their second factor too: it is lost")
        if name == "grant":
            deed.add_argument("site", metavar="SITE", help="the name of its policy")
            deed.add_argument("role", metavar="ROLE", help="a role of that policy")
            deed.add_argument("--reason", required=True, help="what they need it for; it is shown, so name no customer")
            deed.add_argument("--by", default="", metavar="OWNER", help="who gives it (default: the only owner)")
        add_places(deed)
        deed.set_defaults(run=run)


def run_list(args: argparse.Namespace) -> int:
    """Prints everybody."""
    everybody = _open_desk(args).list_everybody()
    for one in everybody:
        state = "active" if one.has_password else "no password yet"
        owner = "  owner" if one.is_owner else ""
        print(f"{one.username:<24} {state if one.is_active else 'let in no longer'}{owner}")
    if not everybody:
        print("nobody yet: `upheld staff add NAME --owner` adds the first")
    return 0


def run_add(args: argparse.Namespace) -> int:
    """Adds somebody and prints their link."""
    _print_link(args.name, _open_desk(args).add_one(args.name, is_owner=args.owner, at=args.at))
    return 0


def run_link(args: argparse.Namespace) -> int:
    """Prints a new link."""
    _print_link(args.name, _open_desk(args).make_link(args.name, is_factor_lost=args.lost_factor, at=args.at))
    return 0


def run_grant(args: argparse.Namespace) -> int:
    """Gives a role."""
    grant = _open_desk(args).grant_role(args.name, site=args.site, role=args.role, reason=args.reason, by=args.by)
    print(f"{grant.username} is {grant.role} at {args.site}, to be looked at again by {grant.review_by:%Y-%m-%d}")
    return 0


def run_close(args: argparse.Namespace) -> int:
    """Lets somebody in no longer."""
    _open_desk(args).close_one(args.name)
    print(f"{args.name} is let in no longer")
    return 0


def _print_link(name: str, link: str) -> None:
    print(f"{link}\n    for {name} alone: whoever opens it first chooses the password. It works once, for two days.")


def _open_desk(args: argparse.Namespace) -> ModuleType:
    """What does the work. Raises UpheldError C601 without the server's parts, and as `open_desk` does."""
    if importlib.util.find_spec("django") is None:
        raise UpheldError(
            "C601",
            "`upheld staff` needs the server, which is not installed here",
            "install it with: pip install 'upheld[server]'",
        )
    # imported late: the other commands work without Django
    from upheld.server.desk import open_desk  # noqa: PLC0415

    open_desk(state_folder=args.state, policies_folder=args.policies)
    return importlib.import_module("upheld.server.staff_desk")  # holds models, which need what was opened just now
