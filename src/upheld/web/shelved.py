"""What lies on the shelf, as frozen values: a version that loads, a file that does not, all versions of one policy."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from upheld.core.errors import Finding, render_finding
from upheld.core.gate import Gate
from upheld.core.policy.compile import Table
from upheld.core.policy.model import Policy
from upheld.core.rights.changing import Posted
from upheld.web.site import Site

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Good:
    """One version that loads without an error, with everything made from it once."""

    policy: Policy
    table: Table
    gate: Gate
    site: Site

    @property
    def since(self) -> date:
        """The day from which it is in force."""
        return self.policy.effective or self.policy.version


@dataclass(frozen=True, slots=True)
class Fault:
    """One version file that has errors; `is_covered` says whether its last good copy is served in its place."""

    file_name: str
    version: str
    findings: tuple[Finding, ...]
    is_covered: bool


@dataclass(frozen=True, slots=True)
class Shelved:
    """One policy of the shelf: the versions that people may read, from the oldest to the newest, and the faulty files.

    `posted` is what the records say of each version; None where there are no records, and then every file counts from
    its day. `waiting` are good files that nobody has announced: they bind nobody and only staff see them.
    """

    slug: str
    versions: tuple[Good, ...]
    faults: tuple[Fault, ...]
    stamp: str = field(default="")
    waiting: tuple[Good, ...] = ()
    posted: Mapping[date, Posted] | None = None

    @property
    def site(self) -> Site:
        """The site as the newest version declares it that is not only announced."""
        return self.list_binding()[-1].site

    def list_binding(self) -> tuple[Good, ...]:
        """The versions that are or were in force; without records all of them."""
        if self.posted is None:
            return self.versions
        found = tuple(good for good in self.versions if self.posted[good.policy.version].is_binding)
        return found or self.versions[:1]

    def in_force(self, today: date) -> Good:
        """The version that binds now: the newest that the records have as begun.

        Without records the newest whose day has come; before the first one's day, the first.
        """
        binding = self.list_binding()
        if self.posted is not None:
            return binding[-1]
        begun = [version for version in binding if version.since <= today]
        return begun[-1] if begun else binding[0]

    def find_posted(self, good: Good) -> Posted | None:
        """What the records say of a version; None where there are none."""
        return self.posted.get(good.policy.version) if self.posted is not None else None

    def find_since(self, good: Good) -> date:
        """The day from which a version is or was in force; of one that is only announced the first day it may be."""
        posted = self.find_posted(good)
        moment = posted and (posted.active_at or posted.effective_at)
        return moment.date() if moment else good.since

    def is_announced(self, good: Good) -> bool:
        """Whether a version can be read and does not bind anybody yet."""
        posted = self.find_posted(good)
        return posted is not None and not posted.is_binding

    def find_banner(self) -> tuple[Good, Posted] | None:
        """The version whose notice stands on every page now, and what the records say of it."""
        for good in reversed(self.versions):
            posted = self.find_posted(good)
            if posted is not None and posted.has_banner:
                return good, posted
        return None

    def find_version(self, day: str) -> Good | None:
        """The version of this day, written YYYY-MM-DD, or None."""
        return next((good for good in self.versions if good.policy.version.isoformat() == day), None)

    def find_before(self, good: Good) -> Good | None:
        """The version before this one, or None for the first."""
        place = self.versions.index(good)
        return self.versions[place - 1] if place else None


def stamp_versions(versions: Sequence[Good], faults: Sequence[Fault], posted: Sequence[Posted] = ()) -> str:
    """A short text that differs whenever something that a page could show differs."""
    parts = [good.policy.digest for good in versions]
    parts += [
        f"{one.version} {one.state} {one.effective_at} {one.active_at} {one.has_banner}"
        for one in posted
        if one.is_public
    ]
    parts += [f"{fault.file_name} {fault.is_covered} {[(f.code, f.text) for f in fault.findings]}" for fault in faults]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def log_faults(shelved: Shelved) -> None:
    """Tell the operator which files have errors and what is served in their place."""
    for fault in shelved.faults:
        if fault.is_covered:
            served = "its last good text is served"
        elif shelved.versions:
            served = f"version {shelved.versions[-1].policy.version} is served"
        else:
            served = "nothing of this policy is served"
        logger.error(
            "policy %s: %s cannot be used (errors: %d); %s", shelved.slug, fault.file_name, len(fault.findings), served
        )
        for finding in fault.findings:
            logger.error("%s", render_finding(finding))
