"""Versions of the policy as they are put before people: announced, called off, begun; a text alone never binds anybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from upheld.actions.ledger import write_line
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.core.policy.compile import Table
from upheld.core.rights.changing import (
    ACTIVE,
    ANNOUNCED,
    FOUNDING,
    MAIL,
    PROMINENT_DAYS,
    SITE,
    WAITING,
    WITHDRAWN,
    Candidate,
    ChangePlan,
    Posted,
    begin_day,
    find_obstacle,
    plan_change,
)
from upheld.records.models import Person, PolicyNotice, Publication
from upheld.records.walls import enter_site, read_site

NOT_ANNOUNCED, PASSED, EDITED = "not-announced", "day-passed", "text-changed"
SHOWN = (
    "version", "digest", "state", "is_material", "notice", "posted_at", "effective_at", "told_at", "active_at", "lead_days",
    "is_drafted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Announced:
    """One version as it was put before people, for those who work on it; `counts` are the accounts by how they were told."""

    version: date
    state: str
    is_material: bool
    notice: str
    posted_at: datetime
    effective_at: datetime | None
    told_at: datetime | None
    active_at: datetime | None
    lead_days: int
    queued: int = 0
    sent: int = 0
    by_site: int = 0


def read_posted(site: str, candidates: Iterable[Candidate], now: datetime) -> tuple[Posted, ...]:
    """What is on record of each version, by date.

    The first time that a site is seen, the versions whose day has come become `founding`, each with its text; from then on
    nothing binds that was not announced. Two processes that found at once leave one row for each version. Side effect:
    then a line in the ledger for each.
    """
    posted = list_posted(site, now)
    found = list(candidates)
    if posted or not found:
        return posted
    _found_versions(site, found, now)
    return list_posted(site, now)


def list_posted(site: str, now: datetime) -> tuple[Posted, ...]:
    """What is on record of each version, by date; founds nothing."""
    with read_site(site):
        rows = list(Publication.objects.filter(site=site).order_by("version").values_list(*SHOWN))
    return tuple(
        Posted(version, digest, state, material, effective, active, has_banner(state, notice, posted_at, now), drafted)
        for version, digest, state, material, notice, posted_at, effective, _told, active, _lead, drafted in rows
    )


def has_banner(state: str, notice: str, posted_at: datetime, now: datetime) -> bool:
    """Whether the notice stands on every page: while the version is announced, and 30 days from its posting (V-35)."""
    if not notice:
        return False
    return state == ANNOUNCED or (state == ACTIVE and now < posted_at + timedelta(days=PROMINENT_DAYS))


def _found_versions(site: str, candidates: list[Candidate], now: datetime) -> None:
    begun = [one for one in candidates if begin_day(one.since) <= now] or candidates[:1]
    with enter_site(site):
        lock_publications(site)
        if Publication.objects.filter(site=site).exists():
            return
        people = Person.objects.filter(site=site).count()
        for one in begun:
            entry = write_line(
                site,
                "policy.active",
                at=now,
                version=one.version.isoformat(),
                digest=one.digest,
                people=people if one is begun[-1] else 0,
            )
            Publication.objects.create(
                site=site,
                version=one.version,
                digest=one.digest,
                text=one.text,
                state=FOUNDING,
                posted_at=now,
                effective_at=begin_day(one.since),
                active_at=begin_day(one.since),
                entry=entry,
            )


def fetch_text(site: str, version: date) -> str:
    """The text of a version as it was announced; empty when none is on record."""
    with read_site(site):
        return Publication.objects.filter(site=site, version=version).values_list("text", flat=True).first() or ""


def lock_publications(site: str) -> None:
    """Wait until nobody else changes what is announced of this site; SQLite's IMMEDIATE transactions do it by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"upheld publications {site}"])


def announce(
    binding: Binding, *, table: Table, now: datetime, notice: str = "", by: str = "", draft: str = ""
) -> Publication:
    """Put a version before people: from now on it can be read, and the messages about it begin to leave.

    `table` is the new version, `notice` one of the plan's ways (its first when it is empty), `draft` the id of what it was
    in the console, where it has no file. A change that nobody has to be told of binds at once, if its day has come. Raises StaffError W161 for a version that cannot be announced, W162 for a way that the policy does not name. Side effect: a
    line in the ledger, two when it binds at once.
    """
    site, policy = binding.site, table.policy
    plan = plan_change(binding.gate.table, table)
    way = pick_way(plan, notice)
    with enter_site(site):
        lock_publications(site)
        refuse_obstacle(plan, list_posted(site, now), now)
        lead = plan.find_lead(way)
        row = Publication.objects.filter(site=site, version=plan.new).first() or Publication(
            site=site, version=plan.new
        )
        PolicyNotice.objects.filter(site=site, publication_id=row.pk).delete()  # called off before: all are told anew
        row.digest, row.text, row.state, row.is_drafted = policy.digest, policy.text, ANNOUNCED, bool(draft)
        row.is_material, row.notice, row.cursor = plan.is_material, way, ""
        row.lead_days, row.grace_days, row.moves = lead.days, plan.grace.days, plan.moves
        row.posted_at, row.posted_by, row.active_at = now, by, None
        row.told_at = None if way == MAIL else now
        row.effective_at = plan.find_effective_at(now) if way == MAIL else max(plan.find_effective_at(now), now + lead)
        row.entry = write_line(
            site,
            "policy.announced",
            at=now,
            by=by,
            because=plan.because,
            version=plan.new.isoformat(),
            digest=policy.digest,
            material="yes" if plan.is_material else "no",
            method=way or None,
            changes=len(plan.changes),
            starts=row.effective_at,
            draft=draft or None,
        )
        row.save()
        if not way:
            begin_due(binding, now)
            row.refresh_from_db()
    return row


def pick_way(plan: ChangePlan, notice: str) -> str:
    """The way by which people are told: the one asked for, or the first that the policy names; empty where none is due.

    Raises StaffError W162 for a way that the policy does not name.
    """
    if notice and notice not in plan.ways:
        named = " or ".join(plan.ways) or "none: nobody has to be told before this change binds"
        raise StaffError("W162", f"the policy does not have people told by {notice[:20]}", f"it names {named}")
    return notice or (plan.ways[0] if plan.ways else "")


def refuse_obstacle(plan: ChangePlan, posted: Iterable[Posted], now: datetime) -> None:
    """Raise StaffError W161 when the version of this plan cannot be announced today."""
    known = list(posted)
    if any(one.version == plan.new and one.is_public for one in known):
        raise StaffError(
            "W161", f"the version of {plan.new.isoformat()} is announced already", "there is nothing left to do"
        )
    obstacle = find_obstacle(plan.starts, plan.new, known, now.date())
    if obstacle:
        raise StaffError(
            "W161",
            f"the version of {plan.new.isoformat()} cannot be announced: {obstacle}",
            "give it a day that lies ahead: in its declarations and in the name of its file",
        )


def withdraw(binding: Binding, *, version: date, now: datetime, by: str = "") -> tuple[str, ...]:
    """Call off a version that was announced and has not begun; the messages about it that may still be waiting, by id.

    Raises StaffError W163 when none of this date is announced. Side effect: a line in the ledger.
    """
    with enter_site(binding.site):
        lock_publications(binding.site)
        row = Publication.objects.filter(site=binding.site, version=version, state=ANNOUNCED).first()
        if row is None:
            raise StaffError(
                "W163", f"no version of {version.isoformat()} is announced", "one that has begun to bind stays"
            )
        row.state = WITHDRAWN
        row.save(update_fields=["state"])
        write_line(binding.site, "policy.withdrawn", at=now, by=by, version=version.isoformat(), digest=row.digest)
        waiting = PolicyNotice.objects.filter(site=binding.site, publication=row, state="queued")
        return tuple(waiting.exclude(message="").values_list("message", flat=True))


def begin_due(binding: Binding, now: datetime) -> tuple[date, ...]:
    """The versions that begin to bind now: announced, everybody told for as long as the policy says, their day there.

    Side effect: a line in the ledger for each. Who was told is moved to it afterwards, by `move_people`.
    """
    begun = []
    with enter_site(binding.site):
        due = Publication.objects.filter(site=binding.site, state=ANNOUNCED, told_at__lte=now, effective_at__lte=now)
        if not due.exists():
            return ()
        lock_publications(binding.site)
        for row in due.order_by("version"):
            row.state, row.active_at = ACTIVE, now
            row.save(update_fields=["state", "active_at"])
            people = Person.objects.filter(site=binding.site, version__lt=row.version, closed_at__isnull=True).count()
            write_line(
                binding.site,
                "policy.active",
                at=now,
                version=row.version.isoformat(),
                digest=row.digest,
                people=people,
            )
            begun.append(row.version)
    return tuple(begun)


def note_withheld(binding: Binding, candidates: Iterable[tuple[date, date, str]], now: datetime) -> int:
    """Say in the ledger which texts are not let bind, each once; how many were new.

    `candidates` are version, day from which it would count, and digest of what lies in the folder.
    """
    count = 0
    with enter_site(binding.site):
        known = {row.version: row for row in Publication.objects.filter(site=binding.site).defer("text")}
        for version, since, digest in candidates:
            row = known.get(version)
            if row is not None and digest in (
                row.seen,
                row.digest if row.state in (FOUNDING, ANNOUNCED, ACTIVE) else "",
            ):
                continue
            if row is None:
                row = Publication(site=binding.site, version=version, state=WAITING, posted_at=now)
            reason = EDITED if row.state in (FOUNDING, ANNOUNCED, ACTIVE) else NOT_ANNOUNCED
            if reason == NOT_ANNOUNCED and since < now.date():
                reason = PASSED
            row.seen = digest
            row.save(update_fields=["seen"] if row.pk else None)
            write_line(
                binding.site, "policy.withheld", at=now, version=version.isoformat(), digest=digest, reason=reason
            )
            count += 1
    return count


def list_announced(site: str) -> tuple[Announced, ...]:
    """Every version that was put before people, the newest first, with how many accounts were told in which way."""
    with read_site(site):
        rows = list(Publication.objects.filter(site=site).exclude(state=WAITING).defer("text").order_by("-version"))
        found = []
        for row in rows:
            states: dict[str, int] = {}
            for state in PolicyNotice.objects.filter(site=site, publication=row).values_list("state", flat=True):
                states[state] = states.get(state, 0) + 1
            found.append(
                Announced(
                    version=row.version,
                    state=row.state,
                    is_material=row.is_material,
                    notice=row.notice,
                    posted_at=row.posted_at,
                    effective_at=row.effective_at,
                    told_at=row.told_at,
                    active_at=row.active_at,
                    lead_days=row.lead_days,
                    queued=states.get("queued", 0),
                    sent=states.get("sent", 0),
                    by_site=states.get(SITE, 0),
                )
            )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Bound:
    """That a version binds somebody from this moment on."""

    version: date
    since: datetime


def find_binding_version(site: str, person: Person, at: datetime) -> date | None:
    """The version that bound somebody at a moment; None before they were on record."""
    begun = [one.version for one in list_bound(site, person) if one.since <= at]
    return begun[-1] if begun else None


def list_bound(site: str, person: Person) -> tuple[Bound, ...]:
    """Which versions have bound somebody, from the first on.

    At first the one in force when they came; then each later one from when it bound them: once they were told as the
    policy says, and not before it began. Two queries and one for the companies.
    """
    with read_site(site):
        rows = Publication.objects.filter(site=site, active_at__isnull=False, state__in=(FOUNDING, ACTIVE))
        begun = [
            (row.pk, row.version, row.active_at) for row in rows.defer("text").order_by("version") if row.active_at
        ]
        companies = person.memberships.filter(site=site).values_list("company_id", flat=True)
        notices = PolicyNotice.objects.filter(site=site, person__in=[person.id, *companies])
        bound = {key: at for key, at in notices.values_list("publication_id", "bound_at") if at is not None}
        untold = {key for key in notices.values_list("publication_id", flat=True) if key not in bound}
    first, came = person.version if not begun else begun[0][1], person.created_at
    later: list[Bound] = []
    for key, version, active_at in begun:
        if active_at <= came:
            first = version
        elif key in bound:
            later.append(Bound(version, max(bound[key], came)))
        elif key not in untold and person.version >= version:
            later.append(Bound(version, active_at))
    return (Bound(first, came), *sorted(later, key=lambda one: (one.since, one.version)))
