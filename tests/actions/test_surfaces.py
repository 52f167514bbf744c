"""What came in by the app, or happens there, meets its policy besides the site's own (C-13), and the rest does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from tests.actions.stage import NOW, Cast
from upheld.core.errors import GateError, RefusedError
from upheld.core.gate import Act, Gate
from upheld.core.gate.binding import Binding
from upheld.core.gate.surfaces import Beside, name_origin
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import parse_policy

APP = "app"
APP_POLICY = """---
policy: lasership-app
business: Courier
title: The app
version: 2020-01-01
surface: app
site: {of: lasership}
data: {person: {name: user.name, email: user.contact.email, phone: user.contact.phone_number}}
purposes: {fulfil: {service: essential.service}, marketing: {offer: marketing.communications.email}}
recipients: {carriers: processor}
roles: [customer-service]
touchpoints: {registration: /register}
events: {order: you came}
---

# The app

It asks for your name and address. It never asks for your number. You can see your name. Nobody writes to you about offers.

```rules
(1) collect person.name, person.email at registration for fulfil
(2) never collect person.phone at registration
(3) show person.name to self
(4) never use person.email for marketing.offer
(1) keep person 90 days after order
```
"""
NAME = "lasership-app#the-app."
OFFER = Act("use", ("person.email",), "marketing.offer")
YES = {"chosen marketing": True}


@cache
def make_beside() -> Beside:
    table = compile_policy(parse_policy(APP_POLICY))
    return Beside(table.policy.slug, APP, (Gate(table),), table.policy.digest)


def join(binding: Binding, happens_on: str = "") -> Binding:
    """The courier's site with an app, seen from the house and its pages, or from the app."""
    return replace(binding, beside=(make_beside(),), happens_on=happens_on)


def put(binding: Binding, values: dict[str, str], method: str) -> Any:
    from upheld.actions.people import create_person
    from upheld.actions.vault import put_items

    person = create_person(binding, now=NOW)
    put_items(binding, person=person, touchpoint="registration", values=values, now=NOW, method=method)
    return type(person).objects.get(id=person.id)


def see(binding: Binding, person: Any) -> Any:
    from upheld.actions.vault import open_items

    return open_items(binding, person=person, action="show", counterpart="self", now=NOW)


def test_the_app_takes_in_what_both_let(binding: Binding, cast: Cast) -> None:
    from upheld.records.models import Item

    before = Item.objects.count()
    both = {"person.name": "Cy Vale", "person.phone": "+15550142000"}
    put(join(binding), both, "form")  # on the page the site's own policy alone has a say
    with pytest.raises(RefusedError) as refused:
        put(join(binding, APP), both, "api")
    assert refused.value.because == (f"{NAME}2",)
    assert Item.objects.count() == before + 1
    person = put(join(binding, APP), {"person.name": "Cy Vale", "person.email": "cy@vale.example"}, "api")
    # the site lets a name in for more purposes than the app does
    [item] = Item.objects.filter(person=person)
    assert item.keep_until == NOW + timedelta(days=90)  # the app keeps it for less time than the site would
    assert item.purposes == ["fulfil.service"]
    assert item.version == binding.current


def test_what_came_by_the_app_meets_both_wherever_it_is_used(binding: Binding, cast: Cast) -> None:
    from upheld.actions.facts import gather_facts
    from upheld.actions.vault import put_items
    from upheld.records.models import Standing

    joined = join(binding)
    person = put(join(binding, APP), {"person.name": "Cy Vale", "person.email": "cy@vale.example"}, "api")
    put_items(joined, person=person, touchpoint="registration", values={"person.zip": "90417"}, now=NOW)
    opened = see(joined, person)
    assert [value.data for value in opened.values] == ["person.name", "person.zip"]
    [closed] = opened.withheld
    assert (closed.data, closed.verdict.outcome) == ("person.email", "silent")
    assert [value.data for value in see(binding, cast.ada).values] == [
        value.data for value in see(joined, cast.ada).values
    ]
    # in the app all of it meets both
    assert [value.data for value in see(join(binding, APP), person).values] == ["person.name"]
    # and so does a letter to the address, or one to many: what is on record of the person says how they came
    known = gather_facts(joined, person)
    assert known[name_origin(APP)] is True
    assert joined.ask(OFFER, gather_facts(joined, cast.ada) | YES, person.version).is_permitted
    assert joined.ask(OFFER, known | YES, person.version).because == (f"{NAME}4",)
    assert Standing.objects.get(site=binding.site, id=person.standing).facts == {name_origin(APP): True}


def test_without_the_policy_of_the_app_nothing_that_came_by_it_opens(binding: Binding, cast: Cast) -> None:
    person = put(join(binding, APP), {"person.name": "Cy Vale"}, "api")
    with pytest.raises(GateError) as problem:
        see(binding, person)
    assert problem.value.code == "G408"
    assert see(binding, cast.ada).values
