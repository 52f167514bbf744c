"""The process beside the jobs in which a site is proven: politely, and ended when the jobs end. Run as a program it is that process."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from threading import Event

from upheld.core.errors import UpheldError

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.5
END_WITHIN_SECONDS = 10.0
MOST_SECONDS = 1500.0
POLITE = 10  # how far the process steps back from those that answer people


def prove_beside(site: str, cause: str, ending: Event) -> None:
    """Have a site proven, and the proof kept on record, in a process with the same settings; waits for its end, or ends it."""
    child = subprocess.Popen([sys.executable, "-m", "upheld.server.proof_beside", site, cause])  # noqa: S603 - our own
    waited = 0.0
    while child.poll() is None and not ending.is_set() and waited < MOST_SECONDS:
        ending.wait(LOOK_EVERY_SECONDS)
        waited += LOOK_EVERY_SECONDS
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(END_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.returncode not in (0, 1):
        logger.error("the proof of %s ended with code %d", site, child.returncode)


def main(site: str, cause: str) -> int:
    """0 when nothing is broken, 1 when something is, 2 when it could not be looked at."""
    # Whoever starts this process needs none of it.
    from upheld.server.companion import end_with_parent  # noqa: PLC0415
    from upheld.server.proof_house import open_house  # noqa: PLC0415

    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(2))
    os.nice(POLITE)
    end_with_parent()
    try:
        house = open_house(state_folder=None, policies_folder=None, is_wanted=True)
        if house is None or site not in house.sites:
            return 2
        proof, _ = house.prove(site, cause=cause, is_kept=True, workers=0, tell=lambda _what, _done, _of: None)
    except UpheldError as problem:
        logger.error("the proof of %s was not made: %s", site, problem)  # noqa: TRY400 - the text says it all
        return 2
    except Exception as problem:  # noqa: BLE001 - its traceback could show values, and would end with the code of a broken sentence
        logger.error("the proof of %s fell over: %s", site, type(problem).__name__)  # noqa: TRY400 - the same
        return 2
    return 1 if proof.is_broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
