"""How long a category is kept: the shorter of two everyday times; a copy for one purpose ends nothing."""

from __future__ import annotations

from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import parse_policy
from upheld.core.rights.keeping import NO_END, find_keeping
from upheld.core.rights.telling import say_where

TEXT = """---
policy: shelf
business: Shelf
title: Shelf
version: 2026-01-01
surface: web
data: {person: {name: user.name, email: user.contact.email}, order: x.order, note: x.note, page: x.page}
purposes: {fulfil: essential.service, backup: essential.service.security, fraud: essential.fraud_detection}
events: {last sign-in: the account was used, change is made: something was changed}
---

We keep things.

```rules
keep person.name, person.email 1095 days after last sign-in
keep person.name, order 35 days after change is made for backup
keep order 730 days after change is made for fraud
keep person.email, page 30 days
keep person.email 400 days for fulfil
```
"""


def test_a_copy_for_one_purpose_does_not_end_everyday_keeping() -> None:
    table = compile_policy(parse_policy(TEXT, "shelf"))
    name, email, order = (find_keeping(table, leaf) for leaf in ("person.name", "person.email", "order"))
    assert (name.days, name.event) == (1095, "last sign-in")  # not the 35 days of the backup
    assert (email.days, email.event) == (30, "")  # the shorter one of two everyday times
    assert (order.days, order.event) == (35, "change is made")  # nothing else speaks of it: the shorter copy
    assert find_keeping(table, "note") == NO_END


def test_an_answer_that_came_by_message_or_link_is_said_so() -> None:
    words = parse_policy(TEXT).words
    assert say_where(words, "message") == "by a message to us"
    assert say_where(words, "link") == "by the link in a message"
    assert say_where(words, "policy") == "on this page"
