"""What the policies name agrees with the specification, function by function; and what works says where, or what is missing."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from tests.core.functions.policies import compile_newest
from upheld.core.functions import (
    EXCLUDED,
    FUNCTIONS,
    GROUPS,
    NOT_BUILT,
    NOT_NAMED,
    WORKS,
    Listed,
    count_states,
    find_address,
    list_functions,
)
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.load import parse_policy

HERE = Path(__file__).parent
NAMED = {WORKS: "named", NOT_BUILT: "named", NOT_NAMED: "not named", EXCLUDED: "excluded"}
# mark of the specification (named in its text, implied by it, excluded by it, not mentioned) -> what agrees with it
AGREES = {"named": {"named"}, "implied": {"named"}, "excluded": {"excluded"}, "no": {"not named", "excluded"}}


def read(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


POLICIES = tuple(read("named.csv")[0])[1:]


def list_of(name: str) -> dict[str, Listed]:
    home = compile_newest("imagelab-web") if name == "imagelab-app" else None
    return {one.function.id: one for one in list_functions(compile_newest(name), home)}


@cache
def parse(text: str) -> Table:
    return compile_policy(parse_policy(text, "changed.policy.md"))


def change(name: str, *changes: tuple[str, str]) -> Table:
    text = compile_newest(name).policy.text
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return parse(text)


def test_the_catalogue_has_every_function_once_and_in_order() -> None:
    assert [one.id for one in FUNCTIONS] == [f"F-{number:02}" for number in range(1, 84)]
    assert [row["function"] for row in read("named.csv")] == [one.id for one in FUNCTIONS]
    assert {one.group for one in FUNCTIONS} == set(GROUPS)
    assert len({one.words for one in FUNCTIONS}) == len(FUNCTIONS)


@pytest.mark.parametrize("name", POLICIES)
def test_what_a_policy_names_is_what_the_specification_says(name: str) -> None:
    """Where our policy promises more, in rules marked `beyond` alone, the source need not name it; the rest is listed."""
    differing = {row["function"]: row["found"] for row in read("differs.csv") if row["policy"] == name}
    listed, found = list_of(name), {}
    for row in read("named.csv"):
        one = listed[row["function"]]
        state = NAMED[one.state]
        if state not in AGREES[row[name]] and not (one.is_only_ours and row[name] == "no"):
            found[row["function"]] = state
    assert found == differing
    assert all(row["why"] for row in read("differs.csv"))


@pytest.mark.parametrize("name", POLICIES)
def test_each_state_says_what_it_needs_to(name: str) -> None:
    policy = compile_newest(name).policy
    for one in list_of(name).values():
        assert bool(one.sentences) is (one.state != NOT_NAMED), one.function.id
        assert all(policy.find_sentence(ref) is not None for ref in one.sentences)
        assert one.built.is_whole is (one.state == WORKS), one.function.id
        assert bool(one.built.lacks) is (one.state == NOT_BUILT), one.function.id
    assert sum(count_states(tuple(list_of(name).values())).values()) == 83


def test_a_function_comes_and_goes_with_its_sentence_and_its_form() -> None:
    courier, line = "lasership", "(5) collect answer.survey at survey for research, improve [LS-10]\n"
    assert list_of(courier)["F-15"].state == WORKS
    without = change(courier, (line, ""))
    assert {one.function.id: one.state for one in list_functions(without)}["F-15"] == NOT_NAMED
    shop = change(
        courier,
        (line, line + "(5) collect till, person at shop for fulfil\n"),
        ("  survey: /survey\n", "  survey: /survey\n  shop: /shop\n"),
        ("  answer:    {", "  till: user.financial\n  answer:    {"),
    )
    card = {one.function.id: one for one in list_functions(shop)}["F-44"]
    assert (card.state, bool(card.built.lacks)) == (NOT_BUILT, True)
    answer = find_address(shop, "/shop")
    assert (answer.state, answer.is_here, answer.touchpoint) == (NOT_BUILT, False, "shop")
    assert "F-44" in {one.function.id for one in answer.listed}


def test_the_same_rules_under_other_names_name_the_same_functions() -> None:
    renamed = change(
        "lasership",
        ("policy: lasership", "policy: somebody-else"),
        ("survey", "poll"),
        ("x.poll.answer", "x.survey.answer"),
        ("carriers", "riders"),
    )
    states = {one.function.id: one.state for one in list_functions(renamed)}
    assert states == {number: one.state for number, one in list_of("lasership").items()}


def test_one_policy_on_the_site_of_another_has_the_pages_of_that() -> None:
    app, elsewhere = compile_newest("imagelab-app"), compile_newest("american-laser")
    assert {list_of("imagelab-app")[number].state for number in ("F-11", "F-23", "F-27")} == {WORKS}
    astray = {one.function.id: one.state for one in list_functions(app, elsewhere)}
    assert {astray[number] for number in ("F-11", "F-23", "F-27")} == {NOT_BUILT}  # no page there asks or signs in
    assert astray["F-02"] == WORKS


@pytest.mark.parametrize(
    ("name", "address", "state", "is_here", "functions"),
    [
        ("lasership", "/ship", WORKS, True, ("F-47", "F-52")),
        ("lasership", "/privacy/", WORKS, True, ("F-02", "F-09", "F-78")),
        ("lasership", "/forum", NOT_NAMED, False, ("F-54",)),
        ("lasership", "/forum/7/reply?x", NOT_NAMED, False, ("F-54",)),
        ("lasership", "/account/login", WORKS, False, ("F-24", "F-27")),
        ("lasership", "/nothing-we-know", "", False, ()),
        ("american-laser", "/newsletter", NOT_BUILT, False, ("F-33",)),
        ("american-laser", "appointment", WORKS, True, ("F-10", "F-14")),
        ("american-laser", "/register", NOT_NAMED, False, ("F-23",)),
        ("new-image", "/forum", NOT_BUILT, False, ("F-54", "F-56")),
        ("new-image", "/checkout", NOT_BUILT, False, ("F-44", "F-46", "F-47")),
        ("new-image", "/quote", WORKS, True, ("F-14", "F-17")),
    ],
)
def test_an_address_is_one_of_the_cases(
    name: str, address: str, state: str, is_here: bool, functions: tuple[str, ...]
) -> None:
    answer = find_address(compile_newest(name), address)
    assert (answer.state, answer.is_here) == (state, is_here)
    assert tuple(one.function.id for one in answer.listed) == functions
