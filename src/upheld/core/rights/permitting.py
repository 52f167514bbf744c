"""What a policy lets a person permit for one recipient outside: which data, for which purpose; knows no person and no record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Condition, Policy, Rule, Words

# The standard keys (fideslang 3.1) of what names somebody and reaches them, and of what they asked for.
NAMING = ("user.name", "user.contact.email")
SERVICE = "essential.service"
PERMITTED = "permitted"


@dataclass(frozen=True, slots=True)
class Permissible:
    """What somebody may be asked to permit, as narrow as a permission has to be, and the sentences that let it happen."""

    recipient: str
    data: tuple[str, ...]
    purpose: str
    sentences: tuple[str, ...]


def list_naming(words: Words, data: Iterable[str]) -> tuple[str, ...]:
    """Those of the categories that name a person and reach them by mail."""
    declared = words.of_sort("data")
    return tuple(leaf for leaf in data if leaf in declared and declared[leaf].value in NAMING)


def find_permissible(
    binding: Binding,
    *,
    recipient: str,
    data: tuple[str, ...],
    facts: Mapping[str, bool | None],
    versions: Iterable[date] = (),
) -> Permissible | None:
    """What the gate would let go to the recipient, for a service the person asked for, once they have permitted it.

    All of the data or nothing; None where no such purpose is open under every version that binds.
    """
    if not data:
        return None
    for purpose in list_asked_for(binding.policy.words):
        verdict = binding.ask(Act("share", data, purpose, recipient), {**facts, PERMITTED: True}, *versions)
        if verdict.is_permitted:
            return Permissible(recipient, data, purpose, verdict.because)
    return None


def list_stopped(policy: Policy, choice: str) -> tuple[str, ...]:
    """The purposes that a no to this choice ends.

    Those of the messages it stops, those it stops by name, and those for which something is used or shared only while
    the choice is yes, or not no.
    """
    words = policy.words
    found: list[str] = []
    for rule in policy.active_rules:
        if rule.form == "choice_stops" and choice in rule.part("choices"):
            for target in rule.part("targets"):
                sort, _, name = target.partition(":")
                mail = words.of_sort("mail").get(name) if sort == "mail" else None
                found += [name] if mail is None else mail.members or [mail.value]
        elif _hangs_on(rule, choice):
            found += list(rule.purposes)
    return words.expand("purpose", tuple(found))


def _hangs_on(rule: Rule, choice: str) -> bool:
    """Whether what the rule opens, or does not close, is open only by the right answer to this choice."""
    yes, no = f"chosen {choice}", f"refused {choice}"
    if rule.form in ("never_use", "never_share"):
        return _asks(rule.unless, yes) or _asks(rule.holds, no)
    return rule.verb in ("use", "share") and (_asks(rule.holds, yes) or _asks(rule.unless, no))


def _asks(condition: Condition | None, fact: str) -> bool:
    """Whether the condition hangs on this fact in each of its ways to hold."""
    if condition is None:
        return False
    asked = [fact in term.facts for term in condition.terms]
    return any(asked) if condition.mode == "all" else all(asked)


def list_asked_for(words: Words) -> tuple[str, ...]:
    """The purposes that are a service people asked for, the plainest first."""
    purposes = words.of_sort("purpose")
    found = [leaf for leaf in words.leaves("purpose") if _is_asked_for(purposes[leaf].value)]
    return tuple(sorted(found, key=lambda leaf: purposes[leaf].value != SERVICE))


def _is_asked_for(standard: str) -> bool:
    return standard == SERVICE or standard.startswith(f"{SERVICE}.")
