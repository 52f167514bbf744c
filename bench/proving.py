"""A whole proof of the courier's policy over the data of a demo, and a look at a million lines: `python -m bench.proving`.

Takes some minutes, prints its table and writes docs/bench-proof.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import chain
from pathlib import Path

from bench.clock import Row, time_rounds
from bench.held import run_inside
from bench.observing import LINES
from bench.questions import POLICY, ROOT
from bench.sheet import say_ratio, say_value, write_part
from bench.visitors import find_port
from upheld.core.gate import Gate
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import load_policy
from upheld.core.proof.formally import show_formally

PART = "a policy proven over the data of a demo"
SITE = "lasership"
PEOPLE = 200
MOST_SECONDS, PATIENCE_SECONDS = 60.0, 300.0
HEAD = """\
# Figures, of proofs

This page is written by `python -m bench.proving`, apart from [the other figures](bench.md) because it takes longer. A demo with {people} people runs meanwhile and proves nothing by itself; the proofs are made by the command beside it, with as many processes as there are cores, and kept on record.

- Written on {day}.

"""


def measure_proving() -> Iterator[Row]:
    """The rows of this part: the first proof, and one after it, which finds empty databases made."""
    with tempfile.TemporaryDirectory() as folder, open_demo(Path(folder)):
        for what in ("the first one", "another one"):
            began = time.perf_counter()
            proof = prove(Path(folder))
            taken = time.perf_counter() - began
            yield Row(
                PART,
                f"{what}: {len(proof['rules'])} rules checked, rehearsed and observed on {proof['ledger']['size']:,} lines",
                taken,
                "s",
                target=f"{MOST_SECONDS:.0f} s",
                is_reached=taken <= MOST_SECONDS,
            )


def measure_formal() -> Iterator[Row]:
    """The check of all cases alone."""
    table = compile_policy(load_policy(POLICY))
    seconds = time_rounds(lambda: show_formally(Gate(table), ""))
    yield Row(PART, "the check of all cases alone", seconds, "s", target="1 s", is_reached=seconds <= 1.0)


def measure_observing() -> Iterator[Row]:
    """The look at what happened, on a ledger of a million lines."""
    found = run_inside("bench.observing", "inside", str(LINES))
    taken = found["observe_seconds"]
    what = f"all {found['observed']:,.0f} lines of another ledger checked and held against the policy"
    yield Row(PART, what, taken, "s", target=f"{MOST_SECONDS:.0f} s", is_reached=taken <= MOST_SECONDS)


def prove(folder: Path) -> dict[str, object]:
    """The proof that the command makes beside the running demo."""
    command = [sys.executable, "-m", "upheld.cli.main", "prove", SITE, "--keep", "--out", str(folder / "proof.json")]
    quiet = subprocess.DEVNULL
    subprocess.run(command, env=find_variables(folder), cwd=ROOT, check=False, stdout=quiet, stderr=quiet)  # noqa: S603 - our own
    found: dict[str, object] = json.loads((folder / "proof.json").read_text())
    return found


@contextmanager
def open_demo(folder: Path) -> Iterator[None]:
    """A demo with its people, from the moment it listens until the block ends; it proves nothing by itself."""
    port = find_port()
    command = [sys.executable, "-m", "upheld.cli.main", "demo", "--port", str(port), "--people", str(PEOPLE)]
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(command, env=find_variables(folder), cwd=ROOT, stdout=said, stderr=said)  # noqa: S603 - the same
        try:
            end = time.monotonic() + PATIENCE_SECONDS
            while "\noverview " not in (folder / "said").read_text():
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("the demo does not begin")
                time.sleep(0.5)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def find_variables(folder: Path) -> dict[str, str]:
    """The settings of the demo and of the command beside it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UPHELD_")}
    return clean | {
        "UPHELD_STATE": str(folder / "state"),
        "UPHELD_POLICIES": str(POLICY.parents[1]),
        "UPHELD_PROOFS": "no",
    }


def main() -> None:
    """Prints every row as it comes, then writes the page whole."""
    rows = []
    for row in chain(measure_formal(), measure_proving(), measure_observing()):
        rows.append(row)
        print(f"{row.what}\n    {say_value(row)}  {say_ratio(row)}  {row.target}", flush=True)
    head = HEAD.format(day=date.today().isoformat(), people=PEOPLE)  # noqa: DTZ011 - the day where it was run
    (ROOT / "docs" / "bench-proof.md").write_text(head + write_part(PART, rows), encoding="utf-8")


if __name__ == "__main__":
    main()
