"""A residual as a SQL condition, for reading databases that hold facts as columns; a room of its own, as sqlglot is big."""

from __future__ import annotations

from sqlglot import exp

from upheld.core.gate.residual import Residual
from upheld.core.policy.condition import FactNumbers, Masks


def build_predicate(residual: Residual, facts: FactNumbers, columns: dict[str, str]) -> exp.Condition:
    """The residual as a SQL condition that is true exactly where the verdict is permitted.

    `columns` gives the boolean column (NULL is unknown) for each fact, named as the database holds it. Raises KeyError
    for a fact without one.
    """
    cuts = [_or_masks(masks, facts, columns) for masks, _ in residual.cuts]
    grants = [_or_masks(masks, facts, columns) for masks, _ in residual.grants]
    if residual.otherwise.is_permitted:
        grants.append(exp.true())
    return exp.and_(*cuts, exp.or_(*grants) if grants else exp.false())


def _or_masks(masks: Masks, facts: FactNumbers, columns: dict[str, str]) -> exp.Condition:
    if not masks:
        return exp.false()
    return exp.or_(*(_and_bits(mask, facts, columns) for mask in masks))


def _and_bits(mask: int, facts: FactNumbers, columns: dict[str, str]) -> exp.Condition:
    parts: list[exp.Condition] = []
    for number, name in enumerate(facts.names):
        bits = mask >> (2 * number) & 3
        if not bits:
            continue
        column = exp.column(columns[name], quoted=True)
        # IS TRUE and IS FALSE are never NULL: doubt falls out of the predicate as false
        if bits & 1:
            parts.append(exp.Is(this=column, expression=exp.true()))
        if bits & 2:
            parts.append(exp.Is(this=column, expression=exp.false()))
    return exp.and_(*parts) if parts else exp.true()
