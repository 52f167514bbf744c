"""Walks of the invented visitor on record: for how long they count, when one is due, and that whoever was left is taken away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import Cast
from upheld.core.gate.binding import Binding
from upheld.core.proof.evidence import AWAITED, DONE, FAILS, HOLDS, OBSERVED, Evidence, Step
from upheld.core.proof.walks import Skipped, Walk, WalkedStep, join_walked

LEFT = "visitor+0a1b2c3d4e5f6071@lasership.example"
HOME = "http://lasership.localhost/"
GOOD = WalkedStep((3, 5), Step(DONE, "they say no: it counts at once"))
BAD = WalkedStep((5,), Step(DONE, "they press the button: the account says no", is_kept=False, saw="it says yes"))


def keep(binding: Binding, walk: Walk, at: datetime) -> str:
    from upheld.actions.visiting import begin_walk, keep_walk

    begun = begin_walk(binding, address=LEFT, now=at - timedelta(seconds=20))
    return keep_walk(binding, begun, walk, now=at)


def come_in(binding: Binding, now: datetime, *, is_confirmed: bool) -> Any:
    from upheld.actions.people import add_identifier, create_person

    person = create_person(binding, now=now)
    found = add_identifier(binding, person=person, kind="email", text=LEFT, now=now, is_primary=True)
    if is_confirmed:
        found.verified_at = now
        found.save()
    return person


def test_a_walk_is_evidence_for_two_days_and_for_its_own_text_alone(
    binding: Binding, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import visiting

    line = keep(binding, Walk((GOOD, BAD), (Skipped("a refusal", "no browser here", (5, 7)),)), now)
    found = visiting.gather_walked(binding, now + timedelta(hours=47))
    assert {number: one.outcome for number, one in found.items()} == {3: HOLDS, 5: FAILS, 7: AWAITED}
    assert found[5].says.endswith("it says yes")
    assert found[3].steps[0].lines == (line,)
    assert (found[3].kind, found[3].count, found[3].lines) == (OBSERVED, None, ())
    assert visiting.gather_walked(binding, now + timedelta(hours=49)) == {}
    from upheld.records.models import VisitorWalk

    VisitorWalk.objects.update(digest="0" * 64)
    assert visiting.gather_walked(binding, now) == {}


def test_each_walk_leaves_one_line_that_names_nobody(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Entry

    line = keep(binding, Walk((GOOD, BAD)), now)
    text = Entry.objects.get(id=line).text
    assert LEFT not in text
    assert '"kind":"visitor.walked"' in text
    assert '"failed":1' in text


def test_one_is_due_once_a_day_and_after_a_change_of_the_text(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.visiting import is_walk_due
    from upheld.records.models import VisitorWalk

    assert is_walk_due(binding, now)
    keep(binding, Walk((GOOD,)), now)
    assert not is_walk_due(binding, now + timedelta(hours=2))
    assert is_walk_due(binding, now + timedelta(hours=21))
    VisitorWalk.objects.update(digest="0" * 64)
    assert is_walk_due(binding, now + timedelta(hours=2))


def test_one_that_broke_off_is_tried_again_after_an_hour(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.visiting import begin_walk, gather_walked, is_walk_due, sweep_visitors

    begin_walk(binding, address=LEFT, now=now)
    assert not is_walk_due(binding, now + timedelta(minutes=59))
    assert is_walk_due(binding, now + timedelta(minutes=61))
    sweep_visitors(binding, now)
    assert is_walk_due(binding, now + timedelta(minutes=61))
    assert gather_walked(binding, now) == {}


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_whoever_a_walk_left_is_erased_by_the_next(
    binding: Binding, cast: Cast, now: datetime, is_confirmed: bool
) -> None:
    from upheld.actions.visiting import begin_walk, is_gone, sweep_visitors
    from upheld.records.models import Person

    before = set(Person.objects.values_list("id", flat=True))
    begin_walk(binding, address=LEFT, now=now)
    person = come_in(binding, now, is_confirmed=is_confirmed)
    assert not is_gone(binding, LEFT, person.id, now)
    assert sweep_visitors(binding, now) == 1
    assert is_gone(binding, LEFT, person.id, now)
    assert set(Person.objects.values_list("id", flat=True)) == before
    assert sweep_visitors(binding, now) == 0


def test_a_message_goes_to_the_invented_person_only_after_a_yes(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.choices import record_choice
    from upheld.actions.vault import put_items
    from upheld.actions.visiting import write_to_visitor

    def write() -> str:
        return write_to_visitor(binding, address=LEFT, mail_class="newsletter", home=HOME, now=now)

    assert not write()
    person = come_in(binding, now, is_confirmed=True)
    put_items(binding, person=person, touchpoint="registration", values={"person.email": LEFT}, now=now)
    assert not write()
    record_choice(binding, person=person, choice="marketing", is_yes=True, touchpoint="registration", now=now)
    assert write()


def test_what_the_visitor_saw_stands_beside_what_the_ledger_shows() -> None:
    seen = {3: Evidence(OBSERVED, HOLDS, "12 answers", count=12, lines=("e_1",)), 4: Evidence(OBSERVED, HOLDS, "")}
    walked = {
        3: Evidence(OBSERVED, FAILS, "it says yes", (BAD.step,)),
        4: Evidence(OBSERVED, AWAITED, "no browser here"),
        9: Evidence(OBSERVED, HOLDS, "a walk", (GOOD.step,)),
    }
    joined = join_walked(seen, walked)
    assert (joined[3].outcome, joined[3].says, joined[3].count, joined[3].lines) == (FAILS, "it says yes", 12, ("e_1",))
    assert joined[4] == seen[4]
    assert joined[9] == walked[9]
    good = join_walked(seen, {3: walked[9]})[3]
    assert (good.outcome, good.says, good.steps) == (HOLDS, "12 answers", (GOOD.step,))
