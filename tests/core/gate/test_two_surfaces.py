"""The med spa's two policies on one site: every golden verdict of each asked of both (C-13), and how each changes (C-20)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.core.gate.test_golden import LINES, Line, open_gate, open_policy
from upheld.core.gate import Act, Gate, Verdict, parse_act, parse_facts
from upheld.core.gate.act import REFUSED
from upheld.core.gate.binding import Binding
from upheld.core.gate.decide import meet_told
from upheld.core.gate.surfaces import Beside, name_origin, retell_choices
from upheld.core.gate.together import list_differences
from upheld.core.policy.compile import compile_policy
from upheld.core.rights.changing import USE, plan_change

WEB, APP = "imagelab-web", "imagelab-app"
BOTH = [line for line in LINES if line.policy in (WEB, APP)]


def bind(happens_on: str = "") -> Binding:
    """The med spa's site as its actions see it."""
    web, app = open_gate(WEB), open_gate(APP)
    version = web.table.policy.version
    return Binding(WEB, {version: web}, version, (Beside(APP, "app", (app,), "x"),), happens_on)


def tell(facts: dict[str, bool | None], gate: Gate) -> tuple[tuple[Gate, Mapping[str, bool | None]], ...]:
    """Both gates with these facts, which were read by the words of one of them."""
    gates = (open_gate(WEB), open_gate(APP))
    modes = gate.table.choices
    return tuple((one, retell_choices(facts, modes, one.table.choices)) for one in gates)


def read(line: Line) -> tuple[tuple[tuple[Gate, Mapping[str, bool | None]], ...], Act, list[Verdict]]:
    """The act of a line and what each gate is told with it, and what the gates of both policies say to it."""
    gate = open_gate(line.policy)
    act, facts = parse_act(line.act, gate.table.policy.words), parse_facts(line.facts, gate.table)
    told = tell(facts, gate)
    return told, act, [meet_told((one,), act) for one in told]


def test_the_two_stand_on_one_site_for_different_surfaces() -> None:
    web, app = open_policy(WEB), open_policy(APP)
    assert (web.surface, app.surface) == ("web", "app")
    assert app.site["of"] == WEB
    assert "host" not in app.site


def test_where_both_bind_no_golden_verdict_is_more_than_the_stricter_one() -> None:
    seen: Counter[tuple[bool, bool, bool]] = Counter()
    for line in BOTH:
        told, act, alone = read(line)
        together = meet_told(told, act)
        assert together.is_permitted == all(verdict.is_permitted for verdict in alone), line
        first, second = (verdict.is_permitted for verdict in alone)
        seen[first, second, together.is_permitted] += 1
    # the two do differ, both ways, and agree often enough for something to be left
    assert seen[True, False, False] >= 5
    assert seen[False, True, False] >= 5
    assert seen[True, True, True] >= 5


@pytest.mark.parametrize(
    ("act", "facts", "site", "app"),
    [
        # offers: a yes first (IW), until a no (IM)
        ("use person.email for marketing.offer", "mailing list unasked", REFUSED, "permitted"),
        ("use person.email for marketing.offer", "mailing list yes", "permitted", "permitted"),
        # an account: four fields about who one is (IW), a name and an address (IM)
        ("collect person.phone at registration for fulfil.service", "not known minor", "permitted", REFUSED),
    ],
)
def test_the_stricter_one_decides_and_is_cited(act: str, facts: str, site: str, app: str) -> None:
    web, other = open_gate(WEB), open_gate(APP)
    asked = parse_act(act, web.table.policy.words)
    # what is known of people is told by the policy of the site; the app's reads an answer that nobody gave as a yes
    known = parse_facts(facts.replace("not known minor", ""), web.table)
    known |= {"known minor": False}
    assert other.table.choices["mailing list"] != web.table.choices["mailing list"]
    assert meet_told(tell(known, web)[1:], asked).outcome == app
    assert bind().ask(asked, known).outcome == site
    together = bind("app").ask(asked, known)
    assert together.is_permitted == (site == app == "permitted")
    if not together.is_permitted:
        strict = WEB if site == REFUSED else APP
        assert {ref.partition("#")[0] for ref in together.because} == {strict}
        if not act.startswith("collect"):  # and for whoever came in by the app it is the same elsewhere
            assert bind().ask(asked, known | {name_origin("app"): True}) == together


def test_no_difference_lets_more_together_than_alone() -> None:
    found = list_differences((open_gate(WEB).table, open_gate(APP).table))
    assert len(found) > 10
    for one in found:
        for leaf in {leaf for leaves in one.together.values() for leaf in leaves}:
            assert all(any(leaf in leaves for leaves in side.values()) for side in one.alone), (one.action, one.target)


def test_each_binds_by_the_first_use_after_its_own_day() -> None:
    """C-20: on the pages from the first use after posting, in the app from the first use after the day it names."""
    posted = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for slug, day, effect in (
        (WEB, date(2026, 2, 1), "use_after_posting"),
        (APP, date(2026, 4, 1), "use_after_date"),
    ):
        table = open_gate(slug).table
        effects = {effect for rule in table.policy.active_rules for effect in rule.part("effects")}
        assert effects == {effect}
        newer = compile_policy(replace(table.policy, version=day, effective=day))
        plan = plan_change(table, newer)
        assert plan.moves == USE
        begins = plan.find_effective_at(posted)
        assert begins == max(posted, datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert begins > posted + timedelta(days=30)
