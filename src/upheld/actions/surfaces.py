"""That somebody came in by another surface of the site than its own, kept beside the facts about them.

Writes no line of its own: the act by which they came has one, and says by which way.
"""

from __future__ import annotations

from upheld.actions.facts import LAST_SIGN_IN, Facts
from upheld.actions.standings import restate
from upheld.core.gate.binding import Binding
from upheld.core.gate.surfaces import name_origin
from upheld.core.rights.keeping import Keeping, find_keeping
from upheld.records.models import Item, Person
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


def bind_items(binding: Binding, person: Person, leaf: str) -> None:
    """What holds this category counts as come in here, for a new value of it was told here; nothing on the site's own pages."""
    if not binding.happens_on:
        return
    with enter_site(binding.site, is_part=True):
        rows = Item.objects.filter(site=binding.site, person=person).only("id", "categories")
        held = [row.id for row in rows if leaf in row.categories]
        Item.objects.filter(site=binding.site, id__in=held).update(method=BY_PROGRAM)
        note_surface(binding, person)


def tell_origin(binding: Binding, method: str) -> Facts:
    """What the gate is told of an item that came in like this: only what programs brought came by another surface."""
    return {name_origin(other.surface): method == BY_PROGRAM for other in binding.beside}


def tell_coming(binding: Binding, method: str) -> Facts:
    """The same beside what is known of the person, of whom something may have come in before that was noted: it adds only."""
    return {fact: True for fact, came in tell_origin(binding, method).items() if came}


def name_way(binding: Binding, method: str) -> str:
    """How what comes in here is marked: by a program where it happens on another surface, whichever part of us seals it."""
    return BY_PROGRAM if binding.happens_on else method


def find_clock(binding: Binding, method: str, leaf: str) -> Keeping:
    """The keeping of a category that counts beside the end an item has: the site's own, or that of another surface's policy
    by which it came in, where that one lets it stay for less time after the last sign-in.
    """
    found = find_keeping(binding.gate.table, leaf)
    if method != BY_PROGRAM:
        return found
    for other in binding.beside:
        for gate in other.gates:
            theirs = find_keeping(gate.table, leaf)
            is_shorter = found.event != LAST_SIGN_IN or (theirs.days or 0) < (found.days or 0)
            if theirs.event == LAST_SIGN_IN and is_shorter:
                found = theirs
    return found
