"""What a server may note of each page it serves, and for how long; knows nothing of requests and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from upheld.core.fields.plan import assume_visitor
from upheld.core.gate.act import Act
from upheld.core.gate.decide import Gate
from upheld.core.policy.compile import Table
from upheld.core.policy.model import ANYWHERE, EVERY_PAGE
from upheld.core.rights.keeping import find_keeping

TIME, HOUR = "time", "hour"
_NOTING = ("record", "record_only", "at_record_only")
# standard key -> what of a request it is; what is not here no server of ours can note, whatever a policy permits
NOTABLE: Mapping[str, str] = MappingProxyType(
    {
        "user.device.ip_address": "address",
        "user.behavior.browsing_history": "page",
        "x.visit.time": TIME,
        "x.visit.referrer": "referrer",
    }
)


@dataclass(frozen=True, slots=True)
class VisitField:
    """One thing that is noted of a visit: the category, what of the request it is, what for, and for how many days.

    The moment of a visit that the policy keeps apart from other data is noted by the hour: to the second it would be a key.
    """

    data: str
    part: str
    purposes: tuple[str, ...]
    sentences: tuple[str, ...]
    days: int


def list_visit_fields(table: Table) -> tuple[VisitField, ...]:
    """What is noted of every page, in the order of the declarations; empty when the policy has nothing noted.

    A category is left out when the gate does not permit noting it as it is, and when no rule ends its keeping.
    """
    gate, visitor = Gate(table), assume_visitor(table)
    found: dict[str, VisitField] = {}
    apart = _list_kept_apart(table)
    for touchpoint, word in table.words.of_sort("touchpoint").items():
        if word.value != EVERY_PAGE:
            continue
        for leaf in _list_noted(table, touchpoint):
            part = NOTABLE.get(table.words.of_sort("data")[leaf].value)
            if part is None or part in found:
                continue
            purposes, refs = _ask_purposes(gate, leaf, touchpoint, visitor)
            days = find_keeping(table, leaf).days
            if purposes and days is not None:
                what = HOUR if part == TIME and leaf in apart else part
                found[part] = VisitField(leaf, what, purposes, refs, days)
    return tuple(found.values())


def _list_kept_apart(table: Table) -> frozenset[str]:
    rules = (rule for rule in table.rules if rule.form == "keep_apart")
    return frozenset(leaf for rule in rules for leaf in table.words.expand("data", rule.data))


def _list_noted(table: Table, touchpoint: str) -> tuple[str, ...]:
    found: set[str] = set()
    for rule in table.rules:
        if rule.form in _NOTING and not {touchpoint, EVERY_PAGE, ANYWHERE}.isdisjoint(rule.part("at")):
            found.update(table.words.expand("data", rule.data))
    return tuple(leaf for leaf in table.words.leaves("data") if leaf in found)


def _ask_purposes(
    gate: Gate, leaf: str, touchpoint: str, facts: Mapping[str, bool | None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    purposes: list[str] = []
    refs: dict[str, None] = {}
    for purpose in gate.table.words.leaves("purpose"):
        verdict = gate.ask(Act("collect", (leaf,), purpose, touchpoint), facts)
        if verdict.is_permitted:
            purposes.append(purpose)
            refs.update(dict.fromkeys(verdict.because))
    return tuple(purposes), tuple(refs)
