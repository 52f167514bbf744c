"""Whether a purpose was stated when data was taken: read from the version it was taken under; knows no item."""

from __future__ import annotations

from collections.abc import Mapping

from upheld.core.gate.act import Act
from upheld.core.policy.compile import Table
from upheld.core.policy.model import Condition

STATED = "stated"
MOST_REMEMBERED = 64
# By the digest of the policy; None where no rule asks.
_named: dict[str, frozenset[tuple[str, str]] | None] = {}


def tell_stated(table: Table, act: Act, facts: Mapping[str, bool | None]) -> Mapping[str, bool | None]:
    """The facts, and besides whether the purpose was stated, where the policy asks for that and nobody has said it.

    `table` is of the version under which the data was taken. A purpose was stated when that version lets the data be
    taken for it at some touchpoint. Whoever knows better says so: a `stated` among the facts stays, an unknown one too.
    """
    if STATED in facts or not act.purpose:
        return facts
    named = _find_named(table)
    if named is None:
        return facts
    return {**facts, STATED: _was_stated(table, act, named)}


def _was_stated(table: Table, act: Act, named: frozenset[tuple[str, str]]) -> bool:
    words = table.words
    if not all(words.has("data", name) for name in act.data):
        return False
    leaves, purposes = words.expand("data", act.data), words.expand("purpose", (act.purpose,))
    return bool(leaves and purposes) and all((leaf, purpose) in named for leaf in leaves for purpose in purposes)


def _find_named(table: Table) -> frozenset[tuple[str, str]] | None:
    """Every category with every purpose it is taken for at some touchpoint; None where no rule asks for it."""
    digest = table.policy.digest
    if digest not in _named:
        if len(_named) >= MOST_REMEMBERED:
            _named.clear()
        _named[digest] = _read_named(table)
    return _named[digest]


def _read_named(table: Table) -> frozenset[tuple[str, str]] | None:
    asking = (condition for rule in table.rules for condition in (rule.holds, rule.unless))
    if not any(_asks(condition) for condition in asking):
        return None
    return frozenset(
        (leaf, purpose)
        for piece in table.pieces
        if piece.kind == "grant" and piece.action == "collect"
        for leaf in piece.data
        for purpose in piece.purposes
    )


def _asks(condition: Condition | None) -> bool:
    return condition is not None and any(STATED in term.facts for term in condition.terms)
