"""Each seeded fault turns its sentence red, and without a fault none of these sentences is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.rehearsal.faults import PLAIN, SEMANTIC, Fault, forget_all, list_tables
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import FAILS, REHEARSED
from upheld.core.proof.states import BROKEN, judge_rule, judge_sentence

TABLES = list_tables()
FAULTS = [(room, fault) for room, faults in TABLES.items() for fault in faults]


@pytest.fixture
def fresh() -> Iterator[None]:
    forget_all()
    yield
    forget_all()


def choose_first(faults: Iterable[tuple[str, Fault]]) -> frozenset[str]:
    """The names of those that `make test` plants: of each rule in each room the first fault of each sort.

    So each way in which a rule could be got wrong is there, and a table grows without making everybody wait; `make long`
    plants them all.
    """
    first: dict[tuple[str, str, str], str] = {}
    for room, fault in faults:
        first.setdefault((room, fault.rule, fault.sort), fault.name)
    return frozenset(first.values())


FIRST = choose_first(FAULTS)


def mark(room: str, fault: Fault) -> Any:
    return pytest.param(fault, id=f"{room}: {fault.name}", marks=() if fault.name in FIRST else pytest.mark.long)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("fault", [mark(room, fault) for room, fault in FAULTS])
def test_a_fault_turns_its_sentence_red(
    fault: Fault, stage: Any, find_rule: Callable[[str], Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.rehearsal.rehearse import rehearse

    rule = find_rule(fault.rule)
    fault.plant(monkeypatch, stage)
    found = rehearse(stage, rule)
    assert found.outcome == FAILS, (found.outcome, found.says)
    ref = f"{stage.policy.slug}#{fault.sentence}"
    assert ref in rule.sentences
    rules = [one for one in stage.policy.active_rules if ref in one.sentences]
    judged = judge_sentence((one, judge_rule(one, {REHEARSED: found} if one == rule else {})) for one in rules)
    assert judged.state == BROKEN
    assert judged.why == found.says


def list_words() -> Iterator[Any]:
    """What rules begin with that a fault is planted for; `make test` rehearses the first of each verb here, and all rules
    when it has a demo proven whole.
    """
    verbs: set[str] = set()
    for words in sorted({fault.rule for _, fault in FAULTS}):
        verb = words.partition(" ")[0]
        yield pytest.param(words, marks=pytest.mark.long if verb in verbs else ())
        verbs.add(verb)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("words", list(list_words()))
def test_without_a_fault_nothing_is_red(words: str, stage: Any, find_rule: Callable[[str], Rule]) -> None:
    from upheld.rehearsal.rehearse import rehearse

    found = rehearse(stage, find_rule(words))
    assert found.outcome != FAILS, found.says
    assert not found.says.startswith("the rehearsal broke off"), found.says


def test_half_of_the_faults_are_semantic() -> None:
    for room, faults in TABLES.items():
        sorts = [fault.sort for fault in faults]
        assert set(sorts) <= {SEMANTIC, PLAIN}, room
        assert 2 * sorts.count(SEMANTIC) >= len(sorts), room


def test_no_two_faults_have_one_name() -> None:
    names = [fault.name for _, fault in FAULTS]
    assert len(names) == len(set(names))


def test_what_make_test_plants_is_of_all_rooms_and_of_all_rules_and_half_of_it_semantic() -> None:
    planted = [(room, fault) for room, fault in FAULTS if fault.name in FIRST]
    assert len(planted) >= 100
    assert 2 * sum(fault.sort == SEMANTIC for _, fault in planted) >= len(planted)
    assert {room for room, _ in planted} == set(TABLES)
    assert {fault.rule for _, fault in planted} == {fault.rule for _, fault in FAULTS}
