"""Why the gate answered as it did, and what would change it: the sentences, the summary, and ways that really open."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.policy.conftest import ROOT
from upheld.core.gate import Act, Gate, parse_act, parse_facts
from upheld.core.gate.act import PERMITTED, REFUSED, SILENT
from upheld.core.gate.explain import (
    MOST_WAYS,
    Explanation,
    explain_act,
    facts_of,
    find_ways,
    question_fact,
    say_changes,
)
from upheld.core.policy.compile import ACTIONS, COUNTERPART_SORT, compile_policy
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.load import load_policy
from upheld.core.policy.model import NO_COUNTERPART, Degree


@cache
def open_courier() -> Gate:
    return Gate(compile_policy(load_policy(ROOT / "policies" / "lasership" / "2016-10-03.policy.md")))


def explain(act: str, facts: str = "") -> Explanation:
    gate = open_courier()
    return explain_act(gate, parse_act(act, gate.table.words), parse_facts(facts, gate.table))


def add_facts(facts: dict[str, bool | None], way: frozenset[str]) -> dict[str, bool | None]:
    """The facts with those of a way put over them; a yes to a choice is the whole answer."""
    table = open_courier().table
    found = dict(facts)
    for fact in way:
        name = fact.removeprefix("not ")
        first, _, choice = name.partition(" ")
        if first in ("chosen", "refused") and not fact.startswith("not "):
            found |= answer_choice(choice, "yes" if first == "chosen" else "no", table.choices[choice])
        else:
            found[name] = not fact.startswith("not ")
    return found


# --- what is said ---


def test_a_refusal_names_its_sentence_rule_and_clauses() -> None:
    told = explain('share person.email with "a list broker" for fulfil')
    assert told.verdict.outcome == REFUSED
    assert told.sentences[0].ref == "lasership#whom-we-give-it-to.4"
    assert "the carrier gets what it takes to deliver" in told.sentences[0].text
    assert told.rule.startswith("(1) never share anything with anyone for fulfil unless requested or permitted")
    assert "LS-26" in told.clauses


def test_a_permission_says_whether_something_had_to_be_known() -> None:
    assert explain("use person for fulfil").summary == "Permitted: the policy says so."
    told = explain("share addressee.address with carriers for fulfil", "requested")
    assert told.verdict.outcome == PERMITTED
    assert told.summary == "Permitted: the policy says so, and what it asks for is known."
    assert told.changes == ()


def test_silent_is_told_apart_from_refused() -> None:
    silent = explain("collect person.age at registration for fulfil")
    assert silent.verdict.outcome == SILENT
    assert silent.sentences == ()
    assert silent.rule == ""
    assert "says nothing about this" in silent.summary
    assert "gap" in silent.summary
    refused = explain("use person for sale")
    assert refused.verdict.outcome == REFUSED
    assert refused.sentences
    assert "gap" not in refused.summary


@pytest.mark.parametrize(
    ("act", "facts", "summary"),
    [
        ("use person for sale", "", "Refused: the policy rules this out."),
        ("use person.email for marketing.offer", "", "Refused: the policy rules this out, as things stand."),
        ("show person to dispatch for fulfil", "not granted", "Refused: the policy permits it only under conditions that are not known to hold."),
        ("show anything to dispatch for fulfil", "", "Refused: the policy permits a part of this at most, and all of it was asked."),
    ],
)  # fmt: skip
def test_a_refusal_says_of_what_kind_it_is(act: str, facts: str, summary: str) -> None:
    assert explain(act, facts).summary == summary


def test_when_several_permissions_fail_all_their_sentences_are_there() -> None:
    told = explain("show person.email to customer-service for fulfil", "not granted")
    assert [sentence.ref for sentence in told.sentences] == list(told.verdict.because)


def test_showing_is_answered_category_by_category() -> None:
    told = explain("show person.name, sign-in.password to self")
    assert told.verdict.outcome == SILENT
    assert [(data, part.outcome) for data, part in told.verdict.parts] == [
        ("person.name", PERMITTED),
        ("sign-in.password", SILENT),
    ]


def test_sharing_is_all_or_nothing() -> None:
    told = explain("share addressee.address, person.email with carriers for fulfil", "requested")
    assert told.verdict.outcome == REFUSED
    assert told.verdict.parts == ()


# --- what would change it ---


def test_what_is_missing_is_said_in_plain_words() -> None:
    assert explain("use person.email for marketing.offer").changes == (
        "you said yes to offers, news and other information by e-mail",
    )


def test_what_is_known_already_is_not_asked_for_again() -> None:
    told = explain("share person with successor for merger", "merging")
    assert told.changes[0] == "you were told before"


def test_nothing_changes_what_is_ruled_out_in_all_cases() -> None:
    assert explain("use person for sale", "permitted, marketing yes").changes == ()


def test_the_shortest_ways_come_first_and_there_are_few() -> None:
    gate = open_courier()
    act = parse_act("share person with authorities for legal", gate.table.words)
    ways = find_ways(gate, act, {})
    assert [len(way) for way in ways] == sorted(len(way) for way in ways)
    assert len(ways) > MOST_WAYS
    assert len(say_changes(gate, act, {})) == MOST_WAYS


def test_a_way_may_ask_that_something_known_is_otherwise() -> None:
    told = explain("use service.shipment for improve", "expired")
    assert told.changes == ("the time of keeping is not over",)


@st.composite
def draw_question(draw: st.DrawFn) -> tuple[Act, dict[str, bool | None]]:
    """Any act in the courier's words, and some facts."""
    table = open_courier().table
    words = table.words
    action = draw(st.sampled_from(ACTIONS))
    data = draw(
        st.lists(st.sampled_from([*words.of_sort("data"), '"a shoe size"']), min_size=1, max_size=2, unique=True)
    )
    purpose = draw(st.sampled_from(["", '"a new idea"', *words.of_sort("purpose")]))
    counterpart = NO_COUNTERPART
    if action in COUNTERPART_SORT:
        counterpart = draw(st.sampled_from([*table.cells[action][2], '"nobody named"']))
    degree = draw(st.sampled_from([Degree("identified"), Degree("pseudonymous"), Degree("aggregate", 10)]))
    act = Act(action, tuple(data), purpose, counterpart, degree)
    facts: dict[str, bool | None] = {}
    for choice, mode in table.choices.items():
        facts |= answer_choice(choice, draw(st.sampled_from(["yes", "no", "unasked", "unknown"])), mode)
    for fact in draw(st.lists(st.sampled_from(list(facts_of(open_courier(), act)) or ["told"]), max_size=4)):
        if not fact.startswith(("chosen ", "refused ")):
            facts[fact] = draw(st.booleans())
    return act, facts


@given(draw_question())
@settings(max_examples=100)
def test_each_way_opens_what_was_refused(question: tuple[Act, dict[str, bool | None]]) -> None:
    act, facts = question
    gate = open_courier()
    verdict = gate.ask(act, facts)
    ways = find_ways(gate, act, facts)
    if verdict.is_permitted:
        assert frozenset() not in ways
        return
    for way in ways:
        assert gate.ask(act, add_facts(facts, way)).is_permitted, way


@given(draw_question())
@settings(max_examples=100)
def test_what_no_facts_can_open_has_no_way(question: tuple[Act, dict[str, bool | None]]) -> None:
    act, facts = question
    gate = open_courier()
    if find_ways(gate, act, facts) or gate.ask(act, facts).is_permitted:
        return
    everything = {fact: True for fact in gate.table.facts.names if not fact.startswith("refused ")}
    best = {**everything, "expired": False, "known minor": False} | {f"refused {c}": False for c in gate.table.choices}
    assert not gate.ask(act, best).is_permitted


@given(draw_question())
@settings(max_examples=100)
def test_an_explanation_is_whole_and_holds_no_words_of_ours(question: tuple[Act, dict[str, bool | None]]) -> None:
    act, facts = question
    told = explain_act(open_courier(), act, facts)
    assert told.summary.endswith(".")
    assert len(told.changes) == len(set(told.changes)) <= MOST_WAYS
    assert "(not named)" not in " ".join((told.act, told.summary, told.rule, *told.changes))
    assert bool(told.sentences) == (told.verdict.outcome != SILENT)


# --- which facts matter ---


def test_only_the_facts_that_can_matter_are_asked_for() -> None:
    gate = open_courier()
    act = parse_act("use person.email for marketing.offer", gate.table.words)
    assert set(facts_of(gate, act)) == {"expired", "chosen marketing", "refused marketing"}
    assert facts_of(gate, parse_act("collect person.age at registration for fulfil", gate.table.words)) == ()


@given(draw_question(), st.data())
@settings(max_examples=100)
def test_other_facts_never_change_the_verdict(
    question: tuple[Act, dict[str, bool | None]], more: st.DataObject
) -> None:
    act, facts = question
    gate = open_courier()
    others = sorted(set(gate.table.facts.names) - set(facts_of(gate, act)))
    fact = more.draw(st.sampled_from(others))
    for value in (True, False, None):
        assert gate.ask(act, {**facts, fact: value}) == gate.ask(act, facts)


def test_a_fact_is_asked_for_in_plain_words() -> None:
    assert question_fact(open_courier(), "told") == "you were told before"
