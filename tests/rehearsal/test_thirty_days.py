"""Thirty days of a demo: people come, order, say no and yes, letters go out, mails leave; on no day is anything red that is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.actions.stage import COURIER
from upheld.core.proof.evidence import FAILS, HOLDS, LAPSED
from upheld.server.demo_recipe import FILE, read_recipe

DAYS, PEOPLE, FIRST_NEWCOMER = 30, 10, 200
LEFT, RENEWED = (
    0,
    1,
)  # places of statements among those to vouch for: one that nobody renews, one that is renewed in time
RUNS_OUT_AFTER = timedelta(days=10, hours=6)
CLASS, CHOICE = "newsletter", "marketing"


def fill(stage: Any) -> None:
    from upheld.server.demo import fill_site
    from upheld.server.demo_visits import fill_visits

    recipe = read_recipe(COURIER / FILE)
    assert recipe is not None
    fill_site(stage.binding, recipe, people=PEOPLE, now=stage.now, announce=lambda _line: None)
    fill_visits(stage.binding, recipe.visits, stage.work.state, seed=7, now=stage.now)
    stage.carry_mails()


def vouch(stage: Any, held: Any, at: Any) -> None:
    from upheld.actions.attesting import sign
    from upheld.rehearsal.coming_in import come_back_to_work

    clerk = come_back_to_work(stage, stage.cast.clerks[held.statement.role])
    sign(stage.binding, held.statement.digest, by=clerk.find(), now=at)


def live_a_day(stage: Any, day: int, under_way: list[Any]) -> None:
    """What a business of this kind sees in a day."""
    from upheld.rehearsal.campaigning import say_answer, send_letter
    from upheld.rehearsal.cast import NO, YES, find_address, register
    from upheld.rehearsal.delivering import book, deliver
    from upheld.rehearsal.visiting import note_visits

    with note_visits(stage) as log:
        for path in ("/", "/privacy"):
            stage.browse().open(path)
        log.flush()
    silent, willing = stage.cast.silent, stage.cast.willing
    if day % 5 == 0:
        register(stage, FIRST_NEWCOMER + day, answer=(YES, NO, "")[day // 5 % 3])
    if under_way:
        deliver(stage, under_way.pop())
    if day % 3 == 1:
        under_way.append(book(stage, willing if day % 2 else silent, (find_address(300 + day),)))
    if day % 7 == 2:
        say_answer(stage, willing, CHOICE, NO)
        say_answer(stage, silent, CHOICE, YES)
    if day % 7 == 5:
        say_answer(stage, willing, CHOICE, YES)
        say_answer(stage, silent, CHOICE, NO)
    if day % 7 == 6:
        assert send_letter(stage, CLASS), day
    stage.work_on()
    for file in stage.mails.glob("*.eml"):
        file.unlink()  # they were read


@pytest.mark.timeout(240)
def test_nothing_is_red_by_mistake(stage: Any) -> None:
    from upheld.actions.attesting import gather_attested, list_held
    from upheld.actions.observing import observe

    fill(stage)
    begun, under_way = stage.now, []
    for place, held in enumerate(list_held(stage.binding, begun)):
        is_old = place in (LEFT, RENEWED)
        vouch(stage, held, begun - held.statement.period + RUNS_OUT_AFTER if is_old else begun)
    seen: set[int] = set()
    for day in range(1, DAYS + 1):
        stage.wait(hours=(begun + timedelta(days=day) - stage.now) / timedelta(hours=1))
        live_a_day(stage, day, under_way)
        for place, held in enumerate(list_held(stage.binding, stage.now)):
            if place != LEFT and held.is_due(stage.now):
                vouch(stage, held, stage.now)
        found = observe(stage.binding, stage.now, state=stage.work.state)
        rules = stage.policy.active_rules
        red = [(rules[n].text, one.says) for n, one in found.evidence.items() if one.outcome == FAILS]
        assert (red, found.faults) == ([], ()), day
        seen |= {number for number, one in found.evidence.items() if one.outcome == HOLDS and one.count}
        lapsed = [one.outcome == LAPSED for one in gather_attested(stage.binding, stage.now).values()]
        is_over = stage.now >= begun + RUNS_OUT_AFTER
        assert lapsed == [place == LEFT and is_over for place in range(len(lapsed))], day
    assert len(seen) > 20, "the days were too quiet to say anything"
