"""What a change takes is read from the rules of the version in force: who is told how, and from when it binds whom."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.load import parse_policy
from upheld.core.rights.changing import (
    ACCEPTANCE,
    ACTIVE,
    ANNOUNCED,
    FOUNDING,
    MAIL,
    SITE,
    TOLD,
    USE,
    ChangePlan,
    Posted,
    find_obstacle,
    list_widenings,
    plan_change,
)

TODAY, DAY = date(2026, 11, 20), timedelta(days=1)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ON_POSTING = "change takes effect on posting"
BY_MAIL = "tell customers by email when material change, before it takes effect"
POLICY = """\
---
policy: boats
business: Boats
title: What we do
version: {version}
surface: web
contact: {{email: privacy@boats.example, form: contact}}
data:
  person: {{name: user.name, email: user.contact.email}}
purposes: {{answer: essential.service, repair: essential.service}}
touchpoints: {{contact: /contact}}
roles: [office]
choices: {{news: our newsletter}}
mail: {mail}
audiences: {{customers: person.email}}
---

# What we do

We take your name and address.

```rules
(1) collect person at contact for answer
{more}
```

## When this page changes

This page may change.

```rules
{rules}
```
"""
MORE = "(1) use person for repair"


@cache
def compile_one(
    rules: str = f"{ON_POSTING}\n{BY_MAIL}",
    version: date = date(2026, 1, 1),
    more: str = "",
    mail: str = "{account notice: answer}",
) -> Table:
    lines = "\n".join(f"(1) {line}" for line in rules.split("\n") if line) or "state"
    text = POLICY.format(version=version.isoformat(), mail=mail, more=more, rules=lines)
    return compile_policy(parse_policy(text, f"{version.isoformat()}.policy.md"))


def plan(rules: str, more: str = MORE, mail: str = "{account notice: answer}") -> ChangePlan:
    """The plan of a change to a version of 1 December."""
    return plan_change(compile_one(rules, mail=mail), compile_one(rules, date(2026, 12, 1), more, mail))


def test_it_works() -> None:
    made = plan(f"{ON_POSTING}\n{BY_MAIL}")
    assert made.is_material
    assert (made.ways, made.lead, made.grace, made.moves) == ((MAIL,), 0 * DAY, 0 * DAY, TOLD)
    assert [change.kind for change in made.changes] == ["opens"]
    assert made.because == ("boats#when-this-page-changes.1",)
    assert made.find_effective_at(NOW) == datetime(2026, 12, 1, tzinfo=UTC)
    assert made.find_effective_at(NOW + 30 * DAY) == NOW + 30 * DAY


def test_words_alone_need_nobody_told() -> None:
    made = plan(f"{ON_POSTING}\n{BY_MAIL}", more="")
    assert (made.is_material, made.changes, made.ways) == (False, (), ())


@pytest.mark.parametrize(
    ("rules", "ways", "lead", "grace", "moves"),
    [
        (f"{ON_POSTING}\ntell customers by site notice when any change, before it takes effect", (SITE,), 0, 0, TOLD),
        (f"{ON_POSTING}\ntell customers by email when material change, 14 days before it takes effect", (MAIL,), 14, 0, TOLD),
        (f"change takes effect 21 days after notice\n{BY_MAIL}", (MAIL,), 21, 21, TOLD),
        ("change takes effect 21 days after notice", (MAIL, SITE), 21, 21, TOLD),
        (f"material change takes effect on acceptance or 30 days after notice\n{BY_MAIL}", (MAIL,), 0, 30, TOLD),
        (f"material change takes effect on acceptance\n{BY_MAIL}", (MAIL,), 0, 0, ACCEPTANCE),
        (f"change takes effect on first use after its date\n{BY_MAIL}", (MAIL,), 0, 0, USE),
        (f"change takes effect on posting\nmaterial change takes effect on acceptance\n{BY_MAIL}", (MAIL,), 0, 0, ACCEPTANCE),
        ("small change takes effect on posting", (MAIL, SITE), 30, 0, TOLD),
        ("", (MAIL, SITE), 30, 0, TOLD),
    ],
)  # fmt: skip
def test_each_way_of_taking_effect(rules: str, ways: tuple[str, ...], lead: int, grace: int, moves: str) -> None:
    made = plan(rules)
    assert (made.ways, made.lead, made.grace, made.moves) == (ways, lead * DAY, grace * DAY, moves)


def test_a_policy_that_says_nothing_of_it_is_changed_by_the_strictest_reading() -> None:
    made = plan("")
    assert made.is_silent
    assert made.because == ()
    assert not plan(ON_POSTING).is_silent
    assert plan("", more="").ways == ()


def test_a_notice_on_the_site_stands_for_thirty_days_or_for_the_time_that_the_rule_gives() -> None:
    assert plan(f"{ON_POSTING}\n{BY_MAIL}").find_lead(SITE) == 30 * DAY
    given = plan(f"{ON_POSTING}\ntell customers by site notice when material change, 45 days before it takes effect")
    assert given.find_lead(SITE) == 45 * DAY


def test_without_a_class_of_message_that_could_carry_it_the_site_tells() -> None:
    made = plan(f"{ON_POSTING}\n{BY_MAIL}", mail="{newsletter: answer}")
    assert (made.ways, made.lacks_mail) == ((SITE,), True)


def test_what_closes_or_is_a_duty_is_nothing_to_agree_to() -> None:
    narrow, wide = compile_one(), compile_one(version=date(2026, 12, 1), more=MORE)
    assert [change.kind for change in list_widenings(narrow, wide)] == ["opens"]
    assert list_widenings(wide, narrow) == ()


def posted(day: date, state: str) -> Posted:
    return Posted(day, "0" * 64, state)


@pytest.mark.parametrize(
    ("day", "standing", "said"),
    [
        (TODAY, [], ""),
        (TODAY - DAY, [], "has passed"),
        (TODAY, [posted(TODAY, ACTIVE)], "is not after"),
        (TODAY, [posted(TODAY + DAY, FOUNDING)], "is not after"),
        (TODAY + DAY, [posted(TODAY, ANNOUNCED)], "one change at a time"),
        (TODAY + DAY, [posted(TODAY, "withdrawn"), posted(TODAY - 9 * DAY, ACTIVE)], ""),
        (TODAY + DAY, [posted(TODAY + DAY, "waiting")], ""),
    ],
)
def test_only_what_lies_ahead_can_be_announced(day: date, standing: list[Posted], said: str) -> None:
    found = find_obstacle(day, day, standing, TODAY)
    assert said in found
    assert bool(said) == bool(found)
