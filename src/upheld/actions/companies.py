"""Companies and the people who use their accounts: who belongs, who may invite, whose address is the main one."""

from __future__ import annotations

from upheld.records.models import Membership, Person
from upheld.records.walls import enter_site


def find_membership(site: str, person: Person) -> Membership | None:
    """The person's place in a company, with the company; None for a private customer."""
    with enter_site(site):
        rows = Membership.objects.filter(site=site, person=person, company__closed_at__isnull=True)
        return rows.select_related("company").order_by("joined_at").first()


def list_members(site: str, company: Person) -> tuple[Membership, ...]:
    """Everybody who uses the company's account, whoever joined first before the others."""
    with enter_site(site):
        rows = Membership.objects.filter(site=site, company=company).select_related("person")
        return tuple(rows.order_by("joined_at", "pk"))
