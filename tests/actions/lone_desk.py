"""A small policy of a business in which one person does everything: what stands in for the second voice is declared."""

from __future__ import annotations

from datetime import date

from upheld.core.gate import Gate
from upheld.core.gate.binding import Binding
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import parse_policy

TEXT = """---
policy: lasership
business: Quill Post
title: What we do with what we know about you
version: 2016-10-03
surface: web
site: {{host: quill.localhost, trade-name: Quill Post, accent: "#245b4e", tone: plain}}
contact: {{email: privacy@quill.example}}
data: {{person: {{name: user.name, email: user.contact.email}}}}
purposes: {{fulfil: essential.service, legal: essential.legal_obligation, contact: essential.service.notifications}}
recipients: {{authorities: authority}}
roles: [desk, helper]
touchpoints: {{registration: /register}}
mail: {{administrative message: contact}}
audiences: {{customers: [person.email]}}
events: {{last sign-in: the account was used for the last time}}
grounds: {{court order: a court asks for it}}
{settle}
---

# Everything

We ask for your name and address when you register.

```rules
(1) collect person at registration for fulfil, contact
(1) applies to person by collection
(1) keep person 365 days after last sign-in
(1) send administrative message to customers
```

A court gets what it orders, once two people of our desk agree.

```rules
(1) share person with authorities for legal if in scope and demanded by court order, approved by 2 of desk
```

{sentence}
"""
SETTLE = "settle: {{lone-approval: {value}}}"
SENTENCE = """While one person works at our desk, a week without objection stands in for the second, or somebody outside whom we ask.

```rules
(1) state settled lone-approval
```
"""


def write_policy(value: str = "7 days without objection or one outside approver") -> str:
    """The policy's text; without a value nothing is declared."""
    settle = SETTLE.format(value=value) if value else "settle: {}"
    return TEXT.format(settle=settle, sentence=SENTENCE if value else "")


def open_lone(value: str = "7 days without objection or one outside approver") -> Binding:
    """The policy as gates. It goes by the courier's slug, so that the tests' databases let it in."""
    policy = parse_policy(write_policy(value))
    day = date(2016, 10, 3)
    return Binding(policy.slug, {day: Gate(compile_policy(policy))}, day)
