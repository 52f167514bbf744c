"""Who outside has to hear of a no: whoever was given data that the no is about. In the house it holds at once."""

from __future__ import annotations

from datetime import datetime

from upheld.actions.ledger import write_line
from upheld.core.gate.binding import Binding
from upheld.core.rights.permitting import list_stopped
from upheld.records.models import Disclosure, Permission, Person, Recipient, Telling
from upheld.records.walls import enter_site

PENDING, TOLD = "pending", "told"


def note_no(binding: Binding, *, person: Person | str, reason: str, now: datetime) -> int:
    """How many recipients have to be told that this person said no to the choice `reason`.

    Those who were given data of theirs for a purpose that a no to this choice stops, each once while they have not been
    told. Side effects: a row and a line in the ledger for each.
    """
    name = person if isinstance(person, str) else person.id
    with enter_site(binding.site):
        given = Disclosure.objects.filter(site=binding.site, person=name).exclude(recipient="")
        pairs = list(given.values_list("recipient", "purpose").distinct())
        if not pairs:
            return 0
        stopped = set(list_stopped(binding.policy, reason))
        recipients = {recipient for recipient, purpose in pairs if purpose in stopped}
        return _note(binding, name, recipients, reason, now, choice=reason)


def note_withdrawn(binding: Binding, given: Permission, now: datetime) -> int:
    """How many recipients have to be told that a permission under which they were given data was withdrawn."""
    with enter_site(binding.site):
        rows = Disclosure.objects.filter(site=binding.site, person=given.person_id, subject=given.id)
        recipients = set(rows.exclude(recipient="").values_list("recipient", flat=True))
        return _note(binding, given.person_id, recipients, given.id, now, permission=given.id)


def _note(binding: Binding, person: str, recipients: set[str], reason: str, now: datetime, **about: str) -> int:
    site = binding.site
    waiting = Telling.objects.filter(site=site, person=person, reason=reason, state=PENDING)
    new = sorted(recipients - set(waiting.values_list("recipient", flat=True)))
    kinds = dict(Recipient.objects.filter(site=site, id__in=new).values_list("id", "kind"))
    for recipient in new:
        Telling.objects.create(site=site, person=person, recipient=recipient, reason=reason, at=now)
        told = {"outside": recipient, "recipient": kinds.get(recipient), **about}
        write_line(site, "telling.pending", at=now, person=person, known=binding.names, **told)
    return len(new)
