"""Who outside has to hear of a no: whoever was given data that the no is about. In the house it holds at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from upheld.actions.ledger import write_line
from upheld.actions.rows import read_columns
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.core.rights.permitting import list_stopped
from upheld.core.rights.releasing import ENDED_BY_PERSON
from upheld.records.models import Disclosure, Permission, Person, Recipient, Telling
from upheld.records.walls import enter_site, read_site

PENDING, TOLD = "pending", "told"
# The reason of a telling where there is no single choice or permission; no name of a policy has a colon.
ERASED = "erased:"
MOST_LISTED = 200
MOST_GROUPED = 2_000


def note_no(binding: Binding, *, person: Person | str, reason: str, now: datetime) -> int:
    """How many recipients have to be told that this person said no to the choice `reason`.

    Those who were given data of theirs by permission or for a service, for a purpose that a no to this choice stops, each
    once while they have not been told. A court, or whoever took the business over, has them on another ground, which a
    no does not touch. Side effects: a row and a line in the ledger for each.
    """
    name = person if isinstance(person, str) else person.id
    with read_site(binding.site):
        given = read_columns(
            Disclosure, ("recipient", "purpose", "ground"), "WHERE site = %s AND person = %s", (binding.site, name)
        )
    pairs = {(recipient, purpose) for recipient, purpose, ground in given if recipient and ground in ENDED_BY_PERSON}
    if not pairs:  # by far the most who say no: one query, and an index answers it
        return 0
    stopped = set(list_stopped(binding.policy, reason))
    recipients = {recipient for recipient, purpose in pairs if purpose in stopped}
    with enter_site(binding.site):
        return _note(binding, name, recipients, reason, now, choice=reason)


def note_withdrawn(binding: Binding, given: Permission, now: datetime) -> int:
    """How many recipients have to be told that a permission under which they were given data was withdrawn."""
    with enter_site(binding.site):
        rows = Disclosure.objects.filter(site=binding.site, person=given.person_id, subject=given.id)
        recipients = set(rows.exclude(recipient="").values_list("recipient", flat=True))
        return _note(binding, given.person_id, recipients, given.id, now, permission=given.id)


def note_erased(binding: Binding, *, person: str, now: datetime) -> int:
    """How many recipients have to be told that this person has everything erased, beside those who hear it already.

    Those who were given data by permission or for a service, also when the permission was used up since. Who is told that
    the permission ended is asked there to erase. Done twice it adds nobody.
    """
    with enter_site(binding.site):
        given = Disclosure.objects.filter(site=binding.site, person=person, ground__in=ENDED_BY_PERSON)
        pairs = set(given.exclude(recipient="").values_list("recipient", "subject").distinct())
        if not pairs:
            return 0
        heard = set(Telling.objects.filter(site=binding.site, person=person).values_list("recipient", "reason"))
        asked = {recipient for recipient, reason in heard if reason == ERASED}
        recipients = {recipient for recipient, subject in pairs if (recipient, subject) not in heard}
        return _note(binding, person, recipients - asked, ERASED, now)


def _note(binding: Binding, person: str, recipients: set[str], reason: str, now: datetime, **about: str) -> int:
    site = binding.site
    waiting = Telling.objects.filter(site=site, person=person, reason=reason, state=PENDING)
    new = sorted(recipients - set(waiting.values_list("recipient", flat=True)))
    kinds = dict(Recipient.objects.filter(site=site, id__in=new).values_list("id", "kind"))
    for recipient in new:
        Telling.objects.create(site=site, person=person, recipient=recipient, reason=reason, at=now)
        told: dict[str, Any] = {"outside": recipient, "recipient": kinds.get(recipient), **about}
        write_line(site, "telling.pending", at=now, person=person, known=binding.names, **told)
    return len(new)


@dataclass(frozen=True, slots=True)
class HeldTelling:
    """One recipient who has to hear, or has heard, of a no; `title` is empty for somebody whom the person named.

    `reason` is the choice that was answered with no, the id of the permission that was withdrawn, or ERASED.
    """

    id: int
    person: str
    recipient: str
    title: str
    reason: str
    is_told: bool
    message: str
    at: datetime
    told_at: datetime | None


def list_tellings(
    site: str, *, person: str = "", reason: str = "", state: str = "", most: int = MOST_LISTED
) -> tuple[HeldTelling, ...]:
    """Who has to be told and who was, those still to be told first, the oldest of them before the others."""
    chosen = {"person": person, "reason": reason, "state": state}
    with read_site(site):
        rows = Telling.objects.filter(site=site, **{name: value for name, value in chosen.items() if value})
        found = list(rows.order_by("state", "at", "pk")[:most])
        lines = Recipient.objects.filter(site=site, id__in={row.recipient for row in found})
        titles = dict(lines.values_list("id", "title"))
    return tuple(describe_telling(row, titles.get(row.recipient, "")) for row in found)


def group_tellings(site: str, person: str) -> dict[str, tuple[HeldTelling, ...]]:
    """Who has to hear of this person's noes, by the choice or the permission that each is about."""
    found: dict[str, list[HeldTelling]] = {}
    for told in list_tellings(site, person=person, most=MOST_GROUPED):
        found.setdefault(told.reason, []).append(told)
    return {reason: tuple(rows) for reason, rows in found.items()}


def count_pending(site: str) -> int:
    """How many recipients are still to be told."""
    with read_site(site):
        return Telling.objects.filter(site=site, state=PENDING).count()


def describe_telling(row: Telling, title: str) -> HeldTelling:
    """The row as a value."""
    return HeldTelling(
        id=row.pk,
        person=row.person,
        recipient=row.recipient,
        title=title,
        reason=row.reason,
        is_told=row.state == TOLD,
        message=row.message,
        at=row.at,
        told_at=row.told_at,
    )


def mark_told(binding: Binding, telling: int, *, by: str, now: datetime, message: str = "") -> None:
    """Write down that a recipient was told, by a message of ours or by staff. Raises StaffError W136 for one that was
    told already or is not there. A line in the ledger.
    """
    with enter_site(binding.site):
        row = find_pending(binding.site, telling)
        row.state, row.told_at, row.message = TOLD, now, message
        row.save(update_fields=["state", "told_at", "message"])
        kinds = Recipient.objects.filter(site=binding.site, id=row.recipient).values_list("kind", flat=True)
        fields = {"outside": row.recipient, "recipient": kinds.first(), "mail": message or None}
        write_line(binding.site, "telling.done", at=now, person=row.person, by=by, known=binding.names, **fields)


def take_back(binding: Binding, telling: int, *, now: datetime) -> bool:
    """Whether somebody counts as told no longer: their message did not reach them. It stays named, for staff to see."""
    with enter_site(binding.site):
        row = Telling.objects.select_for_update().filter(site=binding.site, pk=telling, state=TOLD).first()
        if row is None:
            return False
        row.state, row.told_at = PENDING, None
        row.save(update_fields=["state", "told_at"])
        kinds = Recipient.objects.filter(site=binding.site, id=row.recipient).values_list("kind", flat=True)
        about: dict[str, Any] = {"outside": row.recipient, "recipient": kinds.first()}
        write_line(binding.site, "telling.pending", at=now, person=row.person, known=binding.names, **about)
    return True


def find_pending(site: str, telling: int) -> Telling:
    """The row of somebody who is still to be told, held until the transaction ends. Raises StaffError W136."""
    row = Telling.objects.select_for_update().filter(site=site, pk=telling, state=PENDING).first()
    if row is None:
        raise StaffError("W136", "that recipient was told already, or is not there", "look at the list again")
    return row
