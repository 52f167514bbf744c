"""The gate answers as the slow second reading of tests/model does: on invented policies, and on every cell of the kept ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core.gate.both import Both, list_unlike_cells, read_both, to_gate
from tests.core.gate.test_golden import LINES, Line, open_policy
from tests.model.policies import BANS, GRANTS, Invented, invent_additions, invent_policies
from tests.model.questions import ask_about, invent_facts, world_of
from tests.model.reading import Act, Facts, read_policy
from upheld.core.gate import Gate, meet, parse_act
from upheld.core.gate.residual import compile_closure
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import parse_policy

ROOT = Path(__file__).parents[3]
POLICIES = sorted((ROOT / "policies").glob("*/*.policy.md"))
FIRST_VERSIONS = {min(path.parent.glob("*.policy.md")) for path in POLICIES}
# in `make test` the first version of each: a later one says little else
EVERY_POLICY = [
    pytest.param(
        path,
        id=f"{path.parent.name}-{path.name.split('.')[0]}",
        marks=[] if path in FIRST_VERSIONS else pytest.mark.long,
    )
    for path in POLICIES
]
HOLDS_A_PERMISSION_BACK = "expired"  # the one fact that is false when nobody mentions it
QUICK = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
seeds = st.integers(0, 2**32)

# a failing example is made small before it is shown, which takes longer than the test
pytestmark = pytest.mark.timeout(600)


@settings(QUICK, max_examples=60)
@given(invent_policies(), seeds)
def test_both_readings_give_the_same_verdicts_and_cite_the_same_sentences(invented: Invented, seed: int) -> None:
    read_both(invented.text).compare(ask_about(invented.world, seed, 100))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_both_readings_agree_on_a_million_acts() -> None:
    asked = 0

    @settings(QUICK, max_examples=5_000)
    @given(invent_policies(), seeds)
    def ask_many(invented: Invented, seed: int) -> None:
        nonlocal asked
        read_both(invented.text).compare(ask_about(invented.world, seed, 200))
        asked += 200

    ask_many()
    assert asked >= 1_000_000


def test_invented_questions_reach_every_verdict_of_every_action() -> None:
    answers: Counter[tuple[str, str]] = Counter()

    @settings(QUICK, max_examples=60, phases=[Phase.generate])
    @given(invent_policies(), seeds)
    def ask(invented: Invented, seed: int) -> None:
        both = read_both(invented.text)
        answers.update(
            (act.action, both.ask_gate(act, facts).outcome) for act, facts in ask_about(invented.world, seed, 60)
        )

    ask()
    for action in ("collect", "use", "show", "share", "keep"):
        for outcome in ("permitted", "refused", "silent"):
            assert answers[action, outcome] >= 20, answers


@pytest.mark.parametrize("path", EVERY_POLICY)
def test_both_readings_agree_on_every_cell_of_a_kept_policy(path: Path) -> None:
    both = read_both(path.read_text(encoding="utf-8"))
    world, chance = world_of(both.reading), Random(20160613)  # noqa: S311 (nothing is secret here)
    cases = [Facts(), *(invent_facts(world, chance) for _ in range(40))]
    for act in list_unlike_cells(both):
        both.compare((act, facts) for facts in cases)


@pytest.mark.parametrize("path", EVERY_POLICY)
def test_both_readings_agree_on_acts_over_many_cells_of_a_kept_policy(path: Path) -> None:
    both = read_both(path.read_text(encoding="utf-8"))
    both.compare(ask_about(world_of(both.reading), 54, 2_000))


@pytest.mark.parametrize("line", LINES, ids=str)
def test_the_second_reading_says_what_people_read_in_the_source(line: Line) -> None:
    """The other witness: hand-written verdicts speak about the second reading too, without the gate."""
    asked = parse_act(line.act, open_policy(line.policy).words)
    degree = (asked.degree.name, asked.degree.k)
    act = Act(asked.action, asked.data, asked.purpose or None, asked.counterpart, degree)
    reading = read_policy(open_policy(line.policy).text)
    known: dict[str, bool | None] = {}
    choices: dict[str, str] = {}
    for piece in filter(None, (piece.strip() for piece in line.facts.split(","))):
        name, _, answer = piece.rpartition(" ")
        if name in reading.names.choices:
            choices[name] = answer
        elif answer == "unknown":
            known[name] = None
        else:
            known[piece.removeprefix("not ")] = not piece.startswith("not ")
    assert reading.decide(act, Facts(known, choices))[0] == line.verdict, line.why


# ------------------------------------------------------------------------------- what must hold whatever the policy says


@settings(QUICK, max_examples=30)
@given(invent_policies(), seeds)
def test_the_closure_of_a_cell_says_what_its_residual_says(invented: Invented, seed: int) -> None:
    both = read_both(invented.text)
    width, chance = 2 * len(both.gate.table.facts.names), Random(seed)  # noqa: S311 (nothing is secret here)
    for act, facts in ask_about(invented.world, seed, 40):
        masks = [both.gate.mask(both.facts_of_gate(facts)), *(chance.getrandbits(width) for _ in range(5))]
        for _, bits in both.gate.open_cells(to_gate(act)):
            residual = both.gate.find_residual(bits)
            closure = compile_closure(residual)
            for mask in masks:
                assert closure(mask) == residual.decide(mask), (invented.text, act, mask)


@settings(QUICK, max_examples=30)
@given(st.data(), invent_policies(), seeds)
def test_a_ban_more_never_opens_anything(data: st.DataObject, invented: Invented, seed: int) -> None:
    before, after = read_both(invented.text), read_both(data.draw(invent_additions(invented, BANS)))
    for act, facts in ask_about(invented.world, seed, 60):
        if after.ask_gate(act, facts).is_permitted:
            assert before.ask_gate(act, facts).is_permitted, (after.text, act, facts)


@settings(QUICK, max_examples=30)
@given(st.data(), invent_policies(), seeds)
def test_a_permission_more_never_closes_anything(data: st.DataObject, invented: Invented, seed: int) -> None:
    before, after = read_both(invented.text), read_both(data.draw(invent_additions(invented, GRANTS)))
    for act, facts in ask_about(invented.world, seed, 60):
        if before.ask_gate(act, facts).is_permitted:
            assert after.ask_gate(act, facts).is_permitted, (after.text, act, facts)


@settings(QUICK, max_examples=30)
@given(invent_policies(), seeds)
def test_doubt_never_opens(invented: Invented, seed: int) -> None:
    both, chance = read_both(invented.text), Random(seed)  # noqa: S311 (nothing is secret here)
    for act, facts in ask_about(invented.world, seed, 40):
        known = both.facts_of_gate(facts)
        if both.ask_gate(act, facts).is_permitted or not known:
            continue
        doubted = chance.choice(list(known))
        assert not both.gate.ask(to_gate(act), known | {doubted: None}).is_permitted, (
            invented.text,
            act,
            facts,
            doubted,
        )
        if doubted != HOLDS_A_PERMISSION_BACK:
            without = {name: value for name, value in known.items() if name != doubted}
            assert not both.gate.ask(to_gate(act), without).is_permitted, (invented.text, act, facts, doubted)
        fewer = both.gate.mask(known) & chance.getrandbits(2 * len(both.gate.table.facts.names))
        assert not both.gate.ask(to_gate(act), fewer).is_permitted, (invented.text, act, facts, fewer)


@settings(QUICK, max_examples=20)
@given(st.lists(invent_policies(), min_size=1, max_size=3), seeds)
def test_a_meet_permits_what_every_member_permits_and_names_the_first_that_does_not(
    several: list[Invented], seed: int
) -> None:
    members = [read_both(invented.text) for invented in several]
    for act, facts in ask_about(several[0].world, seed, 30):
        known = members[0].facts_of_gate(facts)
        asked = to_gate(act)
        verdicts = [both.gate.ask(asked, leave_out_unknown(both, known)) for both in members]
        together = meet(tuple(both.gate for both in members), asked, known)
        against = [verdict for verdict in verdicts if not verdict.is_permitted]
        wanted = (
            against[0].because if against else dict.fromkeys(ref for verdict in verdicts for ref in verdict.because)
        )
        assert together.is_permitted == (not against), (several, act, facts)
        assert together.outcome == (against or verdicts)[0].outcome, (several, act, facts)
        assert together.because == tuple(wanted), (several, act, facts)
        for name, part in together.parts:
            alone = replace(asked, data=(name,))
            each = [both.gate.ask(alone, leave_out_unknown(both, known)).is_permitted for both in members]
            assert part.is_permitted == all(each), (several, alone, facts)


def leave_out_unknown(both: Both, known: dict[str, bool | None]) -> dict[str, bool | None]:
    """What this policy can be asked about."""
    return {name: value for name, value in known.items() if name in both.gate.table.facts.index}


@settings(QUICK, max_examples=20)
@given(invent_policies(), invent_policies(), seeds)
def test_facts_keep_their_numbers_from_version_to_version_and_no_verdict_changes(
    earlier: Invented, later: Invented, seed: int
) -> None:
    numbers = read_both(earlier.text).gate.table.facts
    fresh = read_both(later.text)
    gate = Gate(compile_policy(parse_policy(later.text), numbers))
    assert gate.table.facts.names[: len(numbers.names)] == numbers.names
    for act, facts in ask_about(later.world, seed, 30):
        assert gate.ask(to_gate(act), fresh.facts_of_gate(facts)) == fresh.ask_gate(act, facts), (
            later.text,
            act,
            facts,
        )
