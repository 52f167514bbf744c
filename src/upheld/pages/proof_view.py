"""The proof of a policy as frozen values: what its pages show, ready to print. Knows nothing of requests and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qs

from upheld.core.gate import Act
from upheld.core.policy.compile import ACTIONS, Table
from upheld.core.policy.model import ANYTHING, NO_COUNTERPART, Rule
from upheld.core.policy.words import print_body
from upheld.core.proof.runs import Proof, RuleProof, SentenceProof
from upheld.core.proof.states import MEANINGS, STATED
from upheld.pages.policy_view import LAYER_WORDS, Mark, RuleView, find_anchor, view_rule
from upheld.pages.question import UNNAMED_PURPOSE, QuestionError, ask_for, read_question, write_query
from upheld.web.proof_words import (
    KINDS,
    EvidenceView,
    StateMark,
    count_states,
    count_things,
    list_missing,
    mark_state,
    say_gap,
    sum_up_sentence,
    view_evidence,
)
from upheld.web.shelf import Good

# The part of a rule that names the other side of an act.
COUNTERPARTS: Mapping[str, str] = MappingProxyType({"collect": "at", "show": "to", "share": "recipients"})


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many sentences are in one state: a piece of the bar, and a way to see only these."""

    mark: StateMark
    number: int
    start: float
    width: float
    meaning: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """One sentence with its state and, in a few lines, why."""

    anchor: str
    number: int
    text: str
    mark: StateMark
    layer: Mark | None
    evidence: tuple[str, ...]
    gap_title: str
    gap: str


@dataclass(frozen=True, slots=True)
class SectionRows:
    """A heading and its sentences."""

    anchor: str
    title: str
    rows: tuple[SentenceRow, ...]


@dataclass(frozen=True, slots=True)
class RuleOfSentence:
    """One rule: what it says, its state and why, its evidence, and what nobody has looked for."""

    said: RuleView
    mark: StateMark
    why: str
    evidence: tuple[EvidenceView, ...]
    missing: tuple[str, ...]
    question: str


def count_by_state(proof: Proof, chosen: str = "") -> tuple[StateCount, ...]:
    """How many sentences are in which state, as pieces of a bar; `chosen` is the one that is looked at alone."""
    found, start = [], 0.0
    for state, number in count_states(proof):
        width = round(100 * number / len(proof.sentences), 2)
        kind = KINDS[state]
        found.append(StateCount(mark_state(state), number, start, width, MEANINGS[state], kind == chosen))
        start = round(start + width, 2)
    return tuple(found)


def sum_up(proof: Proof) -> str:
    """The whole in one sentence: upheld first, then the gaps by their names."""
    words = [f"{number} {state}" for state, number in count_states(proof)]
    return f"Of {count_things(len(proof.sentences), 'sentence')}: {', '.join(words)}."


def list_rows(good: Good, proof: Proof, chosen: str = "") -> tuple[SectionRows, ...]:
    """The sentences by section, in the order of the policy; only those of one state where one is chosen."""
    titles = {section.slug: section.title for section in good.policy.sections}
    sections: dict[str, list[SentenceRow]] = {}
    for sentence in proof.sentences:
        if not chosen or KINDS[sentence.state] == chosen:
            sections.setdefault(sentence.section, []).append(view_row(sentence, proof))
    return tuple(SectionRows(slug, titles.get(slug, ""), tuple(rows)) for slug, rows in sections.items())


def view_row(sentence: SentenceProof, proof: Proof) -> SentenceRow:
    """One sentence of the proof."""
    gap_title, gap = say_gap(sentence)
    anchor = find_anchor(sentence.ref)
    return SentenceRow(
        anchor=anchor,
        number=int(anchor.rpartition(".")[2]),
        text=sentence.text,
        mark=mark_state(sentence.state),
        layer=Mark(sentence.layer, LAYER_WORDS[sentence.layer])
        if sentence.layer and sentence.state != STATED
        else None,
        evidence=sum_up_sentence((proof.rules[number] for number in sentence.rules), is_public=True),
        gap_title=gap_title,
        gap=gap,
    )


def list_rules(good: Good, proof: Proof, sentence: SentenceProof) -> tuple[RuleOfSentence, ...]:
    """The rules of one sentence with all that is known of each; what only states is none."""
    rules = good.policy.active_rules
    views = (view_proven(rules[number], proof.rules[number], good) for number in sentence.rules)
    return tuple(view for view in views if view is not None)


def view_proven(rule: Rule, proven: RuleProof, good: Good) -> RuleOfSentence | None:
    """One rule; None for what promises nothing, and for a proof of other rules than these."""
    if rule.verb == "state" or print_body(rule) != proven.text:
        return None
    return RuleOfSentence(
        said=view_rule(rule, good.policy),
        mark=mark_state(proven.state),
        why=proven.why,
        evidence=tuple(view_evidence(found, is_public=True) for found in proven.evidence),
        missing=list_missing(rule, proven),
        question=find_question(rule, good.table),
    )


def find_question(rule: Rule, table: Table) -> str:
    """The query by which the gate is asked about an act that this rule speaks of; empty where it speaks of none."""
    action = rule.form.removeprefix("never_").removeprefix("for_").removesuffix("_only").removesuffix("_one")
    data = tuple(name for name in rule.data if name != ANYTHING)[:1]
    if action not in ACTIONS or not data:
        return ""
    counterpart = next(iter(rule.part(COUNTERPARTS.get(action, ""))), NO_COUNTERPART)
    act = Act(action, data, next(iter(rule.purposes), UNNAMED_PURPOSE), counterpart)
    query = write_query(ask_for(act, {}, table))
    try:
        # as whoever follows the link would be read: no link leads to a page that refuses it
        return query if read_question(parse_qs(query, keep_blank_values=True), table) else ""
    except QuestionError:
        return ""


def mark_sentences(proof: Proof) -> Mapping[str, StateMark]:
    """The state of each sentence by its anchor, for the policy page."""
    return MappingProxyType({find_anchor(one.ref): mark_state(one.state) for one in proof.sentences})
