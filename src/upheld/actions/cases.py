"""Cases: something that somebody wants from the business, or staff do for them; what they say is sealed in items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, F, Q

from upheld.actions.grants import list_live_roles, name_staff
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Policy
from upheld.core.rights.answering import PLAIN_KINDS, find_answering, list_requests
from upheld.records.models import Case, Staff
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
    answered_at: datetime | None
    closed_at: datetime | None
    outcome: str

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.closed_at is None

    def is_late(self, now: datetime) -> bool:
        """Whether its time was over before anything was done: it is open, and unanswered."""
        return self.is_open and self.answered_at is None and self.due_at is not None and self.due_at < now


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


def assign_case(site: str, case_id: str, *, to: Staff, by: Staff, now: datetime) -> HeldCase:
    """The case, given to this member of staff: by themselves, or by an owner of the server.

    Raises StaffError W103 for anybody else who gives it, W152 when they hold no live grant at this site, W106 when there
    is no such open case. One line in the ledger.
    """
    if not (by.is_active and (by.is_owner or by.pk == to.pk)):
        raise StaffError("W103", "only the owner gives a case to somebody else", "take it yourself, or ask the owner")
    if not list_live_roles(site=site, staff=to.pk, now=now):
        raise StaffError("W152", f"`{to.username}` holds no live grant at this site", "the owner gives grants")
    with enter_site(site):
        case = _find_open(site, case_id, locked=True)
        case.assigned_to = name_staff(to.pk)
        case.save(update_fields=["assigned_to"])
        who = {"case": case.id, "staff": case.assigned_to}
        write_line(site, "case.assigned", at=now, person=case.person, by=name_staff(by.pk), **who)
    return describe_case(case)


def sort_case(binding: Binding, case_id: str, *, kind: str, by: str, now: datetime) -> HeldCase:
    """The case with another kind, and the deadline that the policy gives to it, counted from when it was opened.

    Raises StaffError W154 for a kind that is none, W151 unless the case is theirs, W106. One line in the ledger.
    """
    kinds = list_kinds(binding.policy)
    if kind not in kinds:
        raise StaffError("W154", "a case is of no such kind", "one of " + ", ".join(kinds))
    with enter_site(binding.site):
        case = _find_open(binding.site, case_id, locked=True)
        refuse_others(describe_case(case), by)
        case.kind, case.due_at = kind, find_answering(binding.policy, kind).find_due(case.opened_at)
        case.save(update_fields=["kind", "due_at"])
        term = kind.replace(" ", "-")
        write_line(
            binding.site, "case.sorted", at=now, person=case.person, by=by, case=case.id, sort=term, due=case.due_at
        )
    return describe_case(case)


def note_answer(site: str, case_id: str, *, message: str, by: str, now: datetime) -> None:
    """Write down that an answer was queued; belongs inside the transaction that queued it. One line in the ledger."""
    with enter_site(site):
        case = _find_open(site, case_id, locked=True)
        case.answered_at = now
        case.save(update_fields=["answered_at"])
        write_line(site, "case.answered", at=now, person=case.person, by=by, case=case.id, mail=message)


def list_kinds(policy: Policy) -> tuple[str, ...]:
    """The kinds that a case may have: what the policy promises an answer to, then the plain ones."""
    return tuple(dict.fromkeys((*list_requests(policy), *PLAIN_KINDS)))


def refuse_others(case: HeldCase, by: str) -> None:
    """Raises StaffError W151 unless the case is with this member of staff."""
    if case.assigned_to != by:
        whose = "nobody has taken this case" if not case.assigned_to else "this case is with somebody else"
        raise StaffError("W151", whose, "take it first: then its message opens to you, and you answer it")


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


def _find_open(site: str, case_id: str, *, locked: bool = False) -> Case:
    rows = Case.objects.select_for_update() if locked else Case.objects
    case = rows.filter(site=site, id=case_id, closed_at__isnull=True).first()
    if case is None:
        raise StaffError("W106", "there is no open case of that number here", "look at the list of cases")
    return case


def find_case(site: str, case_id: str) -> HeldCase | None:
    """One case of the site, or None."""
    with read_site(site):
        case = Case.objects.filter(site=site, id=case_id).first()
    return None if case is None else describe_case(case)


def list_cases(
    site: str,
    *,
    is_open: bool = True,
    person: str = "",
    assigned_to: str | None = None,
    late_at: datetime | None = None,
    most: int = MOST_LISTED,
) -> tuple[HeldCase, ...]:
    """Open cases, the one due or opened first before the others; or closed ones, the latest first.

    `assigned_to` narrows them to those with one member of staff (empty: with nobody), `late_at` to those that nobody has
    answered and whose time is over at this moment.
    """
    with read_site(site):
        rows = Case.objects.filter(site=site, closed_at__isnull=is_open)
        if person:
            rows = rows.filter(person=person)
        if assigned_to is not None:
            rows = rows.filter(assigned_to=assigned_to)
        if late_at is not None:
            rows = rows.filter(due_at__lt=late_at, answered_at__isnull=True)
        ordered = (
            rows.order_by(F("due_at").asc(nulls_last=True), "opened_at") if is_open else rows.order_by("-closed_at")
        )
        return tuple(describe_case(row) for row in ordered[:most])


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How many open cases there are: in all, with one member of staff, with nobody, late."""

    all: int
    mine: int
    nobodys: int
    late: int


def count_cases(site: str, *, mine: str, now: datetime) -> CaseCounts:
    """The counts of open cases, as one of the staff sees them. One query."""
    late = Q(due_at__lt=now, answered_at__isnull=True)
    with read_site(site):
        found = Case.objects.filter(site=site, closed_at__isnull=True).aggregate(
            all=Count("id"),
            mine=Count("id", filter=Q(assigned_to=mine)),
            nobodys=Count("id", filter=Q(assigned_to="")),
            late=Count("id", filter=late),
        )
    return CaseCounts(**found)


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
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
    )
