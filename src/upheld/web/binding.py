"""From the shelf to what the actions take: the gates of a site's versions and the one in force today."""

from __future__ import annotations

from datetime import date

from upheld.core.gate.binding import Binding
from upheld.web.shelf import Shelved


def make_binding(shelved: Shelved, today: date) -> Binding:
    """The versions that are or were in force as gates by their dates, and the one that is; what is only announced is none."""
    gates = {good.policy.version: good.gate for good in shelved.list_binding()}
    return Binding(shelved.slug, gates, shelved.in_force(today).policy.version)
