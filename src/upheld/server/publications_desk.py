"""What `upheld publish` does, once the house is open: what waits, what is announced, and putting a version before people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.conf import settings

from upheld.actions.publication_notices import stop_notices
from upheld.actions.publications import Announced, announce, list_announced, pick_way, refuse_obstacle, withdraw
from upheld.core.errors import StaffError
from upheld.core.rights.changing import ChangePlan, find_obstacle, plan_change
from upheld.server.opening import open_shelf
from upheld.web.binding import make_binding
from upheld.web.shelf import Good, Shelved


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version whose file is there and that nobody has announced; `obstacle` says why it cannot be, if so."""

    version: date
    obstacle: str


def list_versions(site: str) -> tuple[tuple[Waiting, ...], tuple[Announced, ...]]:
    """The versions that wait, and those that were put before people. Raises StaffError W101."""
    shelved, now = find_shelved(site), datetime.now(UTC)
    posted = tuple((shelved.posted or {}).values())
    waiting = tuple(
        Waiting(good.policy.version, find_obstacle(good.since, good.policy.version, posted, now.date()))
        for good in shelved.waiting
    )
    return waiting, list_announced(site)


@dataclass(frozen=True, slots=True)
class Planned:
    """What announcing a version would mean: the plan, the way people are told, the earliest moment.

    `before` and `digest` are the SHA-256 of the text in force and of the new one, as they were when this was said.
    """

    plan: ChangePlan
    way: str
    earliest: datetime
    before: str
    digest: str


def plan_version(site: str, version: str, notice: str) -> Planned:
    """What announcing a version now would mean. Raises StaffError W101, W161 to W163, as announcing does; writes nothing."""
    shelved, now = find_shelved(site), datetime.now(UTC)
    good = find_waiting(shelved, version)
    before = shelved.in_force(now.date())
    plan = plan_change(before.table, good.table)
    way = pick_way(plan, notice)
    refuse_obstacle(plan, tuple((shelved.posted or {}).values()), now)
    earliest = max(plan.find_effective_at(now), now + plan.find_lead(way))
    return Planned(plan, way, earliest, before.policy.digest, good.policy.digest)


def announce_version(site: str, version: str, notice: str, planned: Planned) -> tuple[str, datetime | None]:
    """Announce exactly what was planned; its state from now on, and the first moment at which it may bind.

    Raises as `plan_version` does, and StaffError W161 when the folder holds another text by now, or another one binds.
    """
    shelved, now = find_shelved(site), datetime.now(UTC)
    good = find_waiting(shelved, version)
    if (shelved.in_force(now.date()).policy.digest, good.policy.digest) != (planned.before, planned.digest):
        raise StaffError(
            "W161",
            f"the version of {version} cannot be announced: its text, or the one in force, is another than was planned",
            "nothing was announced; read the plan again",
        )
    made = announce(make_binding(shelved, now.date()), table=good.table, now=now, notice=notice)
    return made.state, made.effective_at


def withdraw_version(site: str, version: str) -> int:
    """Call it off; how many messages were stopped before they left. Raises StaffError W101, W163."""
    shelved, now = find_shelved(site), datetime.now(UTC)
    binding = make_binding(shelved, now.date())
    good = shelved.find_version(version)
    if good is None:
        raise StaffError("W163", f"no version of {version[:10]} is announced", "one that waits binds nobody anyway")
    return stop_notices(binding, withdraw(binding, version=good.policy.version, now=now), now)


def find_shelved(site: str) -> Shelved:
    """The site with what is on record of its versions. Raises StaffError W101 for one that is not served."""
    shelved = open_shelf(settings.ENVIRONMENT).find_slug(site)
    if shelved is None:
        raise StaffError("W101", f"there is no site `{site[:40]}` here", "name the policy of the site")
    return shelved


def find_waiting(shelved: Shelved, version: str) -> Good:
    """The version that waits to be announced. Raises StaffError W161 for one that has errors, W163 for any other."""
    good = next((good for good in shelved.waiting if good.policy.version.isoformat() == version), None)
    if good is not None:
        return good
    if any(fault.version == version for fault in shelved.faults):
        raise StaffError("W161", f"the version of {version} has errors", f"`upheld check {shelved.slug}` shows them")
    if shelved.find_version(version) is not None:
        raise StaffError("W161", f"the version of {version} is announced already", "there is nothing left to do")
    if shelved.posted is None:
        raise StaffError("W163", "this server is for drafting, and announces nothing", "leave out `UPHELD_DRAFT`")
    raise StaffError("W163", f"no version of {version[:10]} waits", "name the day of its file: POLICY/2027-01-31")
