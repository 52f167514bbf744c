"""Whether a bundle is what it says it is, step by step and offline; takes no state and no count in it at its word."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from upheld.core.errors import PolicyError, SealError
from upheld.core.gate.decide import Gate
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.condition import FactNumbers
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import Policy
from upheld.core.proof.bundle import (
    COUNTED,
    MADE,
    Bundle,
    PolicyText,
    list_cited,
    name_proof,
    read_bundle,
    refuse,
    refuse_judgement,
)
from upheld.core.proof.evidence import ATTESTED, FAILS, FORMAL, HOLDS, IDLE, MISSING, OBSERVED, Evidence
from upheld.core.proof.formally import show_formally
from upheld.core.proof.runs import Proof, RuleProof, make_proof, read_proof
from upheld.core.rights.attesting import list_statements
from upheld.core.seal.entries import Entry, read_entry
from upheld.core.seal.log import HASH_BYTES, hash_leaf, verify_consistency, verify_inclusion
from upheld.core.seal.note import Checkpoint, open_note, parse_checkpoint, parse_verifier_key

_MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
SIGNED = "attestation.signed"  # the line of the ledger by which somebody vouches
_LOOKED = (HOLDS, FAILS, IDLE)  # outcomes of a look that was taken to its end


@dataclass(frozen=True, slots=True)
class VerifiedBundle:
    """What a bundle shows.

    `made` is the line that names the proof, `place` where it stands among `size` lines. `recomputed` says for how many
    rules the check of all cases was made again. `is_key_trusted` is no when only the key inside was there.
    """

    proof: Proof
    policy: Policy
    earlier: tuple[Policy, ...]
    made: Entry
    place: int
    lines: int
    size: int
    root: bytes
    origin: str
    key: str
    checkpoint: str
    recomputed: int
    is_key_trusted: bool


def verify_bundle(
    raw: bytes,
    trusted_key: str | None = None,
    *,
    policy_text: str | None = None,
    code: str | None = None,
    newest: str | None = None,
    older: Sequence[str] = (),
    checks_cases: bool = True,
) -> VerifiedBundle:
    """What the bundle shows, after every step of it was gone again.

    `policy_text` is the text in force and `code` the digest of the program, as the reader knows them, `newest` a moment
    (`2027-01-31T00:00:00Z`) before which a proof is too old; `older` are checkpoints kept from before. Without
    `checks_cases` the formal evidence is not made again. Raises SealError: V805 for a step that fails, V806 for evidence
    that is too old or for something else, V803 for a signature or a key.
    """
    bundle = read_bundle(raw)
    checkpoint = _open_checkpoint(bundle, trusted_key, older)
    proof = _read_proof(bundle)
    entries = _check_lines(bundle, checkpoint)
    made, place = _check_made(bundle, proof, entries)
    _check_ledger(bundle, proof, checkpoint, place)
    policy, earlier = _read_policies(bundle, proof)
    _check_expected(proof, policy_text, code, newest)
    _check_moments(proof, made)
    for rule in proof.rules:
        _check_evidence(rule, proof, entries)
    _check_vouched(policy, proof, entries)
    check_states(policy, proof)
    recomputed = _check_cases(policy, earlier, proof) if checks_cases else 0
    return VerifiedBundle(
        proof=proof,
        policy=policy,
        earlier=earlier,
        made=made,
        place=place,
        lines=len(bundle.lines),
        size=checkpoint.size,
        root=checkpoint.root,
        origin=bundle.origin,
        key=bundle.key,
        checkpoint=bundle.checkpoint,
        recomputed=recomputed,
        is_key_trusted=trusted_key is not None,
    )


def _open_checkpoint(bundle: Bundle, trusted_key: str | None, older: Sequence[str]) -> Checkpoint:
    if trusted_key is not None and trusted_key.strip() != bundle.key:
        raise refuse("the file was signed with another key than the one you trust")
    keys = {parse_verifier_key(bundle.key).name: bundle.key}
    checkpoint = parse_checkpoint(open_note(bundle.checkpoint, keys))
    if checkpoint.origin != bundle.origin:
        raise refuse("the bundle and its checkpoint speak of different ledgers")
    for note in older:
        kept = parse_checkpoint(open_note(note, keys))
        if kept.origin != checkpoint.origin:
            raise refuse("the checkpoint kept from before is of another ledger")
        if kept.size == checkpoint.size and kept.root != checkpoint.root:
            raise refuse(f"two checkpoints of size {kept.size} have different roots: the ledger was forked")
    return checkpoint


def _read_proof(bundle: Bundle) -> Proof:
    try:
        proof = read_proof(bundle.proof)
    except SealError:
        raise refuse("what stands in the bundle as its proof is none") from None
    _check_sorts(proof)
    if proof.code != bundle.code or not _DIGEST.fullmatch(proof.code):
        raise refuse("the bundle and its proof speak of different programs")
    return proof


def _check_sorts(proof: Proof) -> None:
    """Whether what is read of a proof is a text, a count or a list of texts where it should be one.

    What the proof says of rules and sentences is held against the policy later.
    """
    ledger = proof.ledger
    texts: list[Any] = [
        getattr(proof, name) for name in ("policy", "version", "digest", "code", "cause", "began", "ended")
    ]
    texts += [ledger.origin, ledger.root, *proof.kinds, *proof.faults]
    counts: list[Any] = [ledger.size]
    for one in (one for rule in proof.rules for one in rule.evidence):
        texts += [one.says, one.since, one.until, one.at, *one.lines]
        counts += [] if one.count is None else [one.count]
        for step in one.steps:
            texts += [step.says, step.saw, *step.lines]
            if not isinstance(step.is_kept, bool):
                raise refuse("a step of the proof does not say whether it was kept")
    if not all(isinstance(text, str) for text in texts) or not all(type(count) is int for count in counts):
        raise refuse("the proof has a value of the wrong sort")


def _check_lines(bundle: Bundle, checkpoint: Checkpoint) -> dict[str, tuple[Entry, int]]:
    """The lines by their ids, each of which leads to the root that was signed."""
    found: dict[str, tuple[Entry, int]] = {}
    before = -1
    for line in bundle.lines:
        if line.place <= before:
            raise refuse("the lines in the bundle do not stand in their order")
        before = line.place
        if not verify_inclusion(
            hash_leaf(line.entry.encode()), line.place, checkpoint.size, line.path, checkpoint.root
        ):
            raise refuse(f"line {line.place + 1:,} does not lead to the root of the ledger")
        try:
            entry = read_entry(line.entry)
        except SealError:
            raise refuse(f"line {line.place + 1:,} is in the ledger, but it is no line that is known here") from None
        found[entry.serial] = entry, line.place
    if len(found) != len(bundle.lines):
        raise refuse("two lines in the bundle have the same id")
    return found


def _check_made(bundle: Bundle, proof: Proof, entries: Mapping[str, tuple[Entry, int]]) -> tuple[Entry, int]:
    """The line that names the proof: the digest, for which text and program, and how many sentences are in which state."""
    if bundle.made not in entries:
        raise refuse("the line that names the proof is not in the bundle")
    made, place = entries[bundle.made]
    if made.kind != MADE or made.body.get("digest") != name_proof(bundle):
        raise refuse("the proof is not the one that the ledger names")
    if any(entry.site != made.site for entry, _ in entries.values()):
        raise refuse("a line in the bundle is of another site")
    said = {"policy": proof.digest, "code": proof.code, "version": proof.version, "cause": proof.cause}
    wrong = [name for name, value in said.items() if made.body.get(name) != value]
    if wrong:
        raise SealError("V806", f"the line of the ledger is of another {wrong[0]} than the proof", _ASK)
    counts = proof.count_states()
    if any(made.body.get(COUNTED[state]) != count for state, count in counts.items()):
        raise refuse("the line of the ledger counts other states than the proof")
    if made.body.get("outcome") != ("failed" if proof.is_broken else "done"):
        raise refuse("the line of the ledger says of the proof what it does not say itself")
    stray = [entry.serial for entry, _ in entries.values() if entry.serial != bundle.made]
    cited = set(list_cited(proof))
    unanchored = next((line for line in sorted(cited) if line not in entries), None)
    if unanchored is not None:
        raise refuse(f"the proof rests on line `{unanchored[:40]}`, which is not in the bundle")
    if not cited.issuperset(stray):
        raise refuse("there is a line in the bundle that the proof does not rest on")
    return made, place


def _check_ledger(bundle: Bundle, proof: Proof, checkpoint: Checkpoint, place: int) -> None:
    """Whether the tree that was looked at is the beginning of the one that was signed, and the proof came after it."""
    ledger = proof.ledger
    if not ledger.origin:
        if ledger.size or ledger.root or bundle.consistency:
            raise refuse("the proof says how far it looked, and not in which ledger")
        return
    if ledger.origin != bundle.origin:
        raise refuse("the proof looked at another ledger")
    try:
        root = bytes.fromhex(ledger.root) if ledger.root else hashlib.sha256(b"").digest()
    except ValueError:
        root = b""
    if len(root) != HASH_BYTES or not verify_consistency(
        ledger.size, checkpoint.size, root, checkpoint.root, bundle.consistency
    ):
        raise refuse("the ledger that was looked at is not the beginning of the one that was signed")
    if place < ledger.size:
        raise refuse("the line that names the proof is older than what was looked at")


def _read_policies(bundle: Bundle, proof: Proof) -> tuple[Policy, tuple[Policy, ...]]:
    """The policy that was proven, and earlier versions of it, oldest first."""
    policies = [_read_policy(one) for one in bundle.policies]
    if len({policy.version for policy in policies}) != len(policies) or any(
        one.slug != proof.policy for one in policies
    ):
        raise refuse("the policies in the bundle are not versions of one policy")
    proven = next((policy for policy in policies if policy.digest == proof.digest), None)
    if proven is None or proven.version.isoformat() != proof.version:
        raise refuse("the policy that was proven is not in the bundle")
    if any(policy.version > proven.version for policy in policies):
        raise refuse("the bundle has a later version of the policy than the one that was proven")
    return proven, tuple(sorted((one for one in policies if one is not proven), key=lambda one: one.version))


def _read_policy(one: PolicyText) -> Policy:
    if hashlib.sha256(one.text.encode()).hexdigest() != one.digest:
        raise refuse("the text of a policy in the bundle is not the one of its digest")
    try:
        policy = parse_policy(one.text, "policy of the bundle")
    except PolicyError as error:
        raise refuse(f"the policy in the bundle cannot be read: {error.text}") from None
    if policy.digest != one.digest or policy.version.isoformat() != one.version:
        raise refuse("a policy in the bundle says another version of itself")
    return policy


def _check_expected(proof: Proof, policy_text: str | None, code: str | None, newest: str | None) -> None:
    if policy_text is not None:
        try:
            digest = parse_policy(policy_text).digest
        except PolicyError:
            digest = ""
        if digest != proof.digest:
            raise SealError("V806", "the evidence is for another text of the policy than the one you gave", _ASK)
    if code is not None and code != proof.code:
        raise SealError("V806", "the evidence is for another program than the one you named", _ASK)
    if newest is not None and proof.began < newest:
        raise SealError("V806", f"the evidence is older than {newest}: the proof began at {proof.began}", _ASK)


def _check_moments(proof: Proof, made: Entry) -> None:
    """Whether the proof was made after its version, in one go, and before the line that names it."""
    if not (_MOMENT.fullmatch(proof.began) and _MOMENT.fullmatch(proof.ended)):
        raise refuse("the proof does not say when it was made")
    if not proof.began <= proof.ended <= made.at:
        raise refuse("the proof ended before it began, or after the line that names it")
    if proof.began[:10] < proof.version:
        raise SealError("V806", f"the proof is older than the version of {proof.version}", _ASK)


def _check_evidence(rule: RuleProof, proof: Proof, entries: Mapping[str, tuple[Entry, int]]) -> None:
    """Whether each piece of evidence is of this run, says no more than its steps, and names lines of its time."""
    if len({one.kind for one in rule.evidence}) != len(rule.evidence):
        raise refuse(f"{name_rule(rule)}: there are two pieces of evidence of one kind")
    for one in rule.evidence:
        if one.at and not _MOMENT.fullmatch(one.at):
            raise refuse(f"{name_rule(rule)}: {one.kind} evidence has a moment that is none")
        if (one.outcome in _LOOKED or one.at) and not proof.began <= one.at <= proof.ended:
            raise SealError("V806", f"{name_rule(rule)}: {one.kind} evidence is not from the time of this proof", _ASK)
        if one.since and one.until and one.since > one.until:
            raise refuse(f"{name_rule(rule)}: the period of {one.kind} evidence ends before it begins")
        if one.kind != ATTESTED and max(one.since, one.until) > proof.ended:
            raise refuse(f"{name_rule(rule)}: {one.kind} evidence is of a time that had not come")
        if one.count is not None and one.count < 0:
            raise refuse(f"{name_rule(rule)}: {one.kind} evidence counts less than nothing")
        if one.outcome == HOLDS and any(not step.is_kept or step.sort == MISSING for step in one.steps):
            raise refuse(f"{name_rule(rule)}: {one.kind} evidence is said to hold, and one of its steps does not")
        for serial in (*one.lines, *(line for step in one.steps for line in step.lines)):
            entry, place = entries[serial]
            if entry.at > proof.ended or (one.kind == OBSERVED and proof.ledger.origin and place >= proof.ledger.size):
                raise refuse(f"{name_rule(rule)}: {one.kind} evidence names a line that had not been written")


def _check_vouched(policy: Policy, proof: Proof, entries: Mapping[str, tuple[Entry, int]]) -> None:
    """Whether behind each statement that somebody is said to vouch for stand enough signatures of these words, by its role."""
    statements = {statement.number: statement for statement in list_statements(policy)}
    for rule in proof.rules:
        told = next((one for one in rule.evidence if one.kind == ATTESTED and one.outcome == HOLDS), None)
        if told is None:
            continue
        statement = statements.get(rule.number)
        signed = [entries[serial][0] for serial in told.lines]
        if statement is None or any(
            (entry.kind, entry.body.get("digest"), entry.body.get("role")) != (SIGNED, statement.digest, statement.role)
            for entry in signed
        ):
            raise refuse(f"{name_rule(rule)}: a line that is to show who vouches is no signature of this statement")
        if len({str(entry.body.get("by")) for entry in signed}) < statement.voices:
            raise refuse(f"{name_rule(rule)}: {statement.voices} have to vouch, and fewer did")
        ends = [str(entry.body.get("until")) for entry in signed]
        if told.until <= told.at or any(end < told.until for end in ends):
            raise refuse(f"{name_rule(rule)}: what was signed does not last as long as the proof says")


def check_states(policy: Policy, proof: Proof) -> None:
    """Raise SealError V805 unless the states follow from the evidence, for exactly the rules and sentences of this policy."""
    again = make_proof(
        policy,
        {rule.number: rule.evidence for rule in proof.rules},
        code=proof.code,
        cause=proof.cause,
        began=proof.began,
        ended=proof.ended,
        kinds=proof.kinds,
        ledger=proof.ledger,
        faults=proof.faults,
    )
    if again == proof:
        return
    if len(again.rules) != len(proof.rules) or len(again.sentences) != len(proof.sentences):
        raise refuse("the proof has other rules or sentences than the policy in the bundle")
    for told, made in zip(proof.rules, again.rules, strict=True):
        _compare(told, made, name_rule(told), _SAID_OF_RULES, proof.code)
    for one, other in zip(proof.sentences, again.sentences, strict=True):
        _compare(one, other, f"sentence `{one.ref[:100]}`", _SAID_OF_SENTENCES, proof.code)
    raise refuse("the proof is not the one that its evidence gives")


_SAID_OF_RULES = ("number", "form", "text", "sentences", "refs", "layer")
_SAID_OF_SENTENCES = ("ref", "digest", "text", "section", "layer", "rules")
_ASK = "ask for a bundle of the newest proof"


def _compare(told: Any, made: Any, name: str, said: tuple[str, ...], code: str) -> None:
    if any(getattr(told, part) != getattr(made, part) for part in said):
        raise refuse(f"{name} is not in the policy, or not in this place")
    if told.state != made.state:
        raise refuse_judgement(f"{name} is said to be {told.state}, and by its evidence it is {made.state}", code)


def _check_cases(policy: Policy, earlier: tuple[Policy, ...], proof: Proof) -> int:
    """For how many rules the check of all cases gives again what the bundle says."""
    if FORMAL not in proof.kinds:
        if any(one.kind == FORMAL for rule in proof.rules for one in rule.evidence):
            raise refuse("there is formal evidence in a proof that did not look for any")
        return 0
    numbers: FactNumbers | None = None
    for one in earlier:  # facts keep their numbers from one version to the next
        numbers = compile_policy(one, numbers).facts
    again = show_formally(Gate(compile_policy(policy, numbers)), "")
    for rule in proof.rules:
        told = next((one for one in rule.evidence if one.kind == FORMAL), None)
        found = again.get(rule.number)
        if _strip(told) != _strip(found):
            outcome = found.outcome if found is not None else "nothing"
            text = f"{name_rule(rule)}: checked in all cases again, it gives {outcome}, not what the bundle says"
            raise refuse_judgement(text, proof.code)
    return len(again)


def _strip(evidence: Evidence | None) -> Evidence | None:
    """Evidence without its moment; of a failure only that it is one, as several acts may show it."""
    if evidence is None:
        return None
    return replace(evidence, at="", says="" if evidence.outcome == FAILS else evidence.says)


def name_rule(rule: RuleProof) -> str:
    """How a rule is called in an error: its number, and its first words."""
    return f"rule {rule.number + 1} (`{rule.text[:80]}`)"
