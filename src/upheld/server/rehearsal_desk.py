"""Has a policy rehearsed: starts processes with a throw-away house each, hands out the rules, throws everything away."""

from __future__ import annotations

import fcntl
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from upheld.core.proof.evidence import BROKE_OFF, LACKS, REHEARSED, Evidence, Step
from upheld.server.environment import PREFIX

PREFIX_OF_FOLDERS = "upheld-rehearsal-"
MOST_SECONDS = 1200.0  # for all rules together; a rehearsal that waits for ever must not keep the run from ending
MOST_SECONDS_A_RULE = 240.0  # on a machine that is busy with others, and politely behind them
LEFT_AFTER_SECONDS = 2 * 3600.0
NEW_SECONDS = 10.0  # between coming into being and being locked
LOCK = "lock"  # held by whoever rehearses in the folder, and let go of by the system however they end
DIES_WITH_US = 10.0
CHILD = (sys.executable, "-m", "upheld.server.rehearsing")
COMPLAINTS = ".errors"
NO_SITE = "the policy makes no site that could be opened, so there is nothing to try"
NO_HOUSE = "the throw-away house could not be opened"
OTHER_TEXT = "the throw-away house serves another text of the policy than the one that is proven"

Tell = Callable[[int], None]


@dataclass(slots=True)
class Rehearsed:
    """What came of it: evidence by the place of each rule, and what went wrong with rehearsing itself, in plain words."""

    evidence: dict[int, Evidence] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    is_served: bool = True
    seconds: dict[int, float] = field(default_factory=dict)


def rehearse_all(
    files: Mapping[str, bytes],
    site: str,
    numbers: Iterable[int],
    *,
    moment: datetime,
    digest: str = "",
    workers: int = 2,
    folder: Path | None = None,
    tell: Tell = lambda _done: None,
) -> Rehearsed:
    """Rehearse these rules of the newest version among the files: the versions of a policy and the documents beside them.

    Each worker is a process with a house of its own in a folder that is gone afterwards, also when a worker is killed.
    With a `digest` nothing is rehearsed of any other text of the policy: the numbers would be of other rules.
    `folder` is where these folders come into being (default: the system's). `tell` is called with how many are done.
    """
    wanted = list(numbers)
    with make_folder(folder) as place:
        policies = place / "policies"
        (policies / site).mkdir(parents=True)
        for name, content in files.items():
            (policies / site / Path(name).name).write_bytes(content)
        until = time.monotonic() + MOST_SECONDS
        team = _Team(place, policies, site, moment, tell, until, digest)
        for number in wanted:
            team.waiting.put(number)
        threads = [
            threading.Thread(target=team.work, args=(number,), daemon=True)
            for number in range(max(1, min(workers, len(wanted))))
        ]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException:  # whoever ends us ends the processes first: they would write into what is thrown away
            team.end()
            for thread in threads:
                if thread.ident is not None:  # one that was never begun cannot be waited for
                    thread.join(DIES_WITH_US)
            raise
    found = team.found
    for number in wanted:
        if number not in found.evidence and not found.is_served:
            found.evidence[number] = Evidence(REHEARSED, LACKS, NO_SITE)
        elif number not in found.evidence:
            said = f"the rehearsal broke off: {found.faults[0] if found.faults else 'it took too long'}"
            found.evidence[number] = Evidence(REHEARSED, BROKE_OFF, said)
    return found


@contextmanager
def make_folder(parent: Path | None) -> Iterator[Path]:
    """A folder for this run alone; what an earlier run left that was killed is removed first."""
    if parent is not None:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(parent)
    place = Path(tempfile.mkdtemp(prefix=PREFIX_OF_FOLDERS, dir=parent))
    try:
        with (place / LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sweep(parent: Path) -> int:
    """How many folders were removed of which the run is gone."""
    count = 0
    for left in parent.glob(f"{PREFIX_OF_FOLDERS}*"):
        if is_left(left):
            shutil.rmtree(left, ignore_errors=True)
            count += 1
    return count


def is_left(folder: Path) -> bool:
    """Whether nobody holds this folder any more; of one that has just come into being nobody can say."""
    try:
        if time.time() - folder.stat().st_mtime < NEW_SECONDS:
            return False
        with (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # it has no lock: it came from elsewhere, or is just being thrown away
        return folder.is_dir() and time.time() - folder.stat().st_mtime > LEFT_AFTER_SECONDS
    return True


@dataclass(slots=True)
class _Team:
    """The processes of one run: where their houses are, what still waits, what was found."""

    place: Path
    policies: Path
    site: str
    moment: datetime
    tell: Tell
    until: float
    digest: str
    waiting: queue.SimpleQueue[int] = field(default_factory=queue.SimpleQueue)
    found: Rehearsed = field(default_factory=Rehearsed)
    children: list[subprocess.Popen[str]] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)
    is_ended: bool = False

    def end(self) -> None:
        """End all processes at once; no other is begun."""
        with self.guard:
            self.is_ended = True
            for child in self.children:
                child.kill()

    def work(self, worker: int) -> None:
        """One process after the other takes rules until none waits; one that falls over loses the rule it was at alone."""
        begun = 0
        while not self.is_ended and not self.waiting.empty() and time.monotonic() < self.until:
            begun += 1
            house = self.place / f"house-{worker}-{begun}"
            child = self._begin(house)
            timer = threading.Timer(self.until - time.monotonic(), child.kill)
            timer.start()
            try:
                if not self._hand_out(child, house):
                    return
            finally:
                timer.cancel()
                _end(child)
                shutil.rmtree(house, ignore_errors=True)

    def _begin(self, house: Path) -> subprocess.Popen[str]:
        """The process, with nothing of our settings: its house is not ours."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "DJANGO_"))}
        places = (str(house), str(self.policies), self.site, self.moment.isoformat())
        command = [*CHILD, *places]
        with self.guard, house.with_suffix(COMPLAINTS).open("wb") as complaints:
            child = subprocess.Popen(  # noqa: S603 - our own
                command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, text=True
            )
            self.children.append(child)
            if self.is_ended:
                child.kill()
        return child

    def _hand_out(self, child: subprocess.Popen[str], house: Path) -> bool:
        """Give rules to one process, one after the other; whether another process would do better with what still waits."""
        told = _read(child)
        if "unserved" in told:
            self.found.is_served = False
            return False
        if child.stdin is None or child.stdout is None or "ready" not in told:
            self.found.faults.append(f"{NO_HOUSE}: {name_complaint(house.with_suffix(COMPLAINTS))}")
            return False
        if self.digest and told["ready"] != self.digest:
            self.found.faults.append(OTHER_TEXT)
            return False
        while True:
            try:
                number = self.waiting.get_nowait()
            except queue.Empty:
                return False
            timer = threading.Timer(MOST_SECONDS_A_RULE, child.kill)
            timer.start()
            try:
                child.stdin.write(f"{number}\n")
                child.stdin.flush()
                told = _read(child)
            except OSError:
                told = {}
            finally:
                timer.cancel()
            if told.get("number") != number:
                said = "the rehearsal broke off: its process ended, or took too long"
                self.found.evidence[number] = Evidence(REHEARSED, BROKE_OFF, said)
                self.tell(len(self.found.evidence))
                return True
            self.found.evidence[number] = read_evidence(told["evidence"])
            self.found.seconds[number] = told["seconds"]
            self.tell(len(self.found.evidence))


def name_complaint(file: Path) -> str:
    """What a process ended with, as the name of its last error alone: an error's text could hold anything."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    name = lines[-1].partition(":")[0].rpartition(".")[2] if lines else ""
    return name if name.isidentifier() else "it said nothing"


def _end(child: subprocess.Popen[str]) -> None:
    if child.stdin is not None:
        with suppress(OSError):
            child.stdin.close()
    try:
        child.wait(timeout=DIES_WITH_US)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _read(child: subprocess.Popen[str]) -> dict[str, Any]:
    line = child.stdout.readline() if child.stdout is not None else ""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def read_evidence(told: Mapping[str, Any]) -> Evidence:
    """Evidence as another process told it."""
    steps = tuple(Step(**{**step, "lines": tuple(step["lines"])}) for step in told["steps"])
    return Evidence(**{**told, "steps": steps, "lines": tuple(told["lines"])})
