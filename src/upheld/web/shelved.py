"""What lies on the shelf, as frozen values: a version that loads, a file that does not, all versions of one policy."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches

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
    its day. `waiting` are good files that nobody has announced: they bind nobody and only staff see them. `home` is the
    policy whose site it stands on (none: its own), `beside` are the policies that stand on its site.
    """

    slug: str
    versions: tuple[Good, ...]
    faults: tuple[Fault, ...]
    stamp: str = field(default="")
    waiting: tuple[Good, ...] = ()
    posted: Mapping[date, Posted] | None = None
    home: Shelved | None = field(default=None, compare=False, repr=False)
    beside: tuple[Shelved, ...] = field(default=(), compare=False, repr=False)

    @property
    def host(self) -> str:
        """The host name of the site that it stands on; one of its own where it should join a site and is served alone."""
        return self.home.site.host if self.home is not None else self.site.host or f"{self.slug}.localhost"

    @property
    def surface(self) -> str:
        """Where the policy applies, `web` or `app`."""
        return self.list_binding()[-1].policy.surface

    @property
    def name(self) -> str:
        """What staff call it: the trade name of its site, with the surface where it is not the site's first policy."""
        return self.site.trade_name if self.home is None else f"{self.home.site.trade_name} ({self.surface})"

    @property
    def page(self) -> str:
        """How the address of its page ends: a site's first policy has the plain one, others stand below it."""
        return "privacy" if self.home is None else f"privacy/{self.surface}"

    @property
    def policies(self) -> tuple[Shelved, ...]:
        """All policies of its site, the first one first."""
        first = self if self.home is None else self.home
        return (first, *first.beside)

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


def join_policies(arranged: Mapping[str, Shelved], alone: str = "") -> tuple[dict[str, Shelved], tuple[Shelved, ...]]:
    """The policies by slug, those of one site knowing each other, and those that cannot join the site they name.

    The policy called `alone` is served by itself where the site that it joins is not there.
    """
    served = {slug: shelved for slug, shelved in arranged.items() if not shelved.site.of}
    joined: dict[str, list[Shelved]] = {}
    left = []
    for slug, shelved in sorted(arranged.items()):
        if not shelved.site.of:
            continue
        home = served.get(shelved.site.of)
        taken = [other.surface for other in (home, *joined.get(home.slug, ()))] if home is not None else []
        finding = find_join_fault(shelved, home, taken, served)
        if home is None and slug == alone:
            served[slug] = shelved
        elif home is None or finding is not None:
            name = f"{shelved.list_binding()[-1].policy.version.isoformat()}.policy.md"
            fault = Fault(name, name.partition(".")[0], (finding,) if finding else (), is_covered=False)
            left.append(replace(shelved, versions=(), faults=(*shelved.faults, fault)))
        else:
            joined.setdefault(home.slug, []).append(shelved)
    for slug, others in joined.items():
        stamp = stamp_together((served[slug], *others))
        beside = tuple(replace(other, stamp=stamp) for other in others)
        served[slug] = replace(served[slug], stamp=stamp, beside=beside)
        for other in beside:
            object.__setattr__(other, "home", served[slug])  # they know each other; nobody has seen them yet
            served[other.slug] = other
    return served, tuple(left)


def find_join_fault(
    shelved: Shelved, home: Shelved | None, taken: Sequence[str], served: Mapping[str, Shelved]
) -> Finding | None:
    """Why a policy cannot join the site that it names, or None."""
    named = shelved.site.of
    if home is None:
        near = get_close_matches(named, served, n=1)
        hint = f"did you mean `{near[0]}`" if near else "name a policy that has a `host` and can be served"
        return Finding("P016", "error", f"`site: of` names `{named}`, and no site of that policy is served", None, hint)
    if shelved.surface in taken:
        text = f"the site of `{named}` has a policy for the surface `{shelved.surface}` already"
        return Finding("P016", "error", text, None, "a site has one policy for each surface, `web` or `app`")
    return None


def stamp_together(policies: Sequence[Shelved]) -> str:
    """The stamp of all policies of a site as one: what one of them shows depends on the others."""
    return hashlib.sha256("\n".join(one.stamp for one in policies).encode()).hexdigest()[:20]


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
