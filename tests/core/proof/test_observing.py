"""From a history to evidence: for every form of rule, and nothing is said to hold that nothing shows."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from upheld.core.policy.forms import is_claim
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.verbs import VERBS
from upheld.core.proof.demands import list_demanded
from upheld.core.proof.evidence import FAILS, HOLDS, IDLE, LACKS, MISSING, OBSERVED, Evidence
from upheld.core.proof.history import replay
from upheld.core.proof.observing import observe_rules
from upheld.core.proof.survey import Survey

ROOT = Path(__file__).resolve().parents[3]
AT = "2026-11-20T09:00:00Z"
LINES = [line for verb in VERBS for line in verb.good if not line.startswith("(")]


@cache
def read_words() -> Policy:
    return load_policy(ROOT / "tests" / "pairs" / "kinds.policy.md")


def make_policy(*lines: str) -> Policy:
    rules = "\n".join(line if line.startswith("(") else f"(1) {line}" for line in lines)
    return parse_policy(f"---\n{read_words().front}\n---\n\nAll of it.\n\n```rules\n{rules}\n```\n", "kinds.policy.md")


def write(number: int, kind: str, body: dict[str, Any], person: str = "p_aaaaaaaaaaaaaaaaaaaa") -> str:
    at = f"2026-11-{number + 1:02}T09:00:00Z"
    told = {"version": "2026-01-01", **body}
    return json.dumps(
        {"at": at, "body": told, "kind": kind, "person": person, "serial": f"e_{number}", "site": "kinds", "v": 1}
    )


def observe(policy: Policy, *lines: str, survey: Survey | None = None) -> dict[int, Evidence]:
    return observe_rules(policy, replay({policy.version: policy}, lines), survey, at=AT)


def find_only(found: dict[int, Evidence]) -> Evidence:
    [evidence] = found.values()
    return evidence


@cache
def make_whole() -> Policy:
    return make_policy(*LINES)


@pytest.mark.parametrize("survey", [None, Survey()], ids=["ledger-alone", "with-records"])
def test_of_an_empty_house_nothing_holds_and_nothing_fails(survey: Survey | None) -> None:
    policy = make_whole()
    for number, found in observe(policy, survey=survey).items():
        rule = policy.active_rules[number]
        assert found.kind == OBSERVED
        assert OBSERVED in list_demanded(rule)
        assert not is_claim(rule.form)
        assert found.outcome in (IDLE, LACKS), found
        assert found.says
        assert (found.count, found.lines, found.at) == (0, (), AT)


def test_every_form_of_rule_stands_a_ledger_of_every_kind_of_line() -> None:
    policy = make_whole()
    lines = [
        write(0, "item.collected", {"data": ["person.name"], "purposes": ["account"], "touchpoint": "registration"}),
        write(1, "item.opened", {"action": "use", "data": ["person.name"], "purpose": "account"}),
        write(2, "item.opened", {"action": "show", "data": ["person.name"], "purpose": "account", "role": "staff"}),
        write(3, "data.disclosed", {"data": ["person.name"], "purpose": "account", "recipient": "carriers"}),
        write(4, "choice.recorded", {"choice": "marketing", "outcome": "no", "touchpoint": "account"}),
        write(5, "mail.queued", {"class": "newsletter", "mail": "m_1"}),
        write(6, "mail.sent", {"class": "newsletter", "mail": "m_1"}),
        write(7, "item.left-out", {"ground": "public source", "item": "i_1"}),
        write(8, "report.made", {"data": ["visit.page"], "purpose": "metrics", "role": "staff", "least": 3}),
        write(9, "case.opened", {"case": "c_1", "sort": "access"}),
        write(10, "grant.given", {"grant": "g_1", "staff": "s_1", "role": "staff", "review": "2026-11-15"}),
    ]
    for number, found in observe(policy, *lines, survey=Survey(items=3)).items():
        assert found.says, policy.active_rules[number].text
        if found.outcome == HOLDS:
            assert all(step.is_kept and step.sort != MISSING for step in found.steps)
        if found.outcome == FAILS:
            assert any(not step.is_kept for step in found.steps)


def test_more_messages_than_the_rule_lets_go_in_its_time_break_it() -> None:
    policy = make_policy("send newsletter to subscribers, at most 4 in 30 days")
    four = [write(day, "mail.queued", {"class": "newsletter", "mail": f"m_{day}"}) for day in range(4)]
    assert find_only(observe(policy, *four)).outcome == HOLDS
    other = write(5, "mail.queued", {"class": "newsletter", "mail": "m_5"}, "p_bbbbbbbbbbbbbbbbbbbb")
    assert find_only(observe(policy, *four, other)).outcome == HOLDS
    found = find_only(observe(policy, *four, write(6, "mail.queued", {"class": "newsletter", "mail": "m_6"})))
    assert (found.outcome, found.lines) == (FAILS, ("e_6",))


def test_what_is_past_its_end_and_still_held_is_a_gap_with_its_number() -> None:
    policy = make_policy("keep order 30 days after order is delivered")
    survey = Survey(held={"order.lines": 7, "order.payment": 1}, past_end={"order.lines": 2})
    found = find_only(observe(policy, survey=survey))
    assert found.outcome == LACKS
    assert found.says.startswith("2 of 8")
    assert find_only(observe(policy, survey=Survey(held={"order.lines": 7}))).outcome == HOLDS
    assert find_only(observe(policy)).outcome == LACKS  # by the ledger alone nobody knows


def test_a_ban_counts_every_act_that_was_looked_at() -> None:
    policy = make_policy("never use treatment for marketing", "use person for account")
    used = [
        write(day, "item.opened", {"action": "use", "data": ["person.name"], "purpose": "account"}) for day in range(9)
    ]
    ban, permission = observe(policy, *used).values()
    assert (ban.outcome, ban.count, ban.since, ban.until) == (HOLDS, 9, "2026-11-01T09:00:00Z", "2026-11-09T09:00:00Z")
    assert (permission.outcome, permission.count) == (HOLDS, 9)
    more = write(9, "item.opened", {"action": "use", "data": ["treatment.record"], "purpose": "marketing.newsletter"})
    ban, permission = observe(policy, *used, more).values()
    assert (ban.outcome, ban.lines) == (FAILS, ("e_9",))
    assert permission.outcome == HOLDS
