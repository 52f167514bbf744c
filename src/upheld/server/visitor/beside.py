"""The process beside the jobs in which the visitor walks: bounded in time, ended with its browser. Run as a program it is that process."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event

from upheld.core.errors import UpheldError

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.5
END_WITHIN_SECONDS = 5.0
MOST_SECONDS = 90.0
POLITE = 10  # how far the process steps back from those that answer people
PROCESSES = Path("/proc")


def visit_beside(site: str, ending: Event) -> None:
    """Have the visitor walk through a site in a process with the same settings; waits for its end, or ends it and its browser."""
    child = subprocess.Popen([sys.executable, "-m", "upheld.server.visitor.beside", site])  # noqa: S603 - our own
    waited = 0.0
    try:
        while child.poll() is None and not ending.is_set() and waited < MOST_SECONDS:
            ending.wait(LOOK_EVERY_SECONDS)
            waited += LOOK_EVERY_SECONDS
    finally:
        end_tree(child)
    if child.returncode not in (0, 1):
        logger.error("the walk of the visitor through %s ended with code %d", site, child.returncode)


def end_tree(child: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started, each by its id: first asked, then without asking."""
    if child.poll() is not None:
        return
    below = list_below(child.pid)
    child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(END_WITHIN_SECONDS)
    for number, began in {**below, **list_below(child.pid)}.items():
        if find_beginning(number) == began:  # else the number belongs to somebody else by now
            with suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
    if child.poll() is None:
        child.kill()
        child.wait()


def list_below(parent: int) -> dict[int, str]:
    """The processes that this one has started, and those that these have, each with when it began."""
    parents: dict[int, list[int]] = {}
    for place in PROCESSES.glob("[0-9]*/stat"):
        fields = read_fields(place)
        if len(fields) > 1:
            parents.setdefault(int(fields[1]), []).append(int(place.parent.name))
    found: dict[int, str] = {}
    todo = list(parents.get(parent, ()))
    while todo:
        number = todo.pop()
        found[number] = find_beginning(number)
        todo += parents.get(number, ())
    return found


def find_beginning(number: int) -> str:
    """When a process began, in ticks since the machine did; empty for none."""
    fields = read_fields(PROCESSES / str(number) / "stat")
    return fields[19] if len(fields) > 19 else ""


def read_fields(place: Path) -> list[str]:
    """What the system says of a process, from its state on: the name before it may hold spaces and brackets."""
    try:
        return place.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def main(site: str) -> int:
    """0 when nothing went wrong, 1 when something did, 2 when nobody could walk."""
    # Whoever starts this process needs none of it.
    from upheld.server.companion import end_with_parent  # noqa: PLC0415
    from upheld.server.proof_house import open_house  # noqa: PLC0415

    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(2))
    os.nice(POLITE)
    end_with_parent()
    # The browser is driven by a loop in this thread, and Django would take that for a server's and refuse its databases.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"
    try:
        house = open_house(state_folder=None, policies_folder=None, is_wanted=True)
        if house is None or site not in house.sites:
            return 2
        return 0 if visit_served(site) else 1
    except UpheldError as problem:
        logger.error("the visitor did not walk through %s: %s", site, problem)  # noqa: TRY400 - the text says it all
        return 2


def visit_served(site: str) -> bool:
    """Walk through a site of the house that is open in this process; whether nothing went wrong."""
    # The settings are there only when the house is open, and these rooms hold models.
    from django.conf import settings  # noqa: PLC0415

    # The same; and `working` has the jobs begin this process.
    from upheld.server.publications_desk import find_shelved  # noqa: PLC0415
    from upheld.server.visitor.visit import find_now, visit_site  # noqa: PLC0415
    from upheld.server.working import name_home  # noqa: PLC0415
    from upheld.web.binding import make_binding  # noqa: PLC0415

    shelved = find_shelved(site)
    binding = make_binding(shelved, find_now().date())
    home = name_home(settings.ENVIRONMENT, shelved.policies[0].slug, shelved.host)
    return visit_site(settings.ENVIRONMENT, binding, home).is_good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
