"""The versions of the policy: what waits, what is announced and how far, what is in force; the owner announces and calls off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from upheld.actions.grants import name_staff
from upheld.actions.publication_notices import stop_notices
from upheld.actions.publications import Announced, announce, list_announced, withdraw
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_grants
from upheld.console.moments import Moment, read_now, say_moment
from upheld.core.errors import StaffError, UpheldError
from upheld.core.policy.change import Change
from upheld.core.policy.model import Policy
from upheld.core.rights.changing import (
    ACTIVE,
    ANNOUNCED,
    FOUNDING,
    MAIL,
    SITE,
    WITHDRAWN,
    ChangePlan,
    find_obstacle,
    plan_change,
)
from upheld.core.rights.telling import say_day
from upheld.web.binding import make_binding
from upheld.web.shelf import Good

MARKS = {FOUNDING: "plain", ANNOUNCED: "warning", ACTIVE: "good", WITHDRAWN: "plain"}
SAID = {FOUNDING: "earlier", ANNOUNCED: "announced", ACTIVE: "in force", WITHDRAWN: "called off"}
WAYS = {MAIL: "a message to the primary address of each account", SITE: "a notice on every page of the site"}
MOVES = {
    "told": "It binds each account from its own notice on.",
    "use": "It binds each account that signs in after it has begun.",
    "acceptance": "It binds an account only when its person says yes to it.",
}


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the list; `href` leads to its page, if it has one."""

    day: str
    href: str
    state: str
    mark: str
    told: str
    posted: Moment | None
    begins: Moment | None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A version whose file is there and that nobody has announced; `obstacle` says why it cannot be, if so."""

    day: str
    href: str
    obstacle: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """What announcing a version means, in words."""

    mark: str
    said: str
    changes: tuple[Change, ...]
    ways: tuple[tuple[str, str, str], ...]
    earliest: str
    moves: str
    sentences: tuple[str, ...]
    is_silent: bool
    lacks_mail: bool


@for_grants
@require_safe
def show_versions(request: StaffRequest, seat: Seat) -> HttpResponse:
    """All versions, those that wait first."""
    now, shelved = read_now(), seat.shelved
    current = shelved.in_force(now.date())
    rows = [describe_version(one, current, now) for one in list_announced(seat.site)]
    posted = tuple(shelved.posted.values()) if shelved.posted is not None else ()
    waiting = [
        WaitingRow(
            say_day(good.policy.version),
            good.policy.version.isoformat(),
            find_obstacle(good.since, good.policy.version, posted, now.date()),
        )
        for good in shelved.waiting
    ]
    faults = [(fault.file_name, fault.findings[0].text) for fault in shelved.faults]
    context = {
        "rows": rows,
        "waiting": waiting,
        "faults": faults,
        "is_draft": shelved.posted is None,
        "unfiled": list_unfiled(request, seat),
    }
    return answer_seat(request, seat, "console/publications.html", context)


def list_unfiled(request: StaffRequest, seat: Seat) -> list[tuple[str, str]]:
    """The versions that were written in the console and lie in no file yet."""
    filed = {good.policy.version for good in request.shelf.list_files(seat.site)}
    posted = seat.shelved.posted or {}
    days = sorted(day for day, one in posted.items() if one.is_drafted and day not in filed)
    return [(day.isoformat(), say_day(day)) for day in days]


def describe_version(one: Announced, current: Good, now: datetime) -> VersionRow:
    """One version with how far it has come."""
    is_current = one.version == current.policy.version
    state, mark = ("in force", "good") if is_current else (SAID[one.state], MARKS[one.state])
    if not is_current and one.state == ACTIVE:
        state, mark = "earlier", "plain"
    return VersionRow(
        day=say_day(one.version),
        href=one.version.isoformat() if one.state == ANNOUNCED else "",
        state=state,
        mark=mark,
        told=say_told(one),
        posted=None if one.state == FOUNDING else say_moment(one.posted_at, now),
        begins=say_moment(one.active_at or one.effective_at, now),
    )


def say_told(one: Announced) -> str:
    """How people are told and how many were."""
    if one.notice == MAIL:
        said = f"{one.sent} by mail, {one.queued} on their way"
        return f"{said}, {one.by_site} by the notice on the site" if one.by_site else said
    if one.notice == SITE:
        return f"by a notice on the site for {one.lead_days} days"
    return "" if one.state == FOUNDING else "nobody has to be told first"


@for_grants
@require_safe
def show_version(request: StaffRequest, seat: Seat, day: str) -> HttpResponse:
    """A version that waits, with what announcing it would mean; or one that is announced, with how far it is."""
    now = read_now()
    good, announced = find_version(seat, day)
    before = seat.shelved.in_force(now.date())
    plan = plan_change(before.table, good.table)
    posted = tuple(seat.shelved.posted.values()) if seat.shelved.posted is not None else ()
    context = {
        "day": say_day(good.policy.version),
        "version": day,
        "plan": describe_plan(plan, before.policy, now),
        "seen": name_change(before, good),
        "announced": describe_version(announced, before, now) if announced else None,
        "obstacle": "" if announced else find_obstacle(plan.starts, plan.new, posted, now.date()),
        "is_owner": request.staff.is_owner,
        "before": say_day(before.policy.version),
    }
    return answer_seat(request, seat, "console/publication.html", context)


def name_change(before: Good, good: Good) -> str:
    """What tells this change from every other: both texts, as they stand now."""
    return f"{before.policy.digest} {good.policy.digest}"


def find_version(seat: Seat, day: str) -> tuple[Good, Announced | None]:
    """The version that waits or is announced; raises Http404 for any other."""
    waiting = next((good for good in seat.shelved.waiting if good.policy.version.isoformat() == day), None)
    if waiting is not None:
        return waiting, None
    good = seat.shelved.find_version(day)
    if good is None or not seat.shelved.is_announced(good):
        raise Http404
    found = next((one for one in list_announced(seat.site) if one.version == good.policy.version), None)
    if found is None:
        raise Http404
    return good, found


def describe_plan(plan: ChangePlan, policy: Policy, now: datetime) -> PlanView:
    """The plan in words, what weighs most first."""
    mark, said = ("warning", "significant") if plan.is_material else ("good", "small" if plan.changes else "words only")
    sentences = (policy.find_sentence(ref) for ref in plan.because)
    return PlanView(
        mark=mark,
        said=said,
        changes=tuple(sorted(plan.changes, key=lambda change: not change.is_material)),
        ways=tuple((way, WAYS[way], say_earliest(plan, way, now)) for way in plan.ways),
        earliest=say_earliest(plan, "", now),
        moves=MOVES[plan.moves],
        sentences=tuple(sentence.text for sentence in sentences if sentence is not None),
        is_silent=plan.is_silent,
        lacks_mail=plan.lacks_mail,
    )


def say_earliest(plan: ChangePlan, way: str, now: datetime) -> str:
    """From when it binds when it is announced now and people are told in this way."""
    lead, day = plan.find_lead(way), plan.find_effective_at(now)
    if way == MAIL:
        after = (
            f"{lead.days} days after all messages have left"
            if lead >= timedelta(days=1)
            else "once all messages have left"
        )
        return f"{after}, not before {say_day(day.date())}"
    moment = max(day, now + lead)
    return "at once" if moment <= now else f"from {say_day(moment.date())}"


@for_grants
@require_POST
def announce_one(request: StaffRequest, seat: Seat, day: str) -> HttpResponse:
    """The version is put before people; the owner alone does it."""
    now = read_now()
    good, announced = find_version(seat, day)
    if not request.POST.get("sure"):
        messages.error(request, "Nothing was announced. Tick that you have read what changes.")
        return redirect("console-publication", site=seat.site, day=day)
    seen = name_change(seat.shelved.in_force(now.date()), good)
    if request.POST.get("seen", seen) != seen:
        messages.error(request, "Nothing was announced. Its text is another one than you have read: read it again.")
        return redirect("console-publication", site=seat.site, day=day)
    try:
        refuse_others(request)
        if announced is not None:
            raise StaffError("W161", "it is announced already", "there is nothing left to do")
        binding, by = make_binding(seat.shelved, now.date()), name_staff(request.staff.pk)
        made = announce(binding, table=good.table, notice=request.POST.get("notice", ""), now=now, by=by)
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
        return redirect("console-publication", site=seat.site, day=day)
    request.shelf.look_at_once()
    begun = "It is in force." if made.state == ACTIVE else "It is announced; people are told now."
    messages.success(request, begun)
    return redirect("console-publications", site=seat.site)


@for_grants
@require_POST
def withdraw_one(request: StaffRequest, seat: Seat, day: str) -> HttpResponse:
    """The announced version is called off, with the messages that still wait; the owner alone does it."""
    now = read_now()
    good, _ = find_version(seat, day)
    try:
        refuse_others(request)
        binding = make_binding(seat.shelved, now.date())
        waiting = withdraw(binding, version=good.policy.version, now=now, by=name_staff(request.staff.pk))
        stopped = stop_notices(binding, waiting, now)
        request.shelf.look_at_once()
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
    else:
        messages.success(request, f"Called off. {stopped} messages about it were stopped before they left.")
    return redirect("console-publications", site=seat.site)


def refuse_others(request: StaffRequest) -> None:
    """Raise StaffError W103 for anybody but the owner."""
    if not request.staff.is_owner:
        raise StaffError("W103", "only the owner announces a version or calls it off", "ask the owner of the server")
