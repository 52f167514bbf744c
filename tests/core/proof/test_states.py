"""What a state follows from: nothing is green without what its verb demands."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from upheld.core.errors import SealError
from upheld.core.policy.model import Policy, Rule
from upheld.core.policy.versions import load_versions
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import (
    ATTESTED,
    AWAITED,
    BROKE_OFF,
    FAILS,
    FORMAL,
    HOLDS,
    IDLE,
    KINDS,
    LACKS,
    LAPSED,
    OBSERVED,
    REFUSED,
    REHEARSED,
    WORKS,
    Evidence,
    Step,
    sum_up_steps,
)
from upheld.core.proof.runs import make_proof, read_proof, write_proof
from upheld.core.proof.states import (
    BROKEN,
    EXPIRED,
    NO_RULE,
    NOTHING_TRIED,
    PARTLY,
    STATED,
    UNPROVEN,
    UNUSED,
    UPHELD,
    VOUCHED,
    Judged,
    join_states,
    judge_rule,
    judge_sentence,
)
from upheld.core.proof.walks import FROM_OUTSIDE, join_walked

COURIER = Path(__file__).resolve().parents[3] / "policies" / "lasership"


@cache
def load() -> Policy:
    return load_versions(COURIER).policies[-1]


def find(form: str) -> Rule:
    return next(rule for rule in load().active_rules if rule.form == form)


def give(rule: Rule, **others: Evidence) -> dict[str, Evidence]:
    """All that the rule demands, holding; some of it replaced."""
    worked = (Step(WORKS, "it was done"), Step(REFUSED, "one more was refused"))
    held = {kind: Evidence(kind, HOLDS, "as it says", worked if kind == REHEARSED else ()) for kind in KINDS}
    return {kind: found for kind, found in (held | others).items() if kind in list_demanded(rule) or kind in others}


@pytest.mark.parametrize("form", ["collect", "claim_outside", "never_share", "send", "keep", "choice_stops", "protect"])
def test_all_that_is_demanded_makes_it_upheld_and_each_piece_left_out_does_not(form: str) -> None:
    rule = find(form)
    assert judge_rule(rule, give(rule)).state == UPHELD
    for kind in list_demanded(rule):
        left = {name: found for name, found in give(rule).items() if name != kind}
        assert judge_rule(rule, left).state in (PARTLY, UNPROVEN), kind
        for outcome in (LACKS, BROKE_OFF, AWAITED):
            less = give(rule, **{kind: Evidence(kind, outcome, "not there")})
            assert judge_rule(rule, less).state in (PARTLY, UNPROVEN), (kind, outcome)
        worse = judge_rule(rule, give(rule, **{kind: Evidence(kind, FAILS, "it went wrong")}))
        assert (worse.state, worse.why) == (BROKEN, "it went wrong")


def test_a_failure_counts_even_of_a_kind_that_nobody_asked_for() -> None:
    rule = find("claim_outside")
    assert judge_rule(rule, give(rule, observed=Evidence(OBSERVED, FAILS, "a line says so"))).state == BROKEN


def test_a_permission_that_is_never_used_is_not_upheld() -> None:
    rule = find("use")
    idle = give(
        rule,
        rehearsed=Evidence(REHEARSED, IDLE, "nothing in the house does this"),
        observed=Evidence(OBSERVED, HOLDS, "no line", count=0),
    )
    assert judge_rule(rule, idle).state == UNUSED
    used = idle | {OBSERVED: Evidence(OBSERVED, HOLDS, "3 lines", count=3)}
    assert judge_rule(rule, used).state == UPHELD
    noted = find("record")  # a rehearsal is not demanded of it, and shows that it is used all the same
    silent = {FORMAL: Evidence(FORMAL, HOLDS, "as it says"), OBSERVED: Evidence(OBSERVED, HOLDS, "no line", count=0)}
    assert judge_rule(noted, silent).state == UNUSED
    shown = silent | {REHEARSED: sum_up_steps(REHEARSED, (Step(WORKS, "a visit is noted"),))}
    assert judge_rule(noted, shown).state == UPHELD
    closed = give(rule, formal=Evidence(FORMAL, IDLE, "closed in all cases by another rule"))
    assert judge_rule(rule, closed).state == UNUSED


def test_what_a_person_vouches_for_is_said_to_be_so() -> None:
    rule = find("attest")
    assert judge_rule(rule, {ATTESTED: Evidence(ATTESTED, HOLDS, "signed")}).state == VOUCHED
    assert judge_rule(rule, {ATTESTED: Evidence(ATTESTED, LAPSED, "ran out")}).state == EXPIRED
    assert judge_rule(rule, {ATTESTED: Evidence(ATTESTED, AWAITED, "nobody signed")}).state == UNPROVEN
    assert judge_rule(find("state"), {}).state == STATED


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        ([UPHELD, UPHELD], UPHELD),
        ([UPHELD, STATED], UPHELD),
        ([UPHELD, VOUCHED], VOUCHED),
        ([UPHELD, UNUSED], PARTLY),
        ([UPHELD, UNPROVEN], PARTLY),
        ([UNUSED, UNPROVEN], UNPROVEN),
        ([UPHELD, EXPIRED, UNPROVEN], EXPIRED),
        ([EXPIRED, BROKEN, UPHELD], BROKEN),
        ([STATED], STATED),
        ([UNUSED], UNUSED),
    ],
)
def test_the_weakest_part_is_what_a_sentence_comes_to(states: list[str], whole: str) -> None:
    assert join_states(Judged(state) for state in states).state == whole


def test_steps_sum_up_to_evidence() -> None:
    good, bad = Step(WORKS, "a form is sent"), Step(REFUSED, "a field more is sent", is_kept=False, saw="it was taken")
    assert sum_up_steps(REHEARSED, (good,)).outcome == HOLDS
    assert sum_up_steps(REHEARSED, ()).outcome == IDLE
    failing = sum_up_steps(REHEARSED, (good, bad))
    assert (failing.outcome, failing.says) == (FAILS, "a field more is sent; it was taken")
    assert sum_up_steps(REHEARSED, (good, Step("missing", "no letters"))).outcome == LACKS


def test_a_proof_is_read_back_as_it_was_written_and_a_changed_byte_is_none() -> None:
    policy = load()
    evidence = {3: [Evidence(REHEARSED, HOLDS, "fine", (Step(WORKS, "done", lines=("e_1",)),), 1, lines=("e_1",))]}
    proof = make_proof(policy, evidence, code="a" * 64, cause="asked", began="", ended="", kinds=KINDS)
    written = write_proof(proof)
    assert read_proof(written) == proof
    assert sum(proof.count_states().values()) == len(policy.sentences)
    for place in range(0, len(written), 997):
        changed = bytes([*written[:place], written[place] ^ 1, *written[place + 1 :]])
        assert read_or_refuse(changed) != proof


def read_or_refuse(raw: bytes) -> object:
    try:
        return read_proof(raw)
    except SealError as refused:
        return refused.code


def test_what_shows_from_outside_alone_is_made_up_for_by_who_looked_from_there() -> None:
    away = Step("missing", FROM_OUTSIDE)
    there = {7: sum_up_steps(OBSERVED, (away,)), 8: sum_up_steps(OBSERVED, (away, Step("missing", "no letters")))}
    seen = sum_up_steps(OBSERVED, (Step(WORKS, "the page comes by https"),))
    joined = join_walked(there, {7: seen, 8: seen})
    assert (joined[7].outcome, [step.says for step in joined[7].steps]) == (HOLDS, ["the page comes by https"])
    assert joined[8].outcome == LACKS
    assert join_walked(there, {7: Evidence(OBSERVED, AWAITED, "no browser here")})[7].outcome == LACKS
    broken = sum_up_steps(OBSERVED, (Step(WORKS, "the page comes by https", is_kept=False),))
    assert join_walked(there, {7: broken})[7].outcome == FAILS


@pytest.mark.parametrize("form", ["never_share", "choice_stops", "protect"])
def test_a_ban_or_a_duty_of_which_nothing_was_tried_is_not_upheld(form: str) -> None:
    rule = find(form)
    judged = judge_rule(rule, give(rule, **{REHEARSED: Evidence(REHEARSED, IDLE, "nothing in the house does this")}))
    assert judged == Judged(PARTLY, NOTHING_TRIED)


def test_a_sentence_without_a_rule_in_force_is_no_aim() -> None:
    assert judge_sentence(()) == Judged(UNPROVEN, NO_RULE)
    rule = find("state")
    assert judge_sentence([(rule, judge_rule(rule, {}))]).state == STATED
