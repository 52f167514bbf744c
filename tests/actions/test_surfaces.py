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


STRICTER = """---
policy: lasership-app
business: Courier
title: The app
version: 2020-01-01
surface: app
site: {of: lasership}
data: {person: {name: user.name, email: user.contact.email, zip: user.contact.address.postal_code}, answer: {survey: x.survey.answer}}
purposes: {fulfil: {service: essential.service}, reporting: analytics.reporting, research: analytics, improve: {service: functional.service.improve}}
recipients: {carriers: processor}
roles: [analysts, customer-service]
touchpoints: {registration: /register, survey: /survey}
events: {last sign-in: you came}
---

# The app

It asks for your name and zip code. You see and change your name. Reports show groups of at least 50. It forgets you soon.

```rules
(1) collect person.name, person.zip at registration for fulfil
(1) collect answer.survey at survey for research
(2) show person, answer to self
(2) let customers change person.name at account
(3) use answer.survey for reporting
(3) for reporting show only answer.survey in aggregate of 50 to analysts
(4) keep person 30 days after last sign-in
```
"""


@cache
def make_stricter() -> Beside:
    table = compile_policy(parse_policy(STRICTER))
    return Beside(table.policy.slug, APP, (Gate(table),), table.policy.digest)


def test_what_is_corrected_in_the_app_needs_its_word_and_came_in_there(binding: Binding, cast: Cast) -> None:
    from upheld.actions.corrections import correct_values
    from upheld.records.models import Item

    in_app = replace(binding, beside=(make_stricter(),), happens_on=APP)
    with pytest.raises(RefusedError):  # the site lets it be changed, the app does not
        correct_values(in_app, person=cast.ada, values={"person.zip": "90418"}, now=NOW)
    assert correct_values(in_app, person=cast.ada, values={"person.name": "Ada Ray"}, now=NOW) == ("person.name",)
    assert Item.objects.get(person=cast.ada).method == "api"
    assert type(cast.ada).objects.get(id=cast.ada.id).facts == {name_origin(APP): True}
    # it holds a name from the app now, and her other data with it: both meet the app's policy
    cast.ada.signed_in_at = NOW
    withheld = {part.data: part.verdict.outcome for part in see(replace(in_app, happens_on=""), cast.ada).withheld}
    assert withheld == {"person.phone": "silent"}


def test_what_the_house_seals_of_the_app_itself_came_in_there(binding: Binding, cast: Cast) -> None:
    from upheld.records.models import Item

    in_app = replace(binding, beside=(make_stricter(),), happens_on=APP)
    assert Item.objects.get(person=put(in_app, {"person.name": "Cy Vale"}, "account")).method == "api"


def test_the_first_of_two_clocks_ends_the_keeping(binding: Binding, cast: Cast) -> None:
    from upheld.records.models import Item

    joined = replace(binding, beside=(make_stricter(),))
    person = put(replace(joined, happens_on=APP), {"person.name": "Cy Vale"}, "api")

    def is_open(after: int, seen_by: Binding = joined) -> bool:
        from upheld.actions.vault import open_items

        now = NOW + timedelta(days=after)
        return bool(open_items(seen_by, person=person, action="show", counterpart="self", now=now).values)

    assert is_open(29)
    assert not is_open(31)  # the app's thirty days; the site's own three years are not over
    # an end that lies ahead does not stop the site's own clock of the last sign-in
    Item.objects.filter(person=person).update(keep_until=NOW + timedelta(days=4000), method="form")
    assert is_open(31)
    assert not is_open(1096)


def test_a_report_leaves_out_what_the_app_shows_in_larger_groups_only(binding: Binding, cast: Cast) -> None:
    from upheld.actions.counting import open_for_counting
    from upheld.actions.people import create_person
    from upheld.actions.vault import put_items
    from upheld.core.count.reports import plan_reports
    from upheld.records.walls import enter_site

    joined = replace(binding, beside=(make_stricter(),))
    in_app = replace(joined, happens_on=APP)
    for where, method in ((joined, "form"), (in_app, "api")):
        person = create_person(where, now=NOW, is_visitor=True)
        put_items(where, person=person, touchpoint="survey", values={"answer.survey": method}, now=NOW, method=method)
    [plan] = [one for one in plan_reports(joined, ["analysts"]) if one.report == "surveys"]
    since, until = NOW - timedelta(days=1), NOW + timedelta(days=1)

    def count(least: int) -> list[object]:
        with enter_site(joined.site):
            found = open_for_counting(
                joined, replace(plan, least=least), "answer.survey", since=since, until=until, now=NOW
            )
            return sorted(str(value) for _, value in found)

    assert count(10) == ["form"]
    assert count(50) == ["api", "form"]


def test_what_is_learned_of_an_age_leaves_the_surface_on_record(binding: Binding, cast: Cast) -> None:
    from upheld.actions.ages import know_age
    from upheld.actions.surfaces import note_surface

    person = type(cast.ada).objects.get(id=cast.ada.id)
    note_surface(join(binding, APP), cast.ada)  # another request, since this one read the row
    know_age(binding, person, True)
    facts = type(person).objects.get(id=person.id).facts
    assert facts == {name_origin(APP): True, "known minor": False}


def test_an_address_that_is_told_in_the_app_came_in_there_wherever_its_link_is_opened(
    binding: Binding, cast: Cast
) -> None:
    from upheld.actions.surfaces import bind_items
    from upheld.records.models import Item

    bind_items(binding, cast.ada, "person.email")
    assert Item.objects.get(person=cast.ada).method == "form"
    bind_items(join(binding, APP), cast.ada, "person.email")
    assert Item.objects.get(person=cast.ada).method == "api"
    assert Item.objects.get(person=cast.bo).method == "form"
