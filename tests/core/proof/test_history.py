"""A ledger replayed: what earlier lines let be known, which rules an act goes against, what a version is held to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from upheld.core.gate import Gate
from upheld.core.policy.model import Degree, Policy
from upheld.core.policy.versions import load_versions
from upheld.core.proof.happenings import Answers, Demand, Grants, Held, Merger, Review, Said, Voice
from upheld.core.proof.history import History, replay
from upheld.core.proof.rereading import Done, Rereading

ROOT = Path(__file__).resolve().parents[3]
YES = (("chosen marketing", True), ("refused marketing", False))
NO = (("chosen marketing", False), ("refused marketing", True))
UNASKED = (("chosen marketing", False), ("refused marketing", False))
OUTSIDE = (("permitted", False), ("requested", False))


@cache
def load_courier() -> tuple[Policy, Rereading]:
    versions = load_versions(ROOT / "policies" / "lasership")
    return versions.policies[-1], Rereading(Gate(versions.tables[-1]))


def name_rules(numbers: tuple[int, ...]) -> list[str]:
    policy, _ = load_courier()
    return [policy.active_rules[number].text.partition(") ")[2][:60] for number in numbers]


def aggregate(least: int) -> int:
    return load_courier()[1].table.number_degree(Degree("aggregate", least))


@pytest.mark.parametrize(
    ("done", "broken"),
    [
        (Done("collect", ("person.name",), ("fulfil.service",), "registration"), []),
        (Done("collect", ("person.name",), ("fulfil.service",), "survey"), ["collect answer.survey at survey"]),
        (Done("collect", ("service.use",), ("sale",), "service"), ["record service.shipment"]),
        (Done("use", ("person.email",), ("marketing.offer",), known=YES), []),
        (Done("use", ("person.email",), ("marketing.offer",), known=NO), ["never use anything for m", "choice marketing stops"]),
        (Done("use", ("person.email",), ("marketing.offer",), known=UNASKED), ["never use anything for m"]),
        (Done("use", ("person.email",), ("marketing.offer",)), []),  # what nobody knows could have been so
        (Done("use", ("person.email",), ("sale",)), ["never use anything for any purpose but"]),
        (Done("use", ("addressee.email",), ("research",)), ["use addressee.email only"]),
        (Done("show", ("person.name",), (), "self"), []),
        (Done("show", ("person.name",), ("fulfil.service",), "analysts"), ["show customer information, addressee identified only"]),
        (Done("show", ("service.order",), ("reporting",), "analysts", aggregate(10)), []),
        (Done("show", ("service.order",), ("reporting",), "analysts", aggregate(9)), ["for reporting show only"]),
        (Done("use", ("service.order",), ("reporting",), degree=aggregate(9)), ["for reporting use only"]),
        (Done("share", ("addressee.address",), ("fulfil.service",), "parcel shops", known=(("requested", True),)), ["share addressee.name with parcel shops"]),
        (Done("share", ("person.phone",), ("fulfil.service",), "carriers", known=OUTSIDE), ["never share anything with anyone for fulfil"]),
        (Done("share", ("visit.ip",), ("reporting",), "somebody", known=(("permitted", True),)), ["never share anything with anyone for reporting"]),
    ],
)  # fmt: skip
def test_an_act_goes_against_these_rules_and_no_others(done: Done, broken: list[str]) -> None:
    found = name_rules(load_courier()[1].weigh(done).broken)
    assert len(found) == len(broken), found
    assert all(any(rule.startswith(words) for rule in found) for words in broken), found


def test_the_permission_that_was_meant_is_among_what_an_act_goes_against() -> None:
    _, reading = load_courier()
    done = Done("share", ("person.phone",), ("fulfil.service",), "carriers", known=OUTSIDE, claims="requested")
    assert [rule[:21] for rule in name_rules(reading.weigh(done).broken)] == [
        "for fulfil share only",
        "never share anything ",
    ]


def test_a_class_of_message_that_the_policy_does_not_have_is_spoken_of_by_no_rule() -> None:
    assert load_courier()[1].weigh_mail("fax of the year", ()).is_unspoken


def test_the_latest_answer_by_its_moment_counts_whatever_the_order_of_the_lines() -> None:
    answers = Answers()
    for at, is_yes in (("2026-03-01T00:00:00Z", False), ("2026-01-01T00:00:00Z", True), ("2026-03-01T00:00:00Z", True)):
        answers.take("p_1", "news", Said(at, is_yes, "account"))
    assert answers.find("p_1", "news", "2025-12-31T00:00:00Z") is None
    for at in ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"):
        found = answers.find("p_1", "news", at)
        assert found is not None
        assert found.is_yes


def test_a_changed_demand_has_nobody_s_agreement_and_an_added_person_leaves_what_was_left_out() -> None:
    demand = Demand("law", "authorities", frozenset({"a", "b"}), frozenset({"a"}), asked="x")
    demand.voices += [Voice("x", "desk", by, is_yes=True, counts=True) for by in ("s_1", "s_1", "s_2")]
    assert demand.count_voices("desk") == 2
    assert demand.count_voices("owners") == 0
    demand.change(["a", "b"], people=1)
    assert (demand.count_voices("desk"), demand.given) == (0, {"a"})
    demand.change(["a", "b"], people=1)
    assert demand.given == {"a", "b"}


def test_the_time_after_telling_is_held_to_the_second() -> None:
    merger = Merger(timedelta(days=30), told={"p_1": "2026-01-01T12:00:00Z"})
    assert not merger.was_told("p_1", "2026-01-31T11:59:59Z")
    assert merger.was_told("p_1", "2026-01-31T12:00:00Z")
    assert not merger.was_told("p_2", "2027-01-31T12:00:00Z")


def test_a_grant_is_live_until_its_day_and_for_its_role() -> None:
    grants = Grants()
    grants.take("g_1", "s_1", "desk", Review("grants", "2026-03-01", "2026-01-01T00:00:00Z", "e_1"))
    assert grants.is_live("s_1", "desk", "2026-03-01T23:59:59Z")
    assert not grants.is_live("s_1", "desk", "2026-03-02T00:00:00Z")
    assert not grants.is_live("s_1", "owners", "2026-02-01T00:00:00Z")
    grants.end_all("s_1")
    assert not grants.is_live("s_1", "desk", "2026-02-01T00:00:00Z")


def test_what_came_in_is_over_only_when_the_newest_of_it_is() -> None:
    held = Held()
    held.take("p_1", ("answer",), "2026-01-01T00:00:00Z")
    assert not held.is_over("p_1", ("answer",), 30, "2026-01-31T00:00:00Z")
    assert held.is_over("p_1", ("answer",), 30, "2026-01-31T00:00:01Z")
    held.take("p_1", ("answer",), "2026-01-02T00:00:00Z")
    assert not held.is_over("p_1", ("answer",), 30, "2026-01-31T00:00:01Z")
    assert not held.is_over("p_1", ("order",), 30, "2030-01-01T00:00:00Z")
    assert not held.is_over("p_2", ("answer",), 30, "2030-01-01T00:00:00Z")


def write(kind: str, at: str, body: Mapping[str, Any], person: str = "p_aaaaaaaaaaaaaaaaaaaa") -> str:
    whole = {"at": at, "body": body, "kind": kind, "person": person, "serial": f"e_{at}", "site": "lasership", "v": 1}
    return json.dumps(whole)


def test_an_act_is_held_against_the_version_of_its_line_and_counts_for_no_other() -> None:
    versions = load_versions(ROOT / "policies" / "lasership")
    body = {"action": "use", "data": ["person.email"], "purpose": "sale", "version": "2016-06-13"}
    history = replay(
        {policy.version: policy for policy in versions.policies},
        [write("item.opened", "2026-01-01T00:00:00Z", body)],
    )
    old, new = (policy.version for policy in versions.policies)
    assert history.list_broken(old)
    assert not history.list_broken(new)
    assert not history.list_tallies(new)
    assert (history.size, dict(history.counts)) == (1, {"item.opened": 1})


def test_lines_without_a_version_belong_to_the_one_that_last_began_to_bind() -> None:
    versions = load_versions(ROOT / "policies" / "lasership")
    gates = {p.version: Gate(t) for p, t in zip(versions.policies, versions.tables, strict=True)}
    history = History(gates)
    old, new = gates
    history.add(write("policy.active", "2026-01-01T00:00:00Z", {"version": old.isoformat()}, ""))
    history.add(write("mail.queued", "2026-01-02T00:00:00Z", {"class": "newsletter", "template": "campaign"}))
    assert history.list_broken(old)
    assert not history.list_broken(new)


@pytest.mark.parametrize("text", ["", "{}", '{"kind": "mail.queued"}', "[1]"])
def test_what_is_no_line_is_refused(text: str) -> None:
    policy, _ = load_courier()
    with pytest.raises((ValueError, KeyError, TypeError)):
        replay({policy.version: policy}, [text])
