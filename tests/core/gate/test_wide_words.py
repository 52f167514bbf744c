"""What the language's wide words reach, as verdicts written by hand: every page, every form, any purpose, a no."""

import pytest

from upheld.core.gate import Gate, parse_act, parse_facts
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import parse_policy

HEAD = """---
policy: small
business: Small
title: Small
version: 2026-01-01
surface: web
data: {person: {name: user.name, age: user.demographic.age}}
purposes: {fulfil: essential.service, research: analytics.research}
recipients: {carriers: processor}
roles: [analysts]
touchpoints: {order: /ship, visit: every page, mailing: automatic}
choices: {studies: studies of how people use us}
---

# Small

We keep to this.

```rules
"""
COLLECT = ("collect person at order for fulfil", "record person at visit, mailing for fulfil")
RESEARCH = (
    "collect person at order for research", "show person to analysts, self for research", "keep person 10 days for research",
    "share person with carriers for research", "choice studies is opt-out, asked at order", "choice studies stops research",
)  # fmt: skip


def ask(rules: tuple[str, ...], act: str, facts: str = "") -> str:
    table = compile_policy(parse_policy(HEAD + "\n".join(rules) + "\n```\n"))
    return Gate(table).ask(parse_act(act, table.words), parse_facts(facts, table)).outcome


@pytest.mark.parametrize(
    ("ban", "at_order", "at_visit"),
    [
        ("never collect person.age at every page", "refused", "refused"),
        ("never collect person.age at anywhere", "refused", "refused"),
        ("never collect person.age at every form", "refused", "permitted"),
        ("at every page collect only person.name for fulfil", "refused", "refused"),
        ("at every form collect only person.name for fulfil", "refused", "permitted"),
        ("never collect person.age at order", "refused", "permitted"),
    ],
)
def test_a_ban_at_every_page_or_form_reaches_the_real_touchpoints(ban: str, at_order: str, at_visit: str) -> None:
    rules = (*COLLECT, ban)
    assert ask(rules, "collect person.age at order for fulfil") == at_order
    assert ask(rules, "collect person.age at visit for fulfil") == at_visit
    assert ask(rules, 'collect person.age at "a fair" for fulfil') == ("silent" if ban.endswith("order") else "refused")


def test_an_age_limit_at_every_page_is_one_at_each() -> None:
    rules = (*COLLECT, "require age 13 at every page")
    assert ask(rules, "collect person at order for fulfil", "known minor") == "refused"
    assert ask(rules, "collect person at order for fulfil", "not known minor") == "permitted"


def test_a_permission_at_every_form_opens_declared_forms_and_nothing_else() -> None:
    rules = ("collect person at every form for fulfil",)
    assert ask(rules, "collect person at order for fulfil") == "permitted"
    assert ask(rules, "collect person at visit for fulfil") == "silent"
    assert ask(rules, 'collect person at "a fair" for fulfil') == "silent"


@pytest.mark.parametrize(
    "act",
    [
        "collect person at order for research",
        "use person for research",
        "show person to analysts for research",
        "share person with carriers for research",
        "keep person for research",
    ],
)
def test_a_no_to_a_purpose_stops_everything_for_it(act: str) -> None:
    assert ask(RESEARCH, act, "studies unasked") == "permitted"
    assert ask(RESEARCH, act, "studies no") == "refused"
    assert ask(RESEARCH, act, "studies unknown") == "refused"


def test_a_no_never_hides_from_people_what_is_theirs() -> None:
    assert ask(RESEARCH, "show person to self for research", "studies no") == "permitted"


def test_any_purpose_is_also_one_that_the_policy_does_not_name() -> None:
    named = ("use person for fulfil, research",)
    assert ask(named, "use person for any purpose") == "silent"
    assert ask(("use person for any purpose",), "use person for any purpose") == "permitted"


@pytest.mark.parametrize(
    "rules",
    [
        ("share person with carriers for fulfil", "never share person with carriers if demanded"),
        ("share person with carriers for fulfil unless demanded",),
        ("share person with carriers for fulfil if demanded",),
    ],
)
def test_a_demand_on_no_declared_ground_is_never_known_and_opens_nothing(rules: tuple[str, ...]) -> None:
    assert ask(rules, "share person with carriers for fulfil") == "refused"
