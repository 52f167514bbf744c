"""All measurements in one run: `python -m bench.run` prints them as they come and writes docs/bench.md."""

from __future__ import annotations

import time
from importlib.metadata import version

from bench.audience import measure_audience
from bench.bundles import measure_bundles
from bench.choosing import measure_choosing
from bench.clock import Row
from bench.loading import measure_loading
from bench.many import CHECKED, ROWS, ROWS_OF_ACTS, measure_many
from bench.outbox import measure_outbox
from bench.page import measure_page
from bench.questions import ROOT, draw_questions
from bench.reading import measure_reading
from bench.sheet import say_ratio, say_value, write_page
from bench.shipping import measure_shipping
from bench.single import measure_single, say_questions
from bench.vault import measure_vault
from bench.visitors import CONNECTIONS
from bench.writing import SUBMISSIONS, measure_writing

PARTS = (
    measure_single,
    measure_many,
    measure_loading,
    measure_page,
    measure_writing,
    measure_choosing,
    measure_reading,
    measure_shipping,
    measure_vault,
    measure_outbox,
    measure_audience,
    measure_bundles,
)
PEERS = ("cedarpy", "casbin", "numpy", "granian", "Django", "starlette")


def main() -> None:
    """Runs every part, then writes the page whole."""
    start = time.perf_counter()
    rows: list[Row] = []
    for measure in PARTS:
        for row in measure():
            rows.append(row)
            print(f"{row.part:16}  {row.what}\n{'':16}  {say_value(row)}  {say_ratio(row)}  {row.target}", flush=True)
    notes = {
        "questions": say_questions(draw_questions()),
        "peers": ", ".join(f"{name} {version(name)}" for name in PEERS),
    }
    numbers = {
        "rows": ROWS,
        "rows_of_acts": ROWS_OF_ACTS,
        "checked": CHECKED,
        "connections": CONNECTIONS,
        "submissions": SUBMISSIONS,
    }
    (ROOT / "docs" / "bench.md").write_text(write_page(rows, notes, numbers), encoding="utf-8")
    missed = [row.what for row in rows if row.is_reached is False]
    print(f"\n{time.perf_counter() - start:.0f} s, written to docs/bench.md")
    print("every target reached" if not missed else "missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
