"""The notice on every page of a site while its business is being taken over; what it says is the same for everybody."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from django.db import DatabaseError

from upheld.actions.merging import OPEN, Standing, find_standing
from upheld.core.rights.telling import say_day
from upheld.web.shelf import Shelved

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 10.0  # after the records could not be read; whoever asks for a page must not wait each time


@dataclass(frozen=True, slots=True)
class MergerBanner:
    """Who takes over, from when on something goes at the earliest, and where their policy stands."""

    title: str
    text: str
    address: str


_away_until = 0.0


def view_merger(shelved: Shelved) -> MergerBanner | None:
    """The notice, from the moment in which people are told until the merger is done or called off."""
    found = find_known(shelved.slug)
    if found is None or found.state == OPEN:
        return None
    name = shelved.site.trade_name
    day = f" on {say_day(found.transfer_from)} at the earliest" if found.transfer_from else ""
    text = f"What {name} knows about its customers goes there with it{day}. Everybody is told by a message before."
    return MergerBanner(f"{found.title} takes over {name}.", text, found.policy_address)


def find_stamp(shelved: Shelved) -> str:
    """A short text that differs whenever something differs that stands around a page kept rendered."""
    found = find_known(shelved.slug)
    return f"{shelved.stamp} {found.id} {found.state} {found.transfer_from}" if found else shelved.stamp


def find_known(site: str) -> Standing | None:
    """The merger on record; None as well while the records cannot be read: pages that need none go on."""
    global _away_until  # noqa: PLW0603 - one process has one database
    if time.monotonic() < _away_until:
        return None
    try:
        return find_standing(site)
    except DatabaseError as problem:
        _away_until = time.monotonic() + AGAIN_SECONDS
        logger.error("whether a merger of %s stands cannot be read: %s", site, type(problem).__name__)  # noqa: TRY400 - the kind says enough
        return None
