"""How long each category is kept, read from a policy's `keep` rules; knows no clock and no record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from upheld.core.policy.compile import Table
from upheld.core.policy.model import Parameter

DAYS = re.compile(r"(\d+) days?")
UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True)
class Keeping:
    """The rule that ends the keeping of a category: so many days after an event; `sentence` says so.

    Without days the policy sets no end in days; the category then waits for the event that its rule names.
    """

    days: int | None
    event: str
    sentence: str

    @property
    def keep_class(self) -> str:
        """The name of the class: what is kept by one rule has one key and goes together."""
        if self.days is None:
            return UNLIMITED
        return f"{self.days} days after {self.event}" if self.event else f"{self.days} days"

    def find_end(self, started: datetime | None) -> datetime | None:
        """When the time is over, given when the event happened; None while it has not, or when there is no end."""
        if self.days is None or started is None:
            return None
        return started + timedelta(days=self.days)


NO_END = Keeping(None, "", "")
MOST_KEPT = 64
# By the table's identity: the table itself stands beside it, so no other can have that number meanwhile.
_kept: dict[int, tuple[Table, dict[str, Keeping]]] = {}


def list_keepings(table: Table) -> dict[str, Keeping]:
    """The keeping of every category that a `keep` rule with days speaks of; of two the shorter one counts.

    A rule `for` purposes lets a copy stay for these alone, in a backup or an archive: it ends nothing that a rule without
    purposes keeps for everyday use, and counts only where there is no such rule.

    Read once for a table, which never changes; whoever gets it leaves it as it is.
    """
    known = _kept.get(id(table))
    if known is not None and known[0] is table:
        return known[1]
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    found = _read_keepings(table)
    _kept[id(table)] = (table, found)
    return found


def _read_keepings(table: Table) -> dict[str, Keeping]:
    policy = table.policy
    everyday: dict[str, Keeping] = {}
    apart: dict[str, Keeping] = {}
    for rule in policy.active_rules:
        days = _read_days(policy.parameters, rule.part("duration")) if rule.form == "keep" else None
        if days is None:
            continue
        event = next(iter(rule.part("after")), "")
        keeping = Keeping(days, event, next(iter(rule.sentences), ""))
        found = apart if rule.purposes else everyday
        for leaf in policy.words.expand("data", rule.data):
            if leaf not in found or (found[leaf].days or 0) > days:
                found[leaf] = keeping
    return {**apart, **everyday}


def find_keeping(table: Table, leaf: str) -> Keeping:
    """The keeping of one category, `NO_END` when the policy sets none."""
    return list_keepings(table).get(leaf, NO_END)


def group_by_class(table: Table, leaves: Iterable[str]) -> dict[Keeping, tuple[str, ...]]:
    """These categories by the rule that ends their keeping, in their order."""
    keepings = list_keepings(table)
    groups: dict[Keeping, list[str]] = {}
    for leaf in leaves:
        groups.setdefault(keepings.get(leaf, NO_END), []).append(leaf)
    return {keeping: tuple(members) for keeping, members in groups.items()}


def _read_days(parameters: Mapping[str, Parameter], duration: tuple[str, ...]) -> int | None:
    """The days of a duration, written out or as the name of a parameter."""
    text = " ".join(duration)
    if text in parameters:
        text = parameters[text].value
    found = DAYS.fullmatch(text)
    return int(found.group(1)) if found else None
