"""What each clause came to: by the rules that cite it and fit it; one that does not fit adds nothing and hides nothing."""

from __future__ import annotations

import json

import pytest

from tests.core.proof.invented import SMALL, House, change_evidence, invent_house
from upheld.core.errors import RegisterError, SealError
from upheld.core.policy.load import parse_policy
from upheld.core.proof.evidence import FAILS, FORMAL, IDLE, OBSERVED, REHEARSED
from upheld.core.proof.runs import Proof
from upheld.core.proof.states import BROKEN, PARTLY, STATED, UNPROVEN, UNUSED, UPHELD
from upheld.core.proof.tally import COLUMNS, MISSING, ClauseProof, ProvenCoverage, judge_clauses
from upheld.core.proof.tally_sheet import describe_proven, print_proven, write_section
from upheld.core.register.clauses import Clause

TEXT = (
    SMALL.replace("(1) keep person 30 days", "(1) keep person 30 days [SH-03]")
    .replace(
        "(2) claim nobody outside gets person for sale", "(2) claim nobody outside gets person for sale [SH-02 SH-03]"
    )
    .replace("if requested", "if requested [SH-04]")
    .replace("(4) state", "(4) state [SH-05]")
)


def make_clause(number: int, kind: str, modality: str, policy: str = "shop") -> Clause:
    return Clause(f"SH-0{number}", policy, kind, (), modality, "M", "be kept", "", ())


CLAUSES = (
    make_clause(1, "collect", "MAY"),
    make_clause(2, "never-disclose", "MUST NOT"),
    make_clause(3, "retain", "MUST"),
    make_clause(4, "disclose-to", "MAY"),
    make_clause(5, "statement-only", "STATE"),
    make_clause(6, "breach-notify", "MUST"),
)


def judge(house: House, proof: Proof) -> dict[str, ClauseProof]:
    return {one.clause.id: one for one in judge_clauses(house.policy, CLAUSES, proof).clauses}


def find(proof: Proof, form: str) -> int:
    return next(rule.number for rule in proof.rules if rule.form == form)


def test_a_clause_comes_to_what_its_rules_do() -> None:
    house, proof = invent_house(TEXT)
    found = judge(house, proof)
    assert {name: one.state for name, one in found.items()} == {
        "SH-01": UPHELD,
        "SH-02": UPHELD,
        "SH-03": UPHELD,
        "SH-04": UPHELD,
        "SH-05": STATED,
        "SH-06": MISSING,
    }
    assert found["SH-06"].why.startswith("missing: no rule cites it")
    assert found["SH-02"].rules == (find(proof, "never_share"), find(proof, "claim_outside"))
    assert found["SH-03"].rules == (find(proof, "keep"),), "a claim about giving out says nothing of keeping"


def test_a_rule_of_it_that_is_not_shown_shows() -> None:
    house, proof = invent_house(TEXT)
    number = find(proof, "never_share")
    evidence = {rule.number: [one for one in rule.evidence if rule.number != number] for rule in proof.rules}
    found = judge(house, house.prove(evidence))["SH-02"]
    assert found.state == PARTLY, "its claim still holds"
    assert "the rehearsal is missing" in found.why
    claim = find(proof, "claim_outside")
    assert judge(house, house.prove(evidence | {claim: []}))["SH-02"].state == UNPROVEN


def test_a_permission_that_is_never_used_is_not_upheld() -> None:
    house, proof = invent_house(TEXT)
    number = find(proof, "share")
    idle = house.prove(change_evidence(proof, number, OBSERVED, outcome=IDLE, says="it never happened", count=0))
    evidence = change_evidence(idle, number, REHEARSED, outcome=IDLE, says="nothing does this", steps=())
    found = judge(house, house.prove(evidence))["SH-04"]
    assert (found.state, found.is_green) == (UNUSED, False)


def test_what_is_broken_breaks_each_clause_that_the_rule_names_also_one_that_it_does_not_fit() -> None:
    house, proof = invent_house(TEXT)
    number = find(proof, "claim_outside")
    broken = house.prove(change_evidence(proof, number, FORMAL, outcome=FAILS, says="an act shows it"))
    found = judge(house, broken)
    assert (found["SH-02"].state, found["SH-02"].why) == (BROKEN, "an act shows it")
    assert found["SH-03"].state == BROKEN


def make_mixed() -> ProvenCoverage:
    house, proof = invent_house(TEXT)
    changed = change_evidence(proof, find(proof, "collect"), OBSERVED, outcome=FAILS, says="a line | goes against it")
    return judge_clauses(house.policy, CLAUSES, house.prove(changed, faults=("the clock was set back",)))


def test_clauses_are_counted_by_modality_and_by_layer_and_gaps_come_first() -> None:
    proven = make_mixed()
    modalities = {tally.name: dict(zip(COLUMNS, tally.states, strict=True)) for tally in proven.count_by_modality()}
    assert list(modalities) == ["MUST and MUST NOT", "MAY", "STATE"]
    assert {state: n for state, n in modalities["MUST and MUST NOT"].items() if n} == {UPHELD: 2, MISSING: 1}
    assert {state: n for state, n in modalities["MAY"].items() if n} == {UPHELD: 1, BROKEN: 1}
    assert [(tally.name, tally.clauses) for tally in proven.count_by_layer()] == [("plain", 5), ("none", 1)]
    assert sum(proven.count_all().states) == proven.count_all().clauses == 6
    assert [one.clause.id for one in proven.list_open()] == ["SH-01", "SH-06"]
    assert not proven.is_kept


def test_the_table_the_values_and_the_page_say_the_same() -> None:
    proven = make_mixed()
    printed = print_proven(proven, 200)
    assert printed.startswith(
        "shop 2025-05-01: 3 of 6 clauses upheld (1 stated, 1 broken, 1 missing), as of 2026-11-20T09:00:40Z\n"
    )
    assert "FAULT  the clock was set back" in printed
    assert "SH-01 · collect · MAY · BROKEN\n    a line | goes against it" in printed
    told = json.loads(json.dumps(describe_proven(proven)))
    assert told["kept"] is False
    assert told["all"] | {"name": "all", "upheld": 3} == told["all"]
    assert {one["id"]: one["state"] for one in told["clauses"]}["SH-06"] == "missing"
    page = "\n".join(write_section(proven))
    assert "| SH-01 | MAY | broken | a line \\| goes against it |" in page
    assert "| MAY | 2 | 1 |" in page


def test_a_proof_of_another_text_or_a_policy_without_clauses_is_refused() -> None:
    house, proof = invent_house(TEXT)
    with pytest.raises(SealError, match="V806 the proof is for another text"):
        judge_clauses(parse_policy(TEXT.replace("30 days", "31 days")), CLAUSES, proof)
    with pytest.raises(RegisterError, match="R505"):
        judge_clauses(house.policy, [make_clause(1, "collect", "MAY", "stall")], proof)
