"""From the shelf to what the actions take: the gates of a site's versions and the one in force today."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from upheld.core.gate.binding import Binding
from upheld.web.shelf import Shelved

# The last one of each site; what a site shows is replaced as a whole when it changes, so the same one means the same.
_kept: dict[str, tuple[Shelved, date, Binding]] = {}


def make_binding(shelved: Shelved, today: date) -> Binding:
    """The versions that are or were in force as gates by their dates, and the one that is; what is only announced is none.

    Made once for a day and what is on the shelf.
    """
    known = _kept.get(shelved.slug)
    if known is not None and known[0] is shelved and known[1] == today:
        return known[2]
    gates = {good.policy.version: good.gate for good in shelved.list_binding()}
    binding = Binding(shelved.slug, MappingProxyType(gates), shelved.in_force(today).policy.version)
    _kept[shelved.slug] = (shelved, today, binding)
    return binding
