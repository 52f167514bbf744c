"""The three plain answers of a policy, read from its table: what is collected where, why, and who gets it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.policy.cells import find_open_masks, name_masks
from upheld.core.policy.compile import Piece, Table
from upheld.core.policy.condition import Masks, is_open
from upheld.core.policy.model import ANYONE, NO_COUNTERPART, OTHER, Words
from upheld.core.policy.saying.rules import join_words, say_fact


@dataclass(frozen=True, slots=True)
class Collected:
    """What one touchpoint may take."""

    touchpoint: str
    page: str
    data: tuple[str, ...]
    purposes: tuple[str, ...]
    automatic: bool
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Used:
    """What one purpose may use."""

    purpose: str
    data: tuple[str, ...]
    only_if: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What one recipient (or role, for `answer_shown`) may get, for which purposes and when; `only_if` is empty for always."""

    recipient: str
    data: tuple[str, ...]
    purposes: tuple[str, ...]
    only_if: str
    because: tuple[str, ...]


def answer_collected(table: Table) -> tuple[Collected, ...]:
    """One answer for each touchpoint where something may be collected, in the order of the declarations."""
    words = table.words
    recorded = {at for rule in table.rules if rule.verb == "record" for at in rule.part("at")}
    answers = []
    for touchpoint, word in words.of_sort("touchpoint").items():
        rows = _open_cells(table, "collect", touchpoint)
        if rows:
            data = collapse_names(words, "data", (name for name, _, _ in rows))
            purposes = collapse_names(words, "purpose", (purpose for _, purpose, _ in rows))
            refs = _unique(ref for found in rows.values() for ref in found.say_why(table))
            answers.append(Collected(touchpoint, word.value, data, purposes, touchpoint in recorded, refs))
    return tuple(answers)


def answer_used(table: Table) -> tuple[Used, ...]:
    """One answer for each purpose and condition under which something may be used."""
    rows = _open_cells(table, "use", NO_COUNTERPART)
    groups: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for (data, purpose, degree), opened in rows.items():
        found = groups.setdefault((purpose, _say_when(table, opened.masks, degree)), ([], []))
        found[0].append(data)
        found[1].extend(opened.say_why(table))
    order = {name: number for number, name in enumerate(table.words.leaves("purpose"))}
    keys = sorted(groups, key=lambda key: (order.get(key[0], len(order)), len(key[1])))
    return tuple(
        Used(key[0], collapse_names(table.words, "data", groups[key][0]), key[1], _unique(groups[key][1]))
        for key in keys
    )


def answer_given(table: Table) -> tuple[Given, ...]:
    """Who outside may get what, and when.

    What anybody can get under the same condition (as with the person's own permission) stands once, under
    the recipient `(not named)`; the named recipients then have only what is theirs beyond that.
    """
    common = _explode(table, "share", OTHER)
    answers: list[Given] = []
    for recipient in table.words.leaves("recipient"):
        own = {
            facts: {cell: refs for cell, refs in cells.items() if cell not in common.get(facts, {})}
            for facts, cells in _explode(table, "share", recipient).items()
        }
        answers.extend(_answer_rows(table, recipient, own))
    return (*answers, *_answer_rows(table, OTHER, common))


def answer_shown(table: Table) -> tuple[Given, ...]:
    """Who inside, and the person, may see what, by role."""
    roles = [name for name in table.words.of_sort("role") if name != ANYONE]
    return tuple(row for role in roles for row in _answer_rows(table, role, _explode(table, "show", role)))


def collapse_names(words: Words, sort: str, leaves: Iterable[str]) -> tuple[str, ...]:
    """The fewest declared names that open into exactly these leaves; a whole group stands under its own name."""
    left = set(leaves)
    found: list[str] = []
    inner = [name for name, word in words.of_sort(sort).items() if word.members and not word.built_in]
    opened = {name: set(words.expand(sort, (name,))) for name in inner}
    for name in sorted(inner, key=lambda name: -len(opened[name])):
        if len(opened[name]) > 1 and opened[name] <= left:
            found.append(name)
            left -= opened[name]
    rest = [leaf for leaf in (*words.leaves(sort), OTHER) if leaf in left]
    return (*found, *rest)


_Cell = tuple[str, str, int]
_Facts = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Opened:
    """When a cell is open, and the grants that open it."""

    masks: Masks
    grants: tuple[Piece, ...]

    def say_why(self, table: Table, mask: int | None = None) -> tuple[str, ...]:
        """The sentences that open the cell; with a mask, those that open it on these facts."""
        speaking = [piece for piece in self.grants if mask is None or is_open(piece.masks, mask)] or self.grants
        return _unique(ref for piece in speaking for ref in table.sentences_of(piece))


def _open_cells(table: Table, action: str, counterpart: str) -> dict[_Cell, _Opened]:
    """Each data leaf and purpose that can be open, at the degree that tells most, with when and by which grants."""
    found: dict[_Cell, _Opened] = {}
    known: dict[int, _Opened] = {}
    by_data, by_purpose, _, by_degree = table.cells[action]
    for data in by_data:
        for purpose in by_purpose:
            for degree in range(len(by_degree)):
                pieces = table.find_pieces(action, data, purpose, counterpart, degree)
                if pieces not in known:
                    grants = tuple(piece for piece in table.iter_pieces(pieces) if piece.kind == "grant")
                    known[pieces] = _Opened(find_open_masks(table, pieces), grants)
                if known[pieces].masks:
                    found[data, purpose, degree] = known[pieces]
                    break
    return found


def _explode(table: Table, action: str, counterpart: str) -> dict[_Facts, dict[_Cell, tuple[str, ...]]]:
    """For each set of facts that opens something alone, the cells it opens."""
    found: dict[_Facts, dict[_Cell, tuple[str, ...]]] = {}
    for cell, opened in _open_cells(table, action, counterpart).items():
        for mask in opened.masks:
            (facts,) = name_masks(table, (mask,))
            found.setdefault(facts - {"not expired"}, {})[cell] = opened.say_why(table, mask)
    return found


def _answer_rows(table: Table, name: str, found: dict[_Facts, dict[_Cell, tuple[str, ...]]]) -> list[Given]:
    """Cells gathered into rows: first by purposes, then by data; rows that differ only in the facts become one."""
    rows: dict[tuple[tuple[str, ...], tuple[str, ...], int], tuple[list[_Facts], list[str]]] = {}
    for facts, cells in found.items():
        by_data: dict[tuple[str, int], list[str]] = {}
        for data, purpose, degree in cells:
            by_data.setdefault((data, degree), []).append(purpose)
        by_purposes: dict[tuple[tuple[str, ...], int], list[str]] = {}
        for (data, degree), purposes in by_data.items():
            by_purposes.setdefault((tuple(purposes), degree), []).append(data)
        for (purposes_key, degree), data_list in by_purposes.items():
            key = (tuple(data_list), purposes_key, degree)
            row = rows.setdefault(key, ([], []))
            row[0].append(facts)
            row[1].extend(r for d in data_list for p in purposes_key for r in cells.get((d, p, degree), ()))
    every = set(table.cells["share"][1]) - {OTHER}
    answers = []
    for (data_key, purposes_key, degree), (fact_sets, refs) in rows.items():
        said = ("any purpose",) if every <= set(purposes_key) else collapse_names(table.words, "purpose", purposes_key)
        when = _join_degree(table, degree, say_fact_sets(table, fact_sets))
        answers.append(Given(name, collapse_names(table.words, "data", data_key), said, when, _unique(refs)))
    return answers


def _say_when(table: Table, masks: Masks, degree: int) -> str:
    facts = [facts - {"not expired"} for facts in name_masks(table, masks)]
    return _join_degree(table, degree, say_fact_sets(table, facts))


def _join_degree(table: Table, degree: int, when: str) -> str:
    if degree == 0:
        return when
    said = table.say_degree(degree)
    if said.startswith("in aggregate of"):
        said = f"it is only figures about groups of at least {said.rsplit(' ', 1)[1]} people"
    else:
        said = {"pseudonymous": "your name is taken off", "de-identified": "every link to you is cut"}.get(said, said)
    return f"{said} and {when}" if when else said


_GROUND = "the ground is "


def say_fact_sets(table: Table, sets: Iterable[frozenset[str]]) -> str:
    """When all facts of one of these sets are known, in plain words; empty for always. What all sets share is said once."""
    ordered = sorted(set(sets), key=lambda facts: (len(facts), sorted(facts)))
    if not ordered or not ordered[0]:
        return ""
    shared = frozenset.intersection(*ordered) if len(ordered) > 1 else ordered[0]
    head = [_say(fact, table) for fact in sorted(shared)]
    rest = [join_words(_say(fact, table) for fact in sorted(facts - shared)) for facts in ordered if facts - shared]
    if not rest:
        return join_words(head)
    if not head:
        return join_words(rest, "or")
    if all(text.startswith(_GROUND) for text in rest):
        return f"{join_words(head)}, and {_GROUND}{join_words((text.removeprefix(_GROUND) for text in rest), 'or')}"
    return f"{join_words(head)}, and one of these holds: {'; '.join(rest)}"


def say_masks(table: Table, masks: Masks) -> str:
    """When one of the masks is set, in plain words; empty for always. Keeping times are left unsaid."""
    return say_fact_sets(table, (facts - {"not expired"} for facts in name_masks(table, masks)))


def _say(fact: str, table: Table) -> str:
    return say_fact(fact.removeprefix("not "), table.policy, is_so=not fact.startswith("not "))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
