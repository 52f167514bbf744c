"""Somebody is erased, whole: whoever was given data hears of it, copies for others lose them, rows go, and then the keys.

What stays stands in docs/security.md with its reason, and a test plants a person in every table against that list.
"""

from __future__ import annotations

from datetime import datetime

from upheld.actions.cases import close_case
from upheld.actions.erasing import plan_destruction
from upheld.actions.ledger import write_line
from upheld.actions.releases import withdraw_all
from upheld.actions.sealed_copies import hold_copies, take_out
from upheld.actions.tellings import note_erased
from upheld.core.gate.binding import Binding
from upheld.records.models import (
    Agreement,
    CampaignMail,
    Case,
    Inbound,
    Item,
    MergerNotice,
    Outgoing,
    Person,
    PolicyNotice,
    Publication,
    Suppression,
)
from upheld.records.walls import enter_site


def erase_person(binding: Binding, *, person: Person, now: datetime, by: str = "") -> str:
    """The id of the ledger's line: every row about the person goes or forgets them, and once that stands every key.

    Permissions end, and whoever was given data by permission or for a service has to be told. What fails around it leaves
    them with all they had. Done twice it does no harm. The ledger keeps its lines; they hold the random id and nothing
    else. Side effects: `item.erased`, a line for each permission, case and sealed copy, and for each who has to be told.
    """
    site, name = binding.site, person.id
    with enter_site(site):
        hold_copies(binding, name)
        Person.objects.select_for_update().filter(
            site=site, id=name
        ).first()  # a no that comes now is before, or nobody's
        withdraw_all(binding, person=person, now=now)
        note_erased(binding, person=name, now=now)
        take_out(binding, person=name, now=now)
        _end_cases(site, name, now, by)
        keys = plan_destruction(site, name, now)
        items = Item.objects.filter(site=site, person=name)
        categories = sorted({leaf for found in items.values_list("categories", flat=True) for leaf in found})
        count = items.count()
        _forget_rows(site, name)
        entry = write_line(site, "item.erased", at=now, person=name, by=by, items=count, keys=keys, data=categories)
        person.delete()
    return entry


def _end_cases(site: str, person: str, now: datetime, by: str) -> None:
    """Nothing can be done any more for somebody who is not there; the row stays, for its number and its deadline."""
    for case in Case.objects.filter(site=site, person=person, closed_at__isnull=True).values_list("id", flat=True):
        close_case(site, case, outcome="withdrawn", by=by, now=now)


def _forget_rows(site: str, person: str) -> None:
    """Rows that name the person without a foreign key; those with one go with the person."""
    for model in (Outgoing, Agreement, CampaignMail):
        model.objects.filter(site=site, person=person).delete()
    publications = list(Publication.objects.filter(site=site).values_list("pk", flat=True))
    PolicyNotice.objects.filter(site=site, publication__in=publications, person=person).delete()
    # That their data went over in a merger stays on record; that they were told of one which took nothing need not.
    MergerNotice.objects.filter(site=site, person=person, transferred_at__isnull=True).delete()
    # A no to an address outlives its person: it is a keyed hash, and nobody should be written to again for having left.
    Suppression.objects.filter(site=site, person=person).update(person="", entry="")
    Inbound.objects.filter(site=site, person=person).update(person="")
