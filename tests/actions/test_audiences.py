"""Who of everybody gets a class of message, and why not: counted by combinations, and the same as asked one by one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.actions.crowds import NEWSLETTER, OFFER, SERVICE, bring_in
from tests.actions.stage import Cast
from upheld.core.gate.binding import Binding

ANSWERS = st.lists(st.sampled_from(["yes", "no"]), max_size=3).map(tuple)


def survey(binding: Binding, now: datetime, mail_class: str = OFFER, cap: tuple[int, int] = (0, 0)) -> Any:
    from upheld.actions.audiences import survey_audience
    from upheld.core.notices.audience import Cap

    return survey_audience(binding, mail_class, cap=Cap(*cap), now=now)


def ask_one_by_one(binding: Binding, mail_class: str) -> dict[tuple[str, str], int]:
    """The slow way: everybody's facts gathered from their own rows, everybody asked."""
    from upheld.actions.facts import gather_facts
    from upheld.core.notices.classes import list_carriers
    from upheld.records.models import Identifier, Item, Person

    counts: dict[tuple[str, str], int] = {}
    held = set(Identifier.objects.filter(kind="email", verified_at__isnull=False).values_list("person_id", flat=True))
    for person in Person.objects.filter(kind="person", is_visitor=False, closed_at__isnull=True):
        if person.id in held:
            [carrier] = list_carriers(binding.policy, mail_class)
            item = Item.objects.get(person=person, touchpoint="registration")
            limit = max(item.version, person.agreed or item.version)
            verdict = binding.ask(carrier.act, gather_facts(binding, person), limit, person.version)
            key = (verdict.because[0], verdict.outcome)
            counts[key] = counts.get(key, 0) + 1
    return counts


def test_offers_reach_those_who_said_yes_and_the_others_are_counted_by_the_sentence(
    databases: Any, binding: Binding, now: datetime
) -> None:
    bring_in(binding, now, {"a": ("yes",), "b": ("no",), "c": (), "d": ("yes", "no"), "e": ("no", "yes")})
    found = survey(binding, now)
    assert (found.holders, found.reached, found.withheld) == (5, 2, 3)
    assert sum(share.people for share in found.judgement.why_not) == 3
    sentences = [binding.policy.find_sentence(share.sentence).text for share in found.judgement.why_not]
    assert all("yes" in sentence or "no" in sentence for sentence in sentences)


def test_what_belongs_to_the_account_reaches_everybody_who_has_one(cast: Cast, binding: Binding, now: datetime) -> None:
    bring_in(binding, now, {"a": ("no",), "b": ()})
    bring_in(binding, now, {"c": ("yes",)}, is_verified=False)
    found = survey(binding, now, SERVICE, cap=(1, 7))
    assert found.reached == found.holders == 4
    assert found.others == {"company": 1, "unverified": 1}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(ANSWERS, min_size=1, max_size=8), facts=st.lists(st.sampled_from([{}, {"told": True}]), max_size=8)
)
def test_the_count_is_the_same_as_asking_everybody(
    databases: Any, binding: Binding, now: datetime, said: list[tuple[str, ...]], facts: list[dict[str, bool]]
) -> None:
    from upheld.actions.standings import restate
    from upheld.records.models import Answer, Identifier, Item, Person

    for model in (Answer, Identifier, Item, Person):
        model.objects.all().delete()
    people = bring_in(binding, now, {f"p{number}": answers for number, answers in enumerate(said)})
    for person, fact in zip(people.values(), facts, strict=False):
        person.facts = fact
        person.save(update_fields=["facts"])
        restate(binding, person)
    for number, person in enumerate(people.values()):  # some are under the earlier version
        if number % 2:
            Person.objects.filter(id=person.id).update(version=min(binding.gates))
    for mail_class in (OFFER, NEWSLETTER, SERVICE):
        judged = survey(binding, now, mail_class).judgement
        shares = {(share.sentence, share.outcome): share.people for share in (*judged.because, *judged.why_not)}
        assert shares == ask_one_by_one(binding, mail_class)


def test_an_address_that_gets_no_more_is_held_back_and_said(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.people import digest_identifier
    from upheld.actions.suppression import suppress

    people = bring_in(binding, now, {"a": ("yes",), "b": ("yes",), "c": ("yes",)})
    for name, mail_class in (("a", OFFER), ("b", "")):
        digest = digest_identifier(binding.site, "email", f"{name}@crowd.example", now)
        suppress(binding, digest=digest, mail_class=mail_class, reason="bounce", now=now, person=people[name].id)
    found = survey(binding, now)
    assert (found.judgement.reached, found.suppressed, found.reached) == (3, 2, 1)
    assert survey(binding, now, NEWSLETTER).suppressed == 1
    assert survey(binding, now, SERVICE).suppressed == 0


def test_who_heard_often_enough_lately_is_left_alone(databases: Any, binding: Binding, now: datetime) -> None:
    from tests.actions.crowds import release_one, send_all

    bring_in(binding, now, {"a": ("yes",), "b": ("yes",), "c": ("no",)})
    first = release_one(binding, now - timedelta(days=5))
    send_all(binding, first.id, now - timedelta(days=5))
    assert survey(binding, now, cap=(1, 7)).capped == 2
    assert survey(binding, now, cap=(1, 7)).reached == 0
    assert survey(binding, now, cap=(2, 7)).capped == 0
    assert survey(binding, now, cap=(1, 4)).capped == 0
    assert survey(binding, now, SERVICE, cap=(1, 7)).capped == 0


def test_who_is_suppressed_and_capped_is_counted_once(databases: Any, binding: Binding, now: datetime) -> None:
    from tests.actions.crowds import release_one, send_all
    from upheld.actions.people import digest_identifier
    from upheld.actions.suppression import suppress

    bring_in(binding, now, {"a": ("yes",), "b": ("yes",)})
    first = release_one(binding, now - timedelta(days=1))
    send_all(binding, first.id, now - timedelta(days=1))
    digest = digest_identifier(binding.site, "email", "a@crowd.example", now)
    suppress(binding, digest=digest, mail_class=OFFER, reason="bounce", now=now)
    found = survey(binding, now, cap=(1, 7))
    assert (found.suppressed, found.capped, found.reached) == (1, 1, 0)


@pytest.mark.parametrize("mail_class", ["proof of delivery", "no such class"])
def test_what_waits_for_an_event_is_no_campaign(binding: Binding, mail_class: str) -> None:
    from upheld.core.notices.audience import find_campaign_class

    assert find_campaign_class(binding.policy, mail_class) is None


@pytest.fixture
def stricter(tmp_path: Path) -> Binding:
    """The courier with an earlier version under which nothing was mailed but offers."""
    from tests.actions.stage import COURIER
    from upheld.core.gate import Gate
    from upheld.core.policy.versions import load_versions

    folder = tmp_path / "policies" / COURIER.name
    shutil.copytree(COURIER, folder)
    path = min(folder.glob("*.policy.md"))
    text, rule = path.read_text(encoding="utf-8"), "(3) send promotional offer, newsletter to account holders if chosen"
    assert rule in text
    path.write_text(text.replace(rule, rule.replace(", newsletter", "")), encoding="utf-8")
    versions = load_versions(folder)
    gates = {policy.version: Gate(table) for policy, table in zip(versions.policies, versions.tables, strict=True)}
    return Binding(versions.slug, gates, versions.newest.version)


def test_what_was_taken_under_a_stricter_version_stays_under_it_until_its_person_agrees(
    databases: Any, stricter: Binding, now: datetime
) -> None:
    from tests.actions.crowds import list_receivers, release_one, send_all
    from upheld.actions.standings import restate

    earlier = replace(stricter, current=min(stricter.gates))
    people = bring_in(earlier, now, {"a": ("yes",), "b": ("yes",)})
    people |= bring_in(stricter, now, {"c": ("yes",)})
    assert survey(stricter, now, OFFER).reached == 3
    assert survey(stricter, now, NEWSLETTER).reached == 1
    for name in ("a", "b"):  # they were told of the change, and are under the version in force
        people[name].version = stricter.current
        people[name].save(update_fields=["version"])
    assert survey(stricter, now, NEWSLETTER).reached == 1
    people["a"].agreed = stricter.current
    people["a"].save(update_fields=["agreed"])
    restate(stricter, people["a"])
    assert survey(stricter, now, NEWSLETTER).reached == 2
    made = release_one(stricter, now, NEWSLETTER)
    assert send_all(stricter, made.id, now).counts["left_out"] == {}
    assert list_receivers(made.id) == ["a", "c"]


def test_who_was_away_for_longer_than_addresses_are_kept_gets_nothing(
    databases: Any, binding: Binding, now: datetime
) -> None:
    from tests.actions.crowds import list_receivers, release_one, send_all
    from upheld.records.models import Person

    people = bring_in(binding, now, {"a": ("yes",), "b": ("yes",), "c": ("yes",)})
    long_ago = now - timedelta(days=1096)
    Person.objects.filter(id__in=[people["a"].id, people["b"].id]).update(created_at=long_ago)
    Person.objects.filter(id=people["b"].id).update(signed_in_at=now - timedelta(days=9))
    for mail_class in (OFFER, SERVICE):
        found = survey(binding, now, mail_class)
        assert (found.lapsed, found.reached) == (1, 2)
    made = release_one(binding, now)
    send_all(binding, made.id, now)
    assert list_receivers(made.id) == ["b", "c"]
