"""One proof of a whole policy as a value: what each rule and sentence came to, by which evidence, for which text and code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from upheld.core.errors import SealError
from upheld.core.policy.model import Policy
from upheld.core.policy.words import print_body
from upheld.core.proof.evidence import KINDS, OUTCOMES, SORTS, Evidence, Step
from upheld.core.proof.states import BROKEN, STATES, Judged, judge_rule, judge_sentence
from upheld.core.register.coverage import LAYERS
from upheld.core.seal.entries import write_canonical

RUN = "proof-1"  # what the file calls itself
DEPLOY, CHANGE, DAILY, ASKED = "deploy", "change", "daily", "asked"
CAUSES = (DEPLOY, CHANGE, DAILY, ASKED)


@dataclass(frozen=True, slots=True)
class RuleProof:
    """What one rule in force came to. `number` is its place among the rules in force, `text` the rule without references."""

    number: int
    form: str
    text: str
    sentences: tuple[str, ...]
    refs: tuple[str, ...]
    layer: str
    state: str
    why: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class SentenceProof:
    """What one sentence came to; `digest` is of its words, so that evidence for other words is told apart."""

    ref: str
    digest: str
    text: str
    section: str
    state: str
    why: str
    layer: str
    rules: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """How far the ledger reached that was looked at; `origin` and `root` are empty where there was none."""

    origin: str = ""
    size: int = 0
    root: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A whole proof. `digest` is of the policy's text and `code` of the program: evidence for others does not count.

    `kinds` are the kinds of evidence that were looked for, `faults` what went wrong with the look itself (an altered
    ledger, a clock that was set back, a rehearsal that broke off), each in plain words. Moments are as the ledger has them.
    """

    policy: str
    version: str
    digest: str
    code: str
    cause: str
    began: str
    ended: str
    kinds: tuple[str, ...]
    rules: tuple[RuleProof, ...]
    sentences: tuple[SentenceProof, ...]
    ledger: Ledger
    faults: tuple[str, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether a sentence is broken, or the look itself was."""
        return bool(self.faults) or any(sentence.state == BROKEN for sentence in self.sentences)

    def count_states(self) -> Mapping[str, int]:
        """How many sentences are in each state, in the order of STATES; all states, also those of none."""
        return {state: sum(sentence.state == state for sentence in self.sentences) for state in STATES}


def make_proof(
    policy: Policy,
    evidence: Mapping[int, Iterable[Evidence]],
    *,
    code: str,
    cause: str,
    began: str,
    ended: str,
    kinds: Iterable[str],
    ledger: Ledger = Ledger(),
    faults: Iterable[str] = (),
) -> Proof:
    """The proof that this evidence makes; `evidence` is by the place of each rule among the rules in force."""
    rules, judged = _judge_rules(policy, evidence)
    return Proof(
        policy=policy.slug,
        version=policy.version.isoformat(),
        digest=policy.digest,
        code=code,
        cause=cause,
        began=began,
        ended=ended,
        kinds=tuple(kinds),
        rules=tuple(rules),
        sentences=_judge_sentences(policy, judged),
        ledger=ledger,
        faults=tuple(faults),
    )


def _judge_rules(policy: Policy, evidence: Mapping[int, Iterable[Evidence]]) -> tuple[list[RuleProof], list[Judged]]:
    judged: list[Judged] = []
    rules = []
    for number, rule in enumerate(policy.active_rules):
        found = sorted(evidence.get(number, ()), key=lambda one: KINDS.index(one.kind))
        judged.append(judge_rule(rule, {one.kind: one for one in found}))
        rules.append(
            RuleProof(
                number=number,
                form=rule.form,
                text=print_body(rule),
                sentences=rule.sentences,
                refs=rule.refs,
                layer=rule.layer,
                state=judged[-1].state,
                why=judged[-1].why,
                evidence=tuple(found),
            )
        )
    return rules, judged


def _judge_sentences(policy: Policy, judged: list[Judged]) -> tuple[SentenceProof, ...]:
    sentences = []
    for sentence in policy.sentences:
        own = [number for number, rule in enumerate(policy.active_rules) if sentence.ref in rule.sentences]
        state = judge_sentence((policy.active_rules[number], judged[number]) for number in own)
        layers = [policy.active_rules[number].layer for number in own]
        sentences.append(
            SentenceProof(
                ref=sentence.ref,
                digest=sentence.digest,
                text=sentence.text,
                section=sentence.section,
                state=state.state,
                why=state.why,
                layer=min(layers, key=LAYERS.index, default=""),
                rules=tuple(own),
            )
        )
    return tuple(sentences)


def write_proof(proof: Proof) -> bytes:
    """The one way to write a proof; what its digest is taken of."""
    return write_canonical({"upheld": RUN, **_take_apart(proof)})


def _take_apart(value: Any) -> Any:
    """As `asdict`, without its copies of texts and counts: a third of the time, of a proof with a thousand rules."""
    if isinstance(value, str | int) or value is None:
        return value
    if isinstance(value, tuple | list):
        return [_take_apart(inner) for inner in value]
    names = _PARTS.get(type(value))
    return value if names is None else {name: _take_apart(getattr(value, name)) for name in names}


_PARTS = {
    kind: tuple(part.name for part in fields(kind))
    for kind in (Proof, RuleProof, SentenceProof, Ledger, Evidence, Step)
}


def digest_proof(written: bytes) -> str:
    """The SHA-256 of a written proof, in hex: what the ledger holds of it."""
    return hashlib.sha256(written).hexdigest()


def read_proof(written: bytes | str) -> Proof:
    """The proof of these bytes. Raises SealError V803 for what is none, or is not written in the one way."""
    raw = written.encode() if isinstance(written, str) else written
    refused = SealError("V803", "this is no proof, or it was changed after it was written", "ask for it once more")
    try:
        told = json.loads(raw)
        kind = told.pop("upheld")
        made = _build(told)
        is_written_so = kind == RUN and write_proof(made) == raw
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise refused from None
    if not is_written_so:
        raise refused
    return made


def _build(told: Mapping[str, Any]) -> Proof:
    values = dict(told)
    values["rules"] = tuple(_build_rule(rule) for rule in told["rules"])
    values["sentences"] = tuple(
        SentenceProof(**{**sentence, "rules": tuple(sentence["rules"])}) for sentence in told["sentences"]
    )
    values["ledger"] = Ledger(**told["ledger"])
    values["kinds"], values["faults"] = tuple(told["kinds"]), tuple(told["faults"])
    return Proof(**values)


def _build_rule(told: Mapping[str, Any]) -> RuleProof:
    evidence = tuple(_build_evidence(one) for one in told["evidence"])
    return RuleProof(
        **{**told, "sentences": tuple(told["sentences"]), "refs": tuple(told["refs"]), "evidence": evidence}
    )


def _build_evidence(told: Mapping[str, Any]) -> Evidence:
    steps = tuple(Step(**{**step, "lines": tuple(step["lines"])}) for step in told["steps"])
    if told["kind"] not in KINDS or told["outcome"] not in OUTCOMES or any(step.sort not in SORTS for step in steps):
        raise ValueError
    return Evidence(**{**told, "steps": steps, "lines": tuple(told["lines"])})
