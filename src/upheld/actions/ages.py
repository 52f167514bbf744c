"""Whether somebody is old enough, as they said in a form: a fact about them that the gate asks for; the day itself is not kept."""

from __future__ import annotations

from upheld.actions.standings import restate
from upheld.core.gate.binding import Binding
from upheld.records.models import Person
from upheld.records.walls import enter_site

MINOR = "known minor"


def know_age(binding: Binding, person: Person, is_old_enough: bool | None) -> None:  # noqa: FBT001 - None is an answer, too
    """Keep what a person said of their age; nothing where a form did not ask.

    Of somebody too young the gate then lets nothing in where the policy has an age limit, and the transaction around this
    ends: nothing of it is kept. Writes no line of its own, since what is taken in has one.
    """
    if is_old_enough is None or person.facts.get(MINOR) is (not is_old_enough):
        return
    with enter_site(binding.site, is_part=True):
        # read anew and held: what another request has just learned of this person must not be written over
        row = Person.objects.select_for_update(no_key=True).get(site=binding.site, id=person.id)
        person.facts = row.facts = {**row.facts, MINOR: not is_old_enough}
        row.save(update_fields=["facts"])
        if row.standing:
            restate(binding, person)
