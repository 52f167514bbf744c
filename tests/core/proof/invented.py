"""An invented proof with an invented ledger under it, of any policy: what the tests of bundles and their figures begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.core.seal.trees import MemoryLog
from upheld.core.gate import Gate
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import Policy
from upheld.core.proof.bundle import COUNTED, Anchored, PolicyText, list_cited, make_bundle
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import (
    ATTESTED,
    FORMAL,
    HOLDS,
    KINDS,
    OBSERVED,
    REFUSED,
    REHEARSED,
    WORKS,
    Evidence,
    Step,
)
from upheld.core.proof.formally import show_formally
from upheld.core.proof.runs import Ledger, Proof, digest_proof, make_proof, write_proof
from upheld.core.rights.attesting import list_statements
from upheld.core.seal.entries import make_entry, write_moment
from upheld.core.seal.log import prove_consistency, prove_inclusion
from upheld.core.seal.note import format_checkpoint, make_verifier_key, public_of, sign_note

ROOT = Path(__file__).resolve().parents[3]
COURIER = ROOT / "policies" / "lasership" / "2016-10-03.policy.md"
ORIGIN = "upheld/shop"
SEED = bytes(range(40, 72))
KEY = make_verifier_key(ORIGIN, public_of(SEED))
BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)
ENDED = BEGAN + timedelta(seconds=40)
CODE = "c0de" * 16
SMALL = """---
policy: shop
business: Shop
title: Shop
version: 2025-05-01
surface: web
data: {person: {name: user.name, email: user.contact.email}}
purposes: {fulfil: essential, news: marketing, sale: third_party_sharing}
recipients: {carriers: processor}
roles: [office]
touchpoints: {order: /order}
choices: {offers: our offers}
mail: {letter: news}
audiences: {customers: [person.email]}
settle: {answers: 20 days}
labels: {person: your contact details}
---

# What we promise

We take orders. We sell nothing. Our letter goes to whoever wants it. We mean well.

```rules
(1) collect person at order for fulfil [SH-01]
(1) keep person 30 days
(1) answer access requests within answers settled answers
(1) show person to office for fulfil if granted
(2) never share person with anyone for sale [SH-02]
(2) claim nobody outside gets person for sale
(2) share person with carriers for fulfil if requested
(3) choice offers is opt-in, asked at order
(3) send letter to customers if chosen offers
(4) state
```
"""


@dataclass
class House:
    """A ledger in memory, and what is made of it."""

    policy: Policy
    texts: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    log: MemoryLog = field(default_factory=MemoryLog)
    site: str = "shop"

    def write(self, kind: str, at: datetime, **body: Any) -> str:
        """A line in the tree; its id."""
        serial = f"e_{self.log.size:09d}"
        made = make_entry(site=self.site, serial=serial, at=at, kind=kind, person=None, body=body)
        self.places[serial], self.texts[serial] = self.log.size, made.text
        self.log.append([made.text.encode()])
        return serial

    def note(self, seed: bytes = SEED) -> str:
        """A signed checkpoint over all lines."""
        return sign_note(format_checkpoint(ORIGIN, self.log.size, self.log.root()), ORIGIN, seed)

    def invent_evidence(self, lines: int = 1, *, steps: int = 1, is_formal: bool = True) -> dict[int, list[Evidence]]:
        """All that each rule demands, holding; each observed piece with so many lines of its own."""
        at = write_moment(BEGAN + timedelta(seconds=5))
        formal = show_formally(Gate(compile_policy(self.policy)), at) if is_formal else {}
        found: dict[int, list[Evidence]] = {}
        for number, rule in enumerate(self.policy.active_rules):
            own = [formal[number]] if number in formal else []
            demanded = list_demanded(rule)
            if FORMAL in demanded and not own:
                own = [Evidence(FORMAL, HOLDS, "checked in all cases: 24 acts", count=24, at=at)]
            if REHEARSED in demanded:
                tried = (
                    Step(WORKS, "a form is sent: it is taken"),
                    Step(REFUSED, "a field more is sent: refused"),
                ) * steps
                own.append(Evidence(REHEARSED, HOLDS, f"{len(tried)} things were tried", tried, len(tried), at=at))
            if OBSERVED in demanded:
                seen = tuple(self.write("case.taken", BEGAN - timedelta(days=1)) for _ in range(lines))
                day = write_moment(BEGAN - timedelta(days=1))
                own.append(Evidence(OBSERVED, HOLDS, "so many lines", (), lines, day, day, at, seen))
            if ATTESTED in demanded:
                statement = next(one for one in list_statements(self.policy) if one.number == number)
                since, until = BEGAN - timedelta(days=2), BEGAN + timedelta(days=300)
                said = {"role": statement.role, "digest": statement.digest, "until": until}
                signed = tuple(
                    self.write("attestation.signed", since, by=f"s_{voice}", **said)
                    for voice in range(statement.voices)
                )
                period = (write_moment(since), write_moment(until))
                own.append(Evidence(ATTESTED, HOLDS, "the office", (), 1, *period, at, signed))
            found[number] = own
        return found

    def prove(self, evidence: Mapping[int, list[Evidence]], **others: Any) -> Proof:
        """The proof that this evidence makes, over the ledger as it is now."""
        root = self.log.root().hex() if self.log.size else ""
        values: dict[str, Any] = {
            "code": CODE,
            "cause": "daily",
            "began": write_moment(BEGAN),
            "ended": write_moment(ENDED),
            "kinds": KINDS,
            "ledger": Ledger(ORIGIN, self.log.size, root),
        }
        return make_proof(self.policy, evidence, **values | others)

    def bundle(self, proof: Proof, *, at: datetime = ENDED, seed: bytes = SEED, **others: Any) -> bytes:
        """The bundle of this proof, as the house would write it; `others` are parts or fields that are to be wrong."""
        line: dict[str, Any] = {
            "run": "pr_" + "a" * 20,
            "digest": digest_proof(write_proof(proof)),
            "policy": proof.digest,
            "code": proof.code,
            "cause": proof.cause,
            "version": proof.version,
            "outcome": "failed" if proof.is_broken else "done",
            **{COUNTED[state]: count for state, count in proof.count_states().items()},
        }
        made = self.write("proof.made", at, **line | others.pop("line", {}))
        self.write("ledger.verified", at, size=1, outcome="done")  # others write on meanwhile
        cited = [one for one in (made, *list_cited(proof)) if one in self.places]
        parts: dict[str, Any] = {
            "made": made,
            "policies": [PolicyText(proof.version, self.policy.digest, self.policy.text)],
            "lines": [self.anchor(one) for one in dict.fromkeys((*cited, *others.pop("more", ())))],
            "checkpoint": self.note(seed),
            "key": make_verifier_key(ORIGIN, public_of(seed)),
            "consistency": prove_consistency(proof.ledger.size, self.log.size, self.log.read_tile),
        }
        return make_bundle(write_proof(proof), **parts | others)

    def anchor(self, serial: str) -> Anchored:
        """One line with its path."""
        place = self.places[serial]
        path = prove_inclusion(place, self.log.size, self.log.read_tile)
        return Anchored(self.texts[serial], place, path)


def invent_house(text: str = SMALL, lines: int = 1) -> tuple[House, Proof]:
    """A house with a proof in which everything holds."""
    house = House(parse_policy(text))
    for _ in range(3):
        house.write("staff.closed", BEGAN - timedelta(days=3))
    return house, house.prove(house.invent_evidence(lines))


def invent_bundle(text: str = SMALL, lines: int = 1) -> bytes:
    """The bundle of that proof."""
    house, proof = invent_house(text, lines)
    return house.bundle(proof)


def change_evidence(proof: Proof, number: int, kind: str, **changes: Any) -> dict[int, list[Evidence]]:
    """The evidence of a proof with one piece changed."""
    return {
        rule.number: [
            replace(one, **changes) if (rule.number, one.kind) == (number, kind) else one for one in rule.evidence
        ]
        for rule in proof.rules
    }
