"""Which messages a no stops is read from the policy: from its choices, their purposes, the links it has put into messages."""

from pathlib import Path

import pytest

from upheld.core.notices.stops import (
    find_spared,
    is_stopped_by_message,
    list_stoppable,
    list_stopped_classes,
    list_stopping_choices,
)
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import Policy

COURIER = Path(__file__).resolve().parents[3] / "policies" / "lasership" / "2016-10-03.policy.md"
TEXT = """---
policy: bakery
business: Bakery
title: What we know
version: 2024-01-01
surface: web
data: {person: {email: user.contact.email}}
purposes: {news: {bread: marketing.communications.email, cake: marketing.communications.email}, bills: essential.service.notifications}
touchpoints: {order: /order}
choices: {news: news of bread and cake, cake: news of cake}
mail: {letter of bread: news.bread, letter of cake: news.cake, bill: bills}
audiences: {readers: [person.email]}
---

# What we know

We take your address. We ask you about news. You say no at any time. We send you messages. Every one says how to stop it.

```rules
(1) collect person.email at order for news, bills
(2) choice news is opt-in, asked at order
(2) choice cake is opt-in, asked at order
(3) choice news is changed by message
(3) choice news stops RULES
(3) choice cake stops letter of cake
(4) send letter of bread, letter of cake, bill to readers
LAST
```
"""


def read(stops: str, last: str = "") -> Policy:
    return parse_policy(TEXT.replace("RULES", stops).replace("LAST", last), "bakery.policy.md")


@pytest.fixture(scope="module")
def courier() -> Policy:
    return load_policy(COURIER)


def test_it_works(courier: Policy) -> None:
    assert list_stopped_classes(courier, "marketing") == ("promotional offer", "newsletter")
    assert list_stoppable(courier) == ("proof of delivery", "promotional offer", "newsletter")
    assert list_stopping_choices(courier, "newsletter") == ("marketing",)
    assert list_stopping_choices(courier, "administrative message") == ()
    assert set(find_spared(courier)) == {"service announcement", "administrative message"}


def test_a_choice_that_does_not_exist_stops_nothing(courier: Policy) -> None:
    assert list_stopped_classes(courier, "weather") == ()
    assert not is_stopped_by_message(courier, "weather report")


def test_a_no_to_a_purpose_stops_every_message_of_it() -> None:
    policy = read("news")
    assert list_stopped_classes(policy, "news") == ("letter of bread", "letter of cake")
    assert list_stopped_classes(policy, "cake") == ("letter of cake",)
    assert list_stopping_choices(policy, "letter of cake") == ("news", "cake")
    assert list_stoppable(policy) == ("letter of bread", "letter of cake")


def test_a_message_is_a_way_only_where_a_rule_says_so(courier: Policy) -> None:
    assert is_stopped_by_message(courier, "newsletter")
    assert not is_stopped_by_message(courier, "proof of delivery")
    policy = read("letter of bread")
    assert is_stopped_by_message(policy, "letter of bread")
    assert not is_stopped_by_message(policy, "letter of cake"), "that choice is changed nowhere"


def test_a_link_in_every_message_stops_all_but_those_that_no_choice_stops() -> None:
    every = "(5) put unsubscribe link at the end of every email"
    assert list_stoppable(read("letter of bread", every)) == ("letter of bread", "letter of cake", "bill")
    spared = f"{every}\n(5) choice news does not stop bill"
    assert list_stoppable(read("letter of bread", spared)) == ("letter of bread", "letter of cake")
