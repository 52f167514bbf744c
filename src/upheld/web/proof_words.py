"""What is known about a policy's sentences, in plain words: states as marks, evidence as lines; knows no page and no store.

What everybody may read tells less: where fewer than LEAST things on record were looked at, neither how many nor which, so
that a page does not tell of the one court that asked, or of the one person who said no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from upheld.core.policy.model import Rule
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import (
    ATTESTED,
    AWAITED,
    BROKE_OFF,
    DONE,
    FAILS,
    FORMAL,
    HOLDS,
    IDLE,
    LACKS,
    LAPSED,
    MISSING,
    OBSERVED,
    REFUSED,
    REHEARSED,
    WORKS,
    Evidence,
    Step,
)
from upheld.core.proof.runs import ASKED, CHANGE, DAILY, DEPLOY, Proof, RuleProof, SentenceProof
from upheld.core.proof.states import (
    BROKEN,
    EXPIRED,
    PARTLY,
    STATED,
    UNPROVEN,
    UNUSED,
    UPHELD,
    VOUCHED,
)

LEAST = 10  # of things on record; below, a page for everybody says neither how many nor which
# What a state is called in an address and in a style sheet; upheld first, as a bar is read.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        UPHELD: "upheld",
        VOUCHED: "attested",
        STATED: "stated",
        UNUSED: "unused",
        PARTLY: "partly",
        UNPROVEN: "unproven",
        EXPIRED: "expired",
        BROKEN: "broken",
    }
)
GAPS = (BROKEN, EXPIRED, UNPROVEN, PARTLY, UNUSED)
REASONS: Mapping[str, str] = MappingProxyType(
    {
        BROKEN: "What goes against it",
        EXPIRED: "What ran out",
        UNPROVEN: "What is missing",
        PARTLY: "What is missing",
        UNUSED: "Why it counts as unused",
    }
)
CAUSE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        DEPLOY: "when the program was started",
        CHANGE: "when the policy changed",
        DAILY: "as every day",
        ASKED: "because somebody asked for it",
    }
)
KIND_TITLES: Mapping[str, str] = MappingProxyType(
    {FORMAL: "Checked in all cases", REHEARSED: "Tried out", OBSERVED: "Seen on record", ATTESTED: "Vouched for"}
)
OUTCOME_MARKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        HOLDS: ("upheld", "holds"),
        FAILS: ("broken", "fails"),
        IDLE: ("unused", "nothing to look at"),
        LACKS: ("unproven", "not built"),
        BROKE_OFF: ("unproven", "broke off"),
        LAPSED: ("expired", "ran out"),
        AWAITED: ("unproven", "awaited"),
    }
)
STEP_MARKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        WORKS: ("upheld", "worked"),
        REFUSED: ("upheld", "refused"),
        DONE: ("upheld", "done in time"),
        MISSING: ("unproven", "not built"),
    }
)
SEEN = ("upheld", "as it should be")  # of what was found so on record, where nothing was tried
WENT_WRONG = ("broken", "went wrong")


@dataclass(frozen=True, slots=True)
class StateMark:
    """A state said three ways: `kind` picks drawing and colour, `word` is read."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One thing that was tried: what came of it, what it was, and what was seen instead where it went wrong."""

    mark: StateMark
    words: str
    saw: str


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """Evidence of one kind for one rule: `note` sums it up, `lines` are ids of lines in the ledger.

    `are_some` says that these lines stand for more that were looked at.
    """

    title: str
    mark: StateMark
    note: str
    steps: tuple[StepLine, ...]
    period: str
    lines: tuple[str, ...]
    more_lines: int = 0
    are_some: bool = False


def mark_state(state: str) -> StateMark:
    """The mark of a state."""
    return StateMark(KINDS[state], state)


def say_moment(text: str) -> str:
    """A moment as the ledger writes it, as people read it; empty for none."""
    moment = read_moment(text)
    return f"{say_day(text)}, {moment:%H:%M} UTC" if moment else ""


def say_day(text: str) -> str:
    """The day of such a moment."""
    moment = read_moment(text)
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def read_moment(text: str) -> datetime | None:
    """The moment of a text such as `2026-11-20T09:00:00Z`, or None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def count_things(number: int, thing: str, things: str = "") -> str:
    """A number with its noun, thousands set off."""
    return f"1 {thing}" if number == 1 else f"{number:,} {things or thing + 's'}"


def is_told(found: Evidence, *, is_public: bool) -> bool:
    """Whether how many things were looked at, and which, may stand on the page.

    What counts nothing is of the invented visitor alone, and tells of nobody.
    """
    return not is_public or found.kind != OBSERVED or found.count is None or found.count >= LEAST


def sum_up_sentence(rules: Iterable[RuleProof], *, is_public: bool) -> tuple[str, ...]:
    """The evidence for a sentence in a few lines, one for each kind, over all its rules; what is missing not among them."""
    by_kind: dict[str, list[Evidence]] = {}
    for rule in rules:
        for found in rule.evidence:
            by_kind.setdefault(found.kind, []).append(found)
    lines = [
        _sum_up_formal(by_kind.get(FORMAL, [])),
        say_tried(s for one in by_kind.get(REHEARSED, ()) for s in one.steps),
    ]
    lines.append(_sum_up_observed(by_kind.get(OBSERVED, []), is_public=is_public))
    lines += [one.says for one in by_kind.get(ATTESTED, ()) if one.outcome == HOLDS]
    return tuple(dict.fromkeys(line for line in lines if line))


def _sum_up_formal(found: list[Evidence]) -> str:
    counts = [one.count or 0 for one in found if one.outcome == HOLDS]
    if not counts:
        return ""
    return f"checked in all cases, over {count_things(sum(counts), 'act')}" if any(counts) else "checked in all cases"


def _sum_up_observed(found: list[Evidence], *, is_public: bool) -> str:
    seen = [one for one in found if one.outcome == HOLDS and one.count]
    told = [one for one in seen if is_told(one, is_public=is_public)]
    if told:
        # rules may have looked at the same things, so only the largest count is certain
        return say_looked_at(max(told, key=lambda one: one.count or 0))
    if seen:
        return f"seen on record, fewer than {LEAST} times"
    return "it has not happened yet" if any(one.outcome == IDLE for one in found) else ""


def say_looked_at(found: Evidence) -> str:
    """How much on record was looked at, and since when."""
    since = f" since {say_day(found.since)}" if say_day(found.since) else ""
    return f"looked at {count_things(found.count or 0, 'entry', 'entries')} on record{since}"


def say_tried(steps: Iterable[Step]) -> str:
    """How many things were tried and what came of them; nothing when none was."""
    tried = [step for step in steps if step.sort != MISSING]
    counts = [
        (sum(step.is_kept and step.sort == sort for step in tried), words)
        for sort, words in ((WORKS, "worked"), (REFUSED, "refused"), (DONE, "done in time"))
    ]
    counts.append((sum(not step.is_kept for step in tried), "went wrong"))
    if not tried:
        return ""
    came = ", ".join(f"{count} {words}" for count, words in counts if count)
    return f"tried {count_things(len(tried), 'thing')}: {came}"


def say_gap(sentence: SentenceProof) -> tuple[str, str]:
    """Why a sentence is not upheld: the heading and the words; both empty where it is."""
    return (REASONS[sentence.state], sentence.why) if sentence.state in GAPS and sentence.why else ("", "")


def list_missing(rule: Rule, proof: RuleProof) -> tuple[str, ...]:
    """The kinds of evidence that a rule demands and that nobody has looked for."""
    there = {found.kind for found in proof.evidence}
    return tuple(KIND_TITLES[kind] for kind in list_demanded(rule) if kind not in there)


MOST_LINES = 12  # ids that a page names; the bundle has them all


def view_evidence(found: Evidence, *, is_public: bool) -> EvidenceView:
    """Evidence of one kind with its steps."""
    tells = is_told(found, is_public=is_public)
    shows = tells or found.outcome in (FAILS, LACKS, BROKE_OFF)
    lines = found.lines if shows else ()
    return EvidenceView(
        title=KIND_TITLES[found.kind],
        mark=StateMark(*OUTCOME_MARKS[found.outcome]),
        note=_sum_up(found, tells=tells),
        steps=tuple(view_step(step, found) for step in found.steps if not _is_said(step, found)) if shows else (),
        period=_say_period(found) if tells and found.kind == OBSERVED else "",
        lines=lines[:MOST_LINES],
        more_lines=max(0, len(lines) - MOST_LINES),
        are_some=0 < len(lines) < (found.count or 0),
    )


def view_step(step: Step, found: Evidence) -> StepLine:
    """One step of this evidence."""
    mark = SEEN if found.kind == OBSERVED and step.sort == DONE else STEP_MARKS[step.sort]
    if not step.is_kept:
        return StepLine(StateMark(*WENT_WRONG), _begin(step.says), step.saw)
    return StepLine(StateMark(*mark), _begin(step.says), "")


def _is_said(step: Step, found: Evidence) -> bool:
    """Whether a step says no more than the sum above it."""
    return found.kind == OBSERVED and step.is_kept and step.says == found.says


def _sum_up(found: Evidence, *, tells: bool) -> str:
    if found.kind == REHEARSED and found.outcome in (HOLDS, FAILS, LACKS) and say_tried(found.steps):
        return _end(say_tried(found.steps))  # what went wrong or is not built stands among the steps
    if found.kind == OBSERVED and not tells and found.outcome == HOLDS:
        return f"Seen on record fewer than {LEAST} times; so few are not named here." if found.count else ""
    if found.kind == OBSERVED and found.outcome == HOLDS and found.count and not found.says:
        return _end(say_looked_at(found))
    return _end(found.says.removeprefix(f"{KIND_TITLES[found.kind].lower()}: "))


def _say_period(found: Evidence) -> str:
    counted = count_things(found.count, "entry", "entries") if found.count else ""
    since, until = say_day(found.since), say_day(found.until)
    period = f"from {since} to {until}" if since and until else f"since {since}" if since else ""
    return ", ".join(part for part in (counted, period) if part)


def _end(words: str) -> str:
    """The words as a sentence of their own."""
    return f"{_begin(words).rstrip('.')}." if words else ""


def _begin(words: str) -> str:
    """The words with a capital letter."""
    return words[:1].upper() + words[1:]


def say_kinds(proof: Proof) -> str:
    """Which kinds of evidence were looked for."""
    return ", ".join(KIND_TITLES[kind].lower() for kind in proof.kinds)


def count_states(proof: Proof) -> tuple[tuple[str, int], ...]:
    """Each state that a sentence is in with how many are, upheld first."""
    counts = proof.count_states()
    return tuple((state, counts[state]) for state in KINDS if counts[state])
