"""How long each ledger's tree was when it was last signed, kept with the keys, apart from the ledger; knows no line of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError

from upheld.records.keyring.models import LedgerHead

logger = logging.getLogger(__name__)

WITH_KEYS = "the database of the keys"


@dataclass(frozen=True, slots=True)
class Head:
    """So many lines had the tree, and this root; `place` is where that is remembered."""

    size: int
    root: bytes
    place: str = WITH_KEYS


def find_head(site: str) -> Head | None:
    """What is remembered of a site's tree; None before the first batch.

    Whoever compares reads this first and the tree after it: the tree may only have grown meanwhile.
    """
    row = LedgerHead.objects.filter(site=site).first()
    return Head(row.size, bytes(row.root)) if row else None


def raise_head(site: str, head: Head, now: datetime) -> None:
    """Remember a longer tree. Belongs behind the commit of its checkpoint, so that a crash leaves the head behind it.

    What fails here is logged and no more: the next batch remembers a longer one.
    """
    told = {"size": head.size, "root": head.root, "at": now}
    try:
        if not LedgerHead.objects.filter(site=site, size__lt=head.size).update(**told):
            LedgerHead.objects.get_or_create(site=site, defaults=told)
    except DatabaseError:
        logger.warning("the size of the ledger of %s was not noted with the keys; the next batch notes it", site)


def replace_head(site: str, head: Head, now: datetime) -> None:
    """Remember this tree in place of another one, also a shorter one."""
    LedgerHead.objects.update_or_create(site=site, defaults={"size": head.size, "root": head.root, "at": now})


def find_departure(head: Head | None, size: int, find_root: Callable[[int], bytes]) -> str:
    """How a tree of this size departs from the head, in words; empty when it goes on from it."""
    if head is None:
        return ""
    if size < head.size:
        return f"the ledger ends after {size} lines, and {head.place} remembers {head.size}: its end was cut off"
    if find_root(head.size) != head.root:
        return f"the first {head.size} lines are not those that {head.place} remembers: it was written anew"
    return ""
