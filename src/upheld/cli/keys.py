"""`upheld keys`: shows the keyring, puts new keys in the place of old ones, lists the destroyed; needs the server's parts."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from upheld.cli.settings import add_places, find_site
from upheld.core.errors import UpheldError, VaultError

DESCRIPTION = """\
What is held about a person is sealed with keys of that person; a site's key wraps those, and the top key wraps the
sites' keys. Each of them can be replaced. What breaks off is finished by the next run, and nothing is lost."""
EPILOG = """\
examples:
  upheld keys show
  upheld keys rotate lasership           a new site key above the keys of all its people: seconds, beside a running server
  upheld keys reseal lasership           new keys of people too, and all data sealed anew: minutes, beside a running server
  upheld keys top                        a new top key: stop the server first, and start it again afterwards
  upheld keys destroyed lasership        what a restored backup must not bring back

Old keys are destroyed an hour after they were replaced, by the running server or by the next run.

exit codes:
  0  done
  1  done, but some keys did not open and stay as they were; the log names them
  2  it cannot be done; nothing was done"""
SHOW_EVERY = 10_000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and what it can do, each with its help."""
    parser = subparsers.add_parser(
        "keys",
        help="show, replace and account for the keys",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(dest="deed", metavar="COMMAND", required=True, help="what to do with them")
    for name, told, run in (
        ("show", "print the names of the keys, when they were made and what they wrap; no key itself", run_show),
        ("rotate", "put the keys of a site's people under a new key of the site", run_rotate),
        (
            "reseal",
            "give a site's people new keys and seal all their data anew, if older than the site's key",
            run_reseal,
        ),
        ("top", "put the whole keyring under a new top key; the server must not run", run_top),
        ("destroyed", "print every key of a site that was destroyed, one a line", run_destroyed),
    ):
        deed = deeds.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.")
        if name in ("rotate", "reseal", "destroyed"):
            deed.add_argument("site", metavar="SITE", help="the name of its policy")
        if name == "top":
            deed.add_argument(
                "--to", type=Path, metavar="FILE", help="the new key, 32 bytes in base64 (default: drawn)"
            )
        add_places(deed)
        deed.set_defaults(run=run)


def run_show(args: argparse.Namespace) -> int:
    """Prints the keyring without its keys."""
    desk, _ = _open_desk(args)
    print(f"{'top':<24} {desk.read_top_name()}")
    for held in desk.list_site_keys():
        state = "" if held.is_current else "  replaced"
        wraps = f"  wraps {held.wraps:,} keys of people" if held.wraps else ""
        name = f"{held.site or 'server'} {held.use}"
        print(f"{name:<24} {held.name}  since {held.created_at:%Y-%m-%d}{wraps}{state}")
    for site in sorted({held.site for held in desk.list_site_keys() if held.site}):
        if desk.count_replaced(site):
            print(f"{site}: {desk.count_replaced(site):,} replaced keys are not destroyed yet")
        if desk.count_behind(site):
            print(f"{site}: a rotation broke off; `upheld keys rotate {site}` finishes it")
    return 0


def run_rotate(args: argparse.Namespace) -> int:
    """Puts a new site key above the keys of its people."""
    site = find_site(args)
    desk, _ = _open_desk(args)
    done = desk.rotate_site(site, _tell_progress("keys wrapped anew"))
    print(f"{site}: {done.keys:,} keys of people are under the site key {done.new}")
    if done.left:
        print(f"{site}: {done.left:,} keys do not open and stay under their old site key", file=sys.stderr)
    _say_replaced(desk, site)
    return 1 if done.left else 0


def run_reseal(args: argparse.Namespace) -> int:
    """Seals all data of a site anew."""
    site = find_site(args)
    desk, _ = _open_desk(args)
    people = desk.reseal(site, _tell_progress("people"))
    print(f"{site}: the data of {people:,} people is sealed with new keys")
    if not people:
        print(f"    none has a key older than the site's; `upheld keys rotate {site}` makes a new one of those first")
    _say_replaced(desk, site)
    return 0


def run_top(args: argparse.Namespace) -> int:
    """Puts the keyring under a new top key."""
    if args.to is not None and not args.to.is_file():
        raise UpheldError("C601", f"`{args.to}` is no file", "make a key: openssl rand -base64 32")
    try:
        desk, environment = _open_desk(args)
    except VaultError as problem:
        desk = _name_desk()  # the house is open but for the vault, and that is what may be finished here
        done = desk.finish_top(problem)
        print("a rotation of the top key had broken off; it is finished")
    else:
        done = desk.rotate_top(environment, args.to)
    print(f"top key: {done.rotated.old} is replaced by {done.rotated.new}")
    print("\n".join(f"    {line}" for line in done.advice))
    return 0


def run_destroyed(args: argparse.Namespace) -> int:
    """Prints what was destroyed: key, person, keeping class, moment; tab between them."""
    site = find_site(args)
    desk, _ = _open_desk(args)
    for gone in desk.list_destroyed(site):
        print(f"{gone.key}\t{gone.person or '-'}\t{gone.keep_class}\t{gone.at:%Y-%m-%dT%H:%M:%SZ}")
    return 0


def _say_replaced(desk: ModuleType, site: str) -> None:
    gone, left = desk.destroy_replaced(site), desk.count_replaced(site)
    if gone:
        print(f"{site}: {gone:,} replaced keys are destroyed")
    if left:
        print(f"{site}: {left:,} replaced keys stay for an hour: a worker may still hold one of them")


def _tell_progress(what: str) -> Callable[[int], None]:
    """Says how far it has come: on one line of a terminal, now and then elsewhere."""

    def tell(done: int) -> None:
        if sys.stdout.isatty():
            print(f"\r{done:,} {what}", end="\n" if done % SHOW_EVERY == 0 else "", flush=True)
        elif done % SHOW_EVERY == 0:
            print(f"{done:,} {what}", flush=True)

    return tell


def _open_desk(args: argparse.Namespace) -> tuple[ModuleType, Any]:
    """What does the work, and the settings. Raises UpheldError C601 without the server's parts, and as `open_desk` does."""
    if importlib.util.find_spec("django") is None:
        raise UpheldError(
            "C601",
            "`upheld keys` needs the server, which is not installed here",
            "install it with: pip install 'upheld[server]'",
        )
    # imported late: the other commands work without Django
    from upheld.server.desk import open_desk  # noqa: PLC0415

    environment = open_desk(state_folder=args.state, policies_folder=args.policies)
    return _name_desk(), environment


def _name_desk() -> ModuleType:
    return importlib.import_module("upheld.server.keys_desk")  # holds models, which need what was opened just now
