"""The process beside the one that answers: it does what takes longer than a request, and ends with the server.

The server starts it, starts it again when it falls over, and stops it. Run as a program it is that process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

LOOK_EVERY_SECONDS = 1.0
STOP_WITHIN_SECONDS = 10.0
# Between two starts of a process that falls over at once: twice as long each time.
SHORTEST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
STEADY_AFTER_SECONDS = 60.0


class Companion:
    """One child process, kept running until `stop`."""

    def __init__(self, command: tuple[str, ...], variables: Mapping[str, str], tell: Callable[[str], None]) -> None:
        self.command = command
        self.variables = dict(variables)
        self.tell = tell
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.process = self._begin()
        self.thread = threading.Thread(target=self._keep_running, name="jobs", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Ask the process to end what it is doing; end it when it does not."""
        self.ending.set()
        with self.lock:
            process = self.process
        process.terminate()
        try:
            process.wait(timeout=STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        self.thread.join(timeout=STOP_WITHIN_SECONDS)

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, env=self.variables)  # noqa: S603 - our own command

    def _keep_running(self) -> None:
        wait = SHORTEST_WAIT_SECONDS
        while True:
            begun = time.monotonic()
            code = self.process.wait()
            if self.ending.is_set():
                return
            if time.monotonic() - begun >= STEADY_AFTER_SECONDS:
                wait = SHORTEST_WAIT_SECONDS
            self.tell(f"the jobs ended by themselves with code {code}; they start again")
            if self.ending.wait(wait):
                return
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
            with self.lock:
                if not self.ending.is_set():
                    self.process = self._begin()


def end_with_parent() -> None:
    """End this process, as if asked to, soon after the one that started it is gone; even when that one was killed."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            pause.wait(LOOK_EVERY_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    pause = threading.Event()
    threading.Thread(target=watch, name="parent", daemon=True).start()


def name_command() -> tuple[str, ...]:
    """How the companion is started."""
    return (sys.executable, "-m", "upheld.server.companion")


def run_companion() -> None:
    """Set everything up as a worker does, then do the jobs until told to stop."""
    # A terminal tells all processes at once; the server decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "upheld.server.settings")
    # Django reads its settings when it is set up, and the rooms above it hold models.
    import django  # noqa: PLC0415

    django.setup()
    # The settings and the models are there only now.
    from django.conf import settings  # noqa: PLC0415

    # The same.
    from upheld.jobs.run import run_jobs  # noqa: PLC0415
    from upheld.server.opening import open_shelf, open_vault  # noqa: PLC0415
    from upheld.server.working import open_work  # noqa: PLC0415
    from upheld.web.hosts import place_shelf  # noqa: PLC0415

    place_shelf(open_shelf(settings.ENVIRONMENT))
    open_vault(settings.ENVIRONMENT, datetime.now(UTC))
    run_jobs(open_work(settings.ENVIRONMENT))


if __name__ == "__main__":
    run_companion()
