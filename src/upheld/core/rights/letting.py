"""What a policy lets people do themselves with what is held about them, such as change it; knows no person and no page."""

from __future__ import annotations

from dataclasses import dataclass

from upheld.core.policy.compile import Table
from upheld.core.policy.model import ANYWHERE, Policy, Rule

ACCOUNT = "account"
CHANGE, DOWNLOAD = "change", "download"


@dataclass(frozen=True, slots=True)
class Letting:
    """The categories that people may do one thing with, in the order of the declarations, and the sentences that say so."""

    data: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether the policy lets people do it with anything."""
        return bool(self.data)


@dataclass(frozen=True, slots=True)
class Reach:
    """What the rules say of one choice: `stops` and `spares` end in their rules, `is_changed_here` for the account."""

    is_changed_here: bool
    changed: tuple[Rule, ...]
    stops: tuple[Rule, ...]
    spares: tuple[Rule, ...]


def find_letting(table: Table, deed: str, place: str = ACCOUNT) -> Letting:
    """What the rules `let … change|download … at account` open; a rule without a place holds everywhere."""
    names: list[str] = []
    refs: list[str] = []
    for rule in table.rules:
        if rule.form == "let" and rule.part("deed") == (deed,) and _is_here(rule.part("at"), place):
            names.extend(rule.data)
            refs.extend(rule.sentences)
    return Letting(table.words.expand("data", tuple(names)), tuple(dict.fromkeys(refs)))


def find_reach(policy: Policy, choice: str, place: str = ACCOUNT) -> Reach:
    """Where a choice is changed, what a no to it stops and what it does not. Read once from each text of a policy."""
    key = (policy.digest, choice, place)
    found = _REACHES.get(key)
    if found is None:
        if len(_REACHES) >= _MOST_KEPT:
            _REACHES.clear()
        found = _REACHES[key] = _read_reach(policy, choice, place)
    return found


# By the digest of the whole text, which says all of it: each answer to a choice asks, and reading a hundred rules takes long.
_REACHES: dict[tuple[str, str, str], Reach] = {}
_MOST_KEPT = 256


def _read_reach(policy: Policy, choice: str, place: str) -> Reach:
    rules = [rule for rule in policy.active_rules if choice in rule.part("choices")]
    changed = tuple(rule for rule in rules if rule.form == "choice_changed")
    return Reach(
        is_changed_here=any(f"at:{place}" in rule.part("changes") for rule in changed),
        changed=changed,
        stops=tuple(rule for rule in rules if rule.form == "choice_stops"),
        spares=tuple(rule for rule in rules if rule.form == "choice_spares"),
    )


def _is_here(places: tuple[str, ...], place: str) -> bool:
    return not places or place in places or ANYWHERE in places
