"""The grounds on which a policy lets something go to courts, authorities and claimants, and what each needs first.

Read from the rules' conditions: no ground and no need is known here. Opens nothing; knows no record and no clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product

from upheld.core.policy.forms import FORMS
from upheld.core.policy.model import Approval, Policy, Rule, Words

DEMANDED = "demanded by "
IN_SCOPE = "in scope"
NOBODY = Approval(0, "")
MOST_REMEMBERED = 64
_DOCUMENT = "document:"


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground of the policy, for one kind of recipient: what may go, for what, and what has to be there first.

    `statements` are the facts that the policy declares itself, such as that a belief is written: each is a text that
    somebody signs. `document` is what the ground's sentence points to, such as the terms of use: then its clause is named.
    """

    name: str
    kind: str
    data: tuple[str, ...]
    purpose: str
    sentence: str
    is_scoped: bool
    statements: tuple[str, ...]
    document: str
    approval: Approval

    @property
    def needs_citation(self) -> bool:
        """Whether the order, clause, article or file it rests on is named: always, where nobody signs a statement instead."""
        return bool(self.document) or not self.statements


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a demand may have of what it asks for, and what is left out because its instrument does not name it."""

    given: tuple[str, ...]
    left_out: tuple[str, ...]


_known: dict[str, tuple[Ground, ...]] = {}


def list_grounds(policy: Policy) -> tuple[Ground, ...]:
    """Every ground for every kind of recipient and purpose, in the order of the rules; empty when no rule has one.

    Every page of the desk asks, so what was found is remembered by the policy's digest.
    """
    if policy.digest not in _known:
        if len(_known) >= MOST_REMEMBERED:
            _known.clear()
        _known[policy.digest] = _list_grounds(policy)
    return _known[policy.digest]


def _list_grounds(policy: Policy) -> tuple[Ground, ...]:
    found: list[Ground] = []
    for rule in policy.active_rules:
        if not (FORMS[rule.form].grants and "share" in rule.form and rule.holds):
            continue
        facts = [fact for term in rule.holds.terms for fact in term.facts]
        names = [fact.removeprefix(DEMANDED) for fact in facts if fact.startswith(DEMANDED)]
        kinds = policy.words.expand("recipient", rule.part("recipients"))
        purposes = policy.words.expand("purpose", rule.purposes)
        found += [
            _describe_ground(policy, rule, name, kind, purpose)
            for name, kind, purpose in product(names, kinds, purposes)
        ]
    return tuple(found)


def find_ground(policy: Policy, name: str, kind: str) -> Ground | None:
    """The ground of this name for this kind of recipient, or None where the policy has none."""
    return next((ground for ground in list_grounds(policy) if (ground.name, ground.kind) == (name, kind)), None)


def list_desk_roles(policy: Policy) -> tuple[str, ...]:
    """The roles whose agreement the grounds ask for: those who work at the legal desk."""
    return tuple(dict.fromkeys(ground.approval.role for ground in list_grounds(policy) if ground.approval.role))


def _describe_ground(policy: Policy, rule: Rule, name: str, kind: str, purpose: str) -> Ground:
    declared = policy.words.of_sort("fact")
    terms = rule.holds.terms if rule.holds else ()
    facts = [fact for term in terms for fact in term.facts if not fact.startswith(DEMANDED)]
    return Ground(
        name=name,
        kind=kind,
        data=policy.words.expand("data", rule.data),
        purpose=purpose,
        sentence=next(iter(rule.sentences), ""),
        is_scoped=IN_SCOPE in facts,
        statements=tuple(fact for fact in facts if fact in declared and not declared[fact].built_in),
        document=_find_document(policy, rule),
        approval=rule.approval or NOBODY,
    )


def _find_document(policy: Policy, rule: Rule) -> str:
    """The document that the rule's own sentence has shown."""
    things = (
        thing
        for other in policy.active_rules
        if other.form == "show_part" and set(other.sentences) & set(rule.sentences)
        for thing in other.part("things")
    )
    return next((thing.removeprefix(_DOCUMENT) for thing in things if thing.startswith(_DOCUMENT)), "")


def narrow_demand(words: Words, ground: Ground, *, wanted: Iterable[str], scope: Iterable[str]) -> Narrowed:
    """The categories asked for that the instrument names and the ground's rule covers; the others are left out."""
    asked = words.expand("data", tuple(wanted))
    named = set(words.expand("data", tuple(scope))) & set(ground.data)
    given = tuple(leaf for leaf in asked if leaf in named)
    return Narrowed(given, tuple(leaf for leaf in asked if leaf not in named))


def is_within(day: date, since: date | None, until: date | None) -> bool:
    """Whether a day lies within those that the instrument names, both ends included; without an end it is open there."""
    return (since is None or since <= day) and (until is None or day <= until)


def know_of_demand(ground: Ground, *, is_in_scope: bool, has_statement: bool, approvals: int) -> dict[str, bool | None]:
    """What the gate is told of a demand: nothing but what rows say, and only what the ground's rule asks for."""
    facts: dict[str, bool | None] = {DEMANDED + ground.name: True, IN_SCOPE: is_in_scope}
    facts |= dict.fromkeys(ground.statements, has_statement)
    if ground.approval.count:
        facts[str(ground.approval)] = approvals >= ground.approval.count
    return facts


def digest_content(content: Mapping[str, object]) -> str:
    """The SHA-256 of what is put to those who agree, in hex: with any change of it their yes is for something else."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
