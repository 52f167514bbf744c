"""`upheld publish`: puts a new version of a policy before people, or says what that would mean; needs the server's parts."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import shutil
import textwrap
from typing import Any

from upheld.cli.settings import add_places
from upheld.core.errors import UpheldError
from upheld.core.rights.changing import ChangePlan

DESCRIPTION = """\
A file in the folder of policies binds nobody until it is announced. Announcing tells people as the version in force
says: by mail to the primary address of each account, or by a notice on every page. The running server sends the
messages, and has the version begin when the last one has left and its day has come."""
EPILOG = """\
examples:
  upheld publish lasership                            how far each version has come
  upheld publish lasership/2027-01-31 --dry-run       what it changes, who would be told how, and from when it would bind
  upheld publish lasership/2027-01-31                 announce it
  upheld publish lasership/2027-01-31 --notice site   the same, with the other way that the policy names
  upheld publish lasership/2027-01-31 --withdraw      call it off, as long as it has not begun

exit codes:
  0  done
  2  it cannot be announced or called off; nothing was done"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "publish",
        help="put a new version of a policy before people",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("version", metavar="POLICY/VERSION", help="a policy's name, and the day of its new version")
    parser.add_argument("--dry-run", action="store_true", help="only say what it would mean")
    parser.add_argument(
        "--notice", choices=("mail", "site"), default="", help="how people are told (default: the first way named)"
    )
    parser.add_argument("--withdraw", action="store_true", help="call off a version that is announced")
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Announces, calls off, or lists. Raises UpheldError C601 without the server's parts, StaffError W101, W161 to W163."""
    site, _, version = args.version.strip("/").partition("/")
    desk = _open_desk(args)
    if not version:
        _print_versions(*desk.list_versions(site))
        return 0
    version = version.removesuffix(".policy.md")
    if args.withdraw:
        stopped = desk.withdraw_version(site, version)
        print(f"the version of {version} is called off; {stopped} messages about it were stopped before they left")
        return 0
    planned = desk.plan_version(site, version, args.notice)
    _print_plan(planned.plan, planned.way, planned.earliest)
    print(f"SHA-256 of its text: {planned.digest}")
    if args.dry_run:
        print("nothing was announced")
        return 0
    state, begins = desk.announce_version(site, version, args.notice, planned)
    if state == "active":
        print(f"the version of {version} is in force")
    else:
        print(f"the version of {version} is announced; it binds nobody before {begins:%Y-%m-%d %H:%M} UTC")
    return 0


def _open_desk(args: argparse.Namespace) -> Any:
    if importlib.util.find_spec("django") is None:
        raise UpheldError(
            "C601",
            "`upheld publish` needs the server, which is not installed here",
            "install it with: pip install 'upheld[server]'",
        )
    # imported late: the other commands work without Django
    from upheld.server.desk import open_desk  # noqa: PLC0415

    open_desk(state_folder=args.state, policies_folder=args.policies)
    return importlib.import_module(
        "upheld.server.publications_desk"
    )  # holds models, which need what was opened just now


def _print_versions(waiting: tuple[Any, ...], announced: tuple[Any, ...]) -> None:
    for one in waiting:
        print(
            f"{one.version}  waiting    {f'cannot be announced: {one.obstacle}' if one.obstacle else 'not announced'}"
        )
    for one in announced:
        moment = one.active_at or one.effective_at
        since = f"binds from {moment:%Y-%m-%d %H:%M} UTC" if moment else ""
        told = f"; told: {one.sent} by mail, {one.by_site} by the site, {one.queued} on their way" if one.notice else ""
        print(f"{one.version}  {one.state:<10} {since}{told}")


def _print_plan(plan: ChangePlan, way: str, earliest: Any) -> None:
    width = min(100, shutil.get_terminal_size().columns)
    for change in sorted(plan.changes, key=lambda change: not change.is_material):
        mark = "! " if change.is_material else "  "
        print(textwrap.fill(change.text, width, initial_indent=mark, subsequent_indent="  "))
    print("the change is material (!)" if plan.is_material else "the change is not material")
    if way == "mail":
        print(
            f"people are told by mail; it binds once all messages have left, not before {earliest:%Y-%m-%d %H:%M} UTC"
        )
    elif way == "site":
        print(f"people are told by a notice on every page; it binds from {earliest:%Y-%m-%d %H:%M} UTC")
    else:
        print(f"nobody has to be told first; it binds from {earliest:%Y-%m-%d %H:%M} UTC")
    if plan.lacks_mail:
        print(
            "the policy has people told by mail, and names no class of message about accounts for it: the site tells them"
        )
    if plan.is_silent:
        print("the policy does not say how it changes, so the strictest reading holds")
    for ref in plan.because:
        print(f"because of {ref}")
