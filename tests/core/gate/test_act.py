"""Acts and facts read from a line of text: what is read, and where and how what cannot be read is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.core.errors import GateError, Place
from upheld.core.gate import Act, parse_act, parse_facts
from upheld.core.policy.compile import ACTIONS, Table, compile_policy
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import HERE, OTHER, Degree

POLICY = """---
policy: shop
business: Shop
title: Shop
version: 2026-01-01
surface: web
data: {person: {name: user.name, email: user.contact.email}, help with forms: x.help}
groups: {all of it: [person, help with forms]}
purposes: {fulfil: essential, marketing: {offer: marketing, news: marketing}, asking for help: x.help}
recipients: {carriers: processor, carriers for parcels: processor}
roles: [office]
touchpoints: {order: /order, sign-up for news: /news}
places: {canada: ca}
choices: {news: our news, offers: our offers}
grounds: {court order: a court asks, law: the law asks}
---

# Shop

One.

```rules
choice offers is opt-out, asked at order
share person with carriers for fulfil if demanded by law, approved by 2 of office
```
"""
TABLE: Table = compile_policy(parse_policy(POLICY))
WORDS = TABLE.words
TEN = Degree("aggregate", 10)


def refuse(text: str) -> GateError:
    with pytest.raises(GateError) as caught:
        parse_act(text, WORDS)
    return caught.value


def cut(text: str, place: Place | None) -> str:
    """The underlined piece."""
    assert place is not None
    return text[place.column - 1 : place.column - 1 + place.length]


# --- acts that read ---


def test_it_works() -> None:
    act = parse_act("share person.email with carriers for fulfil", WORDS)
    assert act == Act("share", ("person.email",), "fulfil", "carriers")


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("use person for fulfil", Act("use", ("person",), "fulfil")),
        ("use  person   for fulfil ", Act("use", ("person",), "fulfil")),
        ("use person", Act("use", ("person",))),
        ("use person.name, person.email for fulfil", Act("use", ("person.name", "person.email"), "fulfil")),
        ("use person.name,person.email for fulfil", Act("use", ("person.name", "person.email"), "fulfil")),
        ("use person, person for fulfil", Act("use", ("person",), "fulfil")),
        ("collect person at order for fulfil", Act("collect", ("person",), "fulfil", "order")),
        ("collect person at every page for fulfil", Act("collect", ("person",), "fulfil", OTHER)),
        ("show person to office for fulfil", Act("show", ("person",), "fulfil", "office")),
        ("show person to self", Act("show", ("person",), "", "self")),
        ("keep person", Act("keep", ("person",), "", HERE)),
        ("keep person in here", Act("keep", ("person",), "", HERE)),
        ("keep person in canada for fulfil", Act("keep", ("person",), "fulfil", "canada")),
        ("share person with anyone for fulfil", Act("share", ("person",), "fulfil", OTHER)),
        ("collect person at anywhere", Act("collect", ("person",), "", OTHER)),
        ("use all of it for marketing.news", Act("use", ("all of it",), "marketing.news")),
        ("use person.age for fulfil", Act("use", ("person.age",), "fulfil")),  # a field nobody named
    ],
)
def test_an_act_is_read(text: str, act: Act) -> None:
    assert parse_act(text, WORDS) == act


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("use help with forms for asking for help", Act("use", ("help with forms",), "asking for help")),
        ("collect person at sign-up for news for fulfil", Act("collect", ("person",), "fulfil", "sign-up for news")),
        ("share person with carriers for parcels", Act("share", ("person",), "", "carriers for parcels")),
        ("share person with carriers for fulfil", Act("share", ("person",), "fulfil", "carriers")),
    ],
)
def test_the_longest_declared_name_is_taken_even_with_our_words_in_it(text: str, act: Act) -> None:
    assert parse_act(text, WORDS) == act


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ('share person with "a list broker" for sale', None),
        ('share person with "a list broker" for fulfil', Act("share", ("person",), "fulfil", '"a list broker"')),
        ('use person for "a new idea"', Act("use", ("person",), '"a new idea"')),
        ('use "a shoe size, in inches" for fulfil', Act("use", ('"a shoe size, in inches"',), "fulfil")),
        ('use person, "x" for fulfil', Act("use", ("person", '"x"'), "fulfil")),
        ('share person with "for with, at" for fulfil', Act("share", ("person",), "fulfil", '"for with, at"')),
    ],
)
def test_a_name_in_quotes_is_one_that_the_policy_does_not_name(text: str, act: Act | None) -> None:
    if act is None:  # the purpose has no quotes and is not declared
        assert refuse(text).code == "G403"
    else:
        assert parse_act(text, WORDS) == act


@pytest.mark.parametrize(
    "text",
    [
        "show person in aggregate of 10 to office for fulfil",
        "show person to office in aggregate of 10 for fulfil",
        "show person to office for fulfil in aggregate of 10",
        "show person to office for fulfil, in aggregate of 10",
        "show person to office for fulfil, aggregate of 10",
    ],
)
def test_a_degree_stands_behind_the_data_or_later(text: str) -> None:
    assert parse_act(text, WORDS) == Act("show", ("person",), "fulfil", "office", TEN)


@pytest.mark.parametrize("degree", ["identified", "pseudonymous", "de-identified"])
def test_the_other_degrees_stand_in_both_places_too(degree: str) -> None:
    wanted = Act("use", ("person",), "fulfil", degree=Degree(degree))
    assert parse_act(f"use person {degree} for fulfil", WORDS) == wanted
    assert parse_act(f"use person for fulfil, {degree}", WORDS) == wanted


def test_keeping_in_an_aggregate_is_not_keeping_in_a_place() -> None:
    assert parse_act("keep person in aggregate of 10", WORDS) == Act("keep", ("person",), "", HERE, TEN)
    assert parse_act("keep person in aggregate of 10 in canada", WORDS).counterpart == "canada"


DATA = st.lists(st.sampled_from(["person", "person.email", "all of it", '"a shoe size"']), min_size=1, unique=True)
PURPOSES = st.sampled_from(["", "fulfil", "asking for help", '"a new idea"'])
COUNTERPARTS = {
    "collect": ["order", "sign-up for news", OTHER],
    "use": ["-"],
    "show": ["office", "self", OTHER],
    "share": ["carriers", '"a list broker"', OTHER],
    "keep": [HERE, "canada", OTHER],
}
DEGREES = st.sampled_from([Degree("identified"), Degree("pseudonymous"), TEN])


@given(st.sampled_from(ACTIONS), DATA, PURPOSES, DEGREES, st.data())
def test_an_act_that_is_printed_reads_as_itself(
    action: str, data: list[str], purpose: str, degree: Degree, more: st.DataObject
) -> None:
    counterpart = more.draw(st.sampled_from(COUNTERPARTS[action]))
    act = Act(action, tuple(data), purpose, counterpart, degree)
    assert parse_act(str(act), WORDS) == act


def test_an_act_is_printed_without_words_of_ours() -> None:
    assert str(Act("share", ("person",), "fulfil", OTHER)) == "share person with someone else for fulfil"
    assert str(Act("collect", ("person",), "fulfil", OTHER)) == "collect person at somewhere else for fulfil"
    assert str(Act("keep", ("person",))) == "keep person"


# --- acts that do not ---


@pytest.mark.parametrize(
    ("text", "code", "piece", "hint"),
    [
        ("", "G401", "", "an act starts with collect, use, show, share, keep"),
        ("   ", "G401", " ", "an act starts with"),
        ("sell person for fulfil", "G401", "sell", "an act starts with"),
        ("Use person for fulfil", "G401", "Use", "an act starts with"),
        ("use", "G401", "use", "here stands data"),
        ("use for fulfil", "G401", "for", "here stands data"),
        ("use person, for fulfil", "G401", "for", "here stands data"),
        ("use person for", "G401", "for", "here stands a purpose"),
        ("share person with for fulfil", "G401", "for", "here stands a recipient"),
        ("share person for fulfil", "G401", "share", "`share` needs `with …`"),
        ("collect person", "G401", "collect", "`collect` needs `at …`"),
        ("use person with carriers for fulfil", "G401", "with carriers for fulfil", "`use` has no counterpart"),
        ("share person to carriers for fulfil", "G401", "to carriers for fulfil", "`share` goes with `with`"),
        ("use person for fulfil for fulfil", "G401", "for fulfil", "the order is"),
        ("share person for fulfil with carriers", "G401", "with carriers", "the order is"),
        ("use person identified pseudonymous", "G401", "pseudonymous", "the order is"),
        ("use person for fulfil, carriers", "G401", ", carriers", "the order is"),
        ("use person in aggregate of few for fulfil", "G401", "in aggregate of few for fulfil", "aggregate of 10"),
        ("use person in aggregate for fulfil", "G401", "in aggregate for fulfil", "aggregate of 10"),
        ('use "person for fulfil', "G401", '"person for fulfil', "double quote"),
        ('use "" for fulfil', "G401", '""', "double quote"),
        ("use persn for fulfil", "G403", "persn", "did you mean `person`?"),
        ("use person.nme for fulfil", None, "", ""),
        ("use email for fulfil", "G403", "email", "did you mean `person.email`?"),
        ("use person for fulfill", "G403", "fulfill", "did you mean `fulfil`?"),
        ("use person for for", "G401", "for", "here stands a purpose"),
        ("share person with carrier for fulfil", "G403", "carrier", "did you mean `carriers`?"),
        ("share person with a list broker for fulfil", "G403", "a list broker", "in quotes"),
        ("share person with self for fulfil", "G403", "self", "in quotes"),
        ("show person to here", "G403", "here", "in quotes"),
        ("collect person at order.form", "G403", "order.form", "did you mean `order`?"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_underlined_with_a_hint(text: str, code: str | None, piece: str, hint: str) -> None:
    if code is None:  # a field below a known node is asked about, and is silent
        parse_act(text, WORDS)
        return
    error = refuse(text)
    assert error.code == code
    assert cut(text, error.place) == piece
    assert hint in (error.hint or "")


def test_the_second_of_two_same_words_is_the_one_underlined() -> None:
    text = "use person, persn for fulfil"
    error = refuse(text)
    assert error.place is not None
    assert error.place.column == len("use person, ") + 1


@pytest.mark.parametrize(
    "text",
    ["share " + "a " * 5000, "use person for " + "fulfil " * 5000, "use " + "person, " * 5000, '"' * 9999,
     "use person in aggregate of " + "9" * 6000, "x" * 10_000, "use person" + "\x00" * 3000],
    ids=["words", "purposes", "commas", "quotes", "digits", "letters", "nulls"],
)  # fmt: skip
def test_a_long_line_is_refused_shortly_and_soon(text: str) -> None:
    error = refuse(text)  # a reading that takes too long ends by the limit that every test has
    assert len(error.text) < 200


def try_act(text: str) -> Act | GateError:
    try:
        return parse_act(text, WORDS)
    except GateError as error:
        return error


def is_whole(error: GateError, text: str, *codes: str) -> bool:
    """Whether the error says what, where and what to do."""
    place = error.place
    return bool(error.code in codes and error.hint and place and 1 <= place.column <= len(text) + 1)


@given(st.text(max_size=60))
def test_whatever_is_written_is_an_act_or_an_error_with_its_place(text: str) -> None:
    found = try_act(text)
    assert isinstance(found, Act) or is_whole(found, text, "G401", "G403")


ANY_WORD = st.sampled_from(
    ["use", "share", "show", "person", "person.email", ",", "for", "with", "to", "in", "aggregate", "of", "10",
     "fulfil", "carriers", "office", '"x"', '"', "identified", "help with forms"]
)  # fmt: skip


@given(st.lists(ANY_WORD, max_size=10))
def test_words_in_any_order_are_an_act_that_prints_and_reads_or_an_error(words: list[str]) -> None:
    text = " ".join(words)
    found = try_act(text)
    if isinstance(found, Act):
        assert parse_act(str(found), WORDS) == found
    else:
        assert is_whole(found, text, "G401", "G403")


# --- facts ---


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("", {}),
        (" , ,", {}),
        ("told", {"told": True}),
        ("not told", {"told": False}),
        ("told unknown", {"told": None}),
        (" requested ,  not   told ", {"requested": True, "told": False}),
        ("news yes", {"chosen news": True, "refused news": False}),
        ("news no", {"chosen news": False, "refused news": True}),
        ("news unasked", {"chosen news": False, "refused news": False}),  # opt-in is the default
        ("offers unasked", {"chosen offers": True, "refused offers": False}),  # declared opt-out
        ("news unknown", {"chosen news": None, "refused news": None}),
        ("chosen news", {"chosen news": True}),
        ("demanded by court order", {"demanded by court order": True}),
        ("not demanded by law", {"demanded by law": False}),
        ("approved by 2 of office", {"approved by 2 of office": True}),
        ("told, told", {"told": True}),
    ],
)
def test_facts_are_read(text: str, facts: dict[str, bool | None]) -> None:
    assert parse_facts(text, TABLE) == facts


@pytest.mark.parametrize(
    ("text", "piece", "hint"),
    [
        ("tld", "tld", "did you mean `told`?"),
        ("told, reqested", "reqested", "did you mean `requested`?"),
        ("told yes", "told yes", "`not told`"),
        ("not not told", "not not told", "did you mean"),
        ("news", "news", "`news yes`"),
        ("not news", "not news", "`news no`"),
        ("news maybe", "news maybe", ""),
        ("demanded", "demanded", "did you mean `demanded by law`?"),
        ("approved by 3 of office", "approved by 3 of office", "did you mean `approved by 2 of office`?"),
        ("told, not told", "not told", "say each fact once"),
        ("news yes, news no", "news no", "say each fact once"),
        ("chosen news, news no", "news no", "say each fact once"),
        ("zzz", "zzz", "`upheld words` lists the facts"),
    ],
)
def test_a_fact_that_cannot_be_read_is_underlined_with_a_hint(text: str, piece: str, hint: str) -> None:
    with pytest.raises(GateError) as caught:
        parse_facts(text, TABLE)
    assert caught.value.code == "G402"
    assert cut(text, caught.value.place) == piece
    assert hint in (caught.value.hint or "")


def try_facts(text: str) -> dict[str, bool | None] | GateError:
    try:
        return parse_facts(text, TABLE)
    except GateError as error:
        return error


@given(st.text(max_size=40))
def test_whatever_is_written_as_facts_is_read_or_refused_with_its_place(text: str) -> None:
    found = try_facts(text)
    assert isinstance(found, dict) or is_whole(found, text, "G402")
