"""The anonymous reports: which there are, and each one with its charts; a table stands beside every bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from upheld.actions.grants import name_staff
from upheld.actions.reports import Part, make_report
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import read_now
from upheld.console.opened import SentenceLink
from upheld.core.count.groups import Counted
from upheld.core.count.reports import (
    SURVEYS,
    VISITS,
    Period,
    ReportPlan,
    ask_outside,
    find_quarter,
    find_weeks,
    list_quarters,
    name_quarter,
    plan_reports,
)
from upheld.core.fields.questions import Question
from upheld.core.policy.model import OTHER, Policy
from upheld.core.rights.telling import say_day
from upheld.web.binding import make_binding
from upheld.web.hosts import find_address
from upheld.web.plans import find_plans
from upheld.web.shelf import Shelved

TITLES = {"visits": "Visits to the pages", "orders": "What customers order", "surveys": "What surveys say"}
NOBODY_YET = {
    "visits": "There are no visits of enough different people in these weeks.",
    "orders": "Not enough customers have booked in this quarter.",
    "surveys": "Not enough people have answered in this quarter.",
}
WIDEST = 100.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One group of a chart: its width in hundredths of the largest, and the number in words."""

    label: str
    width: str
    people: int | None
    share: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One question with its bars; `finding` is what the chart shows, in words."""

    question: str
    finding: str
    bars: tuple[Bar, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A quarter to look at."""

    quarter: str
    words: str
    is_here: bool


def draw_chart(part: Part) -> Chart:
    """The part as bars."""
    counted = part.counted
    largest = counted.largest
    most = (largest.people or 1) if largest else 1
    bars = tuple(
        Bar(
            group.label,
            f"{WIDEST * (group.people or 0) / most:.1f}",
            group.people,
            f"{100 * group.people / counted.people:.0f} %" if group.people and counted.people else "",
        )
        for group in counted.groups
    )
    return Chart(part.question, say_finding(counted), bars, say_left_out(counted))


def say_finding(counted: Counted) -> str:
    """What the chart shows: the largest group, and how far it is ahead."""
    largest = counted.largest
    if largest is None:
        return f"No group has {counted.least} people"
    rest = [group.people for group in counted.groups if group.people is not None and group is not largest]
    if rest and max(rest) == largest.people:
        return f"Several are as large: {largest.people} people each"
    whole = f" of {counted.people}" if counted.people and counted.people != largest.people else ""
    return f"Most: {largest.label}, {largest.people}{whole} people"


def say_left_out(counted: Counted) -> str:
    """Why some groups have no number."""
    if not counted.withheld:
        return ""
    words = f"Groups of fewer than {counted.least} people have no number."
    return words + (
        " One that is large enough has none either: from it the small one could be worked out."
        if counted.is_spared
        else ""
    )


@for_seat
@require_safe
def show_reports(request: StaffRequest, seat: Seat) -> HttpResponse:
    """The reports that the policy speaks of, those that one's role may not see with the reason."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    plans = plan_reports(binding, seat.roles)
    rows = [
        (
            plan,
            TITLES[plan.report],
            reverse("console-report", args=[seat.site, plan.report]),
            say_roles(seat.shelved, plan, now),
        )
        for plan in plans
    ]
    return answer_seat(request, seat, "console/reports.html", {"rows": rows})


@for_seat
@require_safe
def show_report(request: StaffRequest, seat: Seat, report: str) -> HttpResponse:
    """One report; refused with the sentence for a role that may not see it, 404 where the policy names none."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    plan = next((plan for plan in plan_reports(binding, seat.roles) if plan.report == report), None)
    if plan is None:
        raise Http404
    context = {"title": TITLES[report], "plan": plan, "roles": say_roles(seat.shelved, plan, now)}
    if not plan.is_open:
        context["whys"] = quote(request, seat, binding.policy, plan.verdict.because)
        return answer_seat(request, seat, "console/report_refused.html", context, HTTPStatus.FORBIDDEN)
    period = find_weeks(now.date()) if report == VISITS else find_quarter(request.GET.get("quarter", ""), now.date())
    made = make_report(
        binding,
        plan,
        period=period,
        by=name_staff(request.staff.pk),
        now=now,
        state=Path(settings.ENVIRONMENT.state),
        questions=list_questions(seat.shelved, now) if report == SURVEYS else (),
    )
    outside = ask_outside(binding, plan, OTHER)
    context |= {
        "charts": [draw_chart(part) for part in made.parts],
        "is_empty": all(part.counted.is_empty for part in made.parts),
        "nobody": NOBODY_YET[report],
        "days": say_period(made.period),
        "quarters": () if report == VISITS else list_choices(made.period, now),
        "because": quote(request, seat, binding.policy, plan.verdict.because[:1]),
        "outside": () if outside.is_permitted else quote(request, seat, binding.policy, outside.because[:1]),
        "entry": made.entry,
    }
    return answer_seat(request, seat, "console/report.html", context)


def quote(request: StaffRequest, seat: Seat, policy: Policy, because: tuple[str, ...]) -> list[SentenceLink]:
    """The sentences in words, each with the way to where it stands."""
    address = f"{find_address(request, seat.shelved)}privacy"
    return [
        SentenceLink(sentence.text, ref.partition("#")[2], f"{address}#{ref.partition('#')[2]}")
        for ref in because
        if (sentence := policy.find_sentence(ref)) is not None
    ]


def list_questions(shelved: Shelved, now: datetime) -> tuple[Question, ...]:
    """What the site's surveys ask now."""
    return tuple(
        Question(field.label, tuple(option.label for option in field.options))
        for plan in find_plans(shelved.in_force(now.date()))
        if plan.sort == "survey"
        for field in plan.fields
    )


def list_choices(period: Period, now: datetime) -> tuple[Choice, ...]:
    """The quarters to choose from."""
    here = name_quarter(period)
    quarters = dict.fromkeys((*list_quarters(now.date()), here))
    return tuple(Choice(name, f"{name[-2:]} of {name[:4]}", name == here) for name in quarters)


def say_period(period: Period) -> str:
    """From the first to the last day."""
    return f"{say_day(period.since)} to {say_day(period.until - timedelta(days=1))}"


def say_roles(shelved: Shelved, plan: ReportPlan, now: datetime) -> str:
    """The roles that may see it, in words."""
    binding = make_binding(shelved, now.date())
    words = binding.policy.words
    open_to = [
        words.label(role, "role")
        for role in words.leaves("role")
        if any(other.report == plan.report and other.is_open for other in plan_reports(binding, [role]))
    ]
    return ", ".join(open_to)
