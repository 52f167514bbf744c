"""Persons and companies as such: made, and found by an exact identifier through the blind index."""

from __future__ import annotations

from datetime import datetime

from upheld.actions.ids import draw_id
from upheld.actions.keys import find_site_key
from upheld.actions.rows import insert_rows
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Words
from upheld.core.seal.index import index_identifier
from upheld.records.models import Identifier, Person
from upheld.records.walls import enter_site, read_site

INDEX = "index"
PERSON = ("id", "site", "kind", "is_visitor", "version", "created_at")
# The standard keys (fideslang 3.1) whose values find one person exactly, and how such a value is brought into one form.
IDENTIFIER_KINDS = {
    "user.contact.email": "email",
    "user.contact.phone_number": "phone",
    "user.account.username": "username",
}


def create_person(binding: Binding, *, now: datetime, kind: str = "person", is_visitor: bool = False) -> Person:
    """A new person or company under the version in force; writes no line of its own, since the act that needs it does."""
    person = Person(
        id=draw_id("p"),
        site=binding.site,
        kind=kind,
        is_visitor=is_visitor,
        version=binding.current,
        created_at=now,
    )
    with enter_site(binding.site, is_part=True):
        insert_rows(Person, PERSON, [[getattr(person, column) for column in PERSON]])
    person._state.adding = False  # noqa: SLF001 - Django's own mark of a row that is stored
    return person


def list_identifier_leaves(words: Words) -> dict[str, str]:
    """The categories of a policy that identify exactly, each with the kind of identifier it is."""
    found = {}
    for leaf in words.leaves("data"):
        standard = words.of_sort("data")[leaf].value
        if standard in IDENTIFIER_KINDS:
            found[leaf] = IDENTIFIER_KINDS[standard]
    return found


def digest_identifier(site: str, kind: str, text: str, now: datetime) -> bytes:
    """The blind index of an identifier on this site; `kind` is email, phone or username."""
    return index_identifier(find_site_key(site, INDEX, now).key, site, kind, text)


def add_identifier(
    binding: Binding, *, person: Person, kind: str, text: str, now: datetime, is_primary: bool = False
) -> Identifier:
    """The person's new identifier, not yet verified. Anybody may claim it until somebody verifies it."""
    with enter_site(binding.site):
        return Identifier.objects.create(
            site=binding.site,
            person=person,
            kind=kind,
            digest=digest_identifier(binding.site, kind, text, now),
            is_primary=is_primary,
            created_at=now,
        )


def find_person(site: str, kind: str, text: str, now: datetime) -> Person | None:
    """Whoever has verified this identifier, or None."""
    digest = digest_identifier(site, kind, text, now)
    with read_site(site):
        found = (
            Identifier.objects.filter(site=site, kind=kind, digest=digest, verified_at__isnull=False)
            .select_related("person")
            .first()
        )
    return found.person if found else None
