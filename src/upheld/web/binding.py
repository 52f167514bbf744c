"""From the shelf to what the actions take: the gates of a site's versions and the one in force today."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from upheld.core.gate.binding import Binding
from upheld.core.gate.surfaces import Beside
from upheld.web.shelf import Shelved

# The last ones of each site; what a site shows is replaced as a whole when it changes, so the same one means the same.
_kept: dict[tuple[str, str], tuple[Shelved, date, Binding]] = {}


def make_binding(shelved: Shelved, today: date, happens_on: str = "") -> Binding:
    """The versions that are or were in force as gates by their dates, and the one that is; what is only announced is none.

    With the policies that stand beside it on its site. `happens_on` is the surface where what is asked about happens, where
    that is not the site's own. Made once for a day and what is on the shelf.
    """
    key = shelved.slug, happens_on
    known = _kept.get(key)
    if known is not None and known[0] is shelved and known[1] == today:
        return known[2]
    gates = {good.policy.version: good.gate for good in shelved.list_binding()}
    beside = tuple(make_beside(other) for other in shelved.beside)
    on = happens_on if happens_on in {other.surface for other in beside} else ""
    stands_on = shelved.home.slug if shelved.home is not None else ""
    version = shelved.in_force(today).policy.version
    binding = Binding(shelved.slug, MappingProxyType(gates), version, beside, on, stands_on)
    _kept[key] = (shelved, today, binding)
    return binding


def make_beside(shelved: Shelved) -> Beside:
    """A policy that stands on another's site, as that one's binding has it."""
    goods = shelved.list_binding()
    return Beside(shelved.slug, shelved.surface, tuple(good.gate for good in goods), goods[-1].policy.digest)
