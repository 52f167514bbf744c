"""What an operator watches, read over whole sites: moments and counts, nothing of anybody; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Max, Min, Q

from upheld.actions.outbox import QUEUED, WAITING
from upheld.records.models import Entry, Outgoing
from upheld.records.walls import read_site


def find_newest_moment(sites: Iterable[str]) -> datetime | None:
    """When the newest line of these sites' ledgers was written; None while there is none."""
    moments = []
    for site in sites:
        with read_site(site):
            moments.append(Entry.objects.filter(site=site).aggregate(newest=Max("at"))["newest"])
    return max((moment for moment in moments if moment is not None), default=None)


def find_longest_wait(site: str, now: datetime) -> timedelta | None:
    """For how long the message that is due the longest has been due; None when none is."""
    with read_site(site):
        queued = Outgoing.objects.filter(site=site, state=QUEUED).aggregate(first=Min("queued_at"))["first"]
        due = Outgoing.objects.filter(Q(next_at__lte=now), site=site, state=WAITING).aggregate(first=Min("next_at"))
    begun = [moment for moment in (queued, due["first"]) if moment is not None]
    return now - min(begun) if begun else None
