"""The first page of the console: what is to be done next, and the sites that one may open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from upheld.actions.cases import list_cases
from upheld.actions.grants import list_grants, may_review
from upheld.actions.ledger_reading import find_state
from upheld.actions.outbox import IN_DOUBT, count_messages
from upheld.console.chrome import find_words, list_seats
from upheld.console.desk_tasks import (
    list_broken,
    list_campaigns_held,
    list_desk_waiting,
    list_giving_waiting,
    list_parcels_waiting,
    list_vouching,
)
from upheld.console.guards import StaffRequest, for_staff
from upheld.console.moments import Moment, read_now, say_moment
from upheld.core.rights.changing import find_obstacle
from upheld.records.models import Staff
from upheld.web.binding import make_binding
from upheld.web.shelf import Shelved

VERIFY_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: in words, where, by when (none when there is no hurry). `kind` is how much it presses."""

    words: str
    site: str
    href: str
    kind: str
    when: Moment | None


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site that one may open, with how it stands."""

    name: str
    href: str
    roles: str
    cases: int
    doubts: int
    lines: int
    waiting: int


@for_staff
@require_safe
def show_start(request: StaffRequest) -> HttpResponse:
    """What presses comes first."""
    now = read_now()
    tasks: list[Task] = []
    rows = []
    seats = {shelved.slug: (shelved, roles) for shelved, roles in list_seats(request.staff.pk)}
    for shelved, roles in seats.values():
        rows.append(describe_site(shelved, roles, tasks, now))
        binding = make_binding(shelved, now.date())
        tasks += [
            Task(one.words, shelved.name, one.href, one.kind, one.when)
            for one in (
                *list_parcels_waiting(binding, roles, now),
                *list_campaigns_held(binding, now),
                *list_giving_waiting(binding, request.staff, now),
                *list_desk_waiting(binding, roles, request.staff, now),
                *list_broken(binding, now),
                *list_vouching(binding, roles, now),
            )
        ]
    for shelved in request.shelf.policies:
        tasks += list_reviews(shelved, request.staff, now)
        if request.staff.is_owner:
            tasks += list_unassigned(shelved, now) + list_waiting(shelved, now)
            if shelved.slug not in seats:
                binding, name = make_binding(shelved, now.date()), shelved.name
                tasks += [Task(one.words, name, one.href, one.kind, one.when) for one in list_broken(binding, now)]
    order = {"bad": 0, "warning": 1, "plain": 2}
    tasks.sort(key=lambda task: (order[task.kind], task.when.machine if task.when else "9"))
    places = [(shelved.name, reverse("console-grants", args=[shelved.slug])) for shelved in request.shelf.policies]
    context = {"tasks": tasks, "rows": rows, "places": places if request.staff.is_owner else ()}
    return render(request, "console/start.html", context)


def describe_site(shelved: Shelved, roles: tuple[str, ...], tasks: list[Task], now: datetime) -> SiteRow:
    """How one site stands; adds what is to be done there to the tasks."""
    site, name = shelved.slug, shelved.name
    cases, state = list_cases(site), find_state(site, now)
    doubts = count_messages(site)[IN_DOUBT]
    if cases:
        first = cases[0]
        is_late = any(case.is_late(now) for case in cases)
        words = f"{len(cases)} open {'case' if len(cases) == 1 else 'cases'}"
        when = say_moment(first.due_at or first.opened_at, now)
        tasks.append(Task(words, name, reverse("console-cases", args=[site]), "bad" if is_late else "warning", when))
    if doubts:
        words = f"{doubts} {'message that may' if doubts == 1 else 'messages that may'} have arrived or not"
        tasks.append(Task(words, name, reverse("console-outbox", args=[site]), "bad", None))
    if state.size and (state.verified_at is None or state.verified_at < now - VERIFY_AFTER):
        when = say_moment(state.verified_at, now)
        tasks.append(Task("Verify the ledger", name, reverse("console-ledger", args=[site]), "plain", when))
    words_of = find_words(shelved)
    said = ", ".join(words_of.label(role, "role") for role in roles)
    href = reverse("console-seat", args=[site])
    return SiteRow(name, href, said, len(cases), doubts, state.size, state.waiting)


def list_unassigned(shelved: Shelved, now: datetime) -> list[Task]:
    """The cases that nobody has, which the owner may give to somebody."""
    cases = list_cases(shelved.slug, assigned_to="")
    if not cases:
        return []
    words = f"{len(cases)} {'case' if len(cases) == 1 else 'cases'} with nobody"
    href = reverse("console-cases", args=[shelved.slug])
    kind = "bad" if any(case.is_late(now) for case in cases) else "warning"
    return [Task(words, shelved.name, href, kind, say_moment(cases[0].due_at or cases[0].opened_at, now))]


def list_waiting(shelved: Shelved, now: datetime) -> list[Task]:
    """The versions of a site that could be announced and bind nobody, and the files that are not served as they lie there."""
    href = reverse("console-publications", args=[shelved.slug])
    broken = [
        Task(f"{fault.file_name} is not served as it lies in the folder", shelved.name, href, "warning", None)
        for fault in shelved.faults
    ]
    posted = tuple(shelved.posted.values()) if shelved.posted is not None else ()
    return broken + [
        Task(
            f"The version of {good.policy.version.isoformat()} waits: it is not announced",
            shelved.name,
            reverse("console-publication", args=[shelved.slug, good.policy.version.isoformat()]),
            "warning",
            None,
        )
        for good in shelved.waiting
        if not find_obstacle(good.since, good.policy.version, posted, now.date())
    ]


def list_reviews(shelved: Shelved, staff: Staff, now: datetime) -> list[Task]:
    """The grants of a site that it falls to them to look at again."""
    href = reverse("console-grants", args=[shelved.slug])
    policy, grants = make_binding(shelved, now.date()).policy, list_grants(shelved.slug)
    return [
        Task(
            f"Review the grant of {grant.username} as {grant.role}",
            shelved.name,
            href,
            "warning" if grant.is_live(now) else "bad",
            say_moment(grant.review_by, now),
        )
        for grant in grants
        if grant.is_due(now) and may_review(policy, staff, grant, grants, now)
    ]
