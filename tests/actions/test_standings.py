"""The combination that people share: kept beside every change, whoever makes it, and mended where nobody did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.actions.customers import CY, join_one
from tests.actions.stage import Cast
from upheld.core.gate.binding import Binding


def read_standing(person: Any) -> Any:
    from upheld.records.models import Person, Standing

    number = Person.objects.get(id=person.id).standing
    return Standing.objects.get(id=number)


def mend_all(binding: Binding) -> int:
    from upheld.actions.standings import mend_standings

    total = 0
    while found := mend_standings(binding, 2):
        total += found
    return total


def test_people_without_a_combination_get_theirs(cast: Cast, binding: Binding) -> None:
    assert mend_all(binding) == 3
    assert mend_all(binding) == 0
    assert read_standing(cast.ada).belongs == "holder"
    assert read_standing(cast.works).belongs == "company"
    assert read_standing(cast.ada).id == read_standing(cast.bo).id


def test_an_answer_and_a_fact_move_a_person_to_another_combination(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.standings import restate
    from upheld.records.models import Answer, Person

    mend_all(binding)
    before = read_standing(cast.ada).id
    given = {"site": binding.site, "person": cast.ada, "choice": "marketing", "version": binding.current}
    Answer.objects.create(**given, is_yes=True, at=now, touchpoint="account")
    assert restate(binding, cast.ada) != before
    assert read_standing(cast.ada).answers == {"marketing": "yes"}
    Answer.objects.create(**given, is_yes=False, at=now + timedelta(seconds=1), touchpoint="account")
    restate(binding, cast.ada)
    assert read_standing(cast.ada).answers == {"marketing": "no"}
    Person.objects.filter(id=cast.ada.id).update(facts={"told": True})
    assert restate(binding, cast.ada) == cast.ada.standing
    assert read_standing(cast.ada).facts == {"told": True}
    assert read_standing(cast.bo).id == before


def test_who_is_erased_has_none(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.actions.standings import restate
    from upheld.records.models import Person

    bo = Person.objects.get(id=cast.bo.id)
    erase_person(binding, person=bo, now=now)
    assert restate(binding, cast.bo) == 0


def test_who_confirms_an_address_holds_an_account_from_then_on(databases: Any, binding: Binding, now: datetime) -> None:
    person = join_one(binding, now, CY)
    assert read_standing(person).belongs == "holder"


def test_who_is_imported_has_the_same_combination_as_who_is_looked_up(
    databases: Any, binding: Binding, now: datetime
) -> None:
    from upheld.actions.imports import Newcomer, Part, Said, import_people
    from upheld.actions.standings import restate
    from upheld.records.models import Person

    def make(name: str, **more: Any) -> Newcomer:
        values = {"person.name": name, "person.email": f"{name}@x.example"}
        part = Part("registration", values, now)
        return Newcomer((part,), now, identifiers=(("email", f"{name}@x.example"),), **more)

    yes = Said("marketing", is_yes=True, touchpoint="registration", at=now)
    no = Said("marketing", is_yes=False, touchpoint="registration", at=now + timedelta(days=1))
    newcomers = [make("a"), make("b", answers=(yes,)), make("c", answers=(no, yes)), make("d", is_verified=False)]
    import_people(binding, newcomers, now=now)
    stored = {person.id: person.standing for person in Person.objects.all()}
    assert len(set(stored.values())) == 4
    for person in Person.objects.all():
        assert restate(binding, person) == stored[person.id]


def test_who_closes_and_is_kept_for_a_while_is_in_no_audience(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.standings import restate
    from upheld.records.models import Person

    Person.objects.filter(id=cast.bo.id).update(closed_at=now)
    restate(binding, cast.bo)
    assert read_standing(cast.bo).belongs == "closed"


def test_the_number_says_the_same_in_every_order_and_differs_by_site() -> None:
    from upheld.core.notices.standing import digest_standing, number_standing

    one = digest_standing("a", "holder", {"x": "yes", "y": "no"}, {})
    assert one == digest_standing("a", "holder", {"y": "no", "x": "yes"}, {})
    assert one != digest_standing("b", "holder", {"x": "yes", "y": "no"}, {})
    assert 0 < number_standing(one) < 2**63
    assert number_standing(bytes(16)) == 1


def test_an_answer_gives_the_same_combination_as_looking_all_of_it_up(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.choices import record_choice
    from upheld.actions.standings import restate

    restate(binding, cast.ada)
    for number, is_yes in enumerate((True, False, False, True)):
        at = now + timedelta(minutes=number)
        record_choice(binding, person=cast.ada, choice="marketing", is_yes=is_yes, touchpoint="account", now=at)
        kept = cast.ada.standing
        cast.ada.refresh_from_db()
        assert cast.ada.standing == kept
        assert restate(binding, cast.ada) == kept
    # an answer that comes late changes nothing, because a later one stands
    record_choice(binding, person=cast.ada, choice="marketing", is_yes=False, touchpoint="account", now=now)
    assert cast.ada.standing == kept


def test_an_answer_that_comes_late_changes_nothing_even_to_a_combination_that_others_have(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.choices import record_choice
    from upheld.actions.standings import restate

    for person in (cast.ada, cast.bo):
        restate(binding, person)
    for person, is_yes, minutes in ((cast.ada, False, 0), (cast.ada, True, 2), (cast.bo, False, 0)):
        at = now + timedelta(minutes=minutes)
        record_choice(binding, person=person, choice="marketing", is_yes=is_yes, touchpoint="account", now=at)
    kept = cast.ada.standing
    record_choice(
        binding,
        person=cast.ada,
        choice="marketing",
        is_yes=False,
        touchpoint="account",
        now=now + timedelta(minutes=1),
    )
    cast.ada.refresh_from_db()
    assert cast.ada.standing == kept
    assert read_standing(cast.ada).answers == {"marketing": "yes"}


def test_an_answer_to_a_combination_that_nobody_had_stores_it(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.choices import record_choice
    from upheld.actions.standings import restate
    from upheld.records.models import Standing

    restate(binding, cast.ada)
    before = set(Standing.objects.values_list("id", flat=True))
    answer = record_choice(binding, person=cast.ada, choice="marketing", is_yes=False, touchpoint="account", now=now)
    assert set(Standing.objects.values_list("id", flat=True)) - before == {cast.ada.standing}
    # and the answer is given back as it stands in its row
    assert (answer.person_id, answer.is_yes, answer.is_signal, answer.at) == (cast.ada.id, False, False, now)
    assert (answer.pk, answer.person) == (None, cast.ada)
