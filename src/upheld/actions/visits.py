"""The log of visits on disk: a file a site and day, each line sealed by that day's key, gone with the key when its time is over."""

from __future__ import annotations

import atexit
import base64
import json
import logging
import os
import re
import secrets
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.db import connections

from upheld.actions.keys import destroy_person_keys, find_person_key
from upheld.actions.ledger import write_line
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.keyring.models import PersonKey
from upheld.records.walls import enter_site

logger = logging.getLogger(__name__)

FOLDER = "visits"
PREFIX = "visits of "
NOBODY = ""
LINE = "visit"
FLUSH_EVERY_SECONDS = 1.0
MOST_IN_A_LINE = 1_000  # visits that came within a second are sealed together
MOST_WAITING = (
    100_000  # lines; what comes on top of that is dropped and said, so that a full disk does not fill the memory
)
FILE_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.log")

Noted = tuple[tuple[str, str], ...]


class VisitLog:
    """Takes visits at once and writes them within a second, from a thread of its own; safe to share between threads."""

    def __init__(self, state: Path) -> None:
        self.folder = state / FOLDER
        self.waiting: deque[tuple[str, datetime, Noted]] = deque()
        self.lock = threading.Lock()
        self.wake = threading.Event()
        self.ending = threading.Event()
        self.keys: dict[tuple[str, str], bytes] = {}
        self.thread: threading.Thread | None = None
        self.dropped = 0

    def write(self, site: str, at: datetime, noted: Noted) -> None:
        """Take one visit; it is in the file within a second."""
        if len(self.waiting) >= MOST_WAITING:
            self.dropped += 1
            return
        self.waiting.append((site, at, noted))
        if self.thread is None:
            self.start()
        if not self.wake.is_set():
            self.wake.set()

    def start(self) -> None:
        """Begin the thread that writes, once."""
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self.keep_writing, name="visits", daemon=True)
                self.thread.start()
                atexit.register(self.stop)

    def keep_writing(self) -> None:
        """Write what waits, at most once a second, until told to stop."""
        while not self.ending.is_set():
            self.wake.wait()
            self.wake.clear()
            self.flush()
            # this thread's connection is its own; kept open it would hold the file of the keys
            connections.close_all()
            self.ending.wait(FLUSH_EVERY_SECONDS)

    def stop(self) -> None:
        """Write what is left and end the thread."""
        self.ending.set()
        self.wake.set()
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join(timeout=5)
        self.flush()

    def flush(self) -> None:
        """Write all that waits; what cannot be written now is dropped and said, without a word of what it was."""
        with self.lock:
            batches: dict[tuple[str, str], list[Noted]] = {}
            while self.waiting:
                site, at, noted = self.waiting.popleft()
                batches.setdefault((site, at.astimezone(UTC).date().isoformat()), []).append(noted)
            lost, self.dropped = self.dropped, 0
            for (site, day), visits in batches.items():
                if not self.append(site, day, visits):
                    lost += len(visits)
        if lost:
            logger.error("%d visits were not noted", lost)

    def append(self, site: str, day: str, visits: list[Noted]) -> bool:
        """Whether these visits of one day now stand in its file, sealed."""
        try:
            key = self.find_key(site, day, datetime.now(UTC))
            starts = range(0, len(visits), MOST_IN_A_LINE)
            lines = [seal_line(key, site, day, visits[start : start + MOST_IN_A_LINE]) for start in starts]
            append_lines(self.folder / site / f"{day}.log", lines)
        except OSError as problem:
            logger.error("the log of visits of %s cannot be written: %s", site, problem.strerror)  # noqa: TRY400 - the cause is said
            return False
        except Exception:  # a locked vault must not end the thread: the visitors have their pages already
            logger.debug("visits were not sealed", exc_info=True)
            return False
        return True

    def find_key(self, site: str, day: str, now: datetime) -> bytes:
        """The day's key of a site, asked for once a day."""
        key = self.keys.get((site, day))
        if key is None:
            for known in [known for known in self.keys if known[0] == site]:
                del self.keys[known]
            key = self.keys[site, day] = find_person_key(site, NOBODY, f"{PREFIX}{day}", now).key
        return key


def seal_line(key: bytes, site: str, day: str, visits: Sequence[Noted]) -> bytes:
    """The visits of one moment, sealed for their site and day, as a line of text."""
    noted = [dict(visit) for visit in visits]
    plain = json.dumps(noted, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return base64.b64encode(seal(key, secrets.token_bytes(NONCE_BYTES), plain, Label(site, NOBODY, day, LINE)))


def append_lines(path: Path, lines: list[bytes]) -> None:
    """Add the lines to the end of the file in one write, so that several workers may share it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, b"".join(line + b"\n" for line in lines))
    finally:
        os.close(handle)


def read_visits(state: Path, site: str, day: date) -> Iterator[dict[str, str]]:
    """The visits of one day, opened; a line that was altered or cut raises SealError V801."""
    path = state / FOLDER / site / f"{day.isoformat()}.log"
    row = PersonKey.objects.filter(site=site, person=NOBODY, keep_class=f"{PREFIX}{day.isoformat()}").first()
    if row is None or not path.is_file():
        return
    key = find_person_key(site, NOBODY, row.keep_class, row.created_at).key
    for line in path.read_bytes().splitlines():
        try:
            sealed = base64.b64decode(line, validate=True)
        except ValueError:
            sealed = b""
        opened: list[dict[str, str]] = json.loads(open_sealed(key, sealed, Label(site, NOBODY, day.isoformat(), LINE)))
        yield from opened


def purge_visits(state: Path, site: str, days: int, now: datetime) -> int:
    """How many days' logs went, keys first: each before its first visit is older than `days`. Done twice it does no harm.

    One line in the ledger when any went. With 0 days, as when the policy has nothing noted any more, all of them go.
    """
    earliest = now.astimezone(UTC).date() - timedelta(days=days)
    classes = PersonKey.objects.filter(site=site, person=NOBODY, keep_class__startswith=PREFIX)
    named = {name.removeprefix(PREFIX) for name in classes.values_list("keep_class", flat=True)}
    folder = state / FOLDER / site
    named |= {found[1] for path in list_files(folder) if (found := FILE_NAME.fullmatch(path.name))}
    over = sorted(day for day in named if date.fromisoformat(day) <= earliest)
    keys = 0
    for day in over:
        keys += destroy_person_keys(site, NOBODY, now, f"{PREFIX}{day}")
        (folder / f"{day}.log").unlink(missing_ok=True)
    if over:
        with enter_site(site):
            write_line(site, "keys.destroyed", at=now, keys=keys, items=len(over))
    return len(over)


def list_files(folder: Path) -> list[Path]:
    """The files of a folder that may not be there."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
