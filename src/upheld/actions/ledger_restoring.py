"""A ledger that is shorter than it was because its data came back from a copy: said in a line of it, then it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction

from upheld.actions.ledger import check_newest, lock_sequencer, read_tiles, write_line
from upheld.actions.ledger_head import Head, find_departure, find_head, replace_head
from upheld.core.errors import VaultError
from upheld.core.seal.log import root_of
from upheld.records.walls import enter_site


@dataclass(frozen=True, slots=True)
class Loss:
    """How many lines the tree holds, how many more were signed once, and how the two depart from each other in words."""

    size: int
    lost: int
    departure: str


def find_loss(site: str, now: datetime) -> Loss | None:
    """What the ledger lacks of what the keys' database remembers; None when it goes on from there.

    Raises VaultError V821 or V822 for a tree that is not whole as it is: no copy looks like that.
    """
    with enter_site(site):
        found = _compare(site, now)
    return found[0] if found else None


def accept_loss(site: str, now: datetime) -> Loss:
    """Have the ledger go on from the tree that is there. Its line is in the ledger before the keys' database forgets.

    Raises VaultError V825 when nothing is lost, and as `find_loss` does.
    """
    with enter_site(site):
        lock_sequencer(site)
        found = _compare(site, now)
        if found is None:
            raise VaultError(
                "V825", f"the ledger of `{site}` lacks nothing", "there is nothing to accept; go on as you are"
            )
        loss, head = found
        write_line(site, "ledger.restored", at=now, size=loss.size, lost=loss.lost)
        transaction.on_commit(partial(replace_head, site, head, now))
    return loss


def _compare(site: str, now: datetime) -> tuple[Loss, Head] | None:
    """What is lost, and the head of the tree that is there."""
    remembered = find_head(site)
    read_tile = read_tiles(site)
    there = check_newest(site, read_tile, now)
    departure = find_departure(remembered, there.size, lambda size: root_of(size, read_tile))
    if remembered is None or not departure:
        return None
    return Loss(there.size, max(0, remembered.size - there.size), departure), there
