"""Whether a merger stands on record, and who was told of it: read by whoever asks the gate, and so seldom from the database.

What a process knows may be a second old; whoever hands anything over asks for the row itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from upheld.actions.rows import read_columns
from upheld.core.rights.merging import MERGING, TOLD, is_ripe
from upheld.records.models import Merger, MergerNotice
from upheld.records.walls import read_site

OPEN, TELLING, TOLD_ALL, TRANSFERRING, DONE, CANCELLED = "open", "telling", "told", "transferring", "done", "cancelled"
STANDING = (OPEN, TELLING, TOLD_ALL, TRANSFERRING)
KEPT_SECONDS = 1.0
COLUMNS = ("id", "title", "policy_address", "state", "lead_days", "transfer_from")


@dataclass(frozen=True, slots=True)
class Standing:
    """A merger on record that was not called off: what everybody may know of it."""

    id: str
    title: str
    policy_address: str
    state: str
    lead_days: int
    transfer_from: datetime | None


# By database and site. A merger is opened or called off a few times in the life of a business; the gate is asked always.
_kept: dict[tuple[str, str], tuple[Standing | None, float]] = {}


def find_standing(site: str) -> Standing | None:
    """The merger on record at this site, or None; what is known may be a second old."""
    place = (str(connection.settings_dict["NAME"]), site)
    known = _kept.get(place)
    if known is not None and known[1] > time.monotonic():
        return known[0]
    marks = ", ".join(["%s"] * len(STANDING))
    with read_site(site):
        rows = read_columns(
            Merger, COLUMNS, f"WHERE site = %s AND state IN ({marks}) ORDER BY made_at LIMIT 1", (site, *STANDING)
        )
    found = Standing(*rows[0]) if rows else None
    _kept[place] = (found, time.monotonic() + KEPT_SECONDS)
    return found


def forget_standing() -> None:
    """Look anew the next time, as after a merger was opened or called off."""
    _kept.clear()


def know_of_merger(site: str, person: str, now: datetime | None = None) -> dict[str, bool | None]:
    """What the gate is told: nothing while no merger stands; with the moment, also whether this person was told in time."""
    standing = find_standing(site)
    if standing is None:
        return {}
    facts: dict[str, bool | None] = {MERGING: True}
    if now is None or not person:
        return facts
    with read_site(site):
        rows = MergerNotice.objects.filter(site=site, merger=standing.id, person=person, state=TOLD)
        told_at = rows.values_list("told_at", flat=True).first()
    return facts | {TOLD: is_ripe(told_at, standing.lead_days, now)}
