"""What waits for staff of one site: each kind is counted by one query, and nothing is opened. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, Q

from upheld.actions.recipients import SOON
from upheld.actions.tellings import PENDING
from upheld.core.rights.letting import ACCOUNT
from upheld.core.shipping.states import OPEN
from upheld.records.models import Permission, Recipient, Shipment, Telling
from upheld.records.walls import read_site


@dataclass(frozen=True, slots=True)
class Pile:
    """How many of a kind wait, and the moment of the one that waits longest or is due first; `late` are past theirs."""

    count: int
    first: datetime | None
    late: int = 0


def survey_parcels(site: str, now: datetime) -> Pile:
    """The parcels to which something is still to come: when the first is due, and how many should have arrived."""
    with read_site(site):
        found = Shipment.objects.filter(site=site, state__in=OPEN).aggregate(
            count=Count("id"), first=Min("due_at"), late=Count("id", filter=Q(due_at__lt=now))
        )
    return Pile(found["count"], found["first"], found["late"])


def survey_releases(site: str, now: datetime) -> Pile:
    """The permissions that count now and under which nothing went yet, for recipients who may still be given something."""
    ended = Recipient.objects.filter(site=site, id=OuterRef("recipient"), ended_at__isnull=False)
    with read_site(site):
        rows = Permission.objects.filter(site=site, touchpoint=ACCOUNT, until__gt=now, ended_at__isnull=True)
        found = rows.filter(~Exists(ended), used_at__isnull=True).aggregate(count=Count("id"), first=Min("given_at"))
    return Pile(found["count"], found["first"])


def survey_reviews(site: str, now: datetime) -> Pile:
    """The lines of the register of recipients that somebody should look at again, soon or by now."""
    with read_site(site):
        rows = Recipient.objects.filter(site=site, ended_at__isnull=True, review_by__lte=now + SOON)
        found = rows.aggregate(count=Count("id"), first=Min("review_by"), late=Count("id", filter=Q(review_by__lt=now)))
    return Pile(found["count"], found["first"], found["late"])


def survey_tellings(site: str) -> Pile:
    """The recipients who are still to be told of a no."""
    with read_site(site):
        found = Telling.objects.filter(site=site, state=PENDING).aggregate(count=Count("pk"), first=Min("at"))
    return Pile(found["count"], found["first"])
