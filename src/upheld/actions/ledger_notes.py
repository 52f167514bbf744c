"""Checkpoints kept in a file of the state folder, where whoever writes into the databases does not reach; to be copied away.

The file of a site is its signed notes one behind the other, each as `upheld ledger checkpoint` prints it.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from upheld.actions.ledger import find_verifier_key, name_origin
from upheld.actions.ledger_head import Head
from upheld.core.errors import SealError
from upheld.core.seal.note import Checkpoint as Signed
from upheld.core.seal.note import open_note, parse_checkpoint
from upheld.records.models import Checkpoint
from upheld.records.walls import read_site

FOLDER = "checkpoints"
LONGEST_NOTE = 1000  # bytes; ours have some two hundred


def find_file(state: Path, site: str) -> Path:
    """Where the checkpoints of a site lie."""
    return state / FOLDER / f"{site}.notes"


def keep_note(state: Path, site: str, now: datetime) -> bool:
    """Whether the newest checkpoint was added to the file: it is ours, and longer than the last one there.

    Several processes may share the file.
    """
    with read_site(site):
        newest = Checkpoint.objects.filter(site=site).order_by("-size").first()
    if newest is None:
        return False
    try:
        signed = _open(newest.note, _find_keys(site, now))
    except SealError:  # `verify_ledger` says so; it is not to become part of what is kept
        return False
    path = find_file(state, site)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # ends with the handle
        length = os.fstat(handle).st_size
        end = os.pread(handle, LONGEST_NOTE, max(0, length - LONGEST_NOTE)).decode("utf-8", "replace")
        if any(signed.size <= last.size for last in _parse_notes(end, site)[-1:]):
            return False
        gap = "\n" if end and not end.endswith("\n") else ""  # behind a note that a full disk cut short
        os.write(handle, f"{gap}{newest.note}".encode())
    finally:
        os.close(handle)
    return True


def read_notes(state: Path, site: str, now: datetime) -> tuple[Head, ...]:
    """The heads of the checkpoints in the file, shortest first; what is not signed by the site's key is passed over."""
    path = find_file(state, site)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ()
    found, keys = {}, _find_keys(site, now)
    for note in _split(text, site):
        with suppress(SealError):
            signed = _open(note, keys)
            found[signed.size, signed.root] = Head(signed.size, signed.root, f"the file `{path}`")
    return tuple(found[place] for place in sorted(found))


def set_notes_aside(state: Path, site: str, now: datetime) -> Path | None:
    """The new name of the file, when there is one: its checkpoints are those of a ledger that goes on from earlier."""
    path = find_file(state, site)
    aside = path.with_name(f"{site}.until-{now:%Y-%m-%dT%H%M%S}.notes")
    with suppress(FileNotFoundError):
        return path.rename(aside)
    return None


def _find_keys(site: str, now: datetime) -> dict[str, str]:
    return {name_origin(site): find_verifier_key(site, now)}


def _open(note: str, keys: dict[str, str]) -> Signed:
    """Raises SealError V803 for a note that none of the keys signed."""
    return parse_checkpoint(open_note(note, keys))


def _parse_notes(text: str, site: str) -> list[Signed]:
    """What the notes say, signed or not."""
    found = []
    for note in _split(text, site):
        with suppress(SealError):
            found.append(parse_checkpoint(note.rpartition("\n\n")[0] + "\n"))
    return found


def _split(text: str, site: str) -> list[str]:
    """The notes of a file that are whole; what stands between them is passed over."""
    return re.findall(rf"^{re.escape(name_origin(site))}\n[0-9]+\n\S+\n\n(?:— .*\n)+", text, flags=re.MULTILINE)
