"""What changes for people between two versions: from the compiled tables and the other duties, not from the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.policy.cells import find_open_masks, name_masks
from upheld.core.policy.change import Change
from upheld.core.policy.compile import ACTIONS, COUNTERPART_SORT, DEGREES, Table
from upheld.core.policy.diff_duties import compare_duties
from upheld.core.policy.model import HERE, OTHER, SELF, Degree
from upheld.core.policy.saying.answers import collapse_names, say_fact_sets
from upheld.core.policy.saying.rules import capitalise, join_words, say_name

__all__ = ["Change", "compare_tables", "is_material"]

_ORDER = {"opens": 0, "condition": 1, "closes": 2}
_AS = {"pseudonymous": "with your name taken off", "de-identified": "with every link to you cut"}

MOST_REMEMBERED = 16
_known: dict[tuple[str, str], tuple[Change, ...]] = {}

_Facts = frozenset[frozenset[str]]
_Cell = tuple[str, str, str, str, int]  # action, data, purpose, counterpart, number of the degree in `_list_degrees`


def compare_tables(old: Table, new: Table) -> tuple[Change, ...]:
    """All changes for people from the old version to the new one: acts first, then duties; words alone change nothing.

    Announcing asks several times and every page of the change once more, so the last answers are remembered by both texts.
    """
    key = (old.policy.digest, new.policy.digest)
    if key not in _known:
        if len(_known) >= MOST_REMEMBERED:
            _known.clear()
        _known[key] = (*_compare_acts(old, new), *compare_duties(old, new))
    return _known[key]


def is_material(changes: Iterable[Change]) -> bool:
    """Whether one of the changes is material."""
    return any(change.is_material for change in changes)


def _compare_acts(old: Table, new: Table) -> list[Change]:
    degrees = _list_degrees(old, new)
    before, after = _read_acts(old, new, degrees), _read_acts(new, old, degrees)
    groups: dict[tuple[str, str, _Facts, _Facts], list[_Cell]] = {}
    for cell in dict.fromkeys((*after, *before)):
        was, now = before.get(cell, frozenset()), after.get(cell, frozenset())
        if was != now:
            kind = "opens" if not was else "closes" if not now else "condition"
            groups.setdefault((kind, cell[0], was, now), []).append(cell)
    changes = []
    for (kind, action, was, now), cells in groups.items():
        group = _Group(kind, action, was, now, old, new, degrees)
        changes.extend(group.say_changes(cells))
    return sorted(changes, key=lambda change: (_ORDER[change.kind], not change.is_material))


def _list_degrees(old: Table, new: Table) -> tuple[Degree, ...]:
    """One degree for each class that either version tells apart, from telling most to least."""
    sizes = sorted({*old.thresholds, *new.thresholds})
    smallest = [max(1, sizes[0] - 1)] if sizes else [1]
    return (
        *(Degree(name) for name in DEGREES),
        *(Degree("aggregate", size) for size in dict.fromkeys(smallest + sizes)),
    )


def _read_acts(table: Table, other: Table, degrees: tuple[Degree, ...]) -> dict[_Cell, _Facts]:
    """When each cell is open, by the names of facts; cells of both versions' words, closed ones left out.

    How long we keep is left to the duties, which say the time.
    """
    found: dict[_Cell, _Facts] = {}
    known: dict[int, _Facts] = {}
    numbers = [(rank, table.number_degree(degree)) for rank, degree in enumerate(degrees)]
    for action in ACTIONS:
        data, purposes, counterparts, _ = table.list_values(action)
        _, more_purposes, more_counterparts, _ = other.list_values(action)
        for name in data:
            for purpose in dict.fromkeys((*purposes, *more_purposes)):
                for counterpart in dict.fromkeys((*counterparts, *more_counterparts)):
                    if action == "keep" and counterpart == HERE:
                        continue
                    for rank, number in numbers:
                        pieces = table.find_pieces(action, name, purpose, counterpart, number)
                        if pieces not in known:
                            masks = find_open_masks(table, pieces)
                            known[pieces] = frozenset(facts - {"not expired"} for facts in name_masks(table, masks))
                        if known[pieces]:
                            found[action, name, purpose, counterpart, rank] = known[pieces]
    return found


@dataclass(frozen=True, slots=True)
class _Group:
    """Cells of one action that changed in the same way: open under `was` before, under `now` after."""

    kind: str
    action: str
    was: _Facts
    now: _Facts
    old: Table
    new: Table
    degrees: tuple[Degree, ...]

    @property
    def table(self) -> Table:
        """The version whose words say the change."""
        return self.old if self.kind == "closes" else self.new

    def say_changes(self, cells: list[_Cell]) -> list[Change]:
        """The cells as few sentences: one for all counterparts with the same data, purposes and degrees."""
        by_counterpart: dict[str, dict[tuple[str, str], list[int]]] = {}
        for _, data, purpose, counterpart, rank in cells:
            by_counterpart.setdefault(counterpart, {}).setdefault((data, purpose), []).append(rank)
        sentences: dict[tuple[tuple[tuple[str, str], ...], tuple[int, int]], list[str]] = {}
        for counterpart, pairs in by_counterpart.items():
            by_ranks: dict[tuple[int, int], list[tuple[str, str]]] = {}
            for pair, ranks in pairs.items():
                by_ranks.setdefault((min(ranks), max(ranks)), []).append(pair)
            for ranks_key, alike in by_ranks.items():
                for block in _split_block(alike):
                    sentences.setdefault((block, ranks_key), []).append(counterpart)
        return [
            Change(self.kind, self._say(block, ranks, counterparts), self._is_material(counterparts))
            for (block, ranks), counterparts in sentences.items()
        ]

    def _is_material(self, counterparts: list[str]) -> bool:
        if self.action == "show" and counterparts == [SELF]:
            return self.kind == "closes"
        if self.kind == "condition":
            return not all(any(facts >= earlier for earlier in self.was) for facts in self.now)
        return self.kind == "opens"

    def _say(self, block: tuple[tuple[str, str], ...], ranks: tuple[int, int], counterparts: list[str]) -> str:
        words = self.table.words
        names = collapse_names(words, "data", (data for data, _ in block))
        text = self._say_opening(counterparts, join_words(say_name(name, "data", words) for name in names))
        text += self._say_purposes(block) + self._say_degree(*ranks)
        if self.kind == "opens":
            said = say_fact_sets(self.table, self.now)
            text += f", but only if {said}" if said else ""
        elif self.kind == "condition":
            text += f"{_say_when(self.table, self.now)}. So far:{_say_when(self.old, self.was).removeprefix(',')}"
        return capitalise(text) + "."

    def _say_opening(self, counterparts: list[str], data: str) -> str:
        """Who may now do what with which data."""
        may = {"opens": "may now", "closes": "may no longer", "condition": "may"}[self.kind]
        if self.action == "use":
            return f"we {may} use {data}"
        words = self.table.words
        names = [say_name(name, COUNTERPART_SORT[self.action], words) for name in counterparts]
        if self.action == "collect":
            return f"{join_words(names, 'or')}, we {may} collect {data}"
        if self.action == "keep":
            return f"we {may} keep {data} in {join_words(names)}"
        return f"{join_words(names)} {may} {'see' if self.action == 'show' else 'get'} {data}"

    def _say_purposes(self, block: tuple[tuple[str, str], ...]) -> str:
        names = dict.fromkeys(purpose for _, purpose in block)
        every = set(self.table.cells[self.action][1]) - {OTHER}
        if every <= set(names):
            return "" if self.action in ("show", "keep") else " for any purpose"
        words = self.table.words
        return " for " + join_words(say_name(n, "purpose", words) for n in collapse_names(words, "purpose", names))

    def _say_degree(self, first: int, last: int) -> str:
        """From which degree on it is so; for what closes, up to which."""
        if self.kind == "closes":
            return f", except {self._say_as(last + 1)}" if last + 1 < len(self.degrees) else ""
        return f", {self._say_as(first)}" if first else ""

    def _say_as(self, rank: int) -> str:
        degree = self.degrees[rank]
        if degree.name != "aggregate":
            return _AS[degree.name]
        return f"as figures about groups of at least {degree.k} people" if degree.k > 1 else "as figures"


def _split_block(pairs: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, str], ...]]:
    """The pairs as few blocks in which every data goes with every purpose, so that a sentence says no more than is so."""
    by_data: dict[str, list[str]] = {}
    for data, purpose in pairs:
        by_data.setdefault(data, []).append(purpose)
    by_purposes: dict[tuple[str, ...], list[str]] = {}
    for data, purposes in by_data.items():
        by_purposes.setdefault(tuple(purposes), []).append(data)
    return [tuple((data, p) for data in names for p in purposes) for purposes, names in by_purposes.items()]


def _say_when(table: Table, facts: _Facts) -> str:
    said = say_fact_sets(table, facts)
    return f", only if {said}" if said else ", always"
