"""What was stated when data was taken is read from the version it was taken under, unless somebody knows better."""

from __future__ import annotations

from datetime import date

import pytest

from upheld.core.gate import Gate, parse_act
from upheld.core.gate.binding import Binding
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import parse_policy

HEAD = """---
policy: small
business: Small
title: Small
version: {version}
surface: web
data: {{person: {{email: user.contact.email, phone: user.contact.phone_number}}}}
purposes: {{work: essential.service, news: marketing.communications.email}}
touchpoints: {{form: /form}}
choices: {{new use: new uses}}
---

We ask first.

```rules
collect person.email at form for {purposes}
collect person.phone at form for work
use person for news
choice new use is opt-in, asked at form
{ban}
```
"""
BAN = "never use anything for any purpose unless stated or chosen new use"
FIRST, SECOND = date(2026, 1, 1), date(2026, 2, 1)


def make_gate(version: date, purposes: str, ban: str = BAN) -> Gate:
    return Gate(compile_policy(parse_policy(HEAD.format(version=version, purposes=purposes, ban=ban))))


BOTH = Binding("small", {FIRST: make_gate(FIRST, "work"), SECOND: make_gate(SECOND, "work, news")}, SECOND)


@pytest.mark.parametrize(
    ("act", "facts", "versions", "is_permitted"),
    [
        ("use person.email for work", {}, (), True),
        ("use person.email for news", {}, (), True),  # the newest version names it at the form
        ("use person.email for news", {}, (FIRST,), False),  # the one it was taken under did not
        ("use person.email for news", {"chosen new use": True}, (FIRST,), True),
        ("use person.email for work", {}, (FIRST,), True),
        ("use person.phone for news", {}, (), False),  # permitted by a sentence, stated at no form
        ("use person for news", {}, (), False),  # all or nothing
        ("use person for work", {}, (), True),
        ("use person.email for news", {"stated": False}, (), False),  # whoever knows better says so
        ("use person.email for news", {"stated": None}, (), False),
        ("use person.phone for news", {"stated": True}, (), True),
        ('use person.email for "something else"', {}, (), False),
        ("use person.shoes for work", {}, (), False),
    ],
)
def test_stated_is_what_the_version_named_at_its_touchpoints(
    act: str, facts: dict[str, bool | None], versions: tuple[date, ...], is_permitted: bool
) -> None:
    asked = parse_act(act, BOTH.policy.words)
    assert BOTH.ask(asked, facts, *versions).is_permitted is is_permitted


def test_a_policy_that_does_not_ask_is_told_nothing() -> None:
    gate = make_gate(FIRST, "work", ban="never use person for news if known minor")
    binding = Binding("small", {FIRST: gate}, FIRST)
    asked = parse_act("use person.phone for news", binding.policy.words)
    assert not binding.ask(asked, {}).is_permitted
    assert binding.ask(asked, {"known minor": False}).is_permitted
