"""Anonymous reports: visits, what customers order, what surveys say; each made anew, of people in groups, with its line.

Nothing of a report is stored, and no report leaves the house by itself: there is no way to fetch one but to look at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from upheld.actions.counting import KnownFacts, may_count, open_for_counting
from upheld.actions.ledger import write_line
from upheld.actions.vault import find_limit_of
from upheld.actions.visits import read_visits
from upheld.core.count.groups import Counted, count_groups
from upheld.core.count.reports import ORDERS, VISITS, Period, ReportPlan
from upheld.core.errors import RefusedError
from upheld.core.fields.questions import Question
from upheld.core.fields.visits import NOTABLE
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.records.models import Shipment
from upheld.records.walls import enter_site

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS_OF_DAY = ("night, 0 to 6", "morning, 6 to 12", "afternoon, 12 to 18", "evening, 18 to 24")
MOST_PAGES = 20
FIRST_PAGE = "the first page"
NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Part:
    """One question of a report and its answer."""

    question: str
    counted: Counted


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it may be shown: its parts, the days it covers, and the line of the ledger that tells of it."""

    plan: ReportPlan
    period: Period
    parts: tuple[Part, ...]
    entry: str


def make_report(
    binding: Binding,
    plan: ReportPlan,
    *,
    period: Period,
    by: str,
    now: datetime,
    state: Path,
    questions: Sequence[Question] = (),
) -> Report:
    """The report of this period; `state` is where the log of visits lies, `questions` what surveys asked.

    Raises RefusedError for a role that may not see it. Side effect: a line in the ledger, with numbers alone.
    """
    if not plan.is_open:
        raise RefusedError(str(Act("show", plan.data, plan.purpose, plan.role)), plan.verdict.because)
    with enter_site(binding.site):
        if plan.report == VISITS:
            parts = tuple(_count_visits(binding, plan, period, state))
        elif plan.report == ORDERS:
            parts = tuple(_count_orders(binding, plan, period))
        else:
            parts = tuple(_count_answers(binding, plan, period, questions, now))
        entry = write_line(
            binding.site,
            "report.made",
            at=now,
            by=by,
            known=binding.names,
            because=plan.verdict.because[:1],
            version=binding.current.isoformat(),
            report=plan.report,
            role=plan.role,
            purpose=plan.purpose,
            data=list(plan.data),
            least=plan.least,
            groups=sum(len(part.counted.groups) for part in parts),
            withheld=sum(part.counted.withheld for part in parts),
        )
    return Report(plan, period, parts, entry)


def _count_visits(binding: Binding, plan: ReportPlan, period: Period, state: Path) -> Iterator[Part]:
    """Pages, days and times of day by how many addresses came; an address stands for a person, and is shown nowhere."""
    if not all(may_count(binding, plan, leaf, {}) for leaf in plan.data):
        return
    declared = binding.policy.words.of_sort("data")
    leaf_of = {NOTABLE[declared[leaf].value]: leaf for leaf in plan.data}
    if "address" not in leaf_of:
        return  # without it nobody knows how many people came
    pages: list[tuple[str, str]] = []
    days: list[tuple[str, str]] = []
    times: list[tuple[str, str]] = []
    for day in iter_days(period):
        for visit in read_visits(state, binding.site, day):
            who = visit.get(leaf_of["address"], "")
            if not who:
                continue
            days.append((DAYS[day.weekday()], who))
            if "page" in leaf_of:
                page = visit.get(leaf_of["page"], "")
                pages.append((FIRST_PAGE if page == "/" else page, who))
            hour = read_hour(visit.get(leaf_of.get("time", ""), ""))
            if hour is not None:
                times.append((PARTS_OF_DAY[hour // 6], who))
    yield Part("Which pages people look at", keep_largest(count_groups(pages, plan.least)))
    yield Part("On which days people come", count_groups(days, plan.least, DAYS))
    if times:
        yield Part("At which time of the day people come", count_groups(times, plan.least, PARTS_OF_DAY))


def _count_orders(binding: Binding, plan: ReportPlan, period: Period) -> Iterator[Part]:
    """What is booked, how heavy, and when, by how many customers; the users of one company are one customer."""
    since, until = find_moments(period)
    rows = Shipment.objects.filter(site=binding.site, booked_at__gte=since, booked_at__lt=until)
    known = KnownFacts(binding)
    asked: dict[tuple[int, date, date], bool] = {}
    offers: list[tuple[str, str]] = []
    weights: list[tuple[str, str]] = []
    days: list[tuple[str, str]] = []
    for row in rows.select_related("person").iterator():
        limit = find_limit_of(row.version, row.person)
        combination = (row.person.standing, row.person.version, limit)
        if combination not in asked or not row.person.standing:
            facts = known.find(row.person)
            asked[combination] = all(
                may_count(binding, plan, leaf, facts, limit, row.person.version) for leaf in plan.data
            )
        if not asked[combination]:
            continue
        who = row.company or row.person_id
        offers.append((row.offer, who))
        weights.append((row.weight, who))
        days.append((DAYS[row.booked_at.astimezone(UTC).weekday()], who))
    yield Part("What customers book", count_groups(offers, plan.least))
    yield Part(
        "How heavy it is", count_groups(weights, plan.least, sorted({weight for weight, _ in weights}, key=find_size))
    )
    yield Part("On which days they book", count_groups(days, plan.least, DAYS))


def _count_answers(
    binding: Binding, plan: ReportPlan, period: Period, questions: Sequence[Question], now: datetime
) -> Iterator[Part]:
    """Each question with answers to pick from; what people say in their own words could tell who they are."""
    since, until = find_moments(period)
    given: dict[str, list[tuple[str, str]]] = {question.words: [] for question in questions if question.answers}
    for leaf in plan.data:
        for who, value in open_for_counting(binding, plan, leaf, since=since, until=until, now=now):
            if not isinstance(value, Mapping):
                continue
            for question in questions:
                answer = value.get(question.words)
                if answer in question.answers:
                    given[question.words].append((str(answer), who))
    for question in questions:
        if question.answers:
            yield Part(question.words, count_groups(given[question.words], plan.least, question.answers))


def keep_largest(counted: Counted) -> Counted:
    """The same with the largest groups alone, the largest first; the small ones are left out without their labels.

    What a page is called could say who looked at it, so one that few looked at is not named.
    """
    shown = sorted(
        (group for group in counted.groups if group.people is not None), key=lambda group: -(group.people or 0)
    )
    return Counted(tuple(shown[:MOST_PAGES]), counted.people, counted.least, counted.is_spared)


def find_size(weight: str) -> tuple[float, str]:
    """The number that a step of weight begins with, to put the steps in their order."""
    found = NUMBER.match(weight)
    return (float(found[0]) if found else 0.0, weight)


def find_moments(period: Period) -> tuple[datetime, datetime]:
    """The first moment of the period and the first behind it, UTC."""
    return tuple(datetime.combine(day, time(), UTC) for day in (period.since, period.until))  # type: ignore[return-value]  # two of them


def iter_days(period: Period) -> Iterator[date]:
    """Each day of the period."""
    for number in range((period.until - period.since).days):
        yield period.since + timedelta(days=number)


def read_hour(text: str) -> int | None:
    """The hour of a moment that was noted, or None."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).hour
    except ValueError:
        return None
