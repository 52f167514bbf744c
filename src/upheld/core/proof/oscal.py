"""A bundle as assessment results in OSCAL (NIST, version 1.1), and back; holds no moment and no id of its own.

Everything in it follows from the bundle that lies inside, so whoever has it writes it again and compares the bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from upheld.core.policy.load import parse_policy
from upheld.core.proof.bundle import LARGEST_BUNDLE, Bundle, read_bundle, refuse
from upheld.core.proof.evidence import ATTESTED, FORMAL, OBSERVED, REHEARSED, Evidence
from upheld.core.proof.runs import Proof, RuleProof, SentenceProof, read_proof
from upheld.core.proof.states import BROKEN, MEANINGS, STATED, UPHELD, VOUCHED
from upheld.core.seal.entries import read_entry, write_canonical

OSCAL_VERSION = "1.1.3"
NAMESPACE = "urn:upheld:proof"
MEDIA_TYPE = "application/json"
# How OSCAL calls the way in which something was found out.
METHODS = {FORMAL: "EXAMINE", REHEARSED: "TEST", OBSERVED: "EXAMINE", ATTESTED: "INTERVIEW"}
_OPENS = b'{"assessment-results":'
_OF_NAMES = bytes.fromhex("6ba7b8119dad11d180b400c04fd430c8")  # RFC 9562: the space of names that are addresses
_NO_TOKEN = re.compile(r"[^A-Za-z0-9._-]")


def is_oscal(opening: bytes) -> bool:
    """Whether a file that begins so wants to be assessment results."""
    return opening.startswith(_OPENS)


def write_oscal(raw: bytes) -> bytes:
    """The assessment results of this bundle, which lies inside. Raises SealError V805 for what is no bundle."""
    bundle = read_bundle(raw)
    proof = read_proof(bundle.proof)
    writer = _Writer(raw, bundle, proof)
    return write_canonical({"assessment-results": writer.write()}) + b"\n"


def open_oscal(raw: bytes) -> bytes:
    """The bundle that lies inside; whether these are its results is seen by writing them again. Raises SealError V805."""
    refused = refuse("no bundle lies in these assessment results")
    if len(raw) > 3 * LARGEST_BUNDLE:
        raise refuse("the file is too large for assessment results")
    try:
        resources = json.loads(raw)["assessment-results"]["back-matter"]["resources"]
        found = [one["base64"]["value"] for one in resources if "base64" in one]
        if len(found) != 1:
            raise refused
        return base64.b64decode(found[0], validate=True)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise refused from None


class _Writer:
    """Writes the results of one bundle; every id follows from the digest of the bundle and what it names."""

    def __init__(self, raw: bytes, bundle: Bundle, proof: Proof) -> None:
        self._raw, self._bundle, self._proof = raw, bundle, proof
        self._digest = hashlib.sha256(raw).hexdigest()
        self._space = _make_uuid(_OF_NAMES, f"{NAMESPACE}:{self._digest}")
        text = next((one.text for one in bundle.policies if one.digest == proof.digest), None)
        if text is None:
            raise refuse("the policy that was proven is not in the bundle")
        self._policy = parse_policy(text, "policy of the bundle")
        self._places = {read_entry(line.entry).serial: line.place for line in bundle.lines}

    def write(self) -> dict[str, Any]:
        """The whole document."""
        proof = self._proof
        return {
            "uuid": self._name("results"),
            "metadata": {
                "title": f"{self._policy.title}: what is upheld",
                "last-modified": proof.ended,
                "version": proof.version,
                "oscal-version": OSCAL_VERSION,
                "parties": [{"uuid": self._name("party"), "type": "organization", "name": self._policy.business}],
            },
            "import-ap": {
                "href": f"#{self._name('policy')}",
                "remarks": "What is assessed is the policy itself: each of its sentences.",
            },
            "results": [self._write_result()],
            "back-matter": {"resources": [self._write_policy(), self._write_bundle()]},
        }

    def _write_result(self) -> dict[str, Any]:
        proof = self._proof
        result: dict[str, Any] = {
            "uuid": self._name("result"),
            "title": f"Proof of the policy of {proof.version}",
            "description": self._say_counts(),
            "start": proof.began,
            "end": proof.ended,
            "props": [
                self._prop("policy-digest", proof.digest),
                self._prop("code-digest", proof.code),
                self._prop("proof-digest", hashlib.sha256(self._bundle.proof).hexdigest()),
                self._prop("ledger", self._bundle.origin),
                self._prop("ledger-size", str(proof.ledger.size)),
            ],
            "reviewed-controls": {
                "control-selections": [
                    {"description": "Every sentence of the policy is a control of its own.", "include-all": {}}
                ]
            },
            "findings": [self._write_finding(sentence) for sentence in proof.sentences],
        }
        observations = [self._write_observation(rule, one) for rule in proof.rules for one in rule.evidence]
        return result | ({"observations": observations} if observations else {})

    def _say_counts(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self._proof.count_states().items() if count)
        faults = "".join(f" Fault of the look itself: {fault}." for fault in self._proof.faults)
        return f"{len(self._proof.sentences)} sentences: {counts}.{faults}"

    def _write_observation(self, rule: RuleProof, evidence: Evidence) -> dict[str, Any]:
        told: dict[str, Any] = {
            "uuid": self._name(f"evidence {rule.number} {evidence.kind}"),
            "title": f"Rule {rule.number + 1}, {evidence.kind}: {evidence.outcome}",
            "description": evidence.says or evidence.outcome,
            "props": [self._prop("outcome", _make_token(evidence.outcome)), self._prop("kind", evidence.kind)],
            "methods": [METHODS[evidence.kind]],
            "collected": evidence.at or self._proof.ended,
            "relevant-evidence": self._write_evidence(rule, evidence),
            "remarks": f"The rule: {rule.text}",
        }
        if evidence.count is not None:
            told["props"].append(self._prop("count", str(evidence.count)))
        if evidence.kind == ATTESTED and evidence.until:
            told["expires"] = evidence.until
        return told

    def _write_evidence(self, rule: RuleProof, evidence: Evidence) -> list[dict[str, Any]]:
        link = f"#{self._name('bundle')}"
        period = f", {evidence.since} to {evidence.until}" if evidence.since or evidence.until else ""
        found: list[dict[str, Any]] = [
            {"href": link, "description": f"rule {rule.number + 1} in the bundle, {evidence.kind} evidence{period}"}
        ]
        for step in evidence.steps:
            came = "as it should be" if step.is_kept else step.saw or "not as it should be"
            found.append({"href": link, "description": f"{step.sort}: {step.says}: {came}"})
        for line in evidence.lines:
            place = self._places.get(line)
            stands = f", place {place}" if place is not None else ""
            found.append({"href": link, "description": f"line {line} of the ledger{stands}"})
        return found

    def _write_finding(self, sentence: SentenceProof) -> dict[str, Any]:
        state = sentence.state
        is_satisfied = state in (UPHELD, VOUCHED, STATED)
        reason = "fail" if state == BROKEN else "pass" if state in (UPHELD, VOUCHED) else "other"
        why = f"; {sentence.why}" if sentence.why else ""
        related = [
            {"observation-uuid": self._name(f"evidence {number} {one.kind}")}
            for number in sentence.rules
            for one in self._proof.rules[number].evidence
        ]
        told: dict[str, Any] = {
            "uuid": self._name(f"sentence {sentence.ref}"),
            "title": sentence.ref,
            "description": sentence.text,
            "props": [
                self._prop("state", _make_token(state)),
                self._prop("sentence-digest", sentence.digest),
                *([self._prop("layer", sentence.layer)] if sentence.layer else []),
            ],
            "target": {
                "type": "statement-id",
                "target-id": _make_token(sentence.ref),
                "description": sentence.text,
                "status": {
                    "state": "satisfied" if is_satisfied else "not-satisfied",
                    "reason": reason,
                    "remarks": f"{state}: {MEANINGS[state]}{why}",
                },
            },
        }
        return told | ({"related-observations": related} if related else {})

    def _write_policy(self) -> dict[str, Any]:
        proof = self._proof
        return {
            "uuid": self._name("policy"),
            "title": self._policy.title,
            "description": f"The policy `{proof.policy}` of {proof.version}, SHA-256 {proof.digest}. Its text lies in the bundle.",
        }

    def _write_bundle(self) -> dict[str, Any]:
        name = f"{self._proof.policy}.{self._proof.version}.bundle.json"
        return {
            "uuid": self._name("bundle"),
            "title": "The bundle that all of this is written from",
            "description": "It verifies offline: `upheld verify` on this file, or on the bundle taken out of it.",
            "rlinks": [
                {
                    "href": name,
                    "media-type": MEDIA_TYPE,
                    "hashes": [{"algorithm": "SHA-256", "value": self._digest}],
                }
            ],
            "base64": {
                "filename": name,
                "media-type": MEDIA_TYPE,
                "value": base64.b64encode(self._raw).decode("ascii"),
            },
        }

    def _name(self, what: str) -> str:
        drawn = _make_uuid(self._space, what).hex()
        return "-".join((drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], drawn[20:]))

    def _prop(self, name: str, value: str) -> dict[str, str]:
        return {"name": name, "ns": NAMESPACE, "value": value}


def _make_token(text: str) -> str:
    """The text as a token of OSCAL: letters, figures, dots and hyphens, and no figure in front."""
    token = _NO_TOKEN.sub("-", text.replace("#", "."))
    return token if token[:1].isalpha() else f"_{token}"


def _make_uuid(space: bytes, name: str) -> bytes:
    """A UUID of version 5 (RFC 9562, 5.5): it follows from the name, so that nothing is drawn by chance."""
    made = bytearray(hashlib.sha1(space + name.encode(), usedforsecurity=False).digest()[:16])
    made[6], made[8] = made[6] & 0x0F | 0x50, made[8] & 0x3F | 0x80
    return bytes(made)
