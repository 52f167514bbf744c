"""What really happened, held against the policy: `python -m bench.observing [LINES]` fills a house with so many lines.

Prints what one look takes, with the check of the ledger and the survey of the records; the figure of a million lines
stands in docs/bench-large.md.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from bench.held import NOW, invent, open_house, run_inside

LINES, LINES_A_PERSON = 1_000_000, 10
MOST_SECONDS = 60.0


def observe_all(binding: Any) -> dict[str, float]:
    """The seconds that a look at everything takes, and how many lines it was."""
    from upheld.actions.observing import observe  # noqa: PLC0415 - Django lives in the child alone

    start, used = time.perf_counter(), time.process_time()
    seen = observe(binding, NOW, say_progress)
    assert not seen.faults, seen.faults
    assert not [found for found in seen.evidence.values() if found.outcome == "fails"]
    found = {"observe_seconds": time.perf_counter() - start, "observe_used": time.process_time() - used}
    return found | {"observed": float(seen.ledger.size)}


def say_progress(done: int, whole: int) -> None:
    """To whoever waits; what is printed on the other stream is read by the parent."""
    print(f"{done:,} of {whole:,} lines", file=sys.stderr, flush=True)


def measure_inside(folder: str, lines: int) -> None:
    """In the child: prints the figures as JSON."""
    binding = open_house(folder)
    from upheld.actions.imports import import_people  # noqa: PLC0415 - the same
    from upheld.actions.ledger import sequence_entries  # noqa: PLC0415 - the same

    import_people(binding, invent(lines // LINES_A_PERSON, LINES_A_PERSON), now=NOW)
    while sequence_entries(binding.site, NOW):
        pass
    print(json.dumps(observe_all(binding)))


def main(lines: int) -> None:
    """Prints what it took."""
    found = run_inside("bench.observing", "inside", str(lines))
    seconds, used, count = found["observe_seconds"], found["observe_used"], found["observed"]
    print(
        f"{count:,.0f} lines looked at in {seconds:.1f} s, {used:.1f} s of a processor, {used / count * 1e6:.1f} µs each"
    )


if __name__ == "__main__":
    if sys.argv[2:3] == ["inside"]:
        measure_inside(sys.argv[1], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)
