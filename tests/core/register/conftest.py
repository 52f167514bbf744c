"""A small invented shop: its document, the clauses in it with their locators computed, and a small policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import Policy
from upheld.core.register.clauses import Clause, Piece
from upheld.core.register.places import make_piece

DOCUMENT = """# The Tea Corner

We're fond of tea\N{EM DASH}and of you.

We ask your name (and your **street**) when you order,
    but never sell either; nor do we lend it.
You may write to us at any time. Orders are locked away and written rules
for our staff protect them.
"""

POLICY = """---
policy: tea-corner
business: The Tea Corner
title: Tea and you
version: 2024-05-01
surface: web
data:
  person: {{name: user.name, street: user.contact.address}}
purposes: {{fulfil: essential.service, offers: marketing}}
touchpoints: {{order: /order}}
recipients: {{carriers: processor}}
roles: [staff]
mail: {{offer: offers}}
choices: {{offers: letters about tea}}
settle:
  lock-check: 90 days
  stop: {stop}
---

# Tea

Tea and you matter to us. An order needs a name <and> a street. Nobody else gets them. The chest is locked.

```rules
{rules}
```
"""

MakeClause = Callable[..., Clause]
MakePolicy = Callable[..., Policy]


def make_clause(
    clause_id: str,
    *pieces: str,
    kind: str = "collect",
    modality: str = "MAY",
    policy: str = "tea-corner",
    locator: tuple[Piece, ...] | None = None,
) -> Clause:
    return Clause(
        id=clause_id,
        policy=policy,
        kind=kind,
        also=(),
        modality=modality,
        proof="S" if modality == "STATE" else "M",
        behaviour=f"do {clause_id}",
        evidence="",
        locator=locator or tuple(make_piece(piece) for piece in pieces) or (Piece(1, "0" * 16),),
    )


def make_policy(*rules: str, stop: str = "offers respect a no") -> Policy:
    return parse_policy(POLICY.format(stop=stop, rules="\n".join(rules)), "tea-corner/2024-05-01.policy.md")


@pytest.fixture
def document() -> str:
    return DOCUMENT


@pytest.fixture
def clauses() -> tuple[Clause, ...]:
    return (
        make_clause("TC-01", "We're fond of tea\N{EM DASH}and of you.", kind="statement-only", modality="STATE"),
        make_clause("TC-02", "We ask your name (and your **street**) when you order,"),
        make_clause("TC-03", "but never sell either; nor do we lend it.", kind="never-disclose", modality="MUST NOT"),
        make_clause("TC-04", "Orders are", "protect them.", kind="human-attested", modality="MUST"),
        make_clause("TC-05", "locked", kind="protect-at-rest", modality="MUST"),
    )


@pytest.fixture
def policy() -> Policy:
    return make_policy(
        "(1) state [TC-01]",
        "(2) collect person at order for fulfil [TC-02]",
        "(3) never share person with anyone [TC-03]",
        "(3) claim nobody outside gets person [TC-03]",
        '(4) attest "orders are locked away" by staff every lock-check settled lock-check [TC-04]',
    )


@pytest.fixture(name="make_clause")
def give_make_clause() -> MakeClause:
    return make_clause


@pytest.fixture(name="make_policy")
def give_make_policy() -> MakePolicy:
    return make_policy
