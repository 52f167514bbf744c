"""Who is written to when something is told about an account: the person themselves, or for a company its primary user."""

from __future__ import annotations

from collections.abc import Sequence

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


def find_receivers(site: str, accounts: Sequence[Person]) -> dict[str, Person]:
    """The same for many, by the account's id; left out are companies that nobody uses. One query at most."""
    companies = [account.id for account in accounts if account.kind == "company"]
    found = {account.id: account for account in accounts if account.kind != "company"}
    if companies:
        with read_site(site):
            members = Membership.objects.filter(site=site, company_id__in=companies).select_related("person")
            for member in members.order_by("-is_primary", "-is_holder", "joined_at"):
                found.setdefault(member.company_id, member.person)
    return found
