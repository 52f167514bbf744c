"""What the link at the end of a message does: no to such messages at once, or yes again, for whoever has the link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upheld.actions import suppression
from upheld.actions.choices import record_choice, settle_choices
from upheld.actions.stopping import StopLink
from upheld.core.errors import GateError
from upheld.core.gate.binding import Binding
from upheld.core.notices.audience import list_stopping_choices
from upheld.records.models import Answer, Identifier, Outgoing, Person
from upheld.records.walls import enter_site, read_site

EMAIL = "email"
# How the ledger names where the answer was given: the policy language's own word for a link in a message.
TOUCHPOINT = "link"
REASONS = {False: "link", True: "one-click"}


@dataclass(frozen=True, slots=True)
class Stopped:
    """What came of a no by link: the choices that it was recorded for, with the ledger's lines, and what was suppressed.

    `entries` are in the order of `choices`; `suppressed` is the line about the address where no choice stops the class.
    """

    choices: tuple[str, ...]
    entries: tuple[str, ...]
    suppressed: str = ""


def list_stopped_by(binding: Binding, mail_class: str) -> tuple[str, ...]:
    """The choices of the policy in force that the link of this class says no to."""
    return tuple(
        choice for choice in list_stopping_choices(binding.policy, mail_class) if choice in binding.gate.table.choices
    )


def stop_messages(
    binding: Binding, *, person: Person, link: StopLink, is_one_click: bool, now: datetime, shown: str = ""
) -> Stopped:
    """No to every choice that stops this class; where none does, the person's addresses get no more of it.

    Done again it records nothing twice. What waits in the outbox is stopped in the same transaction. Side effects: a
    line in the ledger for each choice, or for the addresses.
    """
    choices = list_stopped_by(binding, link.mail_class)
    with enter_site(binding.site):
        Person.objects.select_for_update(no_key=True).filter(site=binding.site, id=person.id).first()
        if not choices:
            return Stopped((), (), _suppress(binding, person, link, REASONS[is_one_click], now))
        standing = settle_choices(binding, person)
        entries = tuple(
            find_entry(binding.site, person, choice)
            if standing[choice] == "no"
            else record_choice(
                binding, person=person, choice=choice, is_yes=False, touchpoint=TOUCHPOINT, now=now, shown=shown
            ).entry
            for choice in choices
        )
    return Stopped(choices, entries)


def resume_messages(binding: Binding, *, person: Person, link: StopLink, now: datetime) -> int:
    """How many addresses get a class again that no choice stops, because whoever has the link says so.

    That an address takes no mail, or was reported, stays. A line in the ledger for each.
    """
    if list_stopped_by(binding, link.mail_class):
        return 0  # there the answer to the choice is what counts
    with enter_site(binding.site):
        return sum(
            suppression.lift(binding, digest=digest, classes=(link.mail_class,), now=now, person=person.id)
            for digest in list_digests(binding.site, person)
        )


def list_digests(site: str, person: Person) -> tuple[bytes, ...]:
    """The blind indexes of the person's addresses; belongs inside the site."""
    rows = Identifier.objects.filter(site=site, person=person, kind=EMAIL).order_by("pk")
    return tuple(bytes(digest) for digest in rows.values_list("digest", flat=True))


def answer_by_link(
    binding: Binding, *, person: Person, choice: str, is_yes: bool, now: datetime, shown: str = ""
) -> Answer:
    """The answer of somebody who has the link, to any choice that stops messages; a yes lifts what a link had stopped.

    Raises GateError G406 for a choice that the policy does not have, or that no message depends on.
    """
    if choice not in list_message_choices(binding):
        raise GateError("G406", f"no message depends on a choice `{choice[:80]}`", "pick one that the page shows")
    with enter_site(binding.site):
        return record_choice(
            binding, person=person, choice=choice, is_yes=is_yes, touchpoint=TOUCHPOINT, now=now, shown=shown
        )


def list_message_choices(binding: Binding) -> tuple[str, ...]:
    """The choices whose no stops some class of message, in the order of the policy."""
    stopping = {
        choice
        for name in binding.policy.words.of_sort("mail")
        for choice in list_stopping_choices(binding.policy, name)
    }
    return tuple(choice for choice in binding.gate.table.choices if choice in stopping)


def find_entry(site: str, person: Person, choice: str) -> str:
    """The ledger's line of the newest answer to a choice, for its receipt; empty without one."""
    with read_site(site):
        found = Answer.objects.filter(site=site, person=person, choice=choice, is_signal=False).order_by("-at", "-pk")
        return found.values_list("entry", flat=True).first() or ""


def is_suppressed_for(binding: Binding, person: Person, mail_class: str) -> bool:
    """Whether one of the person's addresses gets no more of this class, because of a link or for another reason."""
    with read_site(binding.site):
        digests = list_digests(binding.site, person)
        return bool(suppression.find_suppressed(binding.site, digests, mail_class))


def _suppress(binding: Binding, person: Person, link: StopLink, reason: str, now: datetime) -> str:
    """Suppress every address of theirs, and the one to which the message with the link went: by now it may be another."""
    entry = ""
    came = Outgoing.objects.filter(site=binding.site, id=link.message, person=person.id).values_list(
        "digest", flat=True
    )
    own = list_digests(binding.site, person)
    for digest in dict.fromkeys((*own, *(bytes(found) for found in came if found))):
        entry = suppression.suppress(
            binding,
            digest=digest,
            mail_class=link.mail_class,
            reason=reason,
            now=now,
            person=person.id,
            message=link.message,
        )
    return entry
