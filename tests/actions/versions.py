"""Versions of the courier's policy that do not exist: what a test announces, read once for the run."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from tests.actions.stage import COURIER, open_courier
from upheld.core.gate import Gate
from upheld.core.gate.binding import Binding
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.load import parse_policy
from upheld.core.rights.changing import Candidate

NEWEST = date(2016, 10, 3)
TODAY, SOON, LATER = date(2026, 11, 20), date(2026, 12, 1), date(2027, 2, 1)
HOME = "https://courier.example/"
# What a text has now, and what another version has in its place: one that lets more be done, and one that lets less.
WIDER = ("## When this page changes", "## Something new\n\nWe show your zip code to analysts, to make the service better.\n\n```rules\n(1) show person.zip to analysts for improve\n```\n\n## When this page changes")  # fmt: skip
FREER = (
    "## When this page changes",
    "## Something new\n\nDispatch sees your zip code whenever it plans a route.\n\n```rules\n(1) show person.zip to dispatch for fulfil\n```\n\n## When this page changes",
)
MORE_OFTEN = ("within 20 days", "within 15 days")


@cache
def read_text(day: date = SOON, *changes: tuple[str, str]) -> str:
    """The newest version's text under another date, with these changes."""
    text = (COURIER / f"{NEWEST.isoformat()}.policy.md").read_text(encoding="utf-8")
    text = text.replace(f"version: {NEWEST.isoformat()}", f"version: {day.isoformat()}")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


@cache
def read_table(day: date = SOON, *changes: tuple[str, str]) -> Table:
    """Such a version, compiled."""
    file = str(COURIER / f"{day.isoformat()}.policy.md")
    return compile_policy(parse_policy(read_text(day, *changes), file), open_courier().gate.table.facts)


def list_candidates(*tables: Table) -> tuple[Candidate, ...]:
    """What lies in the folder: the courier's versions and these."""
    policies = [gate.table.policy for gate in open_courier().gates.values()]
    policies += [table.policy for table in tables]
    return tuple(Candidate(p.version, p.digest, p.effective or p.version, p.text) for p in policies)


def bind_with(*tables: Table, current: date | None = None) -> Binding:
    """The courier's binding when these versions are in force as well, the last one now."""
    binding = open_courier()
    gates = {**binding.gates, **{table.policy.version: Gate(table) for table in tables}}
    return Binding(binding.site, gates, current or tables[-1].policy.version)


def found(now: Any) -> None:
    """The first start of a server: the courier's versions are founding."""
    from upheld.actions.publications import read_posted

    read_posted(open_courier().site, list_candidates(), now)
