"""People correct what is held about them: the value is sealed anew in its place, and the ledger says which category changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.held import list_touchpoints
from upheld.actions.keys import open_person_keys
from upheld.actions.ledger import write_line
from upheld.actions.people import add_identifier, list_identifier_leaves
from upheld.actions.surfaces import name_way, note_surface
from upheld.actions.vault import Value, open_values, put_items, seal_values
from upheld.core.errors import FormError, RefusedError
from upheld.core.fields import FormPlan
from upheld.core.fields.correction import find_touchpoint, plan_correction
from upheld.core.fields.entrance import find_entrance
from upheld.core.gate.binding import Binding
from upheld.core.policy.compile import Table
from upheld.core.rights.letting import ACCOUNT, CHANGE, find_letting
from upheld.core.seal.envelope import Label
from upheld.records.models import Identifier, Item, Person
from upheld.records.walls import enter_site

METHOD = "account"
PROVED_BY_LINK = "email"
COMPANY_KIND = "company"


def plan_corrections(binding: Binding, person: Person) -> FormPlan | None:
    """The form by which this person, or company, corrects what is held; None when the policy lets them change none of it.

    What one signs in with and is reached at is not on it: it changes only once a link sent there has been opened.
    """
    table = binding.gate.table
    leave_out = (*list_proved_leaves(binding), *list_leaves_of_others(table, person))
    return plan_correction(table, list_touchpoints(binding.site, person), leave_out)


def list_leaves_of_others(table: Table, person: Person) -> tuple[str, ...]:
    """The categories that are never about this one: a company has no first name, a person no company's address."""
    entrance = find_entrance(table)
    if entrance is None:
        return ()
    return entrance.registration.data if person.kind == COMPANY_KIND else entrance.list_company_data()


def list_proved_leaves(binding: Binding) -> tuple[str, ...]:
    """The categories that may change, but only by a link: addresses that find a person exactly."""
    kinds = list_identifier_leaves(binding.policy.words)
    letting = find_letting(binding.gate.table, CHANGE)
    return tuple(leaf for leaf, kind in kinds.items() if kind == PROVED_BY_LINK and leaf in letting.data)


@dataclass(frozen=True, slots=True)
class _Correcting:
    """One correction: under which policy, of whose data, when, and by whom if it was not the person."""

    binding: Binding
    person: Person
    now: datetime
    by: str


def correct_values(
    binding: Binding,
    *,
    person: Person,
    values: Mapping[str, str],
    now: datetime,
    by: str = "",
    is_proved: bool = False,
) -> tuple[str, ...]:
    """The categories that changed. An empty value takes back what was told; what is as it was is left alone.

    Everywhere the category is held about this person it is sealed anew, with its edition counted up; what is not held
    yet comes in at the touchpoint whose form asks for it. Raises RefusedError when the policy does not let people
    change a category, FormError F911 for an address unless `is_proved` says that its link was opened. Side effects:
    a line in the ledger for each item, and the index of a phone number.
    """
    letting = find_letting(binding.gate.table, CHANGE)
    others = list_leaves_of_others(binding.gate.table, person)
    for leaf in values:
        if leaf not in letting.data or leaf in others:
            raise RefusedError(f"change {leaf} at {ACCOUNT}")
        refuse_here(binding, leaf)
        if leaf in list_proved_leaves(binding) and not is_proved:
            raise FormError(
                "F911", f"`{leaf}` changes only by a link", "ask for the link; it is sent to the new address"
            )
    correcting = _Correcting(binding, person, now, by)
    with enter_site(binding.site):
        changed, held = _rewrite_items(correcting, values)
        for leaf in values.keys() - held:
            if values[leaf]:
                _take_in(correcting, leaf, values[leaf])
                changed.add(leaf)
        _index_anew(binding, person, {leaf: values[leaf] for leaf in changed}, now)
    return tuple(leaf for leaf in values if leaf in changed)


def refuse_here(binding: Binding, leaf: str) -> None:
    """Raise RefusedError when the policy for the surface where this happens does not let people change the category."""
    for gate in binding.list_gates_here():
        letting = find_letting(gate.table, CHANGE)
        if leaf not in letting.data:
            raise RefusedError(f"change {leaf} at {ACCOUNT}", letting.sentences)


def _rewrite_items(correcting: _Correcting, values: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """The categories that changed, and those that are held at all; belongs inside a transaction."""
    site = correcting.binding.site
    rows = Item.objects.select_for_update().filter(site=site, person=correcting.person)
    items = [item for item in rows if not values.keys().isdisjoint(item.categories)]
    keys = open_person_keys(site, {item.key for item in items}) if items else {}
    changed: set[str] = set()
    held: set[str] = set()
    for item in items:
        before = open_values(keys[item.key], bytes(item.sealed), _label(item))
        held |= values.keys() & before.keys()
        new = {leaf: text for leaf, text in values.items() if leaf in before and before[leaf] != text}
        if new:
            changed |= new.keys()
            _rewrite_item(correcting, item, {**before, **new}, keys[item.key], tuple(sorted(new)))
    return changed, held


def _rewrite_item(
    correcting: _Correcting, item: Item, values: Mapping[str, Value], key: bytes, changed: tuple[str, ...]
) -> None:
    """The item with these values under its own label; what was emptied is no longer held, and an empty item goes."""
    left = {leaf: value for leaf, value in values.items() if value}
    told: dict[str, object] = {"item": item.id, "data": changed, "version": correcting.binding.current.isoformat()}
    kind = "item.corrected" if left else "item.erased"
    if left:
        told["touchpoint"] = ACCOUNT
        item.sealed, item.categories = seal_values(key, left, _label(item)), list(left)
        item.corrected_at, item.edition = correcting.now, item.edition + 1
        item.method = name_way(correcting.binding, item.method)  # what it holds now came in here, in part
        item.save(update_fields=["sealed", "categories", "corrected_at", "edition", "method"])
        note_surface(correcting.binding, correcting.person)
    known = correcting.binding.names
    write_line(item.site, kind, at=correcting.now, person=item.person_id, by=correcting.by, known=known, **told)
    if not left:
        item.delete()


def _take_in(correcting: _Correcting, leaf: str, value: str) -> None:
    """Seal what was not told before, as of the touchpoint that asks for it; raises RefusedError when none of theirs does."""
    binding, person = correcting.binding, correcting.person
    touchpoint = find_touchpoint(binding.gate.table, list_touchpoints(binding.site, person), leaf)
    if not touchpoint:
        raise RefusedError(f"collect {leaf} at {ACCOUNT}")
    put_items(
        binding,
        person=person,
        touchpoint=touchpoint,
        values={leaf: value},
        now=correcting.now,
        method=METHOD,
        by=correcting.by,
    )


def _index_anew(binding: Binding, person: Person, values: Mapping[str, str], now: datetime) -> None:
    """New numbers find the person from now on, old ones no longer; addresses are indexed by whoever had them proved."""
    for leaf, kind in list_identifier_leaves(binding.policy.words).items():
        if leaf not in values or kind == PROVED_BY_LINK:
            continue
        Identifier.objects.filter(site=binding.site, person=person, kind=kind).delete()
        if values[leaf]:
            add_identifier(binding, person=person, kind=kind, text=values[leaf], now=now)


def _label(item: Item) -> Label:
    return Label(item.site, item.person_id, item.id, item.touchpoint)
