"""A proof on a terminal: gaps first, each with why and where; all sentences only when somebody asks for them."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.core.proof.invented import invent_house
from upheld.core.proof.evidence import FAILS, OBSERVED, Evidence
from upheld.core.proof.runs import Proof
from upheld.core.proof.sheet import describe_proof, print_proof, summarise_proof


def make_gaps() -> Proof:
    """A proof with a rule that is broken by a line, one without its rehearsal, and a fault of the look."""
    house, proof = invent_house()
    evidence = {rule.number: list(rule.evidence) for rule in proof.rules}
    share = next(rule.number for rule in proof.rules if rule.form == "never_share")
    evidence[share].append(
        Evidence(
            OBSERVED,
            FAILS,
            "data went to somebody",
            count=5,
            at=proof.began,
            lines=tuple(f"e_{n:09d}" for n in range(5)),
        )
    )
    choice = next(rule.number for rule in proof.rules if rule.form == "choice_is")
    evidence[choice] = evidence[choice][:1]
    return house.prove(evidence, faults=("the clock was set back",))


def test_gaps_come_first_and_say_why_and_where() -> None:
    printed = print_proof(make_gaps(), 100, shows_all=False)
    lines = printed.splitlines()
    assert lines[0] == (
        "shop 2025-05-01: 1 fault of the look itself; 1 upheld, 1 stated, 1 upheld in part, 1 broken; 4 sentences, 10 rules"
    )
    assert printed.index("FAULT  the clock was set back") < printed.index("BROKEN") < printed.index("upheld in part  ")
    assert "observed: data went to somebody" in printed
    assert "in the ledger: e_000000000, e_000000001, e_000000002 and 2 more" in printed
    assert "“We sell nothing.”" in printed
    assert "is missing" in printed
    assert "We take orders." not in printed
    assert all(len(line) <= 100 for line in lines[1:])


def test_all_sentences_stand_there_when_asked_for() -> None:
    printed = print_proof(make_gaps(), 100, shows_all=True)
    assert "upheld            shop#what-we-promise.1  We take orders." in printed
    assert "stated" in printed
    narrow = print_proof(make_gaps(), 10, shows_all=True).splitlines()
    assert all(len(line) <= 60 for line in narrow[1:])


def test_what_holds_whole_says_so_in_one_line() -> None:
    _, proof = invent_house()
    assert summarise_proof(proof) == "shop 2025-05-01: 3 upheld, 1 stated; 4 sentences, 10 rules"
    assert "no ledger" in print_proof(replace(proof, ledger=replace(proof.ledger, origin="")), 100, shows_all=False)


def test_as_json_it_has_everything() -> None:
    proof = make_gaps()
    told = json.loads(json.dumps(describe_proof(proof)))
    assert told["broken"] is True
    assert told["states"]["upheld in part"] == 1
    assert len(told["rules"]) == len(proof.rules)
    assert told["rules"][0]["evidence"][0]["kind"] == "formal"
