"""Finding the policies that a command names, and writing a file whole; knows the core alone."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from difflib import get_close_matches
from pathlib import Path

from upheld.core.errors import RegisterError, UpheldError
from upheld.core.policy.load import load_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.reading.mistakes import shorten
from upheld.core.policy.versions import SUFFIX, list_version_files

FOLDER = Path("policies")
LONGEST_NAME = 63  # a policy's name is a host's too
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Adds `--policies`, the folder in which names are looked up."""
    parser.add_argument(
        "--policies", type=Path, default=FOLDER, metavar="FOLDER", help="the folder of policies (default: policies)"
    )


def list_policies(folder: Path) -> list[str]:
    """The names of the policies in the folder. Raises RegisterError R505 when there are none."""
    names = sorted({path.parent.name for path in folder.glob(f"*/*{SUFFIX}")})
    if not names:
        raise RegisterError("R505", f"there are no policies in `{folder}`", "name the folder with --policies")
    return names


def locate_policy(name: str, folder: Path) -> Path | None:
    """The path that is meant by a name, whether something is there or not; None for what cannot name a policy.

    A name is looked up in the folder and never leads out of it; what is meant as a path has a slash or ends in `.md`.
    """
    if any(mark in name for mark in ("/", os.sep)) or name.endswith(".md"):
        return Path(name)
    return folder / name if _SLUG.fullmatch(name) and len(name) <= LONGEST_NAME else None


def find_policy(name: str, folder: Path) -> Path | None:
    """The file of this policy: a file itself, or the newest version in a folder; None when there is none."""
    path = locate_policy(name, folder)
    if path is None:
        return None
    if path.is_dir():
        return max(list_version_files(path), default=None)
    return path if path.is_file() else None


def open_policy(name: str, folder: Path) -> Policy:
    """The policy of this name, folder or file. Raises RegisterError R505 when there is none, PolicyError as load does."""
    path = find_policy(name, folder)
    if path is not None:
        return load_policy(path)
    raise refuse_name(name, folder)


def choose_policy(name: str | None, folder: Path) -> Policy:
    """The policy that was named, or the first in the folder when none was. Raises as `open_policy` does."""
    return open_policy(list_policies(folder)[0] if name is None else name, folder)


def refuse_name(name: str, folder: Path) -> RegisterError:
    """R505 for a name that nothing has, with the nearest that is there."""
    known = list_policies(folder)
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "there are: " + ", ".join(known)
    return RegisterError("R505", f"there is no policy `{shorten(name)}`", hint)


def find_register(given: Path | None, folder: Path) -> Path:
    """The register that was named, or the one in the folder of policies."""
    return given or folder / "register.csv"


def write_whole(path: Path, text: str) -> None:
    """Writes the file whole or not at all. Raises UpheldError C601 when it cannot."""
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = (error.strerror or "no reason given").lower()
        raise UpheldError(
            "C601", f"`{path}` cannot be written: {reason}", "check the folder and its permissions"
        ) from error
