"""Taking in what a form sent: the wording that was shown, the sealed values, the answers to choices, the case it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upheld.actions.cases import open_case
from upheld.actions.choices import record_choice
from upheld.actions.people import create_person
from upheld.actions.rows import read_columns
from upheld.actions.vault import put_items
from upheld.core.fields import FormPlan, Submission, gather_values
from upheld.core.gate.binding import Binding
from upheld.records.models import Person, Shown
from upheld.records.walls import enter_site, read_site

# sort of form -> the kind of case it opens; a form of any other sort opens none
CASES = {"message": "feedback", "other": "question"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a form: whose it is, the items, and the number of the case (empty when none was opened)."""

    person: str
    items: tuple[str, ...]
    number: str


def take_submission(
    binding: Binding,
    *,
    plan: FormPlan,
    submission: Submission,
    person: Person | None,
    now: datetime,
    method: str = "form",
) -> Taken:
    """All of a form or nothing of it; without a person it belongs to a new visitor, who has no name.

    Raises RefusedError when the policy in force does not let it in, ValueError for a submission with errors. The ledger
    gets the lines of the items, of each choice and of the case.
    """
    if not submission.is_good:
        raise ValueError("a form with errors is not taken in")
    with enter_site(binding.site):
        shown = keep_wording(binding, plan=plan, now=now)
        sender = person or create_person(binding, now=now, is_visitor=True)
        values = gather_values(plan, submission)
        items = put_items(
            binding, person=sender, touchpoint=plan.touchpoint, values=values, now=now, method=method, shown=shown
        )
        for choice, is_yes in submission.choices:
            record_choice(
                binding, person=sender, choice=choice, is_yes=is_yes, touchpoint=plan.touchpoint, now=now, shown=shown
            )
        number = ""
        if plan.sort in CASES:
            number = open_case(
                binding.site,
                kind=CASES[plan.sort],
                now=now,
                person=sender.id,
                item=items[0].id,
                purpose=items[0].purposes[0],
                touchpoint=plan.touchpoint,
            ).number
    return Taken(sender.id, tuple(item.id for item in items), number)


def keep_wording(binding: Binding, *, plan: FormPlan, now: datetime) -> str:
    """The digest of what the form said; its text is kept once, so that anybody can see later what people were told.

    It is the site's own text and about nobody: no line of the ledger is due.
    """
    digest = plan.digest()
    with read_site(binding.site):
        is_kept = bool(read_columns(Shown, ("id",), "WHERE site = %s AND digest = %s", (binding.site, digest)))
    if not is_kept:
        with enter_site(binding.site):
            told = {"touchpoint": plan.touchpoint, "version": plan.version, "text": plan.text(), "first_at": now}
            Shown.objects.get_or_create(site=binding.site, digest=digest, defaults=told)
    return digest


def find_wording(site: str, digest: str) -> str:
    """The text that people saw under this digest, or an empty text."""
    with enter_site(site):
        row = Shown.objects.filter(site=site, digest=digest).first()
    return row.text if row else ""
