"""What a person may not be told of yet: demands of which a court or a law forbids to speak, until somebody has told them.

What is about such a demand stands in the ledger and in the register of what was given out, and not on the person's pages.
"""

from __future__ import annotations

from collections.abc import Collection

from upheld.records.models import DemandPerson
from upheld.records.walls import read_site


def list_barred(site: str, persons: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The demands about any of these people that they may not hear of yet, each with its case; seldom any. One query."""
    with read_site(site):
        rows = DemandPerson.objects.filter(
            site=site, person__in=persons, demand__is_barred=True, told_at__isnull=True, outcome=""
        )
        return tuple(rows.values_list("demand_id", "demand__case").distinct())
