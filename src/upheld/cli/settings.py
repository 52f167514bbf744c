"""Options that come before a setting of the server; one that is not given leaves what the environment says."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from upheld.cli.policies import locate_policy, refuse_name

ADDRESS = "`UPHELD_ADDRESS`, or 127.0.0.1"
PORT = "`UPHELD_PORT`, or 8000"
STATE = "`UPHELD_STATE`, or var"
POLICIES = "`UPHELD_POLICIES`, or policies"


def add_places(parser: argparse.ArgumentParser) -> None:
    """Adds `--state` and `--policies`, the two folders of a server."""
    parser.add_argument("--state", type=Path, metavar="FOLDER", help=f"the server's own folder (default: {STATE})")
    parser.add_argument("--policies", type=Path, metavar="FOLDER", help=f"the folder of policies (default: {POLICIES})")


def read_port(text: str) -> int:
    """A port to listen on, as `argparse` asks for its values."""
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError("a port is a whole number from 1 to 65535")


def find_state(args: argparse.Namespace) -> Path:
    """The server's own folder. Raises SettingError as `read_environment` does."""
    return _find_folder(args.state, "state")


def find_policies(args: argparse.Namespace) -> Path:
    """The folder of policies. Raises as `find_state` does."""
    return _find_folder(args.policies, "policies")


def find_site(args: argparse.Namespace) -> str:
    """The site that is meant. Raises RegisterError R505 for a name that no policy has, and as `find_state` does."""
    folder = find_policies(args)
    path = locate_policy(args.site, folder)
    if path is None or not path.is_dir():
        raise refuse_name(args.site, folder)
    return path.name


def _find_folder(given: Path | None, name: str) -> Path:
    if given is not None:
        return given
    # imported late: the commands that need no server start without reading its settings
    from upheld.server.environment import read_environment  # noqa: PLC0415

    folder: Path = getattr(read_environment(os.environ), name)
    return folder
