"""A hundred thousand people with ten items each, and the million lines that tells of: `python -m bench.large [PEOPLE]`.

Takes some minutes and three gigabytes of disk; prints its table and writes docs/bench-large.md.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from bench.clock import Row
from bench.held import NOW, invent, open_house, run_inside
from bench.observing import observe_all
from bench.questions import ROOT
from bench.sheet import say_ratio, say_value, write_part
from bench.vault import READS, list_quantiles, measure_reads, time_each

PEOPLE, ITEMS = 100_000, 10
FEW = 1_000
WRITES = 2_000
MOST_TIMES = 2.0
VERIFY_SECONDS = 60.0
HEAD = """\
# Figures, with very many people

This page is written by `python -m bench.large`, apart from [the other figures](bench.md) because it takes much longer. {people:,} people with {items} items each were brought in, in one process on one core, into SQLite with every commit synced; before that, and again after it, the same work was timed. What is sealed, found, read and written is the same as in the other figures.

- Written on {day}.

"""


def measure_large(people: int) -> Iterator[Row]:
    """The rows of this page, from a child process that fills a house and times it empty and full."""
    part = f"{people:,} people with {ITEMS} items each"
    found = run_inside("bench.large", "inside", str(people))
    yield Row(part, "people imported", found["import"], "/s")
    yield Row(part, "lines of the ledger put into the tree", found["tree"], "/s")
    taken, lines = found["verify_seconds"], found["lines"]
    aim, is_reached = ("", None) if lines < 1_000_000 else ("60 s", taken <= VERIFY_SECONDS)
    yield Row(part, f"all {lines:,.0f} lines verified from the first one", taken, "s", None, "", aim, is_reached)
    taken = found["observe_seconds"]
    what = f"all {found['observed']:,.0f} lines held against the policy, checked on the way, and the records surveyed"
    yield Row(part, what, taken, "s", None, "", aim, taken <= VERIFY_SECONDS if aim else None)
    yield Row(part, "data on disk for each person, with indexes, lines and tree", found["data_bytes"], "B")
    yield Row(part, "keys on disk for each person", found["keys_bytes"], "B")
    for name, what in (("read", "contact details read through the gate"), ("write", "a survey's answer put in")):
        for quantile, said in (("half", 50), ("most", 99)):
            full, few = found[f"full_{name}_{quantile}"], found[f"few_{name}_{quantile}"]
            yield Row(
                part,
                f"{what}, {said} of 100 at most",
                full,
                "s",
                full / few,
                f"{{}} × with {FEW:,} people",
                f"{MOST_TIMES:.0f} ×",
                is_reached=full / few <= MOST_TIMES,
            )
    full, few = found["full_find"], found["few_find"]
    yield Row(
        part,
        "somebody found by their address, 99 of 100 at most",
        full,
        "s",
        full / few,
        f"{{}} × with {FEW:,} people",
        f"{MOST_TIMES:.0f} ×",
        is_reached=full / few <= MOST_TIMES,
    )


def measure_inside(folder: str, people: int) -> None:
    """In the child: prints the figures as JSON."""
    binding = open_house(folder)
    from upheld.actions.imports import import_people  # noqa: PLC0415 - Django lives in the child alone
    from upheld.actions.ledger import find_size, sequence_entries  # noqa: PLC0415 - the same
    from upheld.actions.ledger_reading import verify_ledger  # noqa: PLC0415 - the same

    found: dict[str, float] = {}
    import_people(binding, invent(FEW, ITEMS), now=NOW)
    while sequence_entries(binding.site, NOW):
        pass
    found |= {f"few_{name}": value for name, value in measure_work(binding, FEW).items()}
    start = time.process_time()
    import_people(binding, invent(people - FEW, ITEMS, FEW), now=NOW, tell=say_progress)
    found["import"] = (people - FEW) / (time.process_time() - start)
    before, start = find_size(binding.site), time.process_time()
    while sequence_entries(binding.site, NOW):
        pass
    found["tree"] = (find_size(binding.site) - before) / (time.process_time() - start)
    found |= {f"full_{name}": value for name, value in measure_work(binding, people).items()}
    start = time.perf_counter()
    walked = verify_ledger(binding.site, now=NOW)
    assert walked.is_whole
    found |= {"verify_seconds": time.perf_counter() - start, "lines": float(walked.size)}
    found |= observe_all(binding)
    state = Path(folder) / "state"
    for name, file in (("data", "upheld.sqlite3"), ("keys", "keys.sqlite3")):
        found[f"{name}_bytes"] = (state / file).stat().st_size / people
    print(json.dumps(found))


def say_progress(done: int) -> None:
    """To whoever waits; what is printed on the other stream is read by the parent."""
    if done % 10_000 == 0:
        print(f"{done:,} people", file=sys.stderr, flush=True)


def measure_work(binding: Any, people: int) -> dict[str, float]:
    """Reading, writing and finding by an address, each of people drawn from all of them."""
    from upheld.actions.people import find_person  # noqa: PLC0415 - the same
    from upheld.actions.vault import put_items  # noqa: PLC0415 - the same

    def put_in(number: int) -> None:
        address = f"person.{number}@bench.example"
        person = find_person(binding.site, "email", address, NOW)
        assert person is not None
        put_items(binding, person=person, touchpoint="survey", values={"answer.survey": "Fine"}, now=NOW)

    numbers = [number * 7919 % people for number in range(WRITES)]
    reads = measure_reads(binding, READS)
    with beside_jobs():
        half, most = list_quantiles(time_each(put_in, numbers))
    addresses = [f"person.{number}@bench.example" for number in numbers]
    _, find = list_quantiles(time_each(lambda address: find_person(binding.site, "email", address, NOW), addresses))
    return {
        "read_half": reads["read_half"],
        "read_most": reads["read_most"],
        "write_half": half,
        "write_most": most,
        "find": find,
    }


@contextmanager
def beside_jobs() -> Iterator[None]:
    """The journal written back each second by somebody else, as the process for jobs does beside a server."""
    from django.db import connections  # noqa: PLC0415 - the same

    from upheld.records.journal import write_back  # noqa: PLC0415 - the same

    ending = threading.Event()

    def write_often() -> None:
        while not ending.wait(1.0):
            write_back("default")
            write_back("keys")
        connections.close_all()

    beside = threading.Thread(target=write_often)
    beside.start()
    try:
        yield
    finally:
        ending.set()
        beside.join()


def main(people: int) -> None:
    """Prints every row as it comes, then writes the page whole."""
    rows = []
    for row in measure_large(people):
        rows.append(row)
        print(f"{row.what}\n    {say_value(row)}  {say_ratio(row)}  {row.target}", flush=True)
    head = HEAD.format(people=people, items=ITEMS, day=date.today().isoformat())  # noqa: DTZ011 - the day where it was run
    if people == PEOPLE:
        (ROOT / "docs" / "bench-large.md").write_text(head + write_part(rows[0].part, rows), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[2:3] == ["inside"]:
        measure_inside(sys.argv[1], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
