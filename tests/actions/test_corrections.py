"""Correcting what is held: in its place, only what the policy lets people change, with a line that names no value."""

from datetime import datetime
from typing import Any

import pytest

from tests.actions.stage import Cast


def read_values(binding: Any, person: Any, now: datetime) -> dict[str, Any]:
    from upheld.actions.held import open_held

    return {value.data: value.value for value in open_held(binding, person=person, now=now).values}


def test_it_works(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.corrections import correct_values
    from upheld.records.models import Entry, Item

    changed = correct_values(
        binding, person=cast.ada, values={"person.name": "Ada Quill-Ray", "person.zip": "90417"}, now=now
    )
    assert changed == ("person.name",)
    assert read_values(binding, cast.ada, now)["person.name"] == "Ada Quill-Ray"
    item = Item.objects.get(person=cast.ada)
    assert (item.edition, item.corrected_at) == (2, now)
    line = Entry.objects.get(kind="item.corrected")
    assert '"data":["person.name"]' in line.text
    assert "Quill" not in line.text


def test_what_is_as_it_was_leaves_no_line(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.corrections import correct_values
    from upheld.records.models import Entry

    assert correct_values(binding, person=cast.ada, values={"person.name": "Ada Quill"}, now=now) == ()
    assert not Entry.objects.filter(kind="item.corrected").exists()


def test_only_what_the_policy_lets_people_change_is_changed(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.corrections import correct_values
    from upheld.core.errors import RefusedError

    with pytest.raises(RefusedError) as caught:
        correct_values(binding, person=cast.ada, values={"message.feedback": "never said"}, now=now)
    assert "change message.feedback at account" in str(caught.value)


def test_an_address_changes_only_once_its_link_was_opened(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.corrections import correct_values
    from upheld.core.errors import FormError

    new = {"person.email": "ada@ray.example"}
    with pytest.raises(FormError) as caught:
        correct_values(binding, person=cast.ada, values=new, now=now)
    assert caught.value.code == "F911"
    assert "ray" not in str(caught.value)
    assert correct_values(binding, person=cast.ada, values=new, now=now, is_proved=True) == ("person.email",)


def test_an_optional_value_is_taken_back_by_emptying_it(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.corrections import correct_values
    from upheld.records.models import Item

    assert correct_values(binding, person=cast.ada, values={"person.zip": ""}, now=now) == ("person.zip",)
    assert "person.zip" not in read_values(binding, cast.ada, now)
    assert "person.zip" not in Item.objects.get(person=cast.ada).categories


def test_what_was_left_out_at_first_comes_in_where_its_form_asks_for_it(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.corrections import correct_values
    from upheld.records.models import Item

    assert correct_values(binding, person=cast.bo, values={"person.zip": "90500"}, now=now) == ("person.zip",)
    new = Item.objects.get(person=cast.bo, method="account")
    assert (new.touchpoint, new.categories) == ("registration", ["person.zip"])


def test_a_new_phone_number_finds_the_person_and_the_old_one_does_not(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.corrections import correct_values
    from upheld.actions.people import digest_identifier
    from upheld.records.models import Identifier

    correct_values(binding, person=cast.ada, values={"person.phone": "+15550199000"}, now=now)
    [found] = Identifier.objects.filter(person=cast.ada, kind="phone")
    assert bytes(found.digest) == digest_identifier("lasership", "phone", "+15550199000", now)


def test_an_edit_reaches_only_the_person_it_was_made_for(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.corrections import correct_values

    before = read_values(binding, cast.bo, now)
    correct_values(binding, person=cast.ada, values={"person.name": "Ada Ray"}, now=now)
    assert read_values(binding, cast.bo, now) == before


def test_the_form_asks_by_the_labels_and_rules_of_the_form_it_came_in_by(binding: Any, cast: Cast) -> None:
    from upheld.actions.corrections import plan_corrections

    mine, ours = plan_corrections(binding, cast.ada), plan_corrections(binding, cast.works)
    assert mine is not None
    assert ours is not None
    assert mine.data == ("person.name", "person.zip", "person.phone")  # the address changes by a link
    assert ours.data[:2] == ("company.name", "company.address")
    assert len(ours.data) == 4
    assert all(field.is_required for field in ours.fields)
    assert mine.choices == ()


def test_a_company_is_told_nothing_that_belongs_to_a_person(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.corrections import correct_values
    from upheld.core.errors import RefusedError

    with pytest.raises(RefusedError):
        correct_values(binding, person=cast.works, values={"person.name": "Ada"}, now=now)
