"""Recording what a person says yes or no to; the latest answer counts from the moment it is written."""

from __future__ import annotations

from datetime import datetime

from upheld.actions.ledger import write_line
from upheld.actions.outgoing import EMAIL
from upheld.actions.rows import insert_row, read_columns
from upheld.actions.settling import stop_messages
from upheld.actions.standings import restate_answer
from upheld.actions.suppression import BOUNCE, lift
from upheld.actions.tellings import note_no
from upheld.core.errors import GateError
from upheld.core.gate.binding import Binding
from upheld.core.notices.stops import list_stoppable, list_stopped_classes
from upheld.core.policy.choices import Answer as Said
from upheld.core.policy.choices import settle_choice
from upheld.records.models import Answer, Person, Suppression
from upheld.records.walls import enter_site, read_site

ANSWER = ("site", "person_id", "choice", "is_yes", "at", "version", "touchpoint", "entry")
OWN = (
    "JOIN records_identifier own ON own.digest = records_suppression.digest AND own.site = records_suppression.site"
    " WHERE own.site = %s AND own.person_id = %s AND own.kind = %s AND own.verified_at IS NOT NULL"
)


def record_choice(
    binding: Binding,
    *,
    person: Person,
    choice: str,
    is_yes: bool,
    touchpoint: str,
    now: datetime,
    shown: str = "",
    by: str = "",
) -> Answer:
    """The answer, stored with its line in the ledger; `shown` is the digest of the wording that the person saw.

    A no takes every message that waits and that it stops out of the outbox, and notes who outside has to be told; a yes
    ends what the person's own earlier no did to their address. All of it stands or falls with the answer. Raises
    GateError G406 for a choice that the policy in force does not have.
    """
    if choice not in binding.gate.table.choices:
        raise GateError("G406", f"the policy has no choice `{choice}`", "its choices stand under `choices:`")
    with enter_site(binding.site):
        entry = write_line(
            binding.site,
            "choice.recorded",
            at=now,
            person=person.id,
            by=by,
            known=binding.names,
            choice=choice,
            outcome="yes" if is_yes else "no",
            touchpoint=touchpoint,
            version=binding.current.isoformat(),
            evidence=shown or None,
        )
        values = (binding.site, person.id, choice, is_yes, now, binding.current, touchpoint, entry)
        answer = insert_row(Answer, ANSWER, values)
        restate_answer(binding, person, choice, is_yes=is_yes, now=now)
        classes = list_stopped_classes(binding.policy, choice)
        if is_yes:
            lift_own(binding, person, classes, now, by=by)
        else:
            stop_messages(binding, classes, now, person=person.id)
            note_no(binding, person=person, reason=choice, now=now)
    return answer


def lift_own(
    binding: Binding,
    person: Person,
    classes: tuple[str, ...],
    now: datetime,
    *,
    by: str = "",
    said_at: datetime | None = None,
) -> None:
    """End what stops these classes at the addresses that the person has shown to be theirs."""
    rows = read_columns(Suppression, ("digest",), OWN, (binding.site, person.id, EMAIL))
    for digest in {bytes(row[0]) for row in rows}:
        lift(binding, digest=digest, classes=classes, now=now, person=person.id, by=by, said_at=said_at)


def lift_shown(binding: Binding, person: Person, now: datetime) -> None:
    """Have the yeses that a person gave before they showed an address to be theirs count for it as well.

    Belongs inside the transaction that marks the address. What was said at the address after the yes goes on; that it
    takes no mail is over, since a message was read there.
    """
    rows = read_columns(Suppression, ("digest",), OWN, (binding.site, person.id, EMAIL))
    for digest in {bytes(row[0]) for row in rows}:
        lift(
            binding, digest=digest, classes=list_stoppable(binding.policy), now=now, person=person.id, reasons=(BOUNCE,)
        )
    latest: dict[str, Answer] = {}
    for answer in list_answers(binding.site, person):
        latest.setdefault(answer.choice, answer)
    for choice, answer in latest.items():
        classes = list_stopped_classes(binding.policy, choice)
        if answer.is_yes and classes:
            lift_own(binding, person, classes, now, said_at=answer.at)


def list_answers(site: str, person: Person) -> tuple[Answer, ...]:
    """All answers of a person, the latest first."""
    with read_site(site):
        return tuple(Answer.objects.filter(site=site, person=person).order_by("-at", "-pk"))


def settle_choices(binding: Binding, person: Person) -> dict[str, str]:
    """For each choice of the policy the answer that counts: `yes`, `no` or `unasked`."""
    said: dict[str, list[Said]] = {choice: [] for choice in binding.gate.table.choices}
    for answer in list_answers(binding.site, person):
        if answer.choice in said:
            said[answer.choice].append(Said(answer.at, answer.is_yes, answer.is_signal))
    return {choice: settle_choice(answers) for choice, answers in said.items()}
