"""Rehearsals of safeguards, each attacked as its word in the language says; and of grants that somebody looks at again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.rehearsal.attacking import (
    attack_access,
    attack_lock,
    attack_log,
    attack_sign_out,
    attack_store,
    attack_transit,
    attack_values,
)
from upheld.rehearsal.guessing import attack_factor, attack_hashes, attack_password, attack_weak
from upheld.rehearsal.reviewing import rehearse_review
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, missing

Attack = Callable[[Stage, Sequence[str]], Iterator[Step]]
# A measure of the language -> the attack on it.
ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "access control": attack_access,
        "encryption at rest": attack_store,
        "field encryption": attack_store,
        "encryption in transit": attack_transit,
        "hashed passwords": attack_hashes,
        "integrity hashes": attack_values,
        "lockout": attack_lock,
        "log out": attack_sign_out,
        "monitoring": attack_log,
        "password": attack_password,
        "second factor": attack_factor,
        "strong passwords": attack_weak,
    }
)


def rehearse_protect(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Each measure of the rule is attacked, on a house made anew each time; what cannot be attacked here is said last."""
    leaves = stage.policy.words.expand("data", rule.data)
    measures = rule.part("measures")
    for number, measure in enumerate(one for one in measures if one in ATTACKS):
        if number:
            stage.begin_anew()
        yield from ATTACKS[measure](stage, leaves)
    for measure in measures:
        if measure not in ATTACKS:
            yield missing(f"nothing in the house shows by itself that there is {measure}")


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType({"protect": rehearse_protect, "review": rehearse_review})
