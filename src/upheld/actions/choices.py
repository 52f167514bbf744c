"""Recording what a person says yes or no to; the latest answer counts from the moment it is written."""

from __future__ import annotations

from datetime import datetime

from upheld.actions.ledger import write_line
from upheld.core.errors import GateError
from upheld.core.gate.binding import Binding
from upheld.core.policy.choices import Answer as Said
from upheld.core.policy.choices import settle_choice
from upheld.records.models import Answer, Person
from upheld.records.walls import enter_site, read_site


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

    Raises GateError G406 for a choice that the policy in force does not have.
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
        return Answer.objects.create(
            site=binding.site,
            person=person,
            choice=choice,
            is_yes=is_yes,
            at=now,
            version=binding.current,
            touchpoint=touchpoint,
            entry=entry,
        )


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
