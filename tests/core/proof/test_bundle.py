"""A bundle verifies as it was made, and in no other way: not with a changed byte, a state of its own, an older proof."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.proof.invented import (
    BEGAN,
    CODE,
    COURIER,
    ENDED,
    KEY,
    ORIGIN,
    SMALL,
    House,
    change_evidence,
    invent_bundle,
    invent_house,
)
from upheld.core.errors import SealError
from upheld.core.policy.load import parse_policy
from upheld.core.proof.bundle import PolicyText, is_bundle, list_cited
from upheld.core.proof.evidence import (
    ATTESTED,
    FAILS,
    FORMAL,
    HOLDS,
    LAPSED,
    OBSERVED,
    REHEARSED,
    WORKS,
    Evidence,
    Step,
)
from upheld.core.proof.recounting import check_active, compare_observed
from upheld.core.proof.runs import Ledger, Proof
from upheld.core.proof.states import BROKEN, PARTLY, UPHELD
from upheld.core.proof.verifying import verify_bundle
from upheld.core.rights.attesting import list_statements
from upheld.core.seal.entries import read_entry, write_canonical, write_moment
from upheld.core.seal.note import make_verifier_key, public_of

GOOD = invent_bundle()
OTHER_SEED = bytes(range(1, 33))
CHANGED = SMALL.replace("30 days", "31 days")


def find_rule(proof: Proof, form: str) -> int:
    return next(rule.number for rule in proof.rules if rule.form == form)


def fail(raw: bytes, wanted: str, said: str, **others: Any) -> None:
    with pytest.raises(SealError) as refused:
        verify_bundle(raw, KEY, **others)
    assert refused.value.code == wanted, refused.value.text
    assert said in refused.value.text
    assert refused.value.hint
    # what is only judged otherwise may be of another version of this program, and the hint says of which
    assert ("verify it with the program" in refused.value.hint) == (
        "by its evidence" in said or "again, it gives" in said
    )


def test_a_bundle_shows_what_was_proven() -> None:
    found = verify_bundle(GOOD, KEY)
    assert is_bundle(GOOD[:100])
    assert (found.origin, found.key, found.is_key_trusted) == (ORIGIN, KEY, True)
    assert found.proof.count_states()[UPHELD] == 3
    assert found.policy.text == SMALL
    assert found.made.kind == "proof.made"
    assert found.recomputed == sum(any(one.kind == FORMAL for one in rule.evidence) for rule in found.proof.rules)
    assert found.lines == 1 + len(list_cited(found.proof))
    assert not verify_bundle(GOOD).is_key_trusted


def test_the_courier_s_whole_policy_verifies() -> None:
    found = verify_bundle(invent_bundle(COURIER.read_text(encoding="utf-8")), KEY)
    assert len(found.proof.rules) == len(found.policy.active_rules)
    assert found.recomputed > 50


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_fails_it(place: int, change: int) -> None:
    raw = bytes([*GOOD[:place], GOOD[place] ^ change, *GOOD[place + 1 :]])
    with pytest.raises(SealError):
        verify_bundle(raw, None, checks_cases=False)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD)), st.binary(max_size=4), st.integers(0, 4))
def test_a_byte_more_or_less_fails_it(place: int, more: bytes, left_out: int) -> None:
    raw = GOOD[:place] + more + GOOD[place + left_out :]
    if raw == GOOD:
        return
    with pytest.raises(SealError):
        verify_bundle(raw, None, checks_cases=False)


PARTS = sorted(json.loads(GOOD))


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(PARTS),
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 2**60) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_any_other_value_for_a_part_is_refused_and_never_breaks_us(part: str, value: Any) -> None:
    told = json.loads(GOOD)
    if told[part] == value:
        return
    told[part] = value
    try:
        raw = write_canonical(told) + b"\n"
    except (ValueError, UnicodeEncodeError):
        return
    with pytest.raises(SealError):
        verify_bundle(raw, None, checks_cases=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [("at", 5), ("at", ["2026"]), ("count", "7"), ("count", True), ("since", {}), ("lines", [3]), ("says", None)],
)
def test_values_of_the_wrong_sort_are_refused_even_when_the_ledger_names_them(name: str, value: Any) -> None:
    house, proof = invent_house()
    number = find_rule(proof, "collect")
    fail(house.bundle(house.prove(change_evidence(proof, number, OBSERVED, **{name: value}))), "V805", "")


def test_it_does_not_verify_with_another_key() -> None:
    other = make_verifier_key(ORIGIN, public_of(OTHER_SEED))
    with pytest.raises(SealError, match="another key than the one you trust"):
        verify_bundle(GOOD, other)
    house, proof = invent_house()
    forged = house.bundle(proof, seed=OTHER_SEED)
    assert verify_bundle(forged, other).key == other
    fail(forged, "V805", "another key")
    fail(house.bundle(proof, key=KEY, seed=OTHER_SEED), "V803", "")


def test_a_state_that_the_evidence_does_not_give_is_found() -> None:
    house, proof = invent_house()
    number = find_rule(proof, "collect")
    broken = house.prove(change_evidence(proof, number, OBSERVED, outcome=FAILS, says="a line says so"))
    assert verify_bundle(house.bundle(broken), KEY).proof.is_broken
    rules = tuple(replace(rule, state=UPHELD, why="") for rule in broken.rules)
    fail(house.bundle(replace(broken, rules=rules)), "V805", "is said to be upheld, and by its evidence it is broken")
    sentences = tuple(replace(one, state=UPHELD, why="") if one.state == BROKEN else one for one in broken.sentences)
    fail(house.bundle(replace(broken, sentences=sentences)), "V805", "by its evidence it is broken")


def test_evidence_that_is_left_out_is_missed() -> None:
    house, proof = invent_house()
    number = find_rule(proof, "share")
    less = {rule.number: [one for one in rule.evidence if one.kind != OBSERVED] for rule in proof.rules}
    partly = house.prove(less | {other: list(proof.rules[other].evidence) for other in less if other != number})
    assert verify_bundle(house.bundle(partly), KEY).proof.rules[number].state == PARTLY
    claimed = replace(partly, rules=proof.rules)
    assert verify_bundle(
        house.bundle(replace(claimed, sentences=proof.sentences)), KEY
    )  # that is the whole proof again
    lie = tuple(replace(rule, evidence=partly.rules[rule.number].evidence) for rule in proof.rules)
    fail(
        house.bundle(replace(proof, rules=lie)),
        "V805",
        "is said to be upheld, and by its evidence it is upheld in part",
    )


def test_a_second_piece_of_evidence_of_one_kind_does_not_cover_a_failure() -> None:
    house, proof = invent_house()
    number = find_rule(proof, "collect")
    evidence = {rule.number: list(rule.evidence) for rule in proof.rules}
    failing = replace(evidence[number][-1], outcome=FAILS, says="a line says so")
    evidence[number].insert(-1, failing)
    fail(house.bundle(house.prove(evidence)), "V805", "two pieces of evidence of one kind")


def test_evidence_holds_only_when_all_its_steps_do() -> None:
    house, proof = invent_house()
    number = find_rule(proof, "collect")
    for step in (Step(WORKS, "a form is sent", is_kept=False, saw="nothing came"), Step("missing", "no letters")):
        changed = house.prove(change_evidence(proof, number, REHEARSED, steps=(step,)))
        fail(house.bundle(changed), "V805", "one of its steps does not")


def test_formal_evidence_is_made_again_from_the_policy_inside() -> None:
    text = SMALL.replace("(2) never share person with anyone for sale [SH-02]", "(2) share person with anyone for sale")
    house, proof = invent_house(text)
    claim = find_rule(proof, "claim_outside")
    assert verify_bundle(house.bundle(proof), KEY).proof.rules[claim].state == BROKEN
    holds = house.prove(change_evidence(proof, claim, FORMAL, outcome=HOLDS, says="checked in all cases: 24 acts"))
    lie = house.bundle(holds)
    assert verify_bundle(lie, KEY, checks_cases=False).recomputed == 0
    fail(lie, "V805", "checked in all cases again, it gives fails")


def test_the_policy_inside_is_the_one_that_was_proven() -> None:
    house, proof = invent_house()
    other = parse_policy(CHANGED)
    fail(
        house.bundle(proof, policies=[PolicyText("2025-05-01", other.digest, other.text)]),
        "V805",
        "the policy that was proven is not in the bundle",
    )
    fail(
        house.bundle(proof, policies=[PolicyText("2025-05-01", house.policy.digest, other.text)]),
        "V805",
        "not the one of its digest",
    )
    fail(house.bundle(replace(proof, rules=proof.rules[:-1])), "V805", "other rules or sentences")
    told = replace(proof.rules[0], text="collect person.name at order for fulfil")
    fail(house.bundle(replace(proof, rules=(told, *proof.rules[1:]))), "V805", "is not in the policy")
    said = replace(proof.sentences[1], text="We sell a little.")
    sentences = (proof.sentences[0], said, *proof.sentences[2:])
    fail(house.bundle(replace(proof, sentences=sentences)), "V805", "is not in the policy")


def test_earlier_versions_come_along_and_later_ones_do_not() -> None:
    house, proof = invent_house()
    own = PolicyText("2025-05-01", house.policy.digest, house.policy.text)

    def give(version: str, slug: str = "shop") -> PolicyText:
        policy = parse_policy(SMALL.replace("2025-05-01", version).replace("policy: shop", f"policy: {slug}"))
        return PolicyText(version, policy.digest, policy.text)

    found = verify_bundle(house.bundle(proof, policies=[own, give("2024-01-01"), give("2023-01-01")]), KEY)
    assert [policy.version.isoformat() for policy in found.earlier] == ["2023-01-01", "2024-01-01"]
    fail(house.bundle(proof, policies=[own, give("2026-01-01")]), "V805", "a later version")
    fail(house.bundle(proof, policies=[own, give("2024-01-01", "stall")]), "V805", "not versions of one policy")
    fail(house.bundle(proof, policies=[own, own]), "V805", "not versions of one policy")
    fail(house.bundle(proof, policies=[]), "V805", "not in the bundle")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ({"digest": "a" * 64}, "V805", "not the one that the ledger names"),
        ({"policy": "a" * 64}, "V806", "of another policy than the proof"),
        ({"code": "a" * 64}, "V806", "of another code than the proof"),
        ({"version": "2024-05-01"}, "V806", "of another version than the proof"),
        ({"upheld": 9}, "V805", "counts other states"),
        ({"outcome": "failed"}, "V805", "what it does not say itself"),
    ],
)
def test_the_line_of_the_ledger_has_to_name_this_proof(line: dict[str, Any], code: str, said: str) -> None:
    house, proof = invent_house()
    fail(house.bundle(proof, line=line), code, said)


def test_lines_that_are_missing_or_nobody_rests_on_are_found() -> None:
    house, proof = invent_house()
    number = find_rule(proof, "collect")
    fail(house.bundle(proof, more=("e_000000000",)), "V805", ["", "the proof does not rest on"][1])
    stray = house.prove(change_evidence(proof, number, OBSERVED, lines=("e_999999999",)))
    fail(house.bundle(stray), "V805", "rests on line `e_999999999`, which is not in the bundle")
    step = house.prove(change_evidence(proof, number, REHEARSED, steps=(Step(WORKS, "done", lines=("e_999999999",)),)))
    fail(house.bundle(step), "V805", "which is not in the bundle")
    fail(house.bundle(proof, made="e_000000001"), "V805", "")


def test_lines_lead_to_the_root_that_was_signed() -> None:
    house, proof = invent_house()
    told = json.loads(house.bundle(proof))
    for change in (
        lambda line: line | {"place": line["place"] + 1},
        lambda line: line | {"path": line["path"][1:]},
        lambda line: line | {"entry": line["entry"].replace("case.taken", "case.closed")},
    ):
        lines = list(told["lines"])
        lines[0] = change(lines[0])
        lines.sort(key=lambda line: line["place"])
        with pytest.raises(SealError):
            verify_bundle(write_canonical(told | {"lines": lines}) + b"\n", KEY)
    turned = write_canonical(told | {"lines": told["lines"][::-1]}) + b"\n"
    fail(turned, "V805", "do not stand in their order")


def test_the_ledger_that_was_looked_at_is_the_beginning_of_the_one_that_was_signed() -> None:
    house, proof = invent_house()
    other = replace(proof, ledger=Ledger(ORIGIN, proof.ledger.size, "ab" * 32))
    fail(house.bundle(other), "V805", "not the beginning of the one that was signed")
    fail(house.bundle(replace(proof, ledger=Ledger("upheld/stall", 3, "ab" * 32))), "V805", "another ledger")
    fail(house.bundle(proof, consistency=()), "V805", "not the beginning of the one that was signed")
    fail(house.bundle(replace(proof, ledger=Ledger("", 5, ""))), "V805", "not in which ledger")
    whole = house.log.size + 2
    late = replace(proof, ledger=Ledger(ORIGIN, whole, ""))
    fail(house.bundle(late, consistency=()), "V805", "not the beginning")


EARLY, LATE = write_moment(BEGAN - timedelta(seconds=1)), write_moment(ENDED + timedelta(seconds=1))


@pytest.mark.parametrize("kind", [FORMAL, REHEARSED, OBSERVED])
@pytest.mark.parametrize("at", [EARLY, LATE, "", "yesterday"])
def test_evidence_of_another_time_than_the_proof_is_refused(kind: str, at: str) -> None:
    house, proof = invent_house()
    changed = house.prove(change_evidence(proof, find_rule(proof, "collect"), kind, at=at))
    with pytest.raises(SealError) as refused:
        verify_bundle(house.bundle(changed), KEY)
    assert refused.value.code == ("V805" if at == "yesterday" else "V806")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"since": EARLY, "until": write_moment(BEGAN - timedelta(days=1))}, "ends before it begins"),
        ({"until": LATE}, "a time that had not come"),
        ({"count": -1}, "counts less than nothing"),
    ],
)
def test_periods_and_counts_make_sense(changes: dict[str, Any], said: str) -> None:
    house, proof = invent_house()
    fail(
        house.bundle(house.prove(change_evidence(proof, find_rule(proof, "collect"), OBSERVED, **changes))),
        "V805",
        said,
    )


def test_a_line_that_came_after_the_look_is_no_evidence() -> None:
    house, proof = invent_house()
    late = house.write("case.taken", BEGAN)
    changed = change_evidence(proof, find_rule(proof, "collect"), OBSERVED, lines=(late,))
    fail(house.bundle(house.prove(changed, ledger=proof.ledger)), "V805", "names a line that had not been written")
    after = house.write("case.taken", ENDED + timedelta(seconds=5))
    changed = change_evidence(proof, find_rule(proof, "collect"), OBSERVED, lines=(after,))
    fail(house.bundle(house.prove(changed)), "V805", "names a line that had not been written")


def test_moments_of_the_proof_stand_in_their_order() -> None:
    house, proof = invent_house()
    fail(house.bundle(proof, at=ENDED - timedelta(seconds=1)), "V805", "after the line that names it")
    fail(house.bundle(replace(proof, began=LATE)), "V805", "ended before it began")
    fail(house.bundle(replace(proof, began="2026-11-20")), "V805", "does not say when it was made")
    old = house.prove({}, began="2025-04-30T10:00:00Z", ended="2025-04-30T10:00:40Z")
    fail(house.bundle(old), "V806", "older than the version of 2025-05-01")


def test_older_evidence_and_evidence_for_something_else_are_refused() -> None:
    assert verify_bundle(GOOD, KEY, policy_text=SMALL, code=CODE, newest=write_moment(BEGAN))
    assert verify_bundle(GOOD, KEY, policy_text=SMALL.replace("\n", "\r\n"))
    fail(GOOD, "V806", "another text of the policy", policy_text=CHANGED)
    fail(GOOD, "V806", "another text of the policy", policy_text="no policy")
    fail(GOOD, "V806", "another program", code="a" * 64)
    fail(GOOD, "V806", "older than 2026-11-20T09:00:01Z", newest=write_moment(BEGAN + timedelta(seconds=1)))


def test_what_somebody_vouches_for_may_run_on_and_may_have_run_out() -> None:
    text = SMALL.replace("(4) state", '(4) attest "we mean well" by office every 365 days')
    house, proof = invent_house(text)
    number = find_rule(proof, "attest")
    assert verify_bundle(house.bundle(proof), KEY).proof.rules[number].state == "attested"
    changed = change_evidence(proof, number, ATTESTED, outcome=LAPSED, says="it ran out", at="")
    assert verify_bundle(house.bundle(house.prove(changed)), KEY).proof.rules[number].state == "expired"


def test_nobody_is_said_to_vouch_without_enough_signatures_of_these_words() -> None:
    text = SMALL.replace("(4) state", '(4) attest "we mean well" by office every 365 days, signed by 2')
    house, proof = invent_house(text)
    number = find_rule(proof, "attest")
    told = next(one for one in proof.rules[number].evidence if one.kind == ATTESTED)
    statement = list_statements(house.policy)[0]
    said = {"role": "office", "digest": statement.digest, "until": BEGAN + timedelta(days=300)}
    twice = tuple(house.write("attestation.signed", BEGAN - timedelta(days=1), by="s_1", **said) for _ in range(2))
    others = [house.write("attestation.signed", BEGAN, by=f"s_{one}", **said | {"digest": "e" * 64}) for one in (1, 2)]
    short = [house.write("attestation.signed", BEGAN, by=f"s_{one}", **said | {"until": BEGAN}) for one in (1, 2)]
    signing = [house.write("case.taken", BEGAN) for _ in range(2)]
    assert verify_bundle(house.bundle(proof), KEY)
    for lines, words in (
        ((), "2 have to vouch"),
        (twice, "2 have to vouch"),
        (told.lines[:1], "2 have to vouch"),
        (tuple(others), "no signature of this statement"),
        (tuple(signing), "no signature of this statement"),
        (tuple(short), "does not last"),
    ):
        forged = house.prove(change_evidence(proof, number, ATTESTED, lines=lines))
        fail(house.bundle(forged), "V805", words)


def test_a_checkpoint_kept_from_before_shows_a_fork() -> None:
    house, proof = invent_house()
    raw = house.bundle(proof)
    assert verify_bundle(raw, KEY, older=[house.note()])
    other = House(house.policy)
    while other.log.size < house.log.size:
        other.write("staff.closed", BEGAN)
    fail(raw, "V805", "the ledger was forked", older=[other.note()])


def test_observed_counts_are_held_against_the_whole_ledger() -> None:
    proof = verify_bundle(GOOD, KEY).proof
    again = {rule.number: one for rule in proof.rules for one in rule.evidence if one.kind == OBSERVED}
    assert compare_observed(proof, again) == len(again)
    number = find_rule(proof, "collect")
    for change, said in (
        ({"count": 2}, "counts 1 in the ledger, and there are 2"),
        ({"lines": ()}, "rests on other lines"),
        ({"since": ""}, "another period"),
    ):
        with pytest.raises(SealError, match=said):
            compare_observed(proof, again | {number: replace(again[number], **change)})
    with pytest.raises(SealError, match="has a line against it"):
        compare_observed(proof, again | {number: replace(again[number], outcome=FAILS)})
    with pytest.raises(SealError, match="shows nothing of it"):
        compare_observed(proof, {})
    with pytest.raises(SealError, match="has a line against it"):
        compare_observed(proof, again | {find_rule(proof, "claim_outside"): Evidence(OBSERVED, FAILS, "a line")})


def test_an_earlier_text_that_was_never_in_force_is_found_in_the_ledger() -> None:
    house, _ = invent_house()
    lines = [read_entry(house.texts[house.write("policy.active", BEGAN, version="2025-05-01", digest="a" * 64)])]
    with pytest.raises(SealError, match="not the one that the ledger says was in force"):
        check_active([house.policy], lines)
    good = house.write("policy.active", BEGAN, version="2025-05-01", digest=house.policy.digest)
    check_active([house.policy], [read_entry(house.texts[good])])
