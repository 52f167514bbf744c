"""What the policies of one site let be done, each by itself and together: every kind of act from the compiled tables.

Together they permit what each of them permits (semantics, section 4), so a kind of act is open together under a way that
opens it in the one joined to a way that opens it in the other. Reads no sentence and decides no act.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from upheld.core.policy.cells import find_open_masks, name_masks
from upheld.core.policy.compile import Table
from upheld.core.policy.model import NO_COUNTERPART, OTHER, SELF

# Sets of facts that each open an act; none at all where nothing does, an empty one where nothing has to be known.
Ways = frozenset[frozenset[str]]
SHUT: Ways = frozenset()
FREE: Ways = frozenset({frozenset()})
_IN_TIME = "not expired"


@dataclass(frozen=True, slots=True)
class Difference:
    """One kind of act to which the policies give different answers, each about data that leads to a person.

    `target` is a touchpoint, a purpose, a recipient or `self`, by the action. `alone` has for each policy, `together` for
    all of them, the categories by the ways that open the act for them; categories that are shut are left out.
    """

    action: str
    target: str
    alone: tuple[dict[Ways, tuple[str, ...]], ...]
    together: dict[Ways, tuple[str, ...]]


def list_differences(tables: tuple[Table, ...]) -> tuple[Difference, ...]:
    """The kinds of acts to which these policies give different answers: taking, using, giving out, showing to the person.

    Taking is compared where each of them names the touchpoint: at any other, one of them alone has a say.
    """
    leaves = _merge(table.words.leaves("data") for table in tables)
    purposes = _merge(table.words.leaves("purpose") for table in tables)
    readers = tuple(_Reader(table) for table in tables)
    shared = [
        name for name in _list_touchpoints(tables[0]) if all(table.words.has("touchpoint", name) for table in tables)
    ]
    recipients = _merge(table.words.leaves("recipient") for table in tables)
    kinds = [
        *(("collect", name, (*purposes, OTHER)) for name in shared),
        *(("use", name, (name,)) for name in purposes),
        *(("share", name, (*purposes, OTHER)) for name in recipients),
        ("show", SELF, (OTHER,)),
    ]
    found = (_compare(readers, action, target, wanted, leaves) for action, target, wanted in kinds)
    return tuple(one for one in found if one is not None)


def join_ways(first: Ways, second: Ways) -> Ways:
    """The ways that open what both open: each of the one with each of the other, as far as they can hold at once."""
    return _keep_least(one | other for one in first for other in second)


def _compare(
    readers: tuple[_Reader, ...], action: str, target: str, purposes: tuple[str, ...], leaves: tuple[str, ...]
) -> Difference | None:
    alone: list[dict[Ways, list[str]]] = [{} for _ in readers]
    together: dict[Ways, list[str]] = {}
    is_alike = True
    for leaf in leaves:
        by_purpose = [[reader.find_ways(action, leaf, purpose, target) for purpose in purposes] for reader in readers]
        for ways, groups in zip(by_purpose, alone, strict=True):
            _note(groups, _join_any(ways), leaf)
        is_alike = is_alike and all(ways == by_purpose[0] for ways in by_purpose)
        _note(together, _join_any(reduce(join_ways, ways) for ways in zip(*by_purpose, strict=True)), leaf)
    if is_alike:
        return None
    settled = tuple({ways: tuple(names) for ways, names in groups.items()} for groups in alone)
    return Difference(action, target, settled, {ways: tuple(names) for ways, names in together.items()})


def _note(groups: dict[Ways, list[str]], ways: Ways, leaf: str) -> None:
    if ways:
        groups.setdefault(ways, []).append(leaf)


class _Reader:
    """Looks up one table, each set of pieces once."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.known: dict[int, Ways] = {}

    def find_ways(self, action: str, leaf: str, purpose: str, target: str) -> Ways:
        """The ways that open this cell for data that leads to a person; names the policy lacks are those it does not name."""
        words = self.table.words
        data = leaf if words.has("data", leaf) else OTHER
        aim = purpose if words.has("purpose", purpose) else OTHER
        pieces = self.table.find_pieces(action, data, aim, NO_COUNTERPART if action == "use" else target, 0)
        ways = self.known.get(pieces)
        if ways is None:
            opened = name_masks(self.table, find_open_masks(self.table, pieces))
            ways = self.known[pieces] = _keep_least(way - {_IN_TIME} for way in opened)
        return ways


def _join_any(found: Iterable[Ways]) -> Ways:
    return _keep_least(way for ways in found for way in ways)


def _keep_least(ways: Iterable[frozenset[str]]) -> Ways:
    """Those that hold no other of them; a fact known both ways opens nothing, and who has said yes has not said no."""
    ways = (frozenset(fact for fact in way if f"chosen {fact.removeprefix('not refused ')}" not in way) for way in ways)
    possible = {way for way in ways if not any(f"not {fact}" in way for fact in way)}
    possible = {
        way for way in possible if not any(f"refused {fact[7:]}" in way for fact in way if fact[:7] == "chosen ")
    }
    return frozenset(way for way in possible if not any(other < way for other in possible))


def _list_touchpoints(table: Table) -> tuple[str, ...]:
    return tuple(name for name, word in table.words.of_sort("touchpoint").items() if not word.built_in)


def _merge(names: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for some in names for name in some))
