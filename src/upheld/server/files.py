"""Writing a file that only this user may read, whole or not at all; knows nothing of what is in it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_privately(path: Path, content: bytes) -> None:
    """Put the content at this path with permission 0600; whoever reads at the same time sees the old or the new, whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def create_privately(path: Path, content: bytes) -> bool:
    """Like `write_privately`, but leaves a file that is already there as it is; whether this call made it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_privately(draft, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True
