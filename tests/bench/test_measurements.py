"""What is measured is what is meant: the questions are one draw, the dict answers as the gate, the page says it plainly."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qs

import pytest

from bench.clock import Row
from bench.held import invent
from bench.leakage import run_attacks
from bench.naive import build_naive
from bench.questions import COUNT, draw_questions, open_gate
from bench.sheet import round_off, write_part
from bench.writing import fill_in
from tests.web.sites import set_up_django


def test_the_draw_is_the_same_each_time_and_has_every_verdict() -> None:
    questions = draw_questions()
    gate = open_gate()
    draw_questions.cache_clear()
    assert draw_questions() == questions
    assert len(questions) == COUNT
    counts = Counter(gate.ask(question.act, question.mask).outcome for question in questions)
    assert min(counts["permitted"], counts["refused"], counts["silent"]) > COUNT / 20


def test_a_question_is_one_cell_and_its_facts_are_its_mask() -> None:
    gate = open_gate()
    for question in draw_questions():
        cell = question.cell
        bits = gate.table.find_pieces(cell.action, cell.data, cell.purpose, cell.counterpart, cell.degree)
        assert [found for _, found in gate.open_cells(question.act)] == [bits]
        assert gate.mask({"expired": None, **question.facts}) == question.mask


def test_the_dict_written_by_hand_answers_as_the_gate() -> None:
    gate, questions = open_gate(), draw_questions()
    naive = build_naive(gate.table, questions)
    for question in questions:
        assert naive(question.cell, question.mask)[0] == gate.ask(question.act, question.mask).is_permitted


def test_the_table_says_value_ratio_and_target() -> None:
    rows = [
        Row("many at once", "bulk", 345_678_901.0, "/s", 41.44, "{} × a loop", "200,000,000/s", is_reached=True),
        Row("many at once", "slow", 12.0, "/s", target="300/s", is_reached=False),
        Row("many at once", "load", 0.0953, "s"),
        Row("many at once", "memory", 460_185.6, "B"),
        Row("many at once", "keys", 1_750.0, "B"),
        Row("many at once", "walk", 17.32, "s"),
    ]
    assert write_part("many at once", rows).splitlines()[4:] == [
        "| bulk | 346,000,000/s | 41.4 × a loop | 200,000,000/s | reached |",
        "| slow | 12/s |  | 300/s | **missed** |",
        "| load | 95.3 ms |  |  |  |",
        "| memory | 0.46 MB |  |  |  |",
        "| keys | 1.75 kB |  |  |  |",
        "| walk | 17.3 s |  |  |  |",
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.137775, "0.138"), (9.05, "9.05"), (99.96, "100"), (100.4, "100"), (999.6, "1,000"), (4_529_000.0, "4,530,000")],
)
def test_three_digits_mean_something(value: float, said: str) -> None:
    assert round_off(value) == said


def test_a_form_is_filled_in_as_a_person_would() -> None:
    page = (
        b'<input type="radio" name="answer.survey:1" value="1"><input type="radio" name="answer.survey:1" value="2">'
        b'<textarea id="x" name="answer.survey:2" rows="4"></textarea><input name="form:token" value="a-token">'
    )
    assert parse_qs(fill_in(page, 7).decode()) == {
        "answer.survey:1": ["1"],
        "answer.survey:2": ["Nothing, go on like this (7)"],
        "form:token": ["a-token"],
    }
    with pytest.raises(RuntimeError):
        fill_in(b"no form here", 7)


def test_who_is_invented_is_somebody_else_each_time_and_has_as_many_items() -> None:
    set_up_django()
    people = list(invent(3, 10))
    assert [len(person.parts) for person in people] == [10, 10, 10]
    assert len({person.identifiers for person in people}) == 3


def test_an_attack_by_frequency_finds_what_many_share_and_no_whole_address() -> None:
    found = {attack.what: attack for attack in run_attacks(people=2_000)}
    assert found["whole addresses, by frequency"].right <= 5
    assert found["whole addresses, guessed with another key"].right == 0
    assert found["whole addresses, guessed with the key"].right == 2_000
    assert found["the same person at two sites"].right == 0
    shared = found["zip codes, were they indexed"]
    assert shared.right > shared.blind
