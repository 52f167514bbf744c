"""What is held, opened for counting: each piece is asked of the gate for its degree, and only counts leave who calls this.

What is shown are groups in which nobody stands out (core/count/groups); values are kept nowhere on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from upheld.actions.facts import Facts, gather_facts, is_expired
from upheld.actions.surfaces import find_clock, tell_coming
from upheld.actions.vault import HeldItem, Value, describe_item, find_limit, open_permitted
from upheld.core.count.reports import ReportPlan
from upheld.core.gate.binding import Binding
from upheld.core.gate.permit import Permit, ask_permit
from upheld.records.models import Item, Person
from upheld.records.walls import enter_site

AT_ONCE = 500


class KnownFacts:
    """What is known of people, looked up once for each combination that they share."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.kept: dict[int, Facts] = {}

    def find(self, person: Person) -> Facts:
        """The person's facts."""
        if not person.standing:
            return gather_facts(self.binding, person)
        if person.standing not in self.kept:
            self.kept[person.standing] = gather_facts(self.binding, person)
        return self.kept[person.standing]


def may_count(binding: Binding, plan: ReportPlan, leaf: str, facts: Facts, *versions: date) -> bool:
    """Whether one piece may be counted, by all versions that bind it."""
    told = {**facts, "expired": False}
    return may_show(binding, plan, leaf, told) and binding.ask(plan.use(leaf), told, *versions).is_permitted


def may_show(binding: Binding, plan: ReportPlan, leaf: str, facts: Facts) -> bool:
    """Whether what is counted may stand in the report: another policy that binds it may want larger groups, or none.

    That the site's own policy shows it was asked when the report was planned.
    """
    return not binding.beside or binding.ask(plan.show(leaf), facts).is_permitted


def open_for_counting(
    binding: Binding, plan: ReportPlan, leaf: str, *, since: datetime, until: datetime, now: datetime
) -> Iterator[tuple[str, Value]]:
    """Whose and what, for each item of this category that came in between these moments and may be counted.

    What is out of time, or what a version or a person's choice keeps from being counted, is passed over. Raises SealError
    V801 when an item was altered. Belongs inside `enter_site`; the caller writes the line.
    """
    known = KnownFacts(binding)
    waiting: list[tuple[Item, HeldItem, Permit]] = []
    rows = Item.objects.filter(site=binding.site, collected_at__gte=since, collected_at__lt=until)
    for row in rows.select_related("person").order_by("collected_at").iterator(AT_ONCE):
        if leaf not in row.categories:
            continue
        expired = is_expired(row, row.person, find_clock(binding, row.method, leaf), now)
        facts = known.find(row.person) | tell_coming(binding, row.method) | {"expired": expired}
        if not may_show(binding, plan, leaf, facts):
            continue
        _, permit = ask_permit(
            binding,
            person=row.person_id,
            act=plan.use(leaf),
            facts=facts,
            versions=(find_limit(row, row.person), row.person.version),
        )
        if permit is not None:
            waiting.append((row, describe_item(row), permit))
        if len(waiting) >= AT_ONCE:
            yield from _open(binding, waiting)
            waiting = []
    yield from _open(binding, waiting)


def _open(binding: Binding, waiting: list[tuple[Item, HeldItem, Permit]]) -> Iterator[tuple[str, Value]]:
    with enter_site(binding.site):
        for opened in open_permitted(binding.site, waiting):
            yield opened.item.person, opened.value
