"""Loading a policy: time in a fresh process with the rule language's tables kept, and memory for each policy held."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.clock import Row
from bench.questions import POLICY, ROOT, draw_questions

PART = "loading"
PROCESSES = 7
POLICIES_HELD = 20
TARGET_SECONDS = 0.3
TARGET_BYTES = 15_000_000
TARGET_SECONDS_FOR_ALL = 1.5
TARGET_BYTES_FOR_ALL = 60_000_000


def measure_loading() -> Iterator[Row]:
    """The rows of this part, from children that each start with nothing in memory."""
    with tempfile.TemporaryDirectory() as cache:
        variables = {**os.environ, "XDG_CACHE_HOME": cache}
        first = run_child("time", variables)
        kept = [run_child("time", variables) for _ in range(PROCESSES)]
        held = run_child("memory", variables)
        everything = [run_child("all", variables) for _ in range(PROCESSES)]
        check = [sys.executable, "-m", "upheld.cli.main", "check", str(POLICY)]
        whole = statistics.median(time_process(check, variables) for _ in range(PROCESSES))
        empty = statistics.median(time_process([sys.executable, "-c", "pass"], variables) for _ in range(PROCESSES))
    tables = statistics.median(child["tables"] for child in kept)
    loading = statistics.median(child["loading"] for child in kept)
    rules = int(kept[0]["rules"])
    yield Row(
        PART, "tables of the rule language, from the cache", tables, "s", tables / first["tables"], "{} × building them"
    )
    what = f"load, lint, compile: the courier's {rules} rules, tables there"
    yield Row(
        PART, what, loading, "s", loading / empty, "{} × an empty Python's start", "300 ms", loading <= TARGET_SECONDS
    )
    yield Row(
        PART, "`upheld check` on it, the whole process", whole, "s", whole / empty, "{} × an empty Python's start"
    )
    size = held["bytes"]
    what = f"memory of a policy with table and gate, mean of {POLICIES_HELD} held"
    yield Row(PART, what, size, "B", size / POLICY.stat().st_size, "{} × its file", "15 MB", size <= TARGET_BYTES)
    yield from weigh_everything(everything, empty)


def weigh_everything(children: list[dict[str, float]], empty: float) -> Iterator[Row]:
    """The rows of all policies of the product in one process."""
    seconds = statistics.median(child["seconds"] for child in children)
    size = statistics.median(child["bytes"] for child in children)
    what = f"load, lint, compile: the newest versions of all {int(children[0]['policies'])} policies, {int(children[0]['rules'])} rules"
    beside = "{} × an empty Python's start"
    yield Row(PART, what, seconds, "s", seconds / empty, beside, "1.5 s", seconds <= TARGET_SECONDS_FOR_ALL)
    what = "memory of all of them with tables and gates, together"
    beside = "{} × their files"
    yield Row(PART, what, size, "B", size / children[0]["text"], beside, "60 MB", size <= TARGET_BYTES_FOR_ALL)


def run_child(task: str, variables: dict[str, str]) -> dict[str, float]:
    """What a fresh process found out."""
    command = [sys.executable, "-m", "bench.loading", task]
    done = subprocess.run(command, env=variables, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    found: dict[str, float] = json.loads(done.stdout)
    return found


def time_process(command: list[str], variables: dict[str, str]) -> float:
    """Seconds from start to end of a process."""
    start = time.perf_counter()
    subprocess.run(command, env=variables, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own
    return time.perf_counter() - start


def time_loading() -> dict[str, float]:
    """In the child: seconds for the tables and for the policy, imports left out."""
    from upheld.cli.grammar import warm_grammar  # noqa: PLC0415 - the child alone needs them
    from upheld.core.gate import Gate  # noqa: PLC0415
    from upheld.core.policy.compile import compile_policy  # noqa: PLC0415
    from upheld.core.policy.lint import lint_policy  # noqa: PLC0415
    from upheld.core.policy.load import load_policy  # noqa: PLC0415

    start = time.perf_counter()
    warm_grammar()
    middle = time.perf_counter()
    policy = load_policy(POLICY)
    lint_policy(policy)
    Gate(compile_policy(policy))
    end = time.perf_counter()
    return {"tables": middle - start, "loading": end - middle, "rules": len(policy.rules)}


def weigh_policies() -> dict[str, float]:
    """In the child: bytes the process grows by for each policy held and asked about, after a first one."""
    from upheld.cli.grammar import warm_grammar  # noqa: PLC0415 - the child alone needs them
    from upheld.core.gate import Gate  # noqa: PLC0415
    from upheld.core.policy.compile import compile_policy  # noqa: PLC0415
    from upheld.core.policy.lint import lint_policy  # noqa: PLC0415
    from upheld.core.policy.load import load_policy  # noqa: PLC0415

    warm_grammar()
    questions = draw_questions()
    held = []
    before = 0
    for number in range(POLICIES_HELD + 1):
        policy = load_policy(POLICY)
        lint_policy(policy)
        gate = Gate(compile_policy(policy))
        for question in questions:
            gate.ask(question.act, question.mask)
        held.append(gate)
        if number == 0:
            before = read_resident()
    return {"bytes": (read_resident() - before) / POLICIES_HELD}


def load_everything() -> dict[str, float]:
    """In the child: seconds for the newest version of each policy of the product, and bytes the process grows by."""
    from upheld.cli.grammar import warm_grammar  # noqa: PLC0415 - the child alone needs them
    from upheld.core.gate import Gate  # noqa: PLC0415
    from upheld.core.policy.compile import compile_policy  # noqa: PLC0415
    from upheld.core.policy.lint import lint_policy  # noqa: PLC0415
    from upheld.core.policy.load import load_policy  # noqa: PLC0415

    warm_grammar()
    paths = [max(folder.glob("*.policy.md")) for folder in sorted((ROOT / "policies").iterdir()) if folder.is_dir()]
    before, start = read_resident(), time.perf_counter()
    gates = []
    for path in paths:
        policy = load_policy(path)
        lint_policy(policy)
        gates.append(Gate(compile_policy(policy)))
    seconds = time.perf_counter() - start
    return {
        "policies": len(gates),
        "rules": sum(len(gate.table.policy.rules) for gate in gates),
        "seconds": seconds,
        "bytes": read_resident() - before,
        "text": sum(path.stat().st_size for path in paths),
    }


def read_resident() -> int:
    """Bytes of this process that are in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(json.dumps({"time": time_loading, "memory": weigh_policies, "all": load_everything}[sys.argv[1]]()))
