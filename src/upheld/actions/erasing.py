"""Keys go once the rows that they sealed are gone for good; what a crash left of them is destroyed later. Opens nothing.

The other way round, a fault in the middle would leave somebody an account in which nothing opens.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from upheld.actions.keys import destroy_person_keys
from upheld.records.journal import empty_journal
from upheld.records.keyring.models import PersonKey
from upheld.records.models import DemandPackage, Entry, MergerBatch, Outgoing, Person
from upheld.records.walls import read_site

logger = logging.getLogger(__name__)

ERASED = "item.erased"
NOBODY = ""
# How the keeping classes of keys begin that seal one copy for somebody outside: a demand's package, a merger's file.
PACKAGE, BATCH = "package", "merger batch"
# A server that stood still for longer than that has no erasure of its own to finish.
LOOK_BACK = timedelta(days=30)
# A message's own key is made a moment before its row.
GRACE = timedelta(hours=1)


def plan_destruction(site: str, person: str, now: datetime, keep_class: str | None = None) -> int:
    """How many keys of the person, or of one keeping class, are destroyed as soon as the transaction around this stands.

    Rolled back it destroys nothing. If the process ends in between, `destroy_left_keys` does it.
    """
    rows = PersonKey.objects.filter(site=site, person=person)
    if keep_class is not None:
        rows = rows.filter(keep_class=keep_class)
    count = rows.count()
    transaction.on_commit(partial(_destroy_now, site, person, now, keep_class))
    return count


def plan_key_destruction(site: str, key: str, now: datetime) -> int:
    """How many keys are destroyed with this one, by its name, of something that is sealed for nobody: it, and what it replaced."""
    row = PersonKey.objects.filter(site=site, name=key, person=NOBODY).first()
    return plan_destruction(site, NOBODY, now, row.keep_class) if row is not None else 0


def _destroy_now(site: str, person: str, now: datetime, keep_class: str | None) -> None:
    """The rows are gone, so nothing may be said to have failed any more: what does not go now goes with the sweep."""
    try:
        destroy_person_keys(site, person, now, keep_class)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the erasure stands
        logger.error("keys of %s stay until the next sweep: %s", site, type(problem).__name__)  # noqa: TRY400 - no traceback: it would show values


def destroy_left_keys(site: str, now: datetime, message_class: str) -> int:
    """How many keys were destroyed that an erasure, or a message that has left, should have taken along.

    `message_class` and a message's id make the keeping class of a key that seals this message alone. Done twice it does
    no harm; the line in the ledger was written by the erasure.
    """
    with read_site(site):
        told = Entry.objects.filter(site=site, kind=ERASED, at__gte=now - LOOK_BACK)
        erased = set(told.exclude(person="").values_list("person", flat=True).distinct())
        there = set(Person.objects.filter(site=site, id__in=erased).values_list("id", flat=True))
        waiting = set(Outgoing.objects.filter(site=site, person="").exclude(sealed=b"").values_list("id", flat=True))
    gone = sum(destroy_person_keys(site, person, now) for person in sorted(erased - there) if has_keys(site, person))
    own = PersonKey.objects.filter(site=site, person=NOBODY, keep_class__startswith=f"{message_class} ")
    for keep_class in list(own.filter(created_at__lt=now - GRACE).values_list("keep_class", flat=True)):
        if keep_class.removeprefix(f"{message_class} ") not in waiting:
            gone += destroy_person_keys(site, NOBODY, now, keep_class)
    gone += _destroy_left_of_copies(site, now)
    for alias in ("keys", "default"):  # somebody may have been reading when it was due
        empty_journal(alias)
    return gone


def _destroy_left_of_copies(site: str, now: datetime) -> int:
    """How many keys went that sealed a package or a file of a merger that is not there any more, or is sealed anew."""
    with read_site(site):
        used = set(DemandPackage.objects.filter(site=site).values_list("key", flat=True))
        used |= set(MergerBatch.objects.filter(site=site).exclude(sealed=b"").values_list("key", flat=True))
    gone = 0
    for start in (PACKAGE, BATCH):
        keys = PersonKey.objects.filter(site=site, person=NOBODY, keep_class__startswith=f"{start} ")
        left = keys.filter(created_at__lt=now - GRACE).exclude(name__in=used)
        for keep_class in list(left.values_list("keep_class", flat=True).distinct()):
            if not keys.filter(keep_class=keep_class, name__in=used).exists():  # what replaces it seals the same
                gone += destroy_person_keys(site, NOBODY, now, keep_class)
    return gone


def has_keys(site: str, person: str) -> bool:
    """Whether the keyring holds any key of this person."""
    return PersonKey.objects.filter(site=site, person=person).exists()
