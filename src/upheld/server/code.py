"""The digest of the program: of every file that it is made of, so that a proof says which code it was of."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import upheld

SKIPPED = frozenset({"__pycache__"})
COMPILED = frozenset({".pyc", ".pyo"})


@cache
def digest_code() -> str:
    """SHA-256 over the names and contents of all files of the package, in the order of their names; read once a process."""
    folder = Path(upheld.__file__).parent
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not SKIPPED & set(path.parts) and path.suffix not in COMPILED:
            whole.update(path.relative_to(folder).as_posix().encode() + b"\0")
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
