"""A proof as staff see it: the gaps first, each with why, since when and who acts; the rest folded; the states day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.proof_standing import DayCounts
from upheld.actions.proving import BROKEN_OFF, FINISHED, HeldRun
from upheld.console.moments import Moment, say_moment
from upheld.core.policy.model import Policy, Rule
from upheld.core.policy.saying.rules import say_rule
from upheld.core.policy.words import print_body
from upheld.core.proof.evidence import BROKE_OFF, FAILS, HOLDS, IDLE, LACKS
from upheld.core.proof.runs import Proof, RuleProof, SentenceProof
from upheld.core.proof.states import MEANINGS, STATED, UNUSED, UPHELD, VOUCHED
from upheld.core.rights.acting import Actor, find_actor
from upheld.web.proof_words import (
    CAUSE_WORDS,
    GAPS,
    KINDS,
    EvidenceView,
    StateMark,
    count_states,
    list_missing,
    mark_state,
    say_gap,
    view_evidence,
)

# What stands on record in a run; how it is said.
RUN_WORDS = {FINISHED: ("good", "finished"), BROKEN_OFF: ("warning", "broke off")}
REASON_WORDS = {
    "fell-over": "a fault of the program; its log says which",
    "killed": "its process was ended",
    "stopped": "the server was stopped",
    "left": "it was left unfinished",
}
MOST_LINES = 5  # of the ledger, behind one rule in the list of gaps
HEIGHT = 100.0
NOBODY, PROGRAM = Actor("nobody has to"), Actor("a later version of the program")
OPERATOR = Actor("whoever runs the server: prove it again, and read the log if it breaks off again")


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looks at a proof: of which policy, since when each sentence is in its state, in which roles they look."""

    policy: Policy
    proof: Proof
    since: Mapping[tuple[str, str], datetime]
    roles: Sequence[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class RuleGap:
    """One rule that keeps its sentence from being upheld: as it is said, why, and the lines of the ledger that go against it."""

    words: str
    mark: StateMark
    why: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentenceLine:
    """One sentence with its state; the rest is for gaps: why, since when, who acts, which rules."""

    anchor: str
    text: str
    mark: StateMark
    gap_title: str
    gap: str
    since: Moment | None
    actor: str
    is_mine: bool
    rules: tuple[RuleGap, ...]


@dataclass(frozen=True, slots=True)
class StateGroup:
    """The sentences of one state."""

    mark: StateMark
    meaning: str
    sentences: tuple[SentenceLine, ...]


@dataclass(frozen=True, slots=True)
class ProvenRule:
    """One rule with all that is known of it."""

    words: str
    line: str
    mark: StateMark
    why: str
    evidence: tuple[EvidenceView, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of one day's column in the chart."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One day of the chart: its pieces from the bottom up, and the same as numbers by state; empty without a proof."""

    x: int
    day: str
    pieces: tuple[Piece, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """The states day by day: drawn, and as a table."""

    columns: tuple[Column, ...]
    width: int
    marks: tuple[StateMark, ...]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in the list."""

    began: Moment | None
    because: str
    version: str
    mark: str
    state: str
    note: str
    entry: str


def list_gaps(look: Look) -> tuple[StateGroup, ...]:
    """The sentences that are not upheld by state, what presses most first; none that only states."""
    return _group(look, GAPS)


def list_rest(look: Look) -> tuple[StateGroup, ...]:
    """The others by state."""
    return _group(look, (UPHELD, VOUCHED, STATED))


def _group(look: Look, states: Sequence[str]) -> tuple[StateGroup, ...]:
    groups = []
    for state in states:
        found = tuple(view_sentence(look, one) for one in look.proof.sentences if one.state == state)
        if found:
            groups.append(StateGroup(mark_state(state), MEANINGS[state], found))
    return tuple(groups)


def view_sentence(look: Look, sentence: SentenceProof) -> SentenceLine:
    """One sentence with why, since when and who acts."""
    gap_title, gap = say_gap(sentence)
    proven = look.proof.rules
    rules = tuple(
        view_gap(look.policy, proven[number])
        for number in sentence.rules
        if sentence.state in GAPS and proven[number].state in GAPS
    )
    actor = find_who_acts(look, sentence)
    return SentenceLine(
        anchor=sentence.ref.partition("#")[2],
        text=sentence.text,
        mark=mark_state(sentence.state),
        gap_title=gap_title,
        gap=gap,
        since=say_moment(look.since.get((sentence.ref, sentence.digest)), look.now),
        actor=actor.words,
        is_mine=bool(actor.role) and actor.role in look.roles,
        rules=rules,
    )


def find_who_acts(look: Look, sentence: SentenceProof) -> Actor:
    """Who has to act on a gap: nobody on what is merely unused, and nobody here where the program itself lacks something.

    A look that broke off is for whoever runs the server.
    """
    if sentence.state == UNUSED:
        return NOBODY
    proven = look.proof.rules
    gaps = [number for number in sentence.rules if proven[number].state in GAPS]
    if gaps and all(_is_unbuilt(look.policy.active_rules[number], proven[number]) for number in gaps):
        return PROGRAM
    if gaps and all(BROKE_OFF in {one.outcome for one in proven[number].evidence} for number in gaps):
        return OPERATOR
    # the rule that makes the sentence what it is says who acts
    numbers = sorted(sentence.rules, key=lambda number: proven[number].state != sentence.state)
    return find_actor(look.policy, (look.policy.active_rules[number] for number in numbers))


def _is_unbuilt(rule: Rule, proven: RuleProof) -> bool:
    """Whether all that a rule lacks is a part of the program."""
    outcomes = {one.outcome for one in proven.evidence}
    return LACKS in outcomes and outcomes <= {HOLDS, IDLE, LACKS} and not list_missing(rule, proven)


def view_gap(policy: Policy, proven: RuleProof) -> RuleGap:
    """One rule that is not upheld."""
    lines = tuple(dict.fromkeys(line for one in proven.evidence if one.outcome == FAILS for line in one.lines))
    rule = policy.active_rules[proven.number]
    return RuleGap(say_rule(rule, policy), mark_state(proven.state), proven.why, lines[:MOST_LINES])


def list_rules(look: Look, sentence: SentenceProof) -> tuple[ProvenRule, ...]:
    """The rules of one sentence with all their evidence; what only states is none."""
    policy, proof, found = look.policy, look.proof, []
    for number in sentence.rules:
        proven, rule = proof.rules[number], policy.active_rules[number]
        if proven.state == STATED:
            continue
        evidence = tuple(view_evidence(one, is_public=False) for one in proven.evidence)
        words = say_rule(rule, policy)
        missing = list_missing(rule, proven)
        found.append(ProvenRule(words, print_body(rule), mark_state(proven.state), proven.why, evidence, missing))
    return tuple(found)


def count_groups(proof: Proof) -> tuple[tuple[StateMark, int], ...]:
    """Each state that a sentence is in, with how many are."""
    return tuple((mark_state(state), number) for state, number in count_states(proof))


def draw_trend(days: Sequence[DayCounts]) -> Trend | None:
    """The chart; None as long as no day has a proof."""
    seen = [state for state in KINDS if any(one.counts.get(state) for one in days)]
    if not seen:
        return None
    columns = tuple(_draw_day(place, one, seen) for place, one in enumerate(days))
    marks = tuple(mark_state(state) for state in seen)
    return Trend(columns, len(days), marks, _say_day(days[0]), _say_day(days[-1]))


def _draw_day(place: int, one: DayCounts, states: Sequence[str]) -> Column:
    numbers = tuple(one.counts.get(state, 0) for state in states)
    whole, bottom, pieces = sum(numbers), HEIGHT, []
    for state, number in zip(states, numbers, strict=True):
        if number:
            height = HEIGHT * number / whole
            bottom -= height
            pieces.append(Piece(KINDS[state], round(bottom, 2), round(height, 2)))
    return Column(place, _say_day(one), tuple(pieces), numbers if whole else ())


def _say_day(one: DayCounts) -> str:
    return f"{one.day.day} {one.day:%B %Y}"


def view_run(run: HeldRun, reason: str, now: datetime) -> RunLine:
    """One run; `reason` is why it broke off, as the ledger has it."""
    mark, state = RUN_WORDS.get(run.state, ("plain", f"running: {run.done_rules} of {run.rules} rules"))
    note = "; ".join(run.faults) if run.faults else REASON_WORDS.get(reason, reason)
    return RunLine(
        began=say_moment(run.began_at, now),
        because=CAUSE_WORDS.get(run.cause, run.cause),
        version=run.version,
        mark="bad" if run.faults else mark,
        state=state,
        note=note,
        entry=run.entry,
    )
