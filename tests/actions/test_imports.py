"""Many people at once: what comes in is what the vault holds of anybody, and what may not come in does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from upheld.core.errors import GateError, RefusedError
from upheld.core.gate.binding import Binding


@pytest.fixture
def make(databases: dict[str, Path], now: datetime) -> Any:
    """Makes so many newcomers, each with contact details and a survey's answer."""
    from upheld.actions.imports import Newcomer, Part, Said

    def make_newcomers(count: int, **changed: Any) -> Iterator[Any]:
        then = now - timedelta(days=90)
        for number in range(count):
            values = {"person.name": f"Person {number}", "person.email": f"person.{number}@import.example"}
            parts = (Part("registration", values, then), Part("survey", {"answer.survey": f"Answer {number}"}, now))
            told: dict[str, Any] = {
                "id": "p_" + f"{number:020d}".translate(str.maketrans("0123456789", "abcdefghij")),
                "identifiers": (("email", values["person.email"]),),
                "answers": (Said("marketing", number % 2 == 0, "registration", then),),
            }
            yield Newcomer(parts, then, **(told | changed))

    return make_newcomers


def test_it_works(binding: Binding, make: Any, now: datetime) -> None:
    from upheld.actions.choices import settle_choices
    from upheld.actions.imports import import_people
    from upheld.actions.people import find_person
    from upheld.actions.vault import open_items

    told: list[int] = []
    done = import_people(binding, make(520), now=now, tell=told.append)
    assert (done.people, done.items, done.known) == (520, 1040, 0)
    assert told == [500, 520]
    person = find_person(binding.site, "email", "Person.501@import.example", now)
    opened = open_items(binding, person=person, action="show", counterpart="self", now=now)
    assert {value.data: value.value for value in opened.values} == {
        "person.name": "Person 501",
        "person.email": "person.501@import.example",
        "answer.survey": "Answer 501",
    }
    assert settle_choices(binding, person) == {"marketing": "no"}


def test_an_item_is_as_if_a_form_had_brought_it(binding: Binding, make: Any, now: datetime) -> None:
    from upheld.actions.imports import import_people
    from upheld.actions.people import create_person
    from upheld.actions.vault import put_items
    from upheld.records.models import Item

    import_people(binding, make(1), now=now)
    person = create_person(binding, now=now)
    by_form = put_items(
        binding,
        person=person,
        touchpoint="survey",
        values={"answer.survey": "Answer 0"},
        now=now,
        method="import",
    )[0]
    by_import = Item.objects.get(touchpoint="survey", method="import", person_id="p_" + "a" * 20)
    for name in ("site", "version", "categories", "purposes", "keep_class", "keep_until", "collected_at", "method"):
        assert getattr(by_import, name) == getattr(by_form, name), name


def test_each_part_has_its_line_and_each_answer_points_to_its_own(binding: Binding, make: Any, now: datetime) -> None:
    from upheld.actions.imports import import_people
    from upheld.actions.ledger import sequence_entries
    from upheld.records.models import Answer, Entry

    import_people(binding, make(3), now=now)
    assert Entry.objects.filter(kind="item.collected", at=now).count() == 6
    for answer in Answer.objects.all():
        line = Entry.objects.get(id=answer.entry)
        assert (line.kind, line.person) == ("choice.recorded", answer.person_id)
    assert sequence_entries(binding.site, now) == 9


def test_only_on_demand_do_lines_stand_at_the_time_of_what_they_tell(
    binding: Binding, make: Any, now: datetime
) -> None:
    from upheld.actions.imports import import_people
    from upheld.records.models import Entry

    import_people(binding, make(5), now=now, is_backdated=True)
    moments = list(Entry.objects.order_by("serial").values_list("at", flat=True))
    assert moments == sorted(moments)
    assert moments[0] == now - timedelta(days=90)


def test_who_is_there_already_is_passed_over(binding: Binding, make: Any, now: datetime) -> None:
    from upheld.actions.imports import import_people

    import_people(binding, make(4), now=now)
    assert import_people(binding, make(6), now=now).people == 2
    by_address = import_people(binding, make(7, id=""), now=now)  # no id: known by the address they share
    assert (by_address.people, by_address.known) == (1, 6)


def test_two_in_one_batch_who_share_an_address_are_one(binding: Binding, make: Any, now: datetime) -> None:
    from upheld.actions.imports import import_people

    done = import_people(binding, make(3, id="", identifiers=(("email", "one@import.example"),)), now=now)
    assert (done.people, done.known) == (1, 2)
    open_claims = {"id": "", "identifiers": (("email", "two@import.example"),), "is_verified": False}
    assert import_people(binding, make(3, **open_claims), now=now).people == 3


def test_what_the_policy_does_not_let_in_stops_the_batch(binding: Binding, make: Any, now: datetime) -> None:
    from upheld.actions.imports import Newcomer, Part, Said, import_people
    from upheld.records.keyring.models import PersonKey
    from upheld.records.models import Entry, Item, Person

    bad = Newcomer((Part("survey", {"person.email": "cy@dorn.example"}, now),), now)
    with pytest.raises(RefusedError):
        import_people(binding, [*make(3), bad], now=now)
    unknown = Newcomer((), now, answers=(Said("telephone calls", True, "registration", now),))
    with pytest.raises(GateError):
        import_people(binding, [*make(3), unknown], now=now)
    assert [model.objects.count() for model in (Person, Item, Entry)] == [0, 0, 0]
    assert PersonKey.objects.filter(person=bad.id).count() == 0


def test_the_gate_is_asked_once_for_each_question(
    binding: Binding, make: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import imports

    asked: list[tuple[str, str]] = []

    def find_purposes(_binding: Binding, leaf: str, touchpoint: str, _facts: object) -> tuple[str, ...]:
        asked.append((leaf, touchpoint))
        return ("fulfil.service",)

    monkeypatch.setattr(imports, "find_purposes", find_purposes)
    imports.import_people(binding, make(50), now=now)
    assert sorted(asked) == [
        ("answer.survey", "survey"),
        ("person.email", "registration"),
        ("person.name", "registration"),
    ]


@pytest.mark.parametrize("broken", ["find_person_keys", "write_lines"])
def test_a_batch_that_breaks_off_is_brought_in_by_the_next_run(
    binding: Binding, make: Any, now: datetime, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Killed after the keys were stored, or before the last row: nothing of the batch is there, and all of it later."""
    from upheld.actions import imports
    from upheld.records.keyring.models import PersonKey
    from upheld.records.models import Item, Person

    real = getattr(imports, broken)

    def fail(*args: Any, **named: Any) -> Any:
        real(*args, **named)
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(imports, broken, fail)
        with pytest.raises(OSError, match="no space"):
            imports.import_people(binding, make(10), now=now)
    assert (Person.objects.count(), Item.objects.count()) == (0, 0)
    assert imports.import_people(binding, make(10), now=now).people == 10
    assert PersonKey.objects.count() == 20
