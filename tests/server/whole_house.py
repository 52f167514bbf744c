"""A demo as a person starts it, proven as a person has it proven: real processes, which meet nothing but files and a port."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.courier import lay_out_courier
from upheld.cli.coverage import open_proof
from upheld.core.proof.runs import Proof

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
SITE, PEOPLE = "lasership", 30
MAIN = ("-m", "upheld.cli.main")


def clean_environment() -> dict[str, str]:
    """Ours without anybody's settings; the jobs begin no proof of their own beside the one that is looked at."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("UPHELD_", "DJANGO_"))}
    return variables | {"UPHELD_PROOFS": "no"}


@dataclass(frozen=True, slots=True)
class WholeHouse:
    """Where the demo is, and what its one proof left: the proof, a bundle of it, OSCAL results, how the command ended."""

    folder: Path
    port: int
    code: int
    said: Mapping[str, Any]
    proof: Proof

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def policies(self) -> Path:
        return lay_out_courier(self.folder)

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle.json"

    @property
    def oscal(self) -> Path:
        return self.folder / "oscal.json"

    def run(self, *words: str, program: tuple[str, ...] = MAIN) -> subprocess.CompletedProcess[str]:
        """A command of this house as it ended."""
        return run_command(*program, *words, "--state", str(self.state), "--policies", str(self.policies))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """A command of this house that is still at it."""
        command = (sys.executable, *MAIN, *words, "--state", str(self.state), "--policies", str(self.policies))
        return subprocess.Popen(command, env=clean_environment(), cwd=ROOT, stderr=subprocess.PIPE, text=True)

    @property
    def file(self) -> Path:
        """The proof as the command wrote it."""
        return self.folder / "proof.json"

    def fetch(self, path: str) -> str:
        """A page of the site."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": f"{SITE}.localhost:{self.port}"})
            answer = connection.getresponse()
            body = answer.read().decode()
        assert answer.status == 200, body
        return body

    def read_board(self) -> dict[str, str]:
        """Which mark each sentence has on the page of the proof, by its anchor."""
        rows = re.findall(
            r'<li class="proven" id="([^"]+)">\s*<p class="proven-state"><span class="mark (\w+)">',
            self.fetch("/privacy/proof"),
        )
        assert len(dict(rows)) == len(rows)
        return dict(rows)

    def list_runs(self) -> list[tuple[str, str]]:
        """The runs on record, the latest first: the state of each, and the reason in the line where it broke off."""
        asked = (
            "SELECT run.state, line.text FROM records_proofrun AS run LEFT JOIN records_entry AS line"
            " ON line.id = run.entry ORDER BY run.began_at DESC, run.rowid DESC"
        )
        with contextlib.closing(sqlite3.connect(self.state / "upheld.sqlite3", timeout=20)) as data:
            found = data.execute(asked).fetchall()
        return [(state, json.loads(line)["body"].get("reason", "") if line else "") for state, line in found]


def run_command(*words: str) -> subprocess.CompletedProcess[str]:
    """What Python is told to run, as it ended."""
    command = (sys.executable, *words)
    return subprocess.run(
        command, env=clean_environment(), cwd=ROOT, check=False, capture_output=True, text=True, timeout=540
    )


def list_left(state: Path) -> list[str]:
    """What lies in the folder of rehearsals, apart from the cast that is kept for the next one."""
    return [place.name for place in (state / "rehearsals").glob("upheld-rehearsal-*")]


def list_children(parent: int) -> set[int]:
    """The processes that this one started."""
    told = Path(f"/proc/{parent}/task/{parent}/children")
    threads = told.parent.parent.glob("*/children")
    return {int(number) for file in threads for number in file.read_text().split()}


def wait_for(ask: Callable[[], Any], seconds: float, complaint: str) -> Any:
    """The first answer that is a yes."""
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, complaint
        time.sleep(0.1)
    return found


@contextlib.contextmanager
def open_whole_house(folder: Path) -> Iterator[WholeHouse]:
    """The demo with a few people, served until the end, its courier proven once on record."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    draft = WholeHouse(folder, port, -1, {}, None)  # type: ignore[arg-type] - not proven yet
    with serve_demo(folder, port):
        files = ("--bundle", str(draft.bundle), "--oscal", str(draft.oscal), "--out", str(draft.file))
        done = draft.run("prove", SITE, "--workers", "2", "--format", "json", *files)
        assert draft.oscal.is_file(), done.stderr  # written last
        yield WholeHouse(folder, port, done.returncode, json.loads(done.stdout), open_proof(draft.file))


@contextlib.contextmanager
def serve_demo(folder: Path, port: int) -> Iterator[None]:
    """The demo on this port, until the end."""
    places = ("--state", str(folder / "state"), "--policies", str(lay_out_courier(folder)), "--port", str(port))
    command = (sys.executable, *MAIN, "demo", "--people", str(PEOPLE), *places)
    said = folder / "demo.log"
    with said.open("w") as log:
        server = subprocess.Popen(command, env=clean_environment(), cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_for(lambda: server.poll() is not None or answers(port), 120, "the demo does not answer")
        assert server.poll() is None, said.read_text()
        yield
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False
