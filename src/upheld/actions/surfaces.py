"""That somebody came in by another surface of the site than its own, kept beside the facts about them.

Writes no line of its own: the act by which they came has one, and says by which way.
"""

from __future__ import annotations

from upheld.actions.facts import Facts
from upheld.actions.standings import restate
from upheld.core.gate.binding import Binding
from upheld.core.gate.surfaces import name_origin
from upheld.records.models import Person
from upheld.records.walls import enter_site

# How items are marked that programs brought, such as the business's app.
BY_PROGRAM = "api"


def note_surface(binding: Binding, person: Person) -> None:
    """Keep the surface on which this happens, where it is not the site's own; belongs inside the transaction of the act."""
    if not binding.happens_on or person.facts.get(name_origin(binding.happens_on)):
        return
    with enter_site(binding.site, is_part=True):
        row = Person.objects.select_for_update(no_key=True).get(site=binding.site, id=person.id)
        person.facts = row.facts = {**row.facts, name_origin(binding.happens_on): True}
        row.save(update_fields=["facts"])
        restate(binding, person)


def tell_origin(binding: Binding, method: str) -> Facts:
    """What the gate is told of an item that came in like this: only what programs brought came by another surface."""
    return {name_origin(other.surface): method == BY_PROGRAM for other in binding.beside}
