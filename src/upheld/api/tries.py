"""How often strangers may try what can be guessed or flooded, counted as on the pages."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest

from upheld.actions.throttle import count_try
from upheld.api.doorway import Doorway
from upheld.web.networks import name_network


class TooOftenError(Exception):
    """It came too often from this network; answered with 429."""


def is_too_often(request: HttpRequest, doorway: Doorway, what: str, *, most: int, within: timedelta) -> bool:
    """Whether this network has tried this more often than is allowed; this try is counted."""
    who = name_network(request)
    return not count_try(site=doorway.site, what=what, who=who, most=most, within=within, now=doorway.now)
