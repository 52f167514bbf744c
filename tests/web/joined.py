"""A second policy on the workshop's site: the one for its app, with other rules for the same things."""

from __future__ import annotations

from functools import cache

from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.load import parse_policy

APP, APP_DAY = "lantern-app", "2023-01-01"
APP_TEXT = """---
policy: lantern-app
business: Lantern Cycles
title: What the app knows
version: {version}
surface: {surface}
site:
  of: {of}
  questions:
    - {{words: "Does the app's maker get my number?", ask: share person.phone with makers for repair, facts: requested}}
contact: {{desk: workshop, email: workshop@lantern.example}}

data:
  person:  {{name: user.name, phone: user.contact.phone_number}}
  bicycle: {{frame: user.device.identifier}}
  place:   user.location
purposes:   {{repair: essential.service, offer: marketing.communications, finding: functional.service}}
recipients: {{makers: processor}}
roles:      [mechanics]
touchpoints: {{counter: /counter, pocket: automatic}}
choices:    {{offers: "offers of the workshop"}}
documents:  {{terms: terms.md}}
labels:     {{place: where you are, finding: finding your bicycle}}
---

# What the app knows

In the app you say who you are, at the counter too. It never takes your number there. The terms say more.

```rules
(1) collect person.name, bicycle.frame at counter for repair
(2) never collect person.phone at counter
(3) show terms document at policy
```

## Who sees it

The maker of your bicycle may ring you about a repair that you asked for. Our mechanics see your name and the frame.

```rules
(1) share person.phone with makers for repair if requested
(2) show person.name, bicycle to mechanics for repair
```

## Where you are

It finds your bicycle when you asked for it.

```rules
record place at pocket for finding
use person.phone for offer
```
"""


def write_app(*, of: str = "lantern", surface: str = "app", version: str = APP_DAY) -> str:
    """The text of the app's policy."""
    return APP_TEXT.format(of=of, surface=surface, version=version)


@cache
def compile_both() -> tuple[Table, Table]:
    """The tables of the workshop's policy in force and of the one for its app."""
    from tests.web.sites import MADE_UP, NEW, SLUG

    web = parse_policy((MADE_UP / SLUG / f"{NEW}.policy.md").read_text(encoding="utf-8"))
    return compile_policy(web), compile_policy(parse_policy(write_app()))
