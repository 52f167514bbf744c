"""Which reports a policy lets be made, for which role, and how small their groups may be; knows no record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from upheld.core.fields.visits import NOTABLE
from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Degree, Words

REPORTING = "analytics.reporting"
# V-86 of the research: where a policy lets even single people be seen, a report shows groups all the same.
USUAL_LEAST = 10
QUARTER = re.compile(r"(20\d\d)-Q([1-4])")
VISITS, ORDERS, SURVEYS = "visits", "orders", "surveys"
# report -> the standard keys (fideslang 3.1; x.* where it has none) of what it counts
KEYS: Mapping[str, tuple[str, ...]] = {
    VISITS: tuple(NOTABLE),
    ORDERS: ("user.behavior.purchase_history",),
    SURVEYS: ("x.survey.answer",),
}


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """One report that a policy speaks of: what it counts, what for, and what the gate says to a role.

    `least` is the smallest group that may be shown; 0 when the role may not see the report, and then `verdict` says why.
    """

    report: str
    data: tuple[str, ...]
    purpose: str
    role: str
    least: int
    verdict: Verdict

    @property
    def is_open(self) -> bool:
        """Whether the role may see it."""
        return self.least > 0

    @property
    def degree(self) -> Degree:
        """How little it tells of anybody."""
        return Degree("aggregate", self.least)

    def use(self, leaf: str) -> Act:
        """What is asked of each piece of data before it is counted."""
        return Act("use", (leaf,), self.purpose, degree=self.degree)

    def show(self, leaf: str) -> Act:
        """What becomes of it then: the role sees it among so many."""
        return Act("show", (leaf,), self.purpose, self.role, self.degree)


def find_purpose(words: Words) -> str:
    """The purpose that is reporting, or an empty text where the policy has none."""
    purposes = words.of_sort("purpose")
    return next((leaf for leaf in words.leaves("purpose") if purposes[leaf].value.startswith(REPORTING)), "")


def list_leaves(words: Words, report: str) -> tuple[str, ...]:
    """The categories of the policy that a report counts."""
    declared = words.of_sort("data")
    return tuple(leaf for leaf in words.leaves("data") if declared[leaf].value in KEYS[report])


def plan_reports(binding: Binding, roles: Iterable[str]) -> tuple[ReportPlan, ...]:
    """Each report that the policy in force lets some role see, as the most open of these roles may see it.

    One that nobody may see is not there.
    """
    words = binding.policy.words
    purpose = find_purpose(words)
    plans = []
    for report in KEYS:
        data = list_leaves(words, report)
        if not (purpose and data):
            continue
        asked = {role: _plan(binding, report, data, purpose, role) for role in words.leaves("role")}
        own = [asked[role] for role in roles if role in asked]
        if own and any(plan.is_open for plan in asked.values()):
            plans.append(min(own, key=lambda plan: plan.least or 10**9))
    return tuple(plans)


def _plan(binding: Binding, report: str, data: tuple[str, ...], purpose: str, role: str) -> ReportPlan:
    thresholds = sorted({USUAL_LEAST, *binding.gate.table.thresholds})
    verdict = Verdict("silent")
    for least in thresholds:
        if least < USUAL_LEAST and not binding.gate.table.thresholds:
            continue
        verdict = binding.ask(Act("show", data, purpose, role, Degree("aggregate", least)), {})
        if verdict.is_permitted and least > 1:
            return ReportPlan(report, data, purpose, role, least, verdict)
    return ReportPlan(report, data, purpose, role, 0, verdict)


def ask_outside(binding: Binding, plan: ReportPlan, anybody: str) -> Verdict:
    """What the gate says to giving this report to somebody outside."""
    return binding.ask(Act("share", plan.data, plan.purpose, anybody, plan.degree), {})


@dataclass(frozen=True, slots=True)
class Period:
    """A closed stretch of whole days: `since` is the first, `until` the first one behind it."""

    since: date
    until: date


def find_quarter(text: str, today: date) -> Period:
    """The quarter of a year written `2026-Q3`, or the last one that is over; one that is not over yet is never counted.

    Two counts of an open quarter, one before and one after somebody came, would tell what that one did. For the same
    reason there are no months beside the quarters: a small month could be worked out from the two others.
    """
    last = _quarter_before(_begin_quarter(today))
    since = last
    found = QUARTER.fullmatch(text)
    if found:
        since = date(int(found[1]), 3 * int(found[2]) - 2, 1)
    since = min(since, last)
    return Period(since, _quarter_after(since))


def name_quarter(period: Period) -> str:
    """The quarter as `2026-Q3`."""
    return f"{period.since.year}-Q{(period.since.month + 2) // 3}"


def find_weeks(today: date, count: int = 3) -> Period:
    """The last whole weeks that are over: the log of visits does not reach back for months."""
    monday = today - timedelta(days=today.weekday())
    return Period(monday - timedelta(weeks=count), monday)


def list_quarters(today: date, count: int = 8) -> tuple[str, ...]:
    """The quarters that are over, the latest first, as `2026-Q3`."""
    quarters = []
    first = _begin_quarter(today)
    for _ in range(count):
        first = _quarter_before(first)
        quarters.append(name_quarter(Period(first, _quarter_after(first))))
    return tuple(quarters)


def _begin_quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _quarter_before(first: date) -> date:
    return first.replace(year=first.year - 1, month=10) if first.month == 1 else first.replace(month=first.month - 3)


def _quarter_after(first: date) -> date:
    return first.replace(year=first.year + 1, month=1) if first.month == 10 else first.replace(month=first.month + 3)
