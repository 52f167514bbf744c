"""Who is written to when something is told about an account: the person themselves, or for a company its primary user."""

from __future__ import annotations

from upheld.records.models import Membership, Person
from upheld.records.walls import read_site


def find_receiver(site: str, person: Person) -> Person | None:
    """Whose address a notice about this person or company goes to; None for a company that nobody uses."""
    if person.kind != "company":
        return person
    with read_site(site):
        rows = Membership.objects.filter(site=site, company=person).select_related("person")
        member = rows.order_by("-is_primary", "-is_holder", "joined_at").first()
    return member.person if member else None
