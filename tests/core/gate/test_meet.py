"""What several policies permit together: all of them or nothing, and the first that does not says why."""

from __future__ import annotations

import pytest

from upheld.core.gate import Act, Gate, meet
from upheld.core.gate.act import PERMITTED, REFUSED, SILENT
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import parse_policy

POLICY = """---
policy: {slug}
business: Shop
title: Shop
version: 2026-01-01
surface: web
data: {{person: {{name: user.name, email: user.contact.email}}}}
purposes: {purposes}
recipients: {{carriers: processor}}
roles: [office]
choices: {{offers: our offers}}
{more}
---

# One

One. Two.

```rules
{rules}
```
"""


def make_gate(slug: str, *rules: str, more: str = "", purposes: str = "{fulfil: essential, news: marketing}") -> Gate:
    text = POLICY.format(slug=slug, rules="\n".join(rules), more=more, purposes=purposes)
    return Gate(compile_policy(parse_policy(text)))


USE = Act("use", ("person",), "fulfil")


def test_what_all_permit_is_permitted_for_all_their_reasons() -> None:
    gates = (make_gate("old", "(1) use person for fulfil"), make_gate("new", "(2) use person for fulfil"))
    verdict = meet(gates, USE, {})
    assert verdict.outcome == PERMITTED
    assert verdict.because == ("old#one.1", "new#one.2")


def test_one_policy_alone_answers_as_its_gate_does() -> None:
    gate = make_gate("only", "use person for fulfil")
    assert meet((gate,), USE, {}) == gate.ask(USE, {})


def test_the_first_that_does_not_permit_is_cited() -> None:
    yes = make_gate("yes", "use person for fulfil")
    silent = make_gate("silent", "state")
    refusing = make_gate("refusing", "use person for fulfil", "(2) never use person for fulfil")
    assert meet((yes, silent, refusing), USE, {}).outcome == SILENT
    verdict = meet((yes, refusing, silent), USE, {})
    assert verdict.outcome == REFUSED
    assert verdict.because == ("refusing#one.2",)


def test_the_limits_under_which_data_was_taken_still_bind() -> None:
    at_collection = make_gate("first", "(1) use person only for fulfil")
    in_force = make_gate("later", "(1) use person for fulfil, news")
    act = Act("use", ("person",), "news")
    assert in_force.ask(act, {}).is_permitted
    verdict = meet((at_collection, in_force), act, {})
    assert verdict.outcome == REFUSED
    assert verdict.because == ("first#one.1",)


def test_a_stricter_policy_in_force_binds_data_taken_earlier() -> None:
    at_collection, in_force = make_gate("first", "use person for fulfil"), make_gate("later", "use person for news")
    assert meet((at_collection, in_force), USE, {}).outcome == SILENT


def test_nothing_is_permitted_without_a_policy() -> None:
    with pytest.raises(ValueError, match="no policy binds this act"):
        meet((), USE, {})


def test_a_fact_that_one_policy_does_not_know_is_left_out_for_it() -> None:
    knows = make_gate("knows", "use person for fulfil if paid", more='facts: {paid: "act: the bill is paid"}')
    ignorant = make_gate("ignorant", "use person for fulfil")
    with pytest.raises(KeyError):
        ignorant.ask(USE, {"paid": True})
    assert meet((ignorant, knows), USE, {"paid": True}).outcome == PERMITTED
    assert meet((ignorant, knows), USE, {"paid": False}).outcome == REFUSED
    assert meet((ignorant, knows), USE, {}).outcome == REFUSED


def test_each_policy_reads_the_same_facts_by_its_own_numbers() -> None:
    one = make_gate("one", "use person for fulfil if told", more='facts: {paid: "person: x", first: "person: y"}')
    two = make_gate("two", "use person for fulfil if told")
    assert one.mask({"told": True}) != two.mask({"told": True})
    assert meet((one, two), USE, {"told": True}).outcome == PERMITTED


def test_data_that_one_policy_does_not_name_is_not_permitted() -> None:
    narrow = make_gate("narrow", "use person for fulfil")
    assert meet((narrow,), Act("use", ("phone",), "fulfil"), {}).outcome == SILENT


def test_an_item_past_its_time_is_refused_by_the_version_that_says_the_time() -> None:
    keeping = make_gate("keeping", "use person for fulfil", "(2) keep person 30 days")
    free = make_gate("free", "use person for fulfil")
    assert meet((free, keeping), USE, {"expired": True}).because == ("keeping#one.2",)
    assert meet((free, keeping), USE, {}).outcome == PERMITTED  # no item is named that could be past it


def test_showing_keeps_its_answer_for_each_category() -> None:
    gate = make_gate("part", "show person.name to office for fulfil")
    verdict = meet((gate,), Act("show", ("person",), "fulfil", "office"), {})
    assert [part.outcome for _, part in verdict.parts] == [PERMITTED, SILENT]


@pytest.mark.parametrize("data", [("person",), ("person.name", "person.email")])
def test_a_category_is_shown_only_when_all_show_it(data: tuple[str, ...]) -> None:
    names = make_gate("names", "show person.name to office for fulfil")
    mails = make_gate("mails", "show person.email to office for fulfil")
    both = make_gate("both", "show person to office for fulfil")
    act = Act("show", data, "fulfil", "office")
    seen = {order: meet(order, act, {}) for order in ((names, mails), (both, mails), (mails, both), (both, both))}
    outcomes = {order: [part.outcome for _, part in verdict.parts] for order, verdict in seen.items()}
    assert outcomes[names, mails] == [SILENT, SILENT]
    assert outcomes[both, mails] == outcomes[mails, both] == [SILENT, PERMITTED]
    assert outcomes[both, both] == [PERMITTED, PERMITTED]
    assert seen[both, both].outcome == PERMITTED
    assert not seen[both, mails].is_permitted


def test_one_category_for_several_purposes_is_answered_once() -> None:
    rules = ("show person to office for mails.fulfil", "show person to office for mails.news if granted")
    purposes = "{mails: {fulfil: essential, news: marketing}}"
    gates = tuple(make_gate(slug, *rules, purposes=purposes) for slug in ("one", "two"))
    act = Act("show", ("person.name",), "mails", "office")
    assert meet(gates, act, {}).outcome == REFUSED
    verdict = meet(gates, act, {"granted": True})
    assert (verdict.outcome, verdict.parts) == (PERMITTED, ())
