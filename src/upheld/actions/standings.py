"""Which combination of answers and facts each person shares with others, kept beside every change of either.

Writes no line of its own: what is looked up here follows from rows whose changes have theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import connection

from upheld.actions.rows import read_columns, update_if, update_rows
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import list_audience_addresses
from upheld.core.notices.standing import (
    CLOSED,
    COMPANY,
    HOLDER,
    UNVERIFIED,
    VISITOR,
    digest_standing,
    number_standing,
)
from upheld.core.policy.choices import Answer as Said
from upheld.core.policy.choices import settle_choice
from upheld.records.models import Answer, Identifier, Item, Person, Standing
from upheld.records.walls import enter_site

EMAIL = "email"
MOST_AT_ONCE = 500
MOST_KNOWN = 4096
# A combination that somebody had before, and no later answer of the person to the same choice.
STANDS = (
    "AND EXISTS (SELECT 1 FROM records_standing known WHERE known.site = %s AND known.id = %s)"
    " AND NOT EXISTS (SELECT 1 FROM records_answer later"
    " WHERE later.site = %s AND later.person_id = %s AND later.choice = %s AND later.at > %s)"
)
ANSWER = ("person_id", "choice", "at", "is_yes", "is_signal")
ITEM = ("person_id", "categories", "version", "collected_at", "corrected_at")
Facts = Mapping[str, bool | None]


@dataclass(frozen=True, slots=True)
class Combination:
    """What some people share: how they stand towards the house, their answers by choice, their facts on record.

    `since` is the version that limits what may be done with the address they are written to; None where none is held.
    """

    belongs: str
    answers: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    since: date | None = None

    def digest(self, site: str) -> bytes:
        """What finds it again."""
        return digest_standing(site, self.belongs, self.answers, self.facts, self.since)


def restate(binding: Binding, person: Person) -> int:
    """The number of the person's combination, looked up anew and stored; belongs inside the transaction of the change.

    To be called after each answer, each change of `Person.facts`, each agreement to a later version, and when an address
    is verified or an account closed.
    Of two at once the later one waits for the row, and then reads what the earlier one wrote. 0 for who is erased.
    """
    with enter_site(binding.site, is_part=True):
        # The lock that does not wait for rows which only point to this one: two answers at once would wait for each other.
        rows = Person.objects.select_for_update(no_key=True).filter(site=binding.site, id=person.id)
        person.standing = restate_rows(binding, rows).get(person.id, 0)
    return person.standing


def restate_answer(binding: Binding, person: Person, choice: str, *, is_yes: bool, now: datetime) -> int:
    """The same as `restate` in fewer queries, where all that changed is that the person has just answered one choice.

    The combination follows from the one they had. Where that is not known, nobody had the new one before, or a later
    answer is on record, all of it is looked up anew. Belongs inside the transaction of the answer, and opens none: each
    further one costs two statements.
    """
    site = binding.site
    locked = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    rows = read_columns(Person, ("standing",), f"WHERE site = %s AND id = %s{locked}", (site, person.id))
    number = number_after(site, rows[0][0], choice, is_yes=is_yes) if rows else None
    if number is None:
        return restate(binding, person)
    if number != rows[0][0]:
        # Not asked together with the lock: who waited for it would not see the answer of whoever held it.
        known = (site, number, site, person.id, choice, now)
        if not update_if(Person, ("standing",), (person.id, number), STANDS, known):
            return restate(binding, person)
    person.standing = number
    return number


def number_after(site: str, number: int, choice: str, *, is_yes: bool) -> int | None:
    """The number that the combination of this number has after one more answer, or None where there is no such one.

    Found once, for a number stands for the same combination for good.
    """
    key = (site, number, choice, is_yes)
    found = _after.get(key)
    if found is None:
        columns = ("belongs", "answers", "facts", "since")
        rows = read_columns(Standing, columns, "WHERE site = %s AND id = %s", (site, number))
        if not rows:
            return None
        before = Combination(*rows[0])
        after = replace(before, answers={**before.answers, choice: "yes" if is_yes else "no"})
        found = number_standing(after.digest(site))
        if len(_after) >= MOST_KNOWN:
            _after.clear()
        _after[key] = found
    return found


_after: dict[tuple[str, int, str, bool], int] = {}


def restate_rows(binding: Binding, rows: Iterable[Person]) -> dict[str, int]:
    """The numbers of these people's combinations by their ids, stored where they are new.

    Belongs inside a transaction that holds the rows.
    """
    site, people = binding.site, {row.id: row for row in rows}
    limits = find_limits(binding, people)
    answers = read_answers(site, tuple(people))
    verified = set(
        Identifier.objects.filter(
            site=site, kind=EMAIL, person__in=list(people), verified_at__isnull=False
        ).values_list("person_id", flat=True)
    )
    found = {
        row.id: Combination(
            place_person(
                row.kind,
                is_visitor=row.is_visitor,
                is_closed=row.closed_at is not None,
                has_address=row.id in verified,
            ),
            answers.get(row.id, {}),
            row.facts,
            limits.get(row.id),
        )
        for row in people.values()
    }
    numbers = keep_combinations(site, found)
    changed = [(number, person) for person, number in numbers.items() if people[person].standing != number]
    update_rows(Person, ("standing",), [(person, number) for number, person in changed])
    return numbers


def keep_combinations(site: str, found: Mapping[str, Combination]) -> dict[str, int]:
    """The number of each one's combination; those that nobody had before are stored. Belongs inside a transaction."""
    digests = {person: combination.digest(site) for person, combination in found.items()}
    different = {digest: found[person] for person, digest in digests.items()}
    known = set(
        Standing.objects.filter(site=site, id__in=[number_standing(digest) for digest in different]).values_list(
            "id", flat=True
        )
    )
    Standing.objects.bulk_create(
        [
            Standing(
                id=number_standing(digest),
                site=site,
                digest=digest,
                belongs=combination.belongs,
                answers=dict(combination.answers),
                facts=dict(combination.facts),
                since=combination.since,
            )
            for digest, combination in different.items()
            if number_standing(digest) not in known
        ],
        ignore_conflicts=True,  # another process may have met the same combination in this moment
    )
    return {person: number_standing(digest) for person, digest in digests.items()}


def find_limits(binding: Binding, people: Mapping[str, Person]) -> dict[str, date]:
    """For each of these people the version that limits the use of their newest address: the one it was taken under, or a
    later one that they agreed to for it. Who has no address is left out.
    """
    leaves, newest = set(list_audience_addresses(binding.policy)), dict[str, tuple[datetime, date]]()
    if not people or not leaves:
        return {}
    marks = ", ".join(["%s"] * len(people))
    for person, categories, version, collected, corrected in read_columns(
        Item, ITEM, f"WHERE site = %s AND person_id IN ({marks})", (binding.site, *people)
    ):
        moment = corrected or collected
        if leaves & set(categories) and (person not in newest or newest[person][0] < moment):
            newest[person] = (moment, version)
    return {person: max(version, people[person].agreed or version) for person, (_, version) in newest.items()}


def read_answers(site: str, people: Sequence[str]) -> dict[str, dict[str, str]]:
    """For each of these people the answer that counts, by choice; choices that they never answered are left out."""
    if not people:
        return {}
    said: dict[tuple[str, str], list[Said]] = {}
    marks = ", ".join(["%s"] * len(people))
    for person, choice, at, is_yes, is_signal in read_columns(
        Answer, ANSWER, f"WHERE site = %s AND person_id IN ({marks})", (site, *people)
    ):
        said.setdefault((person, choice), []).append(Said(at, is_yes, is_signal))
    found: dict[str, dict[str, str]] = {}
    for (person, choice), answers in said.items():
        found.setdefault(person, {})[choice] = settle_choice(answers)
    return found


def place_person(kind: str, *, is_visitor: bool, is_closed: bool, has_address: bool) -> str:
    """How somebody stands towards the house: who holds an account with a verified address, and who does not."""
    if is_closed:
        return CLOSED
    if kind != "person":
        return COMPANY
    if is_visitor:
        return VISITOR
    return HOLDER if has_address else UNVERIFIED


def mend_standings(binding: Binding, most: int = MOST_AT_ONCE) -> int:
    """How many people without a combination got theirs, at most so many; each call is one transaction."""
    with enter_site(binding.site):
        rows = Person.objects.select_for_update(no_key=True).filter(site=binding.site, standing=0).order_by("id")[:most]
        return len(restate_rows(binding, rows))
