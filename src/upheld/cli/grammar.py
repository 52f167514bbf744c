"""Keeps the built tables of the rule language between two commands, in the user's own cache; knows where, not what."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from upheld.core.policy.reading.parse import has_grammar, name_grammar, restore_grammar, save_grammar


def warm_grammar(variables: Mapping[str, str] = os.environ) -> None:
    """Takes the tables from the user's cache, or puts them there for the next command.

    It only saves time: where nothing can be kept, or what is kept cannot be trusted, the tables are built as ever.
    """
    folder = find_cache(variables)
    if folder is None or has_grammar():
        return
    path = folder / f"grammar-{name_grammar()}.pickle"
    stored = read_own(path)
    if stored is None or not is_restored(stored):
        write_own(path, save_grammar())


def is_restored(stored: bytes) -> bool:
    """Whether these bytes were tables of the rule language, which are then in use."""
    try:
        restore_grammar(stored)
    except Exception:  # noqa: BLE001 - a torn file can fail in any way; it is then written anew
        return False
    return True


def find_cache(variables: Mapping[str, str]) -> Path | None:
    """The folder for what can be made again (XDG base directories); None where there is none, or files have no owner."""
    if not hasattr(os, "geteuid"):
        return None
    base, home = Path(variables.get("XDG_CACHE_HOME", "")), Path(variables.get("HOME", ""))
    if base.is_absolute():
        return base / "upheld"
    return home / ".cache" / "upheld" if home.is_absolute() else None


def read_own(path: Path) -> bytes | None:
    """The file's bytes, or None unless file and folder are this user's own and nobody else can write to them."""
    try:
        if not is_own(path.parent.lstat(), stat.S_ISDIR):
            return None
        # asked of the open file, so that no other can be put in its place after the question
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            return file.read() if is_own(os.fstat(file.fileno()), stat.S_ISREG) else None
    except OSError:
        return None


def write_own(path: Path, data: bytes) -> None:
    """Writes the file whole or not at all, in a folder that only this user can enter; says nothing when it cannot."""
    draft: Path | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_own(path.parent.lstat(), stat.S_ISDIR):
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
        draft = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        draft.replace(path)
    except OSError:
        if draft is not None:
            draft.unlink(missing_ok=True)


def is_own(info: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    """Whether this is of the right kind, the current user's, and closed to the writing of others."""
    others_write = info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return is_kind(info.st_mode) and info.st_uid == os.geteuid() and not others_write
