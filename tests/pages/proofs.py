"""Invented proofs of the courier's policy: every state occurs, every kind of evidence, a step that went wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from upheld.core.policy.model import Policy, Rule
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import (
    AWAITED,
    DONE,
    FORMAL,
    HOLDS,
    IDLE,
    KINDS,
    LAPSED,
    MISSING,
    OBSERVED,
    REFUSED,
    REHEARSED,
    WORKS,
    Evidence,
    Step,
    sum_up_steps,
)
from upheld.core.proof.runs import Ledger, Proof, make_proof
from upheld.core.seal.entries import write_moment

LINE = "e_abcdefghjkmnpqrstuvw"
LACKING = "nothing destroys data when its time is over"
SEEN = "the field was kept"
GOOD = (
    Step(WORKS, "a form with all fields of the sentence is sent: it is taken", lines=(LINE,)),
    Step(REFUSED, "a form with one field more than the sentence lists is sent: the field is not kept"),
    Step(DONE, "the answer goes out a second before its time is over, and not before it was asked for"),
)


def invent_evidence(policy: Policy, broken: int = -1) -> dict[int, list[Evidence]]:
    """Evidence for each rule by its number, of mixed outcomes; the rule `broken` fails in its rehearsal."""
    return {number: invent_for(rule, number, broken) for number, rule in enumerate(policy.active_rules)}


def invent_for(rule: Rule, number: int, broken: int) -> list[Evidence]:
    found = {
        FORMAL: Evidence(FORMAL, HOLDS, "588 acts, in 520 cases of facts", count=588),
        REHEARSED: sum_up_steps(REHEARSED, GOOD),
        OBSERVED: Evidence(
            OBSERVED,
            HOLDS,
            "every item has its sentence",
            count=12_431,
            since="2026-10-01T08:00:00Z",
            until="2026-11-19T22:10:00Z",
            lines=(LINE,),
        ),
        "attested": Evidence(
            "attested",
            HOLDS,
            "vouched for by the privacy desk on 3 November 2026 until 3 November 2027",
            until="2027-11-03T00:00:00Z",
        ),
    }
    demanded = list_demanded(rule)
    if number == broken:
        wrong = Step(REFUSED, GOOD[1].says, is_kept=False, saw=SEEN)
        return [sum_up_steps(REHEARSED, (GOOD[0], wrong))]
    if number % 11 == 3:  # part of it is not built
        found[REHEARSED] = sum_up_steps(REHEARSED, (*GOOD, Step(MISSING, LACKING)))
    if number % 13 == 5:  # it has never happened
        found[REHEARSED] = sum_up_steps(REHEARSED, ())
        found[OBSERVED] = Evidence(OBSERVED, IDLE, "nothing of the kind has happened", count=0)
    if number % 17 == 4:  # few, so that nobody may be told which
        found[OBSERVED] = Evidence(OBSERVED, HOLDS, "each had its ground", count=3, since="2026-11-02T08:00:00Z")
    if demanded == ("attested",):
        ways = (
            found["attested"],
            Evidence("attested", LAPSED, "what the privacy desk vouched for ran out on 1 November 2026"),
            Evidence("attested", AWAITED, "nobody has vouched for it yet"),
        )
        found["attested"] = ways[number % 3]
    if number % 19 == 7:  # nobody has looked
        return []
    return [found[kind] for kind in demanded]


def invent_proof(policy: Policy, now: datetime, *, broken: int = -1, faults: tuple[str, ...] = ()) -> Proof:
    return make_proof(
        policy,
        invent_evidence(policy, broken),
        code="c" * 64,
        cause="daily",
        began=write_moment(now - timedelta(seconds=40)),
        ended=write_moment(now),
        kinds=KINDS,
        ledger=Ledger("lasership.localhost/ledger", 12_431, "r" * 43),
        faults=faults,
    )


def find_rule(policy: Policy, form: str) -> int:
    """The number of the first rule of this form."""
    return next(number for number, rule in enumerate(policy.active_rules) if rule.form == form)


def record_proof(binding: Any, now: datetime | None = None, **others: Any) -> str:
    """The id of a run that is on record as finished, with such a proof."""
    from upheld.actions.newest_proof import forget_newest
    from upheld.actions.proving import begin_run, finish_run

    now = now or datetime.now(UTC).replace(microsecond=0)
    proof = invent_proof(binding.policy, now, **others)
    run = begin_run(binding, cause="daily", code=proof.code, now=now - timedelta(seconds=40))
    finish_run(binding, run, proof, now)
    forget_newest()
    return run
