"""A later version reaches what was taken before it only when its person agreed, and no other way."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import Cast
from tests.actions.versions import FREER, MORE_OFTEN, NEWEST, TODAY, bind_with, found, read_table
from upheld.core.errors import GateError
from upheld.core.gate.binding import Binding

DAY = timedelta(days=1)


@pytest.fixture
def newer() -> Binding:
    """The version in force lets dispatch see the zip code in every case."""
    return bind_with(read_table(TODAY, FREER))


def let_bind(person: Any, version: date = TODAY) -> Any:
    """The person is under this version from now on."""
    person.version = version
    person.save(update_fields=["version"])
    return person


def open_zip(binding: Binding, person: Any, now: datetime) -> list[Any]:
    """What dispatch sees of the zip code without a reason on record."""
    from upheld.actions.vault import open_items

    opening = open_items(
        binding, person=person, action="show", counterpart="dispatch", purpose="fulfil.service", data=("person.zip",),
        now=now,
    )  # fmt: skip
    return [opened.value for opened in opening.values]


def agree(binding: Binding, person: Any, now: datetime, *, is_yes: bool = True, version: date = TODAY) -> Any:
    from upheld.actions.agreements import record_agreement

    return record_agreement(
        binding, person=person, version=version, is_yes=is_yes, touchpoint="account", now=now, shown="a" * 64
    )


def test_it_works(cast: Cast, newer: Binding, now: datetime) -> None:
    from upheld.actions.agreements import find_offer

    ada = let_bind(cast.ada)
    assert open_zip(newer, ada, now) == []
    offer = find_offer(newer, ada)
    assert offer is not None
    assert (offer.version, offer.earlier, offer.answer) == (TODAY, (NEWEST,), "")
    assert ["zip code" in change.text for change in offer.changes] == [True]
    given = agree(newer, ada, now)
    assert open_zip(newer, ada, now) == ["90417"]
    offer = find_offer(newer, ada)
    assert offer is not None
    assert (offer.answer, offer.entry) == ("yes", given.entry)


def test_what_came_in_under_the_version_needs_no_agreement(cast: Cast, newer: Binding, now: datetime) -> None:
    from upheld.actions.agreements import find_offer
    from upheld.actions.people import create_person
    from upheld.actions.vault import put_items

    new = create_person(newer, now=now)
    put_items(newer, person=new, touchpoint="registration", values={"person.zip": "90500"}, now=now)
    assert open_zip(newer, new, now) == ["90500"]
    assert find_offer(newer, new) is None


def test_who_was_not_told_yet_is_limited_by_their_own_version_whatever_they_hold(
    cast: Cast, newer: Binding, now: datetime
) -> None:
    from upheld.actions.agreements import find_offer
    from upheld.actions.vault import put_items

    put_items(newer, person=cast.bo, touchpoint="registration", values={"person.zip": "90501"}, now=now)
    assert open_zip(newer, cast.bo, now) == []
    assert find_offer(newer, cast.bo) is None
    with pytest.raises(GateError, match="G404"):
        agree(newer, cast.bo, now)


def test_a_no_and_a_later_no_leave_earlier_data_where_it_was(cast: Cast, newer: Binding, now: datetime) -> None:
    ada = let_bind(cast.ada)
    agree(newer, ada, now, is_yes=False)
    assert open_zip(newer, ada, now) == []
    agree(newer, ada, now + DAY)
    assert open_zip(newer, ada, now + DAY) == ["90417"]
    agree(newer, ada, now + 2 * DAY, is_yes=False)
    assert ada.agreed is None
    assert open_zip(newer, ada, now + 2 * DAY) == []


def test_an_agreement_of_one_person_is_nobody_else_s(cast: Cast, newer: Binding, now: datetime) -> None:
    from tests.actions.stage import open_courier
    from upheld.actions.vault import put_items

    put_items(open_courier(), person=cast.bo, touchpoint="registration", values={"person.zip": "90502"}, now=now - DAY)
    agree(newer, let_bind(cast.ada), now)
    assert open_zip(newer, let_bind(cast.bo), now) == []


def test_an_agreement_to_one_version_is_none_to_the_next(cast: Cast, now: datetime) -> None:
    first, then = date(2026, 11, 18), TODAY
    both = bind_with(read_table(first, MORE_OFTEN), read_table(then, FREER))
    ada = let_bind(cast.ada, first)
    agree(both, ada, now, version=first)
    assert open_zip(both, let_bind(ada), now) == []


def test_being_bound_by_use_or_by_time_widens_nothing(cast: Cast, binding: Binding, now: datetime) -> None:
    """Deemed acceptance never widens: only the answer does."""
    from upheld.actions.publication_notices import move_people
    from upheld.actions.publications import announce
    from upheld.records.models import Person, Publication

    found(now)
    table = read_table(TODAY, FREER)
    announce(binding, table=table, now=now, notice="site")
    Publication.objects.filter(version=TODAY).update(state="active", active_at=now, moves="use")
    Person.objects.filter(id=cast.ada.id).update(signed_in_at=now + DAY)
    assert move_people(bind_with(table), now + DAY) == 2  # Ada by her use, and the company
    ada = Person.objects.get(id=cast.ada.id)
    assert (ada.version, ada.agreed) == (TODAY, None)
    assert Person.objects.get(id=cast.bo.id).version == NEWEST
    assert open_zip(bind_with(table), ada, now + DAY) == []


def test_where_a_change_binds_by_acceptance_alone_the_yes_is_what_binds(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.agreements import find_offer
    from upheld.actions.publication_notices import move_people
    from upheld.actions.publications import announce, find_binding_version
    from upheld.records.models import Person, Publication

    found(now)
    table = read_table(TODAY, FREER)
    newer = bind_with(table)
    announce(binding, table=table, now=now, notice="site")
    Publication.objects.filter(version=TODAY).update(state="active", active_at=now, moves="acceptance")
    assert move_people(newer, now + DAY) == 0
    offer = find_offer(newer, cast.ada)
    assert offer is not None
    assert offer.version == TODAY
    agree(newer, cast.ada, now + DAY)
    ada = Person.objects.get(id=cast.ada.id)
    assert (ada.version, ada.agreed) == (TODAY, TODAY)
    assert find_binding_version(newer.site, ada, now + DAY) == TODAY
    assert find_binding_version(newer.site, ada, now) == NEWEST
    assert Person.objects.get(id=cast.bo.id).version == NEWEST


def test_every_answer_has_its_line_and_goes_with_its_person(cast: Cast, newer: Binding, now: datetime) -> None:
    from upheld.actions.agreements import list_agreements
    from upheld.actions.forgetting import erase_person
    from upheld.records.models import Agreement, Entry

    ada = let_bind(cast.ada)
    given = agree(newer, ada, now)
    line = Entry.objects.get(kind="policy.agreed")
    assert given.entry == line.id
    assert '"outcome":"yes"' in line.text
    assert [one.is_yes for one in list_agreements(newer.site, ada)] == [True]
    erase_person(newer, person=ada, now=now)
    assert not Agreement.objects.exists()


def test_nobody_agrees_to_a_version_that_is_not_there(cast: Cast, newer: Binding, now: datetime) -> None:
    with pytest.raises(GateError, match="G404"):
        agree(newer, let_bind(cast.ada), now, version=date(2026, 12, 24))
