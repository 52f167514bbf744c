"""The three plain answers: what is collected where, what for, and who gets it, read off the table."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.core.policy.conftest import ROOT
from upheld.core.policy.cells import find_open_masks
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import NO_COUNTERPART, OTHER
from upheld.core.policy.saying.answers import (
    Given,
    answer_collected,
    answer_given,
    answer_shown,
    answer_used,
    collapse_names,
    say_fact_sets,
    say_masks,
)

SHOP = """---
policy: shop
business: Shop
title: Shop
version: 2026-01-01
surface: web
data: {{person: {{name: user.name, email: user.contact.email}}, visit: {{ip: user.device.ip_address, page: x.page}}}}
groups: {{all of it: [person, visit]}}
purposes: {{fulfil: essential, reporting: analytics, marketing: {{offer: marketing, news: marketing}}}}
recipients: {{carriers: processor, brokers: third-party}}
roles: [office, analysts]
touchpoints: {{order: /order, visit: every page}}
places: {{canada: ca}}
choices: {{news: our news}}
mail: {{letter: marketing.news}}
audiences: {{readers: [person.email]}}
grounds: {{court: a court asks, police: the police asks}}
labels: {{person: who you are}}
---

# Shop

One. Two. Three.

```rules
{rules}
```
"""


def make_table(*rules: str) -> Table:
    return compile_policy(parse_policy(SHOP.format(rules="\n".join(rules))))


@cache
def read_courier() -> Table:
    return compile_policy(load_policy(ROOT / "policies" / "lasership" / "2016-10-03.policy.md"))


# --- what is collected, and where ---


def test_it_works() -> None:
    (answer,) = answer_collected(make_table("(2) collect person at order for fulfil"))
    assert (answer.touchpoint, answer.page, answer.data) == ("order", "/order", ("person",))
    assert (answer.purposes, answer.automatic, answer.because) == (("fulfil",), False, ("shop#shop.2",))


def test_what_servers_note_is_marked_as_automatic() -> None:
    (answer,) = answer_collected(make_table("record visit at visit for reporting"))
    assert answer.automatic


def test_a_touchpoint_that_takes_nothing_is_left_out() -> None:
    assert answer_collected(make_table("use person for fulfil")) == ()


def test_what_a_ban_cuts_in_all_cases_is_not_collected() -> None:
    table = make_table("collect person at order for fulfil", "never collect person.email")
    (answer,) = answer_collected(table)
    assert answer.data == ("person.name",)


# --- what for ---


def test_a_use_under_a_condition_says_the_condition() -> None:
    (answer,) = answer_used(make_table("(3) send letter to readers if chosen news"))
    assert (answer.purpose, answer.data) == ("marketing.news", ("person.email",))
    assert answer.only_if == "you said yes to our news"
    assert answer.because == ("shop#shop.3",)


def test_figures_are_told_apart_from_people() -> None:
    (answer,) = answer_used(make_table("use visit in aggregate of 10 for reporting"))
    assert answer.only_if == "it is only figures about groups of at least 10 people"


def test_a_degree_and_a_condition_stand_together() -> None:
    (answer,) = answer_used(make_table("use visit de-identified for reporting if told"))
    assert answer.only_if == "every link to you is cut and you were told before"


def test_one_purpose_under_two_conditions_is_two_answers() -> None:
    table = make_table("use person for fulfil", "use visit for fulfil if requested")
    assert [(answer.data, answer.only_if) for answer in answer_used(table)] == [
        (("person",), ""),
        (("visit",), "you asked for the service that needs it"),
    ]


def test_the_end_of_keeping_is_left_unsaid() -> None:
    (answer,) = answer_used(make_table("use person for fulfil", "keep person 30 days"))
    assert answer.only_if == ""


# --- who gets it ---


def test_a_recipient_gets_what_is_theirs_and_when() -> None:
    (answer,) = answer_given(make_table("(1) share person with carriers for fulfil if requested"))
    assert answer == Given(
        "carriers", ("person",), ("fulfil",), "you asked for the service that needs it", ("shop#shop.1",)
    )


def test_what_anybody_may_get_stands_once_for_all() -> None:
    table = make_table(
        "(1) share person with carriers for fulfil if requested",
        "(2) share person with anyone for any purpose if permitted",
    )
    answers = answer_given(table)
    assert [answer.recipient for answer in answers] == ["carriers", OTHER]
    assert answers[1].purposes == ("any purpose",)


def test_each_answer_names_only_the_sentences_that_open_it() -> None:
    table = make_table(
        "(1) share person with carriers for fulfil if requested",
        "(2) share person with anyone for any purpose if permitted",
    )
    assert [answer.because for answer in answer_given(table)] == [("shop#shop.1",), ("shop#shop.2",)]


def test_nobody_gets_anything_from_a_policy_that_says_so() -> None:
    assert answer_given(make_table("never share anything with anyone", "share person with carriers for fulfil")) == ()


def test_several_grounds_are_said_in_one_breath() -> None:
    table = make_table(
        "share person with carriers for fulfil if demanded by court, approved by 2 of office",
        "share person with carriers for fulfil if demanded by police, approved by 2 of office",
    )
    (answer,) = answer_given(table)
    assert answer.only_if == (
        "2 people of our office have agreed, and the ground is “a court asks” or “the police asks”"
    )


def test_ways_that_share_a_condition_say_it_once() -> None:
    table = make_table(
        "share person with carriers for fulfil if requested and told",
        "share person with carriers for fulfil if requested and permitted",
    )
    (answer,) = answer_given(table)
    assert answer.only_if == (
        "you asked for the service that needs it, and one of these holds:"
        " you have permitted exactly this; you were told before"
    )


def test_roles_and_the_person_are_answered_too() -> None:
    table = make_table("show person to self", "show visit in aggregate of 5 to analysts for reporting")
    shown = {answer.recipient: answer for answer in answer_shown(table)}
    assert set(shown) == {"self", "analysts"}
    assert shown["self"].purposes == ("any purpose",)
    assert shown["analysts"].only_if == "it is only figures about groups of at least 5 people"


# --- words ---


@pytest.mark.parametrize(
    ("leaves", "names"),
    [
        (("person.name", "person.email"), ("person",)),
        (("person.name", "person.email", "visit.ip", "visit.page"), ("all of it",)),
        (("person.name", "visit.ip", "visit.page"), ("visit", "person.name")),
        (("person.name", OTHER), ("person.name", OTHER)),
        ((), ()),
    ],
)
def test_whole_branches_stand_under_their_own_name(leaves: tuple[str, ...], names: tuple[str, ...]) -> None:
    words = make_table("state").words
    assert collapse_names(words, "data", leaves) == names
    assert set(words.expand("data", names)) == set(leaves) - {OTHER}


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ([], ""),
        ([set()], ""),
        ([set(), {"told"}], ""),
        ([{"told"}], "you were told before"),
        ([{"told", "requested"}], "you asked for the service that needs it and you were told before"),
        ([{"told"}, {"requested"}], "you asked for the service that needs it or you were told before"),
        ([{"not refused news"}], "you did not say no to our news"),
        ([{"not expired"}], "the time of keeping is not over"),
        ([{"not demanded by court"}], "the ground is not “a court asks”"),
        ([{"not granted"}], "nothing on record says why a member of staff needs it"),
    ],
)
def test_sets_of_facts_are_said_in_plain_words(sets: list[set[str]], said: str) -> None:
    assert say_fact_sets(make_table("state"), [frozenset(facts) for facts in sets]) == said


def test_the_order_of_the_sets_does_not_matter() -> None:
    table = make_table("state")
    sets = [frozenset({"told"}), frozenset({"requested", "named"}), frozenset({"permitted"})]
    assert say_fact_sets(table, sets) == say_fact_sets(table, reversed(sets))


def test_masks_are_said_without_the_time_of_keeping() -> None:
    table = make_table("use person for fulfil if requested", "keep person 30 days")
    pieces = table.find_pieces("use", "person.name", "fulfil", NO_COUNTERPART, 0)
    assert say_masks(table, find_open_masks(table, pieces)) == "you asked for the service that needs it"


def test_the_answers_of_the_courier_hold_no_words_of_ours() -> None:
    table = read_courier()
    texts = [answer.only_if for answer in (*answer_used(table), *answer_given(table), *answer_shown(table))]
    assert any(texts)
    for text in texts:
        assert not re.search(r"_|\(not named\)|not so|[a-z]\.[a-z]|  ", text), text


def test_the_answers_of_the_courier_name_declared_words_and_real_sentences() -> None:
    table = read_courier()
    refs = {sentence.ref for sentence in table.policy.sentences}
    for answer in (*answer_collected(table), *answer_used(table), *answer_given(table), *answer_shown(table)):
        assert answer.because
        assert set(answer.because) <= refs
        assert all(table.words.has("data", name) for name in answer.data)
