"""The legal desk: what a demand may have, what it needs first, and who has to agree to it as it stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.actions.legal_desk import (
    BELIEF,
    INSTRUMENT,
    Desk,
    agree,
    list_lines,
    open_one,
    put_one,
    set_up_desk,
    take,
)
from tests.actions.stage import Cast
from upheld.core.errors import RefusedError, StaffError
from upheld.core.gate.binding import Binding


@pytest.fixture
def desk(cast: Cast, binding: Binding, now: datetime) -> Desk:
    return set_up_desk(binding, now)


def test_a_demand_is_taken_down_with_a_case_and_nothing_of_its_texts_in_the_clear(
    desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.cases import find_case
    from upheld.actions.demands import find_demand, open_details, take_down

    held = take_down(binding, taking=take(desk), staff=desk.one, now=now)
    case = find_case(binding.site, held.row.case)
    assert case is not None
    assert (held.row.state, held.row.number, case.kind) == ("draft", case.number, "demand")
    assert INSTRUMENT.encode() not in bytes(held.row.sealed)
    assert open_details(held.row).written.instrument == INSTRUMENT
    assert find_demand(binding, held.row.id, now) is not None
    [line] = list_lines("demand.opened")
    assert (line["ground"], line["recipient"], line["data"]) == (
        "legal process", "authorities", ["person.name", "person.email"],
    )  # fmt: skip


def test_who_is_not_of_the_desk_takes_nothing_down(desk: Desk, binding: Binding, now: datetime) -> None:
    from upheld.actions.demands import take_down

    with pytest.raises(StaffError, match="W113"):
        take_down(binding, taking=take(desk), staff=desk.stranger, now=now)
    assert not list_lines("demand.opened")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"ground": "curiosity"}, "W141"),
        ({"wanted": ()}, "W141"),
        ({"scope": ()}, "W141"),
        ({"wanted": ("shoe size",)}, "W141"),
        ({"since": date(2026, 2, 1), "until": date(2026, 1, 1)}, "W141"),
        ({"instrument": " "}, "W141"),
        ({"instrument": "x" * 4001}, "W141"),
        ({"belief": "they did it"}, "W143"),
        ({"barred_by": "the court forbids it"}, "W143"),
        ({"barred_until": date(2027, 1, 1)}, "W143"),
        ({"recipient": "o_nobody"}, "W131"),
    ],
)
def test_what_cannot_be_a_demand_is_not_taken_down(
    desk: Desk, binding: Binding, now: datetime, wrong: dict[str, Any], code: str
) -> None:
    from upheld.actions.demands import take_down

    with pytest.raises(StaffError, match=code):
        take_down(binding, taking=take(desk, **wrong), staff=desk.one, now=now)


def test_a_recipient_that_the_ground_does_not_name_is_refused_with_the_sentence(
    desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demands import take_down

    with pytest.raises(RefusedError) as refused:
        take_down(binding, taking=take(desk, kind="carriers"), staff=desk.one, now=now)
    assert refused.value.because[0].startswith("lasership#whom-we-give-it-to.")


def test_a_demand_wider_than_its_instrument_is_narrowed_and_the_rest_listed(
    desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demands import take_down

    wide = take(desk, wanted=("person", "message.mail-log"), scope=("person.name", "message.mail-log"))
    held = take_down(binding, taking=wide, staff=desk.one, now=now)
    assert held.narrowed.given == ("person.name",)
    # the mail log is named by the instrument, and not covered by the policy's rule
    assert set(held.narrowed.left_out) == {"person.email", "person.zip", "person.phone", "message.mail-log"}
    [line] = list_lines("demand.narrowed")
    assert line["data"] == ["person.name"]
    assert line["because"] == ["lasership#whom-we-give-it-to.9"]


def test_a_ground_that_needs_a_belief_is_put_to_nobody_without_one(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demand_answers import put_demand
    from upheld.actions.demands import change_demand, open_details

    demand = open_one(binding, desk, cast.ada.id, now, ground="illegal act")
    with pytest.raises(StaffError, match="what we believe is written down and signed"):
        put_demand(binding, demand, staff=desk.one, now=now)
    believed = take(desk, ground="illegal act", belief=BELIEF)
    held = change_demand(binding, demand, taking=believed, staff=desk.two, now=now)
    assert open_details(held.row).signed_by == desk.two.username
    assert put_demand(binding, demand, staff=desk.one, now=now).row.state == "asked"


@pytest.mark.parametrize("ground", ["terms broken", "law", "own claim", "legal process"])
def test_a_ground_that_rests_on_a_clause_or_a_file_names_it(
    cast: Cast, desk: Desk, binding: Binding, now: datetime, ground: str
) -> None:
    from upheld.actions.demand_answers import put_demand

    demand = open_one(binding, desk, cast.ada.id, now, ground=ground, belief=BELIEF, citation="")
    with pytest.raises(StaffError, match="to be named"):
        put_demand(binding, demand, staff=desk.one, now=now)


def test_a_demand_about_nobody_is_put_to_nobody(desk: Desk, binding: Binding, now: datetime) -> None:
    from upheld.actions.demand_answers import put_demand
    from upheld.actions.demands import take_down

    demand = take_down(binding, taking=take(desk), staff=desk.one, now=now).row.id
    with pytest.raises(StaffError, match="nobody is named"):
        put_demand(binding, demand, staff=desk.one, now=now)


def test_two_people_of_the_desk_agree_and_each_has_one_voice(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    demand = put_one(binding, desk, cast.ada.id, now)
    assert agree(binding, demand, desk.one, now=now) == "asked"
    with pytest.raises(StaffError, match="W144"):
        agree(binding, demand, desk.one, now=now)
    assert agree(binding, demand, desk.two, now=now) == "approved"
    assert [line["outcome"] for line in list_lines("approval.given")] == ["yes", "yes"]


def test_who_has_no_grant_has_no_voice_not_even_the_owner(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    demand = put_one(binding, desk, cast.ada.id, now)
    for staff in (desk.stranger, desk.owner):
        with pytest.raises(StaffError, match="W113"):
            agree(binding, demand, staff, now=now)


def test_one_no_refuses_and_a_change_puts_it_anew(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    from upheld.actions.demand_answers import answer_demand, put_demand
    from upheld.actions.demands import change_demand

    demand = put_one(binding, desk, cast.ada.id, now)
    assert answer_demand(binding, demand, staff=desk.two, is_yes=False, now=now).row.state == "refused"
    with pytest.raises(StaffError, match="W142"):
        agree(binding, demand, desk.one, now=now)
    narrower = take(desk, wanted=("person.name",), scope=("person.name",))
    change_demand(binding, demand, taking=narrower, staff=desk.one, now=now)
    put_demand(binding, demand, staff=desk.one, now=now)
    assert agree(binding, demand, desk.one, desk.two, now=now) == "approved"


def test_a_change_after_somebody_agreed_takes_the_answers_back(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demand_answers import count_answers, put_demand
    from upheld.actions.demands import add_person, find_demand

    demand = put_one(binding, desk, cast.ada.id, now)
    agree(binding, demand, desk.one, desk.two, now=now)
    held = add_person(binding, demand, person=cast.bo.id, staff=desk.one, now=now)
    assert held.row.state == "draft"
    held = put_demand(binding, demand, staff=desk.one, now=now)
    assert count_answers(binding, held, now) == 0
    assert agree(binding, demand, desk.one, now=now) == "asked"
    assert find_demand(binding, demand, now) is not None


def test_a_row_changed_behind_our_back_is_not_what_was_agreed_to(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Demand

    demand = put_one(binding, desk, cast.ada.id, now)
    agree(binding, demand, desk.one, now=now)
    Demand.objects.filter(id=demand).update(wanted=["person"], scope=["person"])
    with pytest.raises(StaffError, match="not what was put"):
        agree(binding, demand, desk.two, now=now)


def test_who_reads_the_texts_is_in_the_ledger(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    from upheld.actions.demands import read_demand

    demand = open_one(binding, desk, cast.ada.id, now)
    assert read_demand(binding, demand, staff=desk.two, now=now).written.citation == "4 B 17/26"
    assert [line["demand"] for line in list_lines("demand.read")] == [demand]
    with pytest.raises(StaffError, match="W113"):
        read_demand(binding, demand, staff=desk.stranger, now=now)


def test_an_approval_of_somebody_whose_grant_ended_counts_no_more(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demand_answers import count_answers
    from upheld.actions.demands import find_demand
    from upheld.actions.grants import end_grant, list_grants

    demand = put_one(binding, desk, cast.ada.id, now)
    agree(binding, demand, desk.one, desk.two, now=now)
    grant = next(grant for grant in list_grants(binding.site) if grant.staff == desk.two.pk)
    end_grant(binding.site, grant.id, by=desk.owner, now=now)
    held = find_demand(binding, demand, now + timedelta(minutes=1))
    assert held is not None
    assert count_answers(binding, held, now + timedelta(minutes=1)) == 1
