"""Two policies of one site (C-13): which of them binds what, and that together they never permit what one refuses."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import product
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.joined import compile_both
from upheld.core.errors import GateError
from upheld.core.gate import Act, Gate, meet
from upheld.core.gate.binding import Binding
from upheld.core.gate.surfaces import Beside, find_binding_surfaces, name_origin, retell_choices
from upheld.core.gate.together import FREE, SHUT, join_ways, list_differences
from upheld.core.policy.compile import ACTIONS
from upheld.core.policy.model import NO_COUNTERPART, OTHER, SELF

WEB, APP = "web", "app"
REQUESTED = {"requested": True}
RING = Act("share", ("person.phone",), "repair", "makers")
SEE = Act("show", ("person.name",), "repair", "mechanics")
TAKE_PHONE = Act("collect", ("person.phone",), "repair", "counter")
BY_APP = {name_origin(APP): True}


@cache
def bind(happens_on: str = "") -> Binding:
    """The workshop's site with the policy of its app beside the one for its pages."""
    web, app = (Gate(table) for table in compile_both())
    beside = (Beside("lantern-app", APP, (app,), app.table.policy.digest),)
    version = date(2021, 5, 4)
    return Binding("lantern", MappingProxyType({version: web}), version, beside, happens_on)


@pytest.mark.parametrize(
    ("happens_on", "came_in_by", "bound"),
    [
        (WEB, (), (WEB,)),
        (APP, (), (APP,)),
        (WEB, (WEB,), (WEB,)),
        (APP, (APP,), (APP,)),
        (WEB, (APP,), (WEB, APP)),
        (APP, (WEB,), (WEB, APP)),
        ("", (WEB,), (WEB,)),
        ("", (APP,), (APP,)),
        ("", (APP, WEB), (WEB, APP)),
        ("", (), (WEB, APP)),  # nobody knows: doubt never opens
    ],
)
def test_what_happens_on_a_surface_or_came_in_by_it_meets_its_policy(
    happens_on: str, came_in_by: tuple[str, ...], bound: tuple[str, ...]
) -> None:
    assert find_binding_surfaces((WEB, APP), happens_on=happens_on, came_in_by=came_in_by) == bound


def test_a_surface_without_its_policy_opens_nothing() -> None:
    with pytest.raises(GateError) as problem:
        find_binding_surfaces((WEB,), came_in_by=(APP,))
    assert problem.value.code == "G408"
    alone = Binding("lantern", bind().gates, bind().current)
    assert alone.ask(SEE, {}).is_permitted
    with pytest.raises(GateError):
        alone.ask(SEE, BY_APP)


def test_an_item_of_one_surface_used_on_the_other_meets_both() -> None:
    assert bind().ask(TAKE_PHONE, {}).is_permitted  # on the pages
    refused = bind(APP).ask(TAKE_PHONE, {})  # in the app
    assert refused.because == ("lantern-app#what-the-app-knows.2",)
    sentence = bind().find_sentence(refused.because[0])
    assert sentence is not None
    assert sentence.text == "It never takes your number there."
    # and the other way round: what the app lets and the pages do not
    for binding, facts in ((bind(APP), {}), (bind(), BY_APP)):
        assert binding.ask(RING, REQUESTED | facts).because == ("lantern#who-sees-it.3",)
    assert bind().ask(SEE, BY_APP).because == ("lantern#who-sees-it.1", "lantern-app#who-sees-it.2")
    assert bind().ask(SEE, {name_origin(APP): False}).because == ("lantern#who-sees-it.1",)


def test_what_differs_is_worked_out_from_both_tables() -> None:
    found = {(one.action, one.target): one for one in list_differences(compile_both())}
    ring = found["share", "makers"]
    asked = frozenset({frozenset({"requested"})})
    assert ring.alone == ({asked: ("bicycle.frame",)}, {asked: ("person.phone",)})
    assert ring.together == {}
    offer = found["use", "offer"]
    assert offer.alone == ({frozenset({frozenset({"chosen offers"})}): ("person.phone",)}, {FREE: ("person.phone",)})
    assert offer.together == {frozenset({frozenset({"chosen offers"})}): ("person.phone",)}
    assert ("collect", "pocket") not in found  # one of them alone has a say there
    assert ("use", "sale") not in found  # neither lets it


def test_ways_are_joined_as_far_as_they_can_hold_at_once() -> None:
    asked, told = frozenset({"asked"}), frozenset({"told"})
    yes, no = frozenset({"chosen offers"}), frozenset({"refused offers"})
    assert join_ways(FREE, frozenset({asked})) == {asked}
    assert join_ways(frozenset({asked, told}), frozenset({asked})) == {asked}
    assert join_ways(frozenset({asked}), frozenset({told})) == {asked | told}
    assert join_ways(frozenset({yes}), frozenset({no})) == SHUT
    assert join_ways(frozenset({asked}), frozenset({frozenset({"not asked"})})) == SHUT
    assert join_ways(FREE, SHUT) == SHUT


def list_names(sort: str) -> list[str]:
    """Every declared name of a sort that one of the two policies has."""
    tables = compile_both()
    return list(dict.fromkeys(n for t in tables for n, word in t.words.of_sort(sort).items() if not word.built_in))


@st.composite
def draw_acts(draw: st.DrawFn) -> Act:
    action = draw(st.sampled_from(ACTIONS))
    sides = {
        "collect": list_names("touchpoint"),
        "show": [*list_names("role"), SELF],
        "share": [*list_names("recipient"), OTHER],
        "keep": [OTHER],
        "use": [NO_COUNTERPART],
    }
    data = draw(st.lists(st.sampled_from([*list_names("data"), "something"]), min_size=1, max_size=3, unique=True))
    purpose = draw(st.sampled_from([*list_names("purpose"), "another"]))
    return Act(action, tuple(data), purpose, draw(st.sampled_from(sides[action])))


FACTS = st.dictionaries(
    st.sampled_from(["requested", "chosen offers", "refused offers", "expired", "merging"]),
    st.sampled_from([True, False]),
)


@given(draw_acts(), FACTS, st.booleans(), st.sampled_from(["", APP]))
def test_together_they_never_permit_what_one_refuses(
    act: Act,
    facts: dict[str, bool],
    came_by_app: bool,
    happens_on: str,
) -> None:
    web, app = (Gate(table) for table in compile_both())
    alone = [gate.ask(act, {k: v for k, v in facts.items() if k in gate.table.facts.index}) for gate in (web, app)]
    together = meet((web, app), act, facts)
    assert together.is_permitted == all(verdict.is_permitted for verdict in alone)
    if not together.is_permitted:  # and it is cited whose word it was
        assert together.because == next(verdict.because for verdict in alone if not verdict.is_permitted)
    told = facts | ({name_origin(APP): True} if came_by_app else {})
    asked = bind(happens_on).ask(act, told)
    is_both = bool(happens_on) or (
        came_by_app and act.action != "collect"
    )  # what is collected comes in where it happens
    assert asked.is_permitted == (together.is_permitted if is_both else alone[0].is_permitted)


def test_the_table_of_differences_agrees_with_the_gates_in_all_cases() -> None:
    tables = compile_both()
    gates = tuple(Gate(table) for table in tables)
    names = ("requested", "chosen offers", "refused offers")
    asked = 0
    for one in list_differences(tables):
        purposes = (one.target,) if one.action == "use" else (*list_names("purpose"), "another", "")
        side = NO_COUNTERPART if one.action == "use" else one.target
        for values in product((True, False, None), repeat=len(names)):
            facts = {name: value for name, value in zip(names, values, strict=True) if value is not None}
            if facts.get("chosen offers") and facts.get("refused offers"):
                continue
            known = {name if value else f"not {name}" for name, value in facts.items()}
            for leaf in dict.fromkeys(leaf for table in tables for leaf in table.words.leaves("data")):
                says = any(way <= known for ways, leaves in one.together.items() if leaf in leaves for way in ways)
                acts = [Act(one.action, (leaf,), purpose, side) for purpose in purposes]
                assert says == any(meet(gates, act, facts).is_permitted for act in acts), (one, leaf, facts)
                asked += says
    assert asked > 20


def test_an_answer_that_nobody_gave_counts_as_each_policy_says() -> None:
    yes, no = {"chosen news": True, "refused news": False}, {"chosen news": False, "refused news": True}
    silence = {"chosen news": False, "refused news": False}
    opt_in, opt_out = {"news": "opt-in"}, {"news": "opt-out"}
    assert retell_choices(silence, opt_in, opt_out) == yes
    for said in (yes, no):
        assert retell_choices(said, opt_in, opt_out) == said
    # told by a policy under which silence is a yes, nobody can see whether it was said: doubt never opens
    assert retell_choices(yes, opt_out, opt_in) == {"chosen news": None, "refused news": False}
    assert retell_choices(no, opt_out, opt_in) == no
    for same in (opt_in, opt_out):
        assert retell_choices(yes, same, same) is yes
    assert retell_choices(yes, {}, opt_in) is yes
