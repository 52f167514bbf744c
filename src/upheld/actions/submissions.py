"""Taking in what a form sent: the wording that was shown, the sealed values, the answers to choices, the case it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upheld.actions.ages import know_age
from upheld.actions.cases import open_case
from upheld.actions.choices import record_choice
from upheld.actions.no_by_message import carry_out_no
from upheld.actions.people import create_person
from upheld.actions.rows import read_columns
from upheld.actions.vault import put_items
from upheld.core.fields import FormPlan, Submission, gather_values, judge_age
from upheld.core.gate.binding import Binding
from upheld.core.notices.saying_no import hear_no
from upheld.core.rights.answering import STOP_REQUEST, find_answering, list_stopped_by_message
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
    with enter_site(binding.site, is_part=True):
        shown = keep_wording(binding, plan=plan, now=now)
        sender = person or create_person(binding, now=now, is_visitor=True)
        know_age(binding, sender, judge_age(plan, submission, now.date()))
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
            kind = hear_form(binding, plan=plan, submission=submission, person=person, shown=shown, now=now)
            number = open_case(
                binding.site,
                kind=kind,
                now=now,
                person=sender.id,
                item=items[0].id,
                purpose=items[0].purposes[0],
                touchpoint=plan.touchpoint,
                due_at=find_answering(binding.policy, kind).find_due(now),
            ).number
    return Taken(sender.id, tuple(item.id for item in items), number)


def hear_form(
    binding: Binding, *, plan: FormPlan, submission: Submission, person: Person | None, shown: str, now: datetime
) -> str:
    """The kind of the case that a form opens. A plain no of somebody who is signed in is carried out at once.

    Words that may be a no, and a no of a visitor, of whom no address is known, are read by somebody within the time that
    the policy gives to a no by message.
    """
    if not list_stopped_by_message(binding.policy):
        return CASES[plan.sort]
    words = " ".join(submission.find(field.name) for field in plan.fields if field.kind == "long text")
    heard = hear_no("", words)
    if heard.is_no and person is not None:
        carry_out_no(binding, person=person, digest=b"", words=words, now=now, touchpoint=plan.touchpoint, shown=shown)
        return CASES[plan.sort]
    return STOP_REQUEST if heard.is_no or heard.may_be_no else CASES[plan.sort]


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
    with read_site(site):
        row = Shown.objects.filter(site=site, digest=digest).first()
    return row.text if row else ""
