"""What people read about a rule: plain sentences, every name by its label, nothing of our own workings."""

from __future__ import annotations

import csv
import re
from functools import cache

import pytest

from tests.core.policy.conftest import PAIRS, ROOT
from upheld.core.errors import Finding
from upheld.core.policy.builtin import BUILT_IN
from upheld.core.policy.compile import number_facts
from upheld.core.policy.forms import FORMS
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import OTHER, Policy, Rule
from upheld.core.policy.reading.parse import RuleParser
from upheld.core.policy.saying import phrases
from upheld.core.policy.saying.rules import say_fact, say_name, say_rule, say_time
from upheld.core.policy.words import print_body

COURIER = ROOT / "policies" / "lasership" / "2016-10-03.policy.md"


@cache
def read_kinds() -> tuple[Policy, tuple[Rule, ...]]:
    """The shared words, and a rule of every line of kinds.csv."""
    policy = load_policy(PAIRS / "kinds.policy.md")
    parser = RuleParser(policy.words)
    with (PAIRS / "kinds.csv").open(encoding="utf-8", newline="") as file:
        lines = dict.fromkeys(row["line"] for row in csv.DictReader(file))
    rules = [parser.parse_line(line, "kinds.csv", 1) for line in lines]
    return policy, tuple(rule for rule in rules if not isinstance(rule, Finding))


@cache
def read_courier() -> Policy:
    return load_policy(COURIER)


def read_sayings() -> list[tuple[str, str]]:
    """Lines over the courier's words, each with how it has to be said."""
    with (PAIRS / "say.csv").open(encoding="utf-8", newline="") as file:
        return [(row["line"], row["said"]) for row in csv.DictReader(file)]


def say_line(line: str, policy: Policy) -> str:
    rule = RuleParser(policy.words).parse_line(line, "line", 1)
    assert isinstance(rule, Rule), rule
    return say_rule(rule, policy)


def say_all() -> list[tuple[str, str]]:
    """Each rule we have, as (its line, how it is said)."""
    kinds, rules = read_kinds()
    courier = read_courier()
    said = [(print_body(rule), say_rule(rule, kinds)) for rule in rules]
    return said + [(rule.text, say_rule(rule, courier)) for rule in courier.rules]


def test_every_form_of_the_language_is_said() -> None:
    kinds, rules = read_kinds()
    assert {rule.form for rule in rules if say_rule(rule, kinds)} == set(FORMS)


@pytest.mark.parametrize(("line", "said"), read_sayings())
def test_a_rule_reads_as_a_plain_sentence(line: str, said: str) -> None:
    assert say_line(line, read_courier()) == said


def find_flaw(said: str) -> str | None:
    """What is wrong with a saying, or None."""
    flaws = {
        "it begins small": not re.match(r"[A-Z“]", said),
        "it does not end with a full stop": not re.search(r"(\.|[.!?]”)$", said) or said.endswith(".."),
        "a name of ours stands in it": "_" in said or OTHER in said or "None" in said,
        "a name of the declarations stands in it": re.search(r"[a-z]\.[a-z]", said),
        "a part is missing": re.search(r"  | [,.;:]|,,|\(\)", said),
        "the verb does not fit": re.search(r"\b(details|messages|orders|answers) (is|has)\b", said),
        "a quote is open": said.count("“") != said.count("”"),
    }
    return next((flaw for flaw, is_found in flaws.items() if is_found), None)


def test_a_saying_is_whole_and_holds_nothing_of_our_workings() -> None:
    assert [(line, said, flaw) for line, said in say_all() if (flaw := find_flaw(said))] == []


@pytest.mark.parametrize(
    "said", ["we do.", "We do", "We do..", "We keep person.email.", "We keep  it.", "We keep “it.", "Our orders is."]
)
def test_a_flaw_of_a_saying_is_found(said: str) -> None:
    assert find_flaw(said)


def test_rules_that_differ_are_said_differently() -> None:
    kinds, rules = read_kinds()
    said: dict[str, set[str]] = {}
    for rule in rules:
        said.setdefault(say_rule(rule, kinds), set()).add(print_body(rule))
    assert {text: lines for text, lines in said.items() if len(lines) > 1} == {}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("share person with carriers for fulfil", "share person with carriers for fulfil, once"),
        ("use person identified for fulfil", "use person for fulfil"),
        ("never use person identified", "never use person"),
        ("never use person pseudonymous", "never use person identified"),
        ("protect visit by backup", "protect visit by backup at order"),
        ("bind carriers by contract", "bind carriers by contract, renewed every 365 days"),
        ("bind carriers by contract", "bind carriers by contract for fulfil"),
        ('attest "it is so" by dispatch every 30 days', 'attest "it is so" by dispatch every 30 days, signed by 2'),
        ("answer access requests within 3 days", "answer access requests about visit within 3 days"),
        ("keep visit 3 days", "keep visit 3 days for legal"),
        ("delay telling customers when order, reviewed every 3 days", "delay telling customers when answer, reviewed every 3 days"),
        ("use person but person.zip for fulfil", "use person for fulfil"),
        ("allow forums at home", "allow forums at home, up to 3"),
        ("choice marketing is opt-in per recipient, asked at order", "choice marketing is opt-in, asked at order"),
    ],
)  # fmt: skip
def test_no_part_of_a_rule_is_left_unsaid(one: str, two: str) -> None:
    assert say_line(one, read_courier()) != say_line(two, read_courier())


BARE = """---
policy: bare
business: Bare
title: Bare
version: 2026-01-01
surface: web
data: {person: {first-name: user.name, sign-in: user.account}, mail-log: x.log, visit: x.visit}
purposes: {marketing: {first-offer: marketing}, visit: analytics}
recipients: {list brokers: third-party}
roles: [front-desk]
touchpoints: {trade-fair: /fair, visit: every page}
places: {canada: ca, united states: us, old archive: x}
regions: [new york]
choices: {news: , offers: our offers}
mail: {first offer: marketing.first-offer, bits of news: marketing.first-offer}
events: {order is closed: a clerk says so, order: somebody orders, visit: }
grounds: {subpoena: , court order: a court asks}
facts: {paid: "act: the bill is paid", odd: act}
labels: {visit: the log of your visit, touchpoint trade-fair: where we meet}
---

# Bare

One.

```rules
state
```
"""


@pytest.mark.parametrize(
    ("name", "sort", "said"),
    [
        ("person.first-name", "data", "person first name"),
        ("person.sign-in", "data", "person sign-in"),
        ("visit", "data", "the log of your visit"),
        ("visit", "purpose", "visit"),  # the label belongs to the data of that name
        ("visit", "touchpoint", "at visit"),
        ("trade-fair", "touchpoint", "where we meet"),
        ("every form", "touchpoint", "on every form"),
        ("front-desk", "role", "our front desk"),
        ("list brokers", "recipient", "the list brokers"),
        ("canada", "place", "Canada"),
        ("united states", "place", "the United States"),
        ("old archive", "place", "the old archive"),
        ("new york", "region", "New York"),
        ("news", "choice", "news"),
        ("offers", "choice", "our offers"),
        ("first offer", "mail", "the first offer"),
        ("order is closed", "event", "the order is closed"),
        ("order", "event", "somebody orders"),
        ("visit", "event", "visit"),
        (OTHER, "data", "data that the policy does not name"),
        (OTHER, "recipient", "anybody else"),
        (OTHER, "place", "elsewhere"),
        ("here", "place", "our own store"),
        ("self", "role", "you"),
        ("anyone", "role", "anyone else"),
    ],
)
def test_a_name_without_a_label_falls_back_to_plain_words(name: str, sort: str, said: str) -> None:
    assert say_name(name, sort, parse_policy(BARE).words) == said


@pytest.mark.parametrize(
    ("value", "said", "every"),
    [
        ("2555 days", "7 years (2555 days)", "7 years (2555 days)"),
        ("365 days", "1 year (365 days)", "year (365 days)"),
        ("24 months", "2 years (24 months)", "2 years (24 months)"),
        ("30 days", "30 days", "30 days"),
        ("1 days", "1 day", "day"),
        ("1 business days", "1 business day", "business day"),
        ("0 days", "0 days", "0 days"),
        ("72 hours", "72 hours", "72 hours"),
        ("before the change is binding", "before the change is binding", "before the change is binding"),
    ],
)
def test_a_time_is_said_as_people_say_it(value: str, said: str, every: str) -> None:
    assert say_time(value) == said
    assert say_time(value, every=True) == every


@pytest.mark.parametrize("policy", [read_courier(), read_kinds()[0], parse_policy(BARE)], ids=lambda p: p.slug)
def test_every_fact_and_its_opposite_is_a_clause(policy: Policy) -> None:
    for fact in number_facts(policy).names:
        for is_so in (True, False):
            said = say_fact(fact, policy, is_so=is_so)
            assert said, fact
            assert not re.search(r"_|\.$|^[A-Z]", said), said
        assert say_fact(fact, policy) != say_fact(fact, policy, is_so=False)


def test_one_person_agrees_and_two_agree() -> None:
    courier = read_courier()
    assert say_fact("approved by 1 of privacy-desk", courier) == "1 person of the privacy desk has agreed"
    assert say_fact("approved by 2 of privacy-desk", courier) == "2 people of the privacy desk have agreed"


def test_the_opposite_of_each_sort_of_fact_is_said_plainly() -> None:
    kinds, courier = read_kinds()[0], read_courier()
    assert set(phrases.FACTS) == set(phrases.FACTS_DENIED)
    assert say_fact("living in utah", kinds, is_so=False) == "you do not live in Utah"
    assert say_fact("refused marketing", courier, is_so=False).startswith("you did not say no to offers")
    assert say_fact("demanded by law", courier, is_so=False) == "the ground is not “the law requires it in another way”"
    assert say_fact("approved by 2 of privacy-desk", courier, is_so=False).startswith("fewer than 2 people of")
    assert say_fact("fee is open", kinds, is_so=False) == "it is on record that this is not so: money is owed"


OWN = {
    "fact": phrases.FACTS,
    "event": phrases.EVENTS,
    "measure": phrases.MEASURES,
    "technique": phrases.TECHNIQUES,
    "need": phrases.NEEDS,
    "part": phrases.PARTS,
    "route": phrases.ROUTES,
    "way": phrases.WAYS,
    "subject": phrases.SUBJECTS,
    "reviewed": phrases.REVIEWED,
    "tag": phrases.TAGS,
    "audience": phrases.AUDIENCES,
    "touchpoint": phrases.TOUCHPOINTS,
    "request": {**phrases.REQUESTS, **phrases.PLAIN_REQUESTS},
}


@pytest.mark.parametrize("sort", OWN)
def test_every_word_of_the_language_itself_has_its_phrase(sort: str) -> None:
    assert set(OWN[sort]) == set(BUILT_IN[sort])
