"""From evidence to a state: of a rule, of a sentence, of a clause. Nothing is green without what its verb demands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from upheld.core.policy.forms import FORMS, is_claim
from upheld.core.policy.model import Rule
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import (
    ATTESTED,
    AWAITED,
    BROKE_OFF,
    FAILS,
    FORMAL,
    HOLDS,
    IDLE,
    LACKS,
    LAPSED,
    MISSING,
    REHEARSED,
    Evidence,
)

UPHELD = "upheld"
VOUCHED = "attested"
STATED = "stated"
UNUSED = "unused"
PARTLY = "upheld in part"
EXPIRED = "expired"
UNPROVEN = "not yet provable"
BROKEN = "broken"
# The order in which gaps are shown: what presses most first.
STATES = (BROKEN, EXPIRED, UNPROVEN, PARTLY, UNUSED, VOUCHED, STATED, UPHELD)
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        UPHELD: "everything that can be looked at was looked at, and is as the sentence says",
        VOUCHED: "somebody of the role it names vouches for it, and that has not run out; whatever a machine can see is upheld",
        STATED: "an aim or an explanation: there is nothing that could be kept or broken",
        UNUSED: "a permission that is never used; nothing goes against it",
        PARTLY: "some of it is upheld and some of it cannot be shown; which part stands beside it",
        EXPIRED: "somebody vouched for it, and that has run out",
        UNPROVEN: "what would show it is not built, or was not looked at yet",
        BROKEN: "something goes against the sentence, and it is named",
    }
)
_KIND_WORDS = {
    FORMAL: "the check of all cases",
    REHEARSED: "the rehearsal",
    "observed": "the look at what really happened",
    ATTESTED: "somebody who vouches for it",
}
NO_RULE = "no rule in force upholds it"
NOTHING_TRIED = "nothing in the house does this, so nothing of it could be tried"
_UNMADE = {LACKS, BROKE_OFF, AWAITED}


@dataclass(frozen=True, slots=True)
class Judged:
    """A state and why, in one plain sentence (empty where there is nothing to add)."""

    state: str
    why: str = ""


def judge_rule(rule: Rule, evidence: Mapping[str, Evidence]) -> Judged:
    """The state of one rule from its evidence by kind; only the kinds it demands count, but a failure of any kind does."""
    demanded = list_demanded(rule)
    failing = next((found for found in evidence.values() if found.outcome == FAILS), None)
    if failing is not None:
        return Judged(BROKEN, failing.says)
    if not demanded:
        return Judged(STATED)
    there = {kind: evidence[kind] for kind in demanded if kind in evidence}
    lapsed = next((found for found in there.values() if found.outcome == LAPSED), None)
    if lapsed is not None:
        return Judged(EXPIRED, lapsed.says)
    lacking = [(kind, there.get(kind)) for kind in demanded if kind not in there or there[kind].outcome in _UNMADE]
    lacking = lacking or _list_untried(rule, there, evidence)
    if lacking:
        why = "; ".join(_say_lack(kind, found) for kind, found in lacking)
        shown = any(found.outcome == HOLDS for found in there.values()) or any(
            step.is_kept and step.sort != MISSING for found in there.values() for step in found.steps
        )
        return Judged(PARTLY if shown else UNPROVEN, why)
    if is_unused(rule, there, evidence.values()):
        idle = next((found for found in there.values() if found.outcome == IDLE), None)
        return Judged(UNUSED, idle.says if idle else "it is never used")
    return Judged(VOUCHED if ATTESTED in there else UPHELD)


def is_unused(rule: Rule, there: Mapping[str, Evidence], found: Iterable[Evidence]) -> bool:
    """Whether nothing was shown by any of it: a permission that is nowhere used, a duty that nothing in the house does.

    `there` is the evidence that the rule demands. That a permission was used may show by any evidence that was `found`.
    """
    if not FORMS[rule.form].grants:
        return all(found.outcome == IDLE for found in there.values())
    formal = there.get(FORMAL)
    if formal is not None and formal.outcome == IDLE:
        return True
    others = [one for one in found if one.kind != FORMAL]
    return bool(others) and not any(one.is_exercised for one in others)


def _list_untried(
    rule: Rule, there: Mapping[str, Evidence], evidence: Mapping[str, Evidence]
) -> list[tuple[str, Evidence | None]]:
    """The rehearsal of a ban or a duty of which nothing could be tried: what never happened does not make up for it."""
    tried = there.get(REHEARSED)
    if tried is None or tried.outcome != IDLE or FORMS[rule.form].grants or is_unused(rule, there, evidence.values()):
        return []
    return [(REHEARSED, replace(tried, says=NOTHING_TRIED))]


def _say_lack(kind: str, found: Evidence | None) -> str:
    if found is None:
        return f"{_KIND_WORDS[kind]} is missing"
    return found.says or f"{_KIND_WORDS[kind]} is missing"


def join_states(judged: Iterable[Judged]) -> Judged:
    """The state of what rests on all of these: of a sentence on its rules, of a clause on those that fit it.

    One that is broken breaks the whole, one that ran out has to be renewed. What only states adds nothing. Where some is
    upheld and some is not, the whole is upheld in part.
    """
    found = [one for one in judged if one.state != STATED]
    if not found:
        return Judged(STATED)
    states = {one.state for one in found}
    for state in (BROKEN, EXPIRED):
        if state in states:
            return next(one for one in found if one.state == state)
    if len(states) == 1:
        return Judged(found[0].state, "; ".join(dict.fromkeys(one.why for one in found if one.why)))
    if states <= {UPHELD, VOUCHED}:
        return Judged(VOUCHED)
    gaps = [one for one in found if one.state not in (UPHELD, VOUCHED)]
    why = "; ".join(dict.fromkeys(one.why for one in gaps if one.why))
    if states <= {UNUSED, UNPROVEN}:
        return Judged(UNPROVEN, why)
    return Judged(PARTLY, why)


def judge_sentence(rules: Iterable[tuple[Rule, Judged]]) -> Judged:
    """The state of a sentence; a claim of it that holds does not by itself make up for a rule that is not shown.

    One without any rule in force says something that nothing upholds: that is no aim, but a gap.
    """
    listed = list(rules)
    if not listed:
        return Judged(UNPROVEN, NO_RULE)
    made = [judged for rule, judged in listed if not is_claim(rule.form)]
    claimed = [judged for rule, judged in listed if is_claim(rule.form)]
    return join_states([*made, *claimed])
