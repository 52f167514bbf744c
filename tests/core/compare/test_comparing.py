"""Policies side by side: what is answered for each, that a second reading agrees, and that it can be read and printed."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.gate.both import read_both, to_gate
from tests.model.policies import Invented, invent_policies
from tests.model.questions import ask_about
from upheld.cli.comparison import describe_comparison, print_comparison, write_comparison
from upheld.core.compare.comparing import Comparison, compare_kind, compare_whole, list_known_kinds
from upheld.core.compare.kinds import KINDS, find_kind, find_leaves
from upheld.core.compare.questions import list_questions, list_whole_questions
from upheld.core.compare.weighing import (
    AFTER_YES,
    FOR_A_TIME,
    IF,
    MARKS,
    NEVER,
    NOT_TAKEN,
    SAYS,
    SILENT,
    UNTIL_NO,
    YES,
    Cells,
    Scales,
)
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import ANY_PURPOSE

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "policies"
HAND = Path(__file__).with_name("compared.csv")
SHUT = (NEVER, SILENT)

SHOP = """---
policy: shop
business: Shop
title: Shop
version: 2026-01-01
surface: web
data: {{person: {{name: user.name, email: user.contact.email}}, guest: {{email: user.contact.email}}, post: user.content.public}}
purposes: {{fulfil: essential.service, offers: marketing.communications.email, sale: third_party_sharing}}
recipients: {{carriers: processor, brokers: third-party}}
roles: [office]
touchpoints: {{order: /order}}
choices: {{offers: our offers}}
mail: {{letter: offers}}
---

# Shop

One. Two. Three.

```rules
{rules}
```
"""


@cache
def make_table(*rules: str) -> Table:
    return compile_policy(parse_policy(SHOP.format(rules="\n".join(rules))))


def ask(question: str, *rules: str, data: str = "email") -> tuple[str, str]:
    kind = find_kind(data)
    assert kind is not None
    answer = compare_kind([make_table("(1) applies to guest by receipt", *rules)], kind).find_answer(question, "shop")
    return answer.mark, answer.words


@pytest.mark.parametrize(
    ("rules", "mark", "words"),
    [
        (("use person.email for offers",), YES, ""),
        (("use person.email for offers if chosen offers", "choice offers is opt-in, asked at order"),
         AFTER_YES, "if you said yes to our offers"),
        (("use person.email for offers if chosen offers", "choice offers is opt-out, asked at order"),
         UNTIL_NO, "if you said yes to our offers"),
        (("use person.email for offers if requested",), IF, "if you asked for the service that needs it"),
        (("use person.email for offers if permitted",), AFTER_YES, "if you have permitted exactly this"),
        (("never use person.email for offers", "use person.email for offers"), NEVER, ""),
        (("use person.email only for fulfil",), NEVER, ""),
        (("use person.email for fulfil",), SILENT, ""),
        (("use person.email in aggregate of 10 for offers",), "only without your name", "in figures of at least 10 people"),
    ],
)  # fmt: skip
def test_a_use_is_as_open_as_its_rules_make_it(rules: tuple[str, ...], mark: str, words: str) -> None:
    assert ask("news", *(f"({1 + n % 3}) {rule}" for n, rule in enumerate(rules))) == (mark, words)


def test_giving_out_names_who_what_for_and_when() -> None:
    rules = ("(1) share person.email with carriers for fulfil if requested", "(2) never share anything with brokers")
    assert ask("processor", *rules) == (
        IF, "the carriers, for fulfil, if you asked for the service that needs it",
    )  # fmt: skip
    assert ask("third-party", *rules)[0] == NEVER
    assert ask("anybody", *rules)[0] == SILENT
    assert ask("successor", *rules)[0] == SILENT


def test_what_others_tell_is_not_counted_as_yours() -> None:
    table = make_table("(1) applies to person by collection", "(2) applies to guest by receipt")
    kind = find_kind("email")
    assert kind is not None
    assert find_leaves(table, kind) == ("person.email",)


def test_a_kind_that_is_not_there_is_not_taken_and_the_sentence_that_rules_it_out_is_cited() -> None:
    kind = find_kind("health")
    assert kind is not None
    table = make_table("(1) at order collect only person", "(2) never collect anything")
    answer = compare_kind([table], kind).find_answer("collected", "shop")
    assert (answer.mark, answer.because) == (NOT_TAKEN, ("shop#shop.2", "shop#shop.1"))
    assert list_known_kinds([table], KINDS) == tuple(find_kind(name) for name in ("email", "name", "post"))


def test_public_posts_are_no_messages_to_the_business() -> None:
    assert ask("collected", "(1) collect post at order for fulfil", data="post")[0] == YES
    assert ask("collected", "(1) collect post at order for fulfil", data="message")[0] == NOT_TAKEN


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(invent_policies(), st.integers(0, 2**32))
def test_what_the_second_reading_permits_is_never_called_shut_and_a_yes_needs_nothing(
    invented: Invented, seed: int
) -> None:
    both = read_both(invented.text)
    table = both.gate.table
    scales = Scales(table)
    for act, facts in ask_about(invented.world, seed, 60):
        asked = to_gate(act)
        leaves = table.words.expand("data", asked.data)
        purposes = table.words.expand("purpose", (asked.purpose,)) if asked.purpose != ANY_PURPOSE else ()
        if not leaves or not purposes or not all(table.words.has("data", name) for name in asked.data):
            continue
        answer = scales.weigh(Cells(asked.action, leaves, purposes, (asked.counterpart,)))
        outcome, _ = both.reading.decide(act, facts)
        if outcome == "permitted":
            assert answer.mark not in SHUT, (invented.text, act, facts)
        elif len(leaves) == len(purposes) == 1 and answer.mark == YES and facts.known.get("expired") is False:
            assert asked.degree.name == "identified", (invented.text, act, facts)
            raise AssertionError((invented.text, act, facts))


# the policies of the product


@cache
def compare_product(data: str) -> Comparison:
    kind = find_kind(data)
    tables = open_tables()
    return compare_whole(tables) if kind is None else compare_kind(tables, kind)


@cache
def open_tables() -> tuple[Table, ...]:
    return tuple(
        compile_policy(load_policy(max(folder.glob("*.policy.md"))))
        for folder in sorted(POLICIES.iterdir())
        if folder.is_dir() and any(folder.glob("*.policy.md"))
    )


def test_the_product_answers_as_was_read_by_hand_from_the_register() -> None:
    with HAND.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 60
    wrong = []
    for row in rows:
        found = compare_product(row["data"]).find_answer(row["question"], row["policy"]).mark
        if found != row["mark"]:
            wrong.append((row["policy"], row["data"], row["question"], found, row["mark"], row["clauses"]))
    assert wrong == []


def test_every_cell_of_the_product_has_a_mark_and_cites_its_own_policy() -> None:
    marks = {*MARKS, NOT_TAKEN, FOR_A_TIME, SAYS}
    for data in (*(kind.name for kind in KINDS), "business"):
        comparison = compare_product(data)
        asked = list_questions() if data != "business" else list_whole_questions()
        assert [row.name for row in comparison.rows] == [question.name for question in asked]
        for row in comparison.rows:
            for policy, answer in zip(comparison.policies, row.answers, strict=True):
                assert answer.mark in marks
                assert all(ref.startswith(f"{policy}#") for ref in answer.because)
                assert (answer.mark in (SILENT, NOT_TAKEN)) or answer.because, (policy, data, row.name)


@pytest.mark.parametrize("width", [80, 100, 200])
def test_the_table_fits_the_terminal(width: int) -> None:
    printed = print_comparison(compare_product("email"), width)
    assert max(map(len, printed.splitlines())) <= width
    assert all(table.policy.slug in printed for table in open_tables())


def test_programs_and_sheets_get_the_same_answers() -> None:
    comparison = compare_product("email")
    described = describe_comparison(comparison)
    assert described["policies"] == list(comparison.policies)
    sheet = list(csv.DictReader(write_comparison(comparison).splitlines()))
    assert len(sheet) == len(comparison.rows) * len(comparison.policies)
    assert {(row["policy"], row["question"], row["mark"]) for row in sheet} == {
        (policy, row.name, answer.mark)
        for row in comparison.rows
        for policy, answer in zip(comparison.policies, row.answers, strict=True)
    }
