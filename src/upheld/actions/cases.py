"""Cases: something that somebody wants from the business, or staff do for them; what they say is sealed in items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F

from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.core.errors import StaffError
from upheld.records.models import Case
from upheld.records.walls import enter_site, read_site

OUTCOMES = ("done", "refused", "withdrawn")
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case as pages show it: no word of what the person said."""

    id: str
    number: str
    kind: str
    person: str
    item: str
    purpose: str
    opened_by: str
    assigned_to: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    outcome: str

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.closed_at is None


def open_case(
    site: str,
    *,
    kind: str,
    now: datetime,
    person: str = "",
    item: str = "",
    purpose: str = "",
    touchpoint: str = "",
    by: str = "",
    due_at: datetime | None = None,
) -> HeldCase:
    """A new open case with the number that people are told, such as `2026-000123`.

    `kind` is a word of ours (`feedback`, `question`), `item` the sealed message that opened it, `by` the member of
    staff who opened it. One line in the ledger.
    """
    with enter_site(site):
        case = Case.objects.create(
            id=draw_id("c"),
            site=site,
            number=draw_number(site, now),
            kind=kind,
            person=person,
            item=item,
            purpose=purpose,
            opened_by=by,
            assigned_to=by,
            opened_at=now,
            due_at=due_at,
        )
        write_line(
            site,
            "case.opened",
            at=now,
            person=person,
            by=by,
            case=case.id,
            sort=kind,
            touchpoint=touchpoint or None,
            due=due_at,
        )
    return describe_case(case)


def draw_number(site: str, now: datetime) -> str:
    """The next number of this year. Two that ask at once wait for each other."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"upheld cases {site}"])
    numbers = Case.objects.filter(site=site, number__startswith=f"{now.year}-").order_by("-number")
    last = numbers.values_list("number", flat=True).first()
    return f"{now.year}-{int(last.partition('-')[2]) + 1 if last else 1:06d}"


def take_case(site: str, case_id: str, *, by: str, now: datetime) -> HeldCase:
    """The case, assigned to this member of staff from now on. Raises StaffError W106. One line in the ledger."""
    with enter_site(site):
        case = _find_open(site, case_id)
        case.assigned_to = by
        case.save(update_fields=["assigned_to"])
        write_line(site, "case.taken", at=now, person=case.person, by=by, case=case.id)
    return describe_case(case)


def close_case(site: str, case_id: str, *, outcome: str, by: str, now: datetime) -> HeldCase:
    """The case, closed. Raises StaffError W106 when there is no open case of this id. One line in the ledger.

    There is no note: what staff would write there is about a person, and belongs where the policy lets it be collected.
    """
    if outcome not in OUTCOMES:
        raise StaffError("W107", f"a case cannot end as `{outcome}`", "one of " + ", ".join(OUTCOMES))
    with enter_site(site):
        case = _find_open(site, case_id)
        case.closed_at, case.outcome = now, outcome
        case.save(update_fields=["closed_at", "outcome"])
        write_line(site, "case.closed", at=now, person=case.person, by=by, case=case.id, outcome=outcome)
    return describe_case(case)


def _find_open(site: str, case_id: str) -> Case:
    case = Case.objects.filter(site=site, id=case_id, closed_at__isnull=True).first()
    if case is None:
        raise StaffError("W106", "there is no open case of that number here", "look at the list of cases")
    return case


def find_case(site: str, case_id: str) -> HeldCase | None:
    """One case of the site, or None."""
    with read_site(site):
        case = Case.objects.filter(site=site, id=case_id).first()
    return None if case is None else describe_case(case)


def list_cases(site: str, *, is_open: bool = True, person: str = "", most: int = MOST_LISTED) -> tuple[HeldCase, ...]:
    """Open cases, the one due or opened first before the others; or closed ones, the latest first."""
    with read_site(site):
        rows = Case.objects.filter(site=site, closed_at__isnull=is_open)
        if person:
            rows = rows.filter(person=person)
        ordered = (
            rows.order_by(F("due_at").asc(nulls_last=True), "opened_at") if is_open else rows.order_by("-closed_at")
        )
        return tuple(describe_case(row) for row in ordered[:most])


def count_open_cases(site: str) -> int:
    """How many cases are open."""
    with read_site(site):
        return Case.objects.filter(site=site, closed_at__isnull=True).count()


def describe_case(row: Case) -> HeldCase:
    """The row as a value."""
    return HeldCase(
        id=row.id,
        number=row.number,
        kind=row.kind,
        person=row.person,
        item=row.item,
        purpose=row.purpose,
        opened_by=row.opened_by,
        assigned_to=row.assigned_to,
        opened_at=row.opened_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
    )
