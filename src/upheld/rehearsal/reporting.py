"""What a rehearsal of reports needs: a crowd of invented people of an exact size, and what a report then shows of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, islice

from django.conf import settings

from upheld.actions.people import create_person
from upheld.actions.shipments import book_shipment, find_business
from upheld.actions.vault import put_items
from upheld.actions.visits import VisitLog
from upheld.core.count.reports import (
    KEYS,
    ORDERS,
    SURVEYS,
    VISITS,
    Period,
    find_purpose,
    find_quarter,
    find_weeks,
    list_leaves,
)
from upheld.core.fields.visits import NOTABLE
from upheld.core.policy.model import Rule
from upheld.rehearsal.cast import Clerk
from upheld.rehearsal.coming_in import come_back_to_work
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage
from upheld.web.plans import find_plans

_ROW = re.compile(r'<th scope="row">(.*?)</th>.*?<td class="number">(.*?)</td>', re.DOTALL)
_VISITORS = count()  # each of a crowd comes from an address of their own, also when more come in later
LONGEST_LOOK = 100  # days; the next quarter is never further away


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report as a member of staff sees it: the page, and what stands beside each group of its first question."""

    page: Page
    groups: dict[str, str]

    def find(self, group: str) -> str:
        """The number that stands beside a group; empty where there is none."""
        number = self.groups.get(group, "")
        return number if number.isdigit() else ""


def list_reports(stage: Stage, rule: Rule) -> tuple[str, ...]:
    """The reports of the house that count nothing but what this rule speaks of, and something of it."""
    words = stage.policy.words
    named = set(words.expand("data", rule.data))
    if find_purpose(words) not in words.expand("purpose", rule.purposes):
        return ()
    found = []
    for report in KEYS:
        leaves = list_leaves(words, report)
        is_there = report != ORDERS or find_business(stage.binding) is not None
        if leaves and set(leaves) <= named and is_there and len(list_groups(stage, report)) > 1:
            found.append(report)
    return tuple(found)


def list_groups(stage: Stage, report: str) -> tuple[str, ...]:
    """Two groups of the report's first question, in which `gather_crowd` puts people."""
    if report == VISITS:
        return ("/one", "/two")
    if report == ORDERS:
        business = find_business(stage.binding)
        return tuple(offer.name for offer in business[0].offers[:2]) if business else ()
    return tuple(option.label for option in _find_question(stage)[2][:2])


def make_report(stage: Stage, report: str, sizes: Iterable[int], clerk: Clerk) -> MadeReport:
    """The report once so many people are in its first two groups and its period is over, as this clerk sees it.

    People come in now, each in one group; then the clock goes on to the first day on which the report counts today. The
    clock is brought back afterwards, so that a second crowd can come in on the same day.
    """
    gather_crowd(stage, report, sizes)
    today = stage.now
    days = next(days for days in range(1, LONGEST_LOOK) if _find_period(report, stage, days).until > today.date())
    stage.wait(days=days)
    made = look_at(stage, report, clerk)
    stage.clock.move_to(today, tick=False)
    return made


def look_at(stage: Stage, report: str, clerk: Clerk) -> MadeReport:
    """The report as it stands, seen by this clerk, who comes to work for it."""
    page = come_back_to_work(stage, clerk).browse(stage).open(f"{stage.seat}reports/{report}/")
    first = page.html.partition("<table")[2].partition("</table>")[0]
    rows = {label: re.sub(r"<.*?>", "", number).strip() for label, number in _ROW.findall(first)}
    return MadeReport(page, rows)


def _find_period(report: str, stage: Stage, days: int) -> Period:
    day = (stage.now + timedelta(days=days)).date()
    return find_weeks(day) if report == VISITS else find_quarter("", day)


def gather_crowd(stage: Stage, report: str, sizes: Iterable[int]) -> None:
    """So many people more in the first group of a report, so many in the second; at this moment."""
    for number, (group, size) in enumerate(zip(list_groups(stage, report), sizes, strict=False)):
        if report == VISITS:
            _note_visits(
                stage, group, [f"198.{18 + one // 250}.{number}.{one % 250}" for one in islice(_VISITORS, size)]
            )
        elif report == ORDERS:
            _book(stage, group, size)
        else:
            _answer(stage, group, size)


def _note_visits(stage: Stage, path: str, addresses: list[str]) -> None:
    declared = stage.policy.words.of_sort("data")
    leaf_of = {NOTABLE[declared[leaf].value]: leaf for leaf in list_leaves(stage.policy.words, VISITS)}
    told = {"page": path, "time": stage.now.isoformat()}
    visits = [
        tuple((leaf, {**told, "address": address}.get(part, "")) for part, leaf in leaf_of.items())
        for address in addresses
    ]
    if visits:
        VisitLog(settings.ENVIRONMENT.state).append(stage.site, stage.now.date().isoformat(), visits)


def _book(stage: Stage, offer: str, size: int) -> None:
    business = find_business(stage.binding)
    if business is None:
        return
    shipping, ordering = business
    weight = next(iter(dict(next(one for one in shipping.offers if one.name == offer).prices)))
    values = {ordering.name: "Juno Keel", ordering.address: "9 Ropewalk, Port Ellery"}
    for _ in range(size):
        person = create_person(stage.binding, now=stage.now)
        book_shipment(stage.binding, person=person, values=values, offer=offer, weight=weight, now=stage.now)


def _answer(stage: Stage, answer: str, size: int) -> None:
    touchpoint, question, _ = _find_question(stage)
    leaf = list_leaves(stage.policy.words, SURVEYS)[0]
    for _ in range(size):
        person = create_person(stage.binding, now=stage.now, is_visitor=True)
        put_items(stage.binding, person=person, touchpoint=touchpoint, values={leaf: {question: answer}}, now=stage.now)


def _find_question(stage: Stage) -> tuple[str, str, tuple[object, ...]]:
    """Where the survey is, the first of its questions with answers to pick from, and these answers."""
    good = stage.shelved.in_force(stage.now.date())
    for plan in find_plans(good):
        for field in plan.fields if plan.sort == "survey" else ():
            if field.options:
                return plan.touchpoint, field.label, tuple(field.options)
    return "", "", ()
