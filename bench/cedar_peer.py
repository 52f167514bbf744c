"""The courier's compiled table as Cedar policies: one policy a grant or cut, parsed once, asked through cedarpy.

A grant is a `permit`, a cut a `forbid` that does not apply once it is lifted. Data is the resource and the counterpart
the principal, each in a group for every piece that covers it, in entities parsed once; purpose, degree and facts stand
in the context, and a fact that is unknown is left out of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from cedarpy import Entities, PolicySet, is_authorized, is_authorized_batch

from bench.questions import Question
from upheld.core.policy.compile import Piece, Table
from upheld.core.policy.condition import Masks

Request = dict[str, str]


class Cedar:
    """The parsed policies and entities, and how to ask them."""

    def __init__(self, table: Table) -> None:
        pieces = list(enumerate(table.pieces))
        self.policies = PolicySet.from_str("\n".join(write_policy(table, number, piece) for number, piece in pieces))
        self.entities = Entities.from_json_str(json.dumps(list_entities(table)))

    def ask(self, request: Request) -> bool:
        """Whether the act is allowed."""
        return is_authorized(request, self.policies, self.entities).allowed

    def ask_all(self, requests: list[Request]) -> list[bool]:
        """The same in one call for all."""
        return [answer.allowed for answer in is_authorized_batch(requests, self.policies, self.entities)]


def write_request(question: Question) -> Request:
    """The question as cedarpy takes it, its context written out beforehand."""
    cell = question.cell
    context = {"purpose": cell.purpose, "degree": cell.degree, **question.facts}
    return {
        "principal": f"Counterpart::{json.dumps(cell.counterpart)}",
        "action": f'Action::"{cell.action}"',
        "resource": f"Data::{json.dumps(cell.data)}",
        "context": json.dumps(context),
    }


def write_policy(table: Table, number: int, piece: Piece) -> str:
    """One piece of the table as a Cedar policy."""
    condition = write_masks(table, piece.masks)
    effect = "permit" if piece.kind == "grant" else "forbid"
    purposes = json.dumps(sorted(piece.purposes))
    return (
        f"@id({json.dumps(f'{number} {table.sentences_of(piece)[0]}')})\n"
        f'{effect} (principal in Counterparts::"{number}", action == Action::"{piece.action}", '
        f'resource in Datas::"{number}") when {{ '
        f"context.degree >= {piece.degrees.start} && context.degree < {piece.degrees.stop} && "
        f"{purposes}.contains(context.purpose) && {condition if effect == 'permit' else f'!({condition})'} }};"
    )


def write_masks(table: Table, masks: Masks) -> str:
    """When one of the masks is wholly known, in Cedar."""
    return " || ".join(write_mask(table, mask) for mask in masks) or "false"


def write_mask(table: Table, mask: int) -> str:
    known = []
    for name, value in table.facts.read_mask(mask).items():
        quoted = json.dumps(name)
        known.append(f"context has {quoted} && {'' if value else '!'}context[{quoted}]")
    return f"({' && '.join(known)})" if known else "true"


def list_entities(table: Table) -> list[dict[str, object]]:
    """Every value of data and counterpart as an entity, in the groups of the pieces that cover it."""
    found: list[dict[str, object]] = []
    groups: tuple[tuple[str, str, Callable[[Piece], frozenset[str]]], ...] = (
        ("Data", "Datas", lambda piece: piece.data),
        ("Counterpart", "Counterparts", lambda piece: piece.counterparts),
    )
    for kind, group, values_of in groups:
        parents: dict[str, list[dict[str, str]]] = {}
        for number, piece in enumerate(table.pieces):
            for value in values_of(piece):
                parents.setdefault(value, []).append({"type": group, "id": str(number)})
        found += [{"uid": {"type": kind, "id": name}, "attrs": {}, "parents": of} for name, of in parents.items()]
        found += [{"uid": {"type": group, "id": str(n)}, "attrs": {}, "parents": []} for n in range(len(table.pieces))]
    return found
