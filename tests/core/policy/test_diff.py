"""What changes for people between two versions: found in the tables and duties, weighed, and said plainly both ways."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.core.policy.conftest import ROOT
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.diff import Change, compare_tables, is_material
from upheld.core.policy.load import load_policy, parse_policy

SHOP = """---
policy: shop
business: Shop
title: Shop
version: 2026-01-01
surface: web
data: {person: {name: user.name, email: user.contact.email}, visit: {ip: user.device.ip_address, page: x.page}}
purposes: {fulfil: essential, reporting: analytics, marketing: {offer: marketing, news: marketing}}
recipients: {carriers: processor, brokers: third-party}
roles: [office, analysts]
touchpoints: {order: /order, visit: every page}
places: {canada: ca}
choices: {news: our news}
mail: {letter: marketing.news}
audiences: {readers: [person.email]}
grounds: {court: a court asks}
parties: [sister firm, cousin firm]
events: {delivery: the parcel arrives, goodbye: the account is closed}
exclusions: {public source: it is public}
documents: {terms: /terms}
settle: {size: "10", clock: 30 days}
labels: {person: your contact details, person.name: your name, person.email: your e-mail address, visit: the log of your visit}
---

# Shop

Some words.

```rules
%s
```
"""
STANDING = (
    "use person for fulfil",
    "keep person 365 days after delivery",
    "share person with carriers for fulfil if told",
)


def make_table(*rules: str, settle: dict[str, str] | None = None) -> Table:
    text = SHOP % "\n".join(rules or ("state",))
    for name, value in (settle or {}).items():
        text = re.sub(rf"(?<=[{{ ]){name}: [^,}}]+", f"{name}: {value}", text)
    return compile_text(text)


@cache
def compile_text(text: str) -> Table:
    return compile_policy(parse_policy(text))


def compare(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[Change, ...]:
    return compare_tables(make_table(*old), make_table(*new))


def outline(changes: tuple[Change, ...]) -> list[tuple[str, bool]]:
    return [(change.kind, change.is_material) for change in changes]


# --- acts ---


def test_a_new_recipient_is_material_and_named() -> None:
    (change,) = compare(("state",), ("share person with brokers for fulfil if told",))
    assert (change.kind, change.is_material) == ("opens", True)
    assert change.text == ("The brokers may now get your contact details for fulfil, but only if you were told before.")


def test_a_recipient_who_goes_is_not_material() -> None:
    (change,) = compare(("share person with brokers for fulfil",), ("state",))
    assert (change.kind, change.is_material) == ("closes", False)
    assert change.text == "The brokers may no longer get your contact details for fulfil."


def test_wider_data_is_material_and_only_the_new_data_is_said() -> None:
    (change,) = compare(("use person.name for fulfil",), ("use person for fulfil",))
    assert (change.kind, change.is_material) == ("opens", True)
    assert change.text == "We may now use your e-mail address for fulfil."


def test_a_new_purpose_is_material() -> None:
    (change,) = compare(("use person for fulfil",), ("use person for fulfil, reporting",))
    assert (change.kind, change.is_material) == ("opens", True)
    assert change.text == "We may now use your contact details for reporting."


def test_a_new_country_is_material() -> None:
    (change,) = compare(("state",), ("store person in canada",))
    assert (change.kind, change.is_material) == ("opens", True)
    assert change.text == "We may now keep your contact details in Canada."


def test_what_is_newly_collected_is_said_where() -> None:
    first, second = compare(("state",), ("collect person at order for fulfil",))
    assert first.text == "At order, we may now collect your contact details for fulfil."
    assert second.text == "We may now use your contact details for fulfil."


def test_a_dropped_condition_is_material() -> None:
    (change,) = compare(("use person for fulfil if requested and told",), ("use person for fulfil if told",))
    assert (change.kind, change.is_material) == ("condition", True)
    assert change.text == (
        "We may use your contact details for fulfil, only if you were told before."
        " So far: only if you asked for the service that needs it and you were told before."
    )


def test_an_added_condition_is_not_material() -> None:
    (change,) = compare(("use person for fulfil",), ("use person for fulfil if told",))
    assert (change.kind, change.is_material) == ("condition", False)
    assert change.text.endswith("only if you were told before. So far: always.")


def test_another_condition_instead_is_material() -> None:
    assert outline(compare(("use person for fulfil if told",), ("use person for fulfil if requested",))) == [
        ("condition", True)
    ]


def test_a_dropped_ban_opens_what_it_cut() -> None:
    standing = "share person with anyone for any purpose if permitted"
    changes = compare((standing, "never share person with brokers"), (standing,))
    assert outline(changes) == [("opens", True)]
    assert changes[0].text.startswith("The brokers may now get your contact details for any purpose, but only if")


def test_showing_people_their_own_data_is_no_intrusion_and_hiding_it_is() -> None:
    assert outline(compare(("state",), ("show person to self",))) == [("opens", False)]
    (change,) = compare(("show person to self",), ("state",))
    assert (change.kind, change.is_material) == ("closes", True)
    assert change.text == "You may no longer see your contact details."


def test_smaller_groups_are_wider_data() -> None:
    old, new = (f"use visit in aggregate of {k} for reporting" for k in (10, 5))
    (change,) = compare((old,), (new,))
    assert (change.kind, change.is_material) == ("opens", True)
    assert change.text == (
        "We may now use the log of your visit for reporting, as figures about groups of at least 5 people."
    )
    (back,) = compare((new,), (old,))
    assert (back.kind, back.is_material) == ("closes", False)
    assert back.text == (
        "We may no longer use the log of your visit for reporting,"
        " except as figures about groups of at least 10 people."
    )


def test_a_parameter_that_changes_a_group_size_counts_as_the_rule_would() -> None:
    rule = "for reporting use only visit in aggregate of size settled size"
    changes = compare_tables(make_table(rule), make_table(rule, settle={"size": '"5"'}))
    assert outline(changes) == [("opens", True)]


def test_what_told_who_it_was_and_now_tells_less_closes_with_its_exception() -> None:
    (change,) = compare(("use person for reporting",), ("use person de-identified for reporting",))
    assert (change.kind, change.is_material) == ("closes", False)
    assert change.text.endswith("for reporting, except with every link to you cut.")


def test_a_sentence_says_no_more_than_the_cells_that_changed() -> None:
    changes = compare(("state",), ("use person.name for fulfil", "use person.email for reporting"))
    assert [change.text for change in changes] == [
        "We may now use your name for fulfil.",
        "We may now use your e-mail address for reporting.",
    ]


# --- keeping ---


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ("keep person 30 days after delivery", "keep person 365 days after delivery", [("changed", True)]),
        ("keep person 365 days after delivery", "keep person 30 days after delivery", [("changed", False)]),
        ("keep person 30 days after delivery", "keep person 30 days after goodbye", [("changed", True)]),
        ("keep person 30 days after delivery", "keep person until delivery", [("added", True), ("removed", True)]),
        ("keep person 30 days after delivery", "state", [("removed", True)]),  # nothing says its end any more
        ("state", "keep person 30 days after delivery", [("added", False)]),
        ("keep visit 12 months", "keep visit 360 days", [("changed", False)]),  # the same time in other words
        ("keep visit 24 hours", "keep visit 2 days", [("changed", True)]),
        ("keep person clock", "keep person 30 days", []),
    ],
)
def test_longer_keeping_is_material_and_shorter_is_not(old: str, new: str, kinds: list[tuple[str, bool]]) -> None:
    assert outline(compare((old,), (new,))) == kinds


def test_a_rule_split_in_two_with_the_same_times_is_not_material() -> None:
    changes = compare(
        ("keep person, visit 30 days after delivery",),
        ("keep person 30 days after delivery", "keep visit 30 days after delivery"),
    )
    assert not is_material(changes)


def test_a_time_said_by_a_parameter_changes_with_it() -> None:
    changes = compare_tables(
        make_table("keep person clock"), make_table("keep person clock", settle={"clock": "60 days"})
    )
    assert outline(changes) == [("changed", True)]
    assert changes[0].text == (
        "We keep your contact details for 60 days. After that, we no longer use any of it and erase it."
        " So far: we keep your contact details for 30 days. After that, we no longer use any of it and erase it."
    )


# --- choices, safeguards, cookies, other duties ---

MATERIAL_WHEN_LOST = (
    "choice news is opt-in, asked at order",
    "choice news is changed at account",
    "put unsubscribe link at the end of letter",
    "let readers download person at account",
    "answer access requests by form within 30 days",
    "tell readers by email when material change, before it takes effect",
    "erase person when removal is asked within 7 days",
    "protect person by encryption at rest",
    "bind carriers by contract",
    'attest "doors are locked" by office every 90 days',
    "review grants by office every 90 days",
    "honour gpc as no to news",
    "work without cookies",
    "never employ fingerprinting",
    "keep person apart from visit",
    "show news question at order",
    "require age 18 at order",
    "covers persons",
)
MATERIAL_WHEN_WON = (
    "set cookie basket for fulfil, up to 30 days, first-party",
    "counts sister firm as us",
    "leave out public source with a recorded ground",
    "does not apply to person by offline contact",
    "ignore dnt",
    "choice news does not stop letter",
    "delay telling readers when breach is believed, reviewed every 30 days",
)


@pytest.mark.parametrize("rule", MATERIAL_WHEN_LOST)
def test_a_dropped_choice_or_safeguard_is_material_and_a_new_one_is_not(rule: str) -> None:
    lost = [change for change in compare((rule,), ("state",)) if change.kind == "removed"]
    won = [change for change in compare(("state",), (rule,)) if change.kind == "added"]
    assert outline(tuple(lost)) == [("removed", True)]
    assert lost[0].text.startswith("No longer: ")
    assert lost[0].before == ("shop#shop.1",)
    assert outline(tuple(won)) == [("added", False)]
    assert won[0].after == ("shop#shop.1",)


@pytest.mark.parametrize("rule", MATERIAL_WHEN_WON)
def test_what_takes_more_or_protects_less_is_material_when_it_comes(rule: str) -> None:
    assert outline(compare(("state",), (rule,))) == [("added", True)]
    assert outline(compare((rule,), ("state",))) == [("removed", False)]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("answer access requests by form within 20 days", "answer access requests by form within 30 days"),
        ("answer access, removal requests within 20 days", "answer access requests within 20 days"),
        ("answer access requests within 20 days", "answer access requests about visit within 20 days"),
        ("answer access requests by form or email within 3 days", "answer access requests by form within 3 days"),
        ("choice news is opt-in, asked at order", "choice news is opt-out, asked at order"),
        ("choice news is changed at account within 3 days", "choice news is changed at account within 4 days"),
        ("choice news is changed at account within 3 days", "choice news is changed at account"),
        ("set cookie a for fulfil, up to 3 days, first-party", "set cookie a for fulfil, up to 4 days, first-party"),
        ("set cookie a for fulfil, up to 3 days, first-party", "set cookie a for fulfil, up to 3 days, from brokers"),
        ("set cookie a for fulfil, up to 3 days, first-party", "set cookie a for fulfil, reporting, up to 3 days, first-party"),
        ("tell readers by email when merging, 30 days before the transfer", "tell readers by email when merging, 7 days before the transfer"),
        ("tell readers by email or letter when merging", "tell readers by email when merging"),
        ("tell readers by email when merging", "tell readers by email if chosen news when merging"),
        ("erase person when removal is asked", "erase person when removal is asked and merging"),
        ("erase person, visit when merging within 3 days", "erase person when merging within 3 days"),
        ("protect person by backup, lockout", "protect person by backup"),
        ("protect anything by backup", "protect anything but visit by backup"),
        ("protect person by backup", "protect person by backup at order"),
        ('attest "it is so" by office every 90 days', 'attest "it is so" by office every 365 days'),
        ('attest "it is so" by office every 9 days, signed by 2', 'attest "it is so" by office every 9 days'),
        ("require age 18 at order", "require age 16 at order"),
        ("never employ spyware, adware", "never employ spyware"),
        ("material change takes effect on acceptance", "material change takes effect on posting"),
        ("change takes effect 30 days after notice", "change takes effect 10 days after notice"),
        ("change takes effect 30 days after notice", "change takes effect 30 days after notice or on posting"),
        ("bind brokers by contract", "bind brokers by contract for fulfil"),
        ("put unsubscribe link, cannot-stop note in letter", "put cannot-stop note in letter"),
        ("counts sister firm as us", "counts sister firm, cousin firm as us"),
        ("delay telling readers when merging, reviewed every 3 days, approved by 2 of office", "delay telling readers when merging, reviewed every 3 days"),
    ],
)  # fmt: skip
def test_a_duty_that_gets_worse_is_material_and_one_that_gets_better_is_not(better: str, worse: str) -> None:
    down, up = compare((better,), (worse,)), compare((worse,), (better,))
    down = tuple(change for change in down if change.kind not in ("opens", "condition", "closes"))
    up = tuple(change for change in up if change.kind not in ("opens", "condition", "closes"))
    assert outline(down) == [("changed", True)]
    assert "So far: " in down[0].text
    if "approved by" not in better and "if chosen" not in worse:  # another condition counts as doubt, both ways
        assert outline(up) == [("changed", False)]


def test_what_people_merely_see_is_not_material() -> None:
    changes = compare(
        ("show contact phone at policy",), ("show contact post at policy", "mark person as optional at order")
    )
    assert {change.kind for change in changes} == {"added", "removed"}
    assert not is_material(changes)


# --- nothing, and both ways ---


def test_nothing_changes_between_a_version_and_itself() -> None:
    table = make_table(*STANDING)
    assert compare_tables(table, table) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("use person for fulfil",), ("use person.name for fulfil", "use person.email for fulfil")),
        (("use person for fulfil, reporting",), ("use person for reporting, fulfil",)),
        (("use person for fulfil",), ("use person for fulfil beyond [AB-01]",)),
        (("never use visit",), ("state",)),  # nothing had permitted it
        (("claim nothing uses visit",), ("state",)),  # a claim asserts, and makes nothing
    ],
)
def test_only_other_words_for_the_same_change_nothing(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    assert compare(old, new) == ()


def test_other_prose_and_labels_change_nothing() -> None:
    text = SHOP % "\n".join(STANDING)
    other = text.replace("Some words.", "Quite other words.").replace("your name", "what you are called")
    assert compare_tables(compile_policy(parse_policy(text)), compile_policy(parse_policy(other))) == ()


@pytest.mark.parametrize("rule", [*MATERIAL_WHEN_LOST, *MATERIAL_WHEN_WON, *STANDING])
def test_the_way_back_is_told_with_the_signs_turned_round(rule: str) -> None:
    turned = {"opens": "closes", "closes": "opens", "added": "removed", "removed": "added"}
    there, back = compare(("state",), (rule,)), compare((rule,), ("state",))
    assert sorted(turned.get(change.kind, change.kind) for change in there) == sorted(change.kind for change in back)


# --- the courier ---


@cache
def read_courier(version: str) -> Table:
    return compile_policy(load_policy(ROOT / "policies" / "lasership" / f"{version}.policy.md"))


def test_the_courier_gave_one_thing_to_one_more_recipient_and_answers_sooner() -> None:
    first, second = compare_tables(read_courier("2016-06-13"), read_courier("2016-10-03"))
    assert (first.kind, first.is_material) == ("opens", True)
    assert first.text == (
        "The shops where a parcel waits may now get the addressee's name for doing what you asked for,"
        " but only if you asked for the service that needs it."
    )
    assert (second.kind, second.is_material) == ("changed", False)
    assert "within 20 days. So far: we answer" in second.text
    assert second.before == second.after == ("lasership#seeing-changing-and-leaving.3",)


def test_the_courier_going_back_would_answer_later() -> None:
    first, second = compare_tables(read_courier("2016-10-03"), read_courier("2016-06-13"))
    assert (first.kind, first.is_material) == ("closes", False)
    assert (second.kind, second.is_material) == ("changed", True)


@pytest.mark.parametrize("version", ["2016-06-13", "2016-10-03"])
def test_a_version_of_the_courier_does_not_differ_from_itself(version: str) -> None:
    assert compare_tables(read_courier(version), read_courier(version)) == ()


def test_taking_every_rule_away_is_told_in_whole_sentences_without_words_of_ours() -> None:
    courier = read_courier("2016-10-03")
    bare = re.sub(r"```rules\n.*?```", "```rules\nstate\n```", courier.policy.text, flags=re.DOTALL)
    empty = compile_policy(parse_policy(bare))
    for changes in (compare_tables(courier, empty), compare_tables(empty, courier)):
        assert len(changes) > 30
        for change in changes:
            assert re.match(r"[A-Z“].*[.”]$", change.text), change.text
            assert not re.search(
                r"_|\(not named\)|  |\.\.|[a-z]\.[a-z]|\b(details|orders|messages) is\b", change.text
            ), change.text
