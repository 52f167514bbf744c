"""A line of the ledger names only what the policy names: a first name that is handed to an action gets into none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.actions.stage import Cast
from upheld.core.errors import RefusedError, SealError
from upheld.core.gate.binding import Binding

WORDS = ("ada", "ada quill", "port ellery")


def say_choice(binding: Binding, cast: Cast, now: datetime, word: str) -> None:
    from upheld.actions.choices import record_choice

    record_choice(binding, person=cast.ada, choice="marketing", is_yes=True, touchpoint=word, now=now)


def put_at(binding: Binding, cast: Cast, now: datetime, word: str) -> None:
    from upheld.actions.vault import put_items

    put_items(binding, person=cast.ada, touchpoint=word, values={"person.name": "Ada Quill"}, now=now)


def open_for(binding: Binding, cast: Cast, now: datetime, word: str) -> None:
    from upheld.actions.vault import open_items

    open_items(binding, person=cast.ada, action="use", purpose=word, now=now)


def show_to(binding: Binding, cast: Cast, now: datetime, word: str) -> None:
    from upheld.actions.vault import open_items

    open_items(binding, person=cast.ada, action="show", counterpart=word, now=now)


def import_answer(binding: Binding, cast: Cast, now: datetime, word: str) -> None:
    from upheld.actions.imports import Newcomer, Said, import_people

    said = Said(choice="marketing", is_yes=True, at=now, touchpoint=word)
    import_people(binding, [Newcomer((), now, answers=(said,))], now=now)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("write", [say_choice, put_at, open_for, show_to, import_answer])
def test_a_word_that_the_policy_does_not_have_gets_into_no_line(
    binding: Binding, cast: Cast, now: datetime, write: Callable[..., None], word: str
) -> None:
    from upheld.records.models import Answer, Entry

    before = Entry.objects.count()
    with pytest.raises((SealError, RefusedError)) as refused:
        write(binding, cast, now, word)
    assert refused.value.code in ("V804", "G405")
    assert Entry.objects.count() == before
    assert not Answer.objects.filter(touchpoint=word).exists()


def test_the_names_are_those_of_all_versions(binding: Any) -> None:
    for gate in binding.gates.values():
        words = gate.table.words
        assert {*words.leaves("data"), *words.leaves("purpose"), *words.of_sort("touchpoint")} <= binding.names
    assert not binding.names & set(WORDS)
