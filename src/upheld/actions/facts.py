"""What the gate is told about a person and an item: choices, facts on record, whether the time of keeping is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from upheld.actions.merging import know_of_merger
from upheld.actions.rows import read_columns
from upheld.core.gate.binding import Binding
from upheld.core.policy.choices import Answer as Said
from upheld.core.policy.choices import settle_choice
from upheld.core.policy.condition import answer_choice
from upheld.core.rights.keeping import Keeping
from upheld.records.models import Answer, FactNumber, Item, Person
from upheld.records.walls import enter_site, read_site

Facts = dict[str, bool | None]
LAST_SIGN_IN = "last sign-in"
ANSWER = ("choice", "at", "is_yes", "is_signal")


def gather_facts(binding: Binding, person: Person, now: datetime | None = None) -> Facts:
    """What is known of a person: facts on record, for each choice the answer that counts, whether a merger stands.

    With the moment also whether they were told of the merger in time; without it nobody knows. One query, seldom two.
    """
    facts: Facts = dict(person.facts)
    modes = binding.gate.table.choices
    said: dict[str, list[Said]] = {choice: [] for choice in modes}
    if modes and not person._state.adding:  # noqa: SLF001 - Django's own way to say that a row is not stored yet
        with read_site(binding.site):
            answers = read_columns(Answer, ANSWER, "WHERE site = %s AND person_id = %s", (binding.site, person.id))
        for choice, at, is_yes, is_signal in answers:
            said.setdefault(choice, []).append(Said(at, is_yes, is_signal))
    for choice, mode in modes.items():
        facts |= answer_choice(choice, settle_choice(said[choice]), mode)
    return facts | know_of_merger(binding.site, person.id, now)


def is_expired(item: Item, person: Person, keeping: Keeping, now: datetime) -> bool:
    """Whether the time of keeping is over; what is held back by a hold is not."""
    if item.hold:
        return False
    if item.keep_until is not None and item.keep_until <= now:
        return True  # one that lies ahead says nothing of a clock that began with the last sign-in
    if keeping.event == LAST_SIGN_IN:
        end = keeping.find_end(person.signed_in_at or person.created_at)
        return end is not None and end <= now
    return False


def keep_numbers(site: str, names: Iterable[str]) -> tuple[str, ...]:
    """All facts of a policy in the order of their stored numbers, these among them; new ones get the next numbers for good.

    Two processes that number at once wait for each other, so both get the same. Writes no line: names alone are stored.
    """
    wanted = tuple(dict.fromkeys(names))
    with enter_site(site):
        stored = _list_numbered(site)
        if set(wanted) <= set(stored):
            return stored
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"upheld facts {site}"])
            stored = _list_numbered(site)
        new = tuple(name for name in wanted if name not in stored)
        FactNumber.objects.bulk_create(
            FactNumber(site=site, number=number, name=name) for number, name in enumerate(new, len(stored))
        )
    return (*stored, *new)


def _list_numbered(site: str) -> tuple[str, ...]:
    return tuple(FactNumber.objects.filter(site=site).order_by("number").values_list("name", flat=True))
