"""A house with people in it, set up in this process: databases, keys, the courier's policy; for what is measured inside.

Runs in a process of its own, because Django is set up once: `run_inside` starts one and reads the figures it prints.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.questions import POLICY, ROOT
from bench.visitors import find_port
from upheld.core.gate import Gate
from upheld.core.gate.binding import Binding
from upheld.core.policy.versions import load_versions

NOW = datetime.now(UTC).replace(microsecond=0)


def run_inside(module: str, *arguments: str) -> dict[str, float]:
    """The figures that this module prints as JSON when it is run in a process and a state folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {name: value for name, value in os.environ.items() if not name.startswith("UPHELD_")}
        command = [sys.executable, "-m", module, folder, *arguments]
        done = subprocess.run(command, env=variables, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def open_house(folder: str) -> Binding:
    """The house in this folder, made with all it needs, and the courier's versions."""
    from upheld.server.environment import read_environment  # noqa: PLC0415 - only the child has a server
    from upheld.server.run import prepare  # noqa: PLC0415 - the same

    environment = read_environment({})
    state = Path(folder) / "state"
    policies = POLICY.parents[1]
    prepare(dataclasses.replace(environment, policies=policies, state=state, port=find_port()), lambda _line: None)
    versions = load_versions(POLICY.parent)
    gates = {policy.version: Gate(table) for policy, table in zip(versions.policies, versions.tables, strict=True)}
    return Binding(versions.slug, gates, versions.newest.version)


def invent(count: int, items: int, start: int = 0) -> Iterator[Any]:
    """So many newcomers with so many items each: contact details, then orders, shipments, answers and messages."""
    from upheld.actions.imports import Newcomer, Part  # noqa: PLC0415 - holds models

    kinds = (
        ("order", "service.order", "Next morning, up to 5 kg, one box"),
        ("service", "service.shipment", "Delivered, signed for at the front desk"),
        ("survey", "answer.survey", "Nothing, go on like this"),
        ("feedback", "message.feedback", "The driver was kind and rang before he came."),
    )
    for number in range(start, start + count):
        address = f"person.{number}@bench.example"
        values = {
            "person.name": f"Person {number}",
            "person.email": address,
            "person.zip": f"{number % 90000 + 10000}",
            "person.phone": f"+1555{number:07d}",
        }
        parts = [Part("registration", values, NOW - timedelta(days=300))]
        for item in range(items - 1):
            touchpoint, leaf, text = kinds[item % len(kinds)]
            parts.append(Part(touchpoint, {leaf: f"{text} {number}.{item}"}, NOW - timedelta(days=200 - item)))
        yield Newcomer(tuple(parts), NOW - timedelta(days=300), identifiers=(("email", address),))


def list_quantiles(seconds: list[float]) -> tuple[float, float]:
    """The seconds that 50 and that 99 of 100 took at most."""
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
