"""Which policy of a site binds where, and what they let be done each by itself and together, as frozen values."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from upheld.core.gate.together import FREE, Difference, Ways, list_differences
from upheld.core.policy.compile import Table
from upheld.core.policy.model import SELF
from upheld.core.policy.saying.answers import collapse_names, say_fact_sets
from upheld.core.policy.saying.names import join_words, say_name
from upheld.pages.addresses import PolicyLink, list_policies
from upheld.pages.answers import capitalise
from upheld.pages.chrome import find_current
from upheld.web.shelf import Shelved

HEADLINES = {
    "collect": "What may be asked for",
    "use": "What it may be used for",
    "share": "Who outside may get it",
    "show": "What you can see of it yourself",
}
SORTS = {"collect": "touchpoint", "use": "purpose", "share": "recipient", "show": "role"}
PLACES = {"web": "On this site", "app": "In the app"}
COLUMNS = {"web": "The policy for this site", "app": "The policy for the app"}
AND_FIRST = ", and the one for this site as well"
MOST_WAYS = 2
MOST_REMEMBERED = 16
_differences: dict[tuple[str, ...], tuple[Difference, ...]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one policy binds: the policy, and the places at which data comes in under it."""

    where: str
    policy: PolicyLink
    places: tuple[str, ...]
    is_here: bool
    besides: str


@dataclass(frozen=True, slots=True)
class Let:
    """What is let under one condition; `when` is empty where nothing has to be known."""

    what: str
    when: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What one policy lets, or all of them together, with the words that stand before it where the table is folded."""

    label: str
    lets: tuple[Let, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of act to which the policies give different answers."""

    head: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one kind of question, as a table."""

    anchor: str
    title: str
    short: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class SurfacesView:
    """The policies of a site beside one another."""

    title: str
    reaches: tuple[Reach, ...]
    groups: tuple[Group, ...]


def view_surfaces(shelved: Shelved) -> SurfacesView | None:
    """What stands on the page of each policy of a site that has several; None for a site that has one."""
    links = list_policies(shelved)
    if not links:
        return None
    tables = tuple(find_current(one).table for one in shelved.policies)
    reaches = tuple(
        Reach(
            PLACES[link.surface],
            link,
            list_places(table),
            one.slug == shelved.slug,
            "" if one.home is None else AND_FIRST,
        )
        for link, table, one in zip(links, tables, shelved.policies, strict=True)
    )
    columns = (*(COLUMNS[link.surface] for link in links), "Where both bind")
    differences = find_differences(tables)
    groups = (make_group(action, differences, tables, columns) for action in HEADLINES)
    return SurfacesView(say_title(links), reaches, tuple(group for group in groups if group.rows))


def say_title(links: tuple[PolicyLink, ...]) -> str:
    """The heading of the part."""
    numbers = {2: "Two"}
    return f"{numbers.get(len(links), str(len(links)))} policies, and which one binds where"


def list_places(table: Table) -> tuple[str, ...]:
    """Where data comes in under a policy, in people's words."""
    words = table.words
    names = (name for name, word in words.of_sort("touchpoint").items() if not word.built_in)
    return tuple(words.label(name, "touchpoint") for name in names)


def find_differences(tables: tuple[Table, ...]) -> tuple[Difference, ...]:
    """How the policies differ; worked out once for each set of texts."""
    key = tuple(table.policy.digest for table in tables)
    found = _differences.get(key)
    if found is None:
        found = list_differences(tables)
        with _lock:
            if len(_differences) >= MOST_REMEMBERED:
                _differences.clear()
            _differences[key] = found
    return found


def make_group(
    action: str, differences: tuple[Difference, ...], tables: tuple[Table, ...], columns: tuple[str, ...]
) -> Group:
    """The differences of one action as a table."""
    rows = tuple(make_row(one, tables, columns) for one in differences if one.action == action)
    count = "1 difference" if len(rows) == 1 else f"{len(rows)} differences"
    return Group(f"both-{action}", HEADLINES[action], count, columns, rows)


def make_row(difference: Difference, tables: tuple[Table, ...], columns: tuple[str, ...]) -> Row:
    """One difference."""
    sides = (*difference.alone, difference.together)
    cells = tuple(Cell(label, list_lets(side, tables)) for label, side in zip(columns, sides, strict=True))
    return Row(capitalise(say_target(difference, tables)), cells)


def say_target(difference: Difference, tables: tuple[Table, ...]) -> str:
    """What the acts are about, in the words of the first policy that names it."""
    sort = SORTS[difference.action]
    if difference.target == SELF:
        return "to yourself"
    known = next((table for table in tables if table.words.has(sort, difference.target)), tables[0])
    if sort == "touchpoint":
        return known.words.label(difference.target, sort)
    return say_name(difference.target, sort, known.words)


def list_lets(side: Mapping[Ways, tuple[str, ...]], tables: tuple[Table, ...]) -> tuple[Let, ...]:
    """What is let, what needs nothing known first."""
    ordered = sorted(side.items(), key=lambda entry: (entry[0] != FREE, min(map(len, entry[0]), default=0)))
    return tuple(Let(say_data(names, tables), say_when(ways, tables)) for ways, names in ordered)


def say_data(names: tuple[str, ...], tables: tuple[Table, ...]) -> str:
    """Categories of data, each in the words of the first policy that has it."""
    said: list[str] = []
    left = list(names)
    for table in tables:
        own = [name for name in left if table.words.has("data", name)]
        said += [table.words.label(name, "data") for name in collapse_names(table.words, "data", own)]
        left = [name for name in left if name not in own]
    return join_words(dict.fromkeys(said))


def say_when(ways: Ways, tables: tuple[Table, ...]) -> str:
    """What has to be known, in the words of a policy that knows all of it; empty where nothing has to."""
    if frozenset() in ways:
        return ""
    facts = {fact.removeprefix("not ") for way in ways for fact in way}
    known = [table for table in tables if facts <= table.facts.index.keys()]
    if known and len(ways) <= MOST_WAYS:
        return say_fact_sets(known[0], ways)
    if known:
        return f"one of {len(ways)} conditions holds"
    said = (say_each(way, tables) for way in sorted(ways, key=sorted))
    return join_words(said, "or") if len(ways) <= MOST_WAYS else "what both ask for is so"


def say_each(way: Iterable[str], tables: tuple[Table, ...]) -> str:
    """The facts of one way, each in the words of the first policy that knows it."""
    said = []
    for fact in sorted(way):
        name = fact.removeprefix("not ")
        table = next((one for one in tables if name in one.facts.index), tables[0])
        said.append(say_fact_sets(table, [frozenset({fact})]))
    return join_words(said)
