"""Persons as such: found by an exact identifier, erased with their keys."""

from datetime import datetime
from typing import Any

import pytest

from tests.actions.stage import Cast


def test_somebody_is_found_by_a_verified_address_however_it_is_written(cast: Cast, now: datetime) -> None:
    from upheld.actions.people import find_person

    assert find_person("lasership", "email", " ADA@Quill.example ", now) == cast.ada


def test_an_address_that_nobody_verified_finds_nobody(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.people import add_identifier, find_person

    add_identifier(binding, person=cast.bo, kind="email", text="other@marten.example", now=now)
    assert find_person("lasership", "email", "other@marten.example", now) is None


def test_another_site_finds_nobody_by_the_same_address(cast: Cast, now: datetime) -> None:
    from upheld.actions.people import find_person

    assert find_person("elsewhere", "email", "ada@quill.example", now) is None


def test_who_is_erased_leaves_no_row_no_key_and_a_line_without_a_value(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.actions.people import find_person
    from upheld.records.keyring.models import DestroyedKey, PersonKey
    from upheld.records.models import Entry, Item, Person

    ada = cast.ada.id
    entry = erase_person(binding, person=cast.ada, now=now)
    assert not Person.objects.filter(id=ada).exists()
    assert not Item.objects.filter(person=ada).exists()
    assert not PersonKey.objects.filter(person=ada).exists()
    assert DestroyedKey.objects.filter(person=ada).exists()
    assert find_person("lasership", "email", "ada@quill.example", now) is None
    assert "quill" not in Entry.objects.get(id=entry).text


def test_what_a_destroyed_key_sealed_cannot_be_read_from_a_copy(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.keys import destroy_person_keys
    from upheld.actions.vault import open_items
    from upheld.core.errors import VaultError

    destroy_person_keys("lasership", cast.ada.id, now)
    with pytest.raises(VaultError) as caught:
        open_items(binding, person=cast.ada, action="show", counterpart="self", now=now)
    assert caught.value.code == "V814"
