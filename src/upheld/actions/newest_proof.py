"""Which proof is the newest for a text of the policy: asked by every look at the policy page, so seldom from the database.

What a process knows may be a second old; the proof itself is read by `proving.read_newest`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.proving import FINISHED
from upheld.records.models import ProofRun
from upheld.records.walls import read_site

KEPT_SECONDS = 1.0
MOST_KEPT = 200  # texts of policies that were ever served by one process; more are never in force at once


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest finished run for a text, and when it ended."""

    id: str
    ended_at: datetime


# By site and text of the policy; a process has one database, and to ask for its name costs more than all the rest.
# A proof is made once a day; the policy page is asked for always.
_kept: dict[tuple[str, str], tuple[Newest | None, float]] = {}


def find_newest(site: str, digest: str) -> Newest | None:
    """The newest finished run for this text of the policy, or None; what is known may be a second old."""
    place = (site, digest)
    known = _kept.get(place)
    if known is not None and known[1] > time.monotonic():
        return known[0]
    with read_site(site):
        rows = ProofRun.objects.filter(site=site, state=FINISHED, digest=digest).exclude(text="")
        row = rows.order_by("-began_at", "-id").values_list("id", "ended_at").first()
    found = Newest(row[0], row[1]) if row is not None and row[1] is not None else None
    if len(_kept) > MOST_KEPT:
        _kept.clear()
    _kept[place] = (found, time.monotonic() + KEPT_SECONDS)
    return found


def forget_newest() -> None:
    """Look anew the next time, as after a run was finished."""
    _kept.clear()
