"""Gives these tests the databases, the courier and the cast, and processes that do jobs and can be killed."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.actions.stage import ROOT, TOP_KEY, binding, cast, databases, now
from tests.channels.conftest import sink
from tests.courier import lay_out_courier
from tests.postgres import ASKED, make_pair

__all__ = ["binding", "cast", "databases", "lay_out_courier", "now", "sink"]


class Nursery:
    """Brings up processes that do jobs; each begins in a moment, as a copy of one that has loaded everything."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, line: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def begin(self) -> int:
        """Bring up a process that does jobs."""
        return self.ask("begin")

    def end(self, child: int, number: int = signal.SIGKILL) -> int:
        """End a process by a signal; gives its exit status."""
        os.kill(child, number)
        return self.ask(f"wait {child}")


@contextmanager
def open_nursery(state: Path, policies: Path, **variables: str) -> Iterator[Nursery]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("UPHELD_", "DJANGO_"))}
    given = {
        "UPHELD_STATE": str(state),
        "UPHELD_POLICIES": str(policies),
        "UPHELD_TOP_KEY": base64.b64encode(TOP_KEY).decode(),
        "UPHELD_LOG_LEVEL": "error",
        "DJANGO_SETTINGS_MODULE": "upheld.server.settings",
        "PYTHONPATH": str(ROOT),
    } | ({"UPHELD_DATABASE": make_pair()} if os.environ.get(ASKED) else {})
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.nursery"],
        env=clean | given | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()
