"""Timing: rounds of the same work, their median; never a promise, always beside something else in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 9
MOST_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `value` is in `unit`: `/s`, `s` or `B`. `beside` says in words what the ratio is, which takes the place of `{}` in
    it. `target` is what the row has to reach, and `is_reached` whether it did in this run.
    """

    part: str
    what: str
    value: float
    unit: str
    ratio: float | None = None
    beside: str = ""
    target: str = ""
    is_reached: bool | None = None


def time_rounds(work: Callable[[], object], rounds: int = ROUNDS, most_seconds: float = MOST_SECONDS) -> float:
    """Seconds of one core that a round of this work takes: the median of so many rounds, or of those that fit in.

    Processor time: what others do on the machine meanwhile slows the caches down, but is not counted.
    """
    taken: list[float] = []
    end = time.perf_counter() + most_seconds
    while len(taken) < rounds and (not taken or time.perf_counter() < end):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)
