"""What only a demo writes: ways in for invented people, staff with grants, the cases of a year; invents nobody itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from upheld.actions.cases import close_case, open_case
from upheld.actions.grants import give_grant, list_live_roles, name_staff
from upheld.actions.ledger import write_line
from upheld.actions.passwords import hash_password, store_password
from upheld.actions.permissions import give_permission
from upheld.actions.staff import add_staff, choose_password, find_staff
from upheld.core.errors import RefusedError, StaffError
from upheld.core.fields.entrance import find_entrance
from upheld.core.gate.binding import Binding
from upheld.core.rights.answering import find_answering
from upheld.records.models import Case, Entry, Item, Person, SignIn, Staff
from upheld.records.walls import enter_site

KIND = "demo.filled"
OWNER = "owner"
NO_SIGN = re.compile(r"[^a-z0-9.]+")
LEFT_OPEN_DAYS = 21


def is_filled(site: str) -> bool:
    """Whether the demo has filled this site to its end."""
    with enter_site(site):
        return Entry.objects.filter(site=site, kind=KIND).exists()


def is_empty(site: str) -> bool:
    """Whether nobody is on record at this site."""
    with enter_site(site):
        return not Person.objects.filter(site=site).exists()


def note_filling(site: str, *, seed: int, now: datetime) -> tuple[int, int]:
    """How many people and items there are now; the line in the ledger says that they are invented."""
    with enter_site(site):
        people, items = Person.objects.filter(site=site).count(), Item.objects.filter(site=site).count()
        write_line(site, KIND, at=now, people=people, items=items, seed=seed)
    return people, items


def give_way_in(binding: Binding, person_id: str, password: str, now: datetime) -> bool:
    """Whether this person can sign in with the password from now on; not where the policy lets nobody sign in."""
    entrance = find_entrance(binding.gate.table)
    with enter_site(binding.site):
        person = Person.objects.filter(site=binding.site, id=person_id).first()
        has_one = SignIn.objects.filter(site=binding.site, person=person_id).exists()
    if entrance is None or person is None:
        return False
    if not has_one:
        store_password(binding, person=person, leaf=entrance.password, encoded=hash_password(password), now=now)
    return True


def permit_holders(binding: Binding, person_id: str, company_id: str, now: datetime) -> bool:
    """Whether this invented user lets the holders of their company's account see who they are, as somebody would."""
    entrance = find_entrance(binding.gate.table)
    with enter_site(binding.site):
        found = {row.id: row for row in Person.objects.filter(site=binding.site, id__in=(person_id, company_id))}
    if entrance is None or len(found) != 2:
        return False
    try:
        touchpoint = entrance.registration.touchpoint
        give_permission(binding, person=found[person_id], company=found[company_id], touchpoint=touchpoint, now=now)
    except RefusedError:  # this policy has no door for it
        return False
    return True


def open_past_cases(binding: Binding, kinds: Mapping[str, str], by: str, now: datetime) -> int:
    """How many cases were opened for items of these touchpoints, each with its kind; all but the latest are closed."""
    with enter_site(binding.site):
        told = list(Item.objects.filter(site=binding.site, touchpoint__in=list(kinds)).order_by("collected_at", "id"))
        known = set(Case.objects.filter(site=binding.site).values_list("item", flat=True))
    fresh = [item for item in told if item.id not in known]
    for item in fresh:
        opened = open_case(
            binding.site,
            kind=kinds[item.touchpoint],
            now=item.collected_at,
            person=item.person_id,
            item=item.id,
            purpose=item.purposes[0],
            touchpoint=item.touchpoint,
            due_at=find_answering(binding.policy, kinds[item.touchpoint]).find_due(item.collected_at),
        )
        if item.collected_at < now - timedelta(days=LEFT_OPEN_DAYS):
            close_case(binding.site, opened.id, outcome="done", by=by, now=item.collected_at + timedelta(days=2))
    return len(fresh)


def make_staff(password: str) -> Staff:
    """The owner of the server, who can sign in with this password."""
    return _find_or_add(OWNER, password, is_owner=True)


def staff_roles(binding: Binding, owner: Staff, password: str, now: datetime) -> tuple[str, ...]:
    """The names of staff, one for each role of the policy, each with a live grant of it.

    Behind them stand further ones of a role of which the policy wants several to agree, such as `privacy-desk-2`.
    """
    roles = binding.policy.words.leaves("role")
    needed = {rule.approval.role: rule.approval.count for rule in binding.policy.active_rules if rule.approval}
    more = [(role, f"-{number}") for role in roles for number in range(2, needed.get(role, 1) + 1)]
    names = []
    for role, mark in [*((role, "") for role in roles), *more]:
        staff = _find_or_add(NO_SIGN.sub("-", role.lower()).strip("-.") + mark, password)
        names.append(staff.username)
        if role not in list_live_roles(site=binding.site, staff=staff.pk, now=now):
            reason = f"invented for the demo: works as {role}"
            give_grant(binding, staff=staff, role=role, reason=reason, given_by=owner, now=now)
    return tuple(names)


def name_first_staff(names: tuple[str, ...]) -> str:
    """How the ledger names the first of these staff; nobody where there are none."""
    return name_staff(find_staff(names[0]).pk) if names else ""


def _find_or_add(username: str, password: str, *, is_owner: bool = False) -> Staff:
    try:
        return find_staff(username)
    except StaffError:
        staff = add_staff(username, is_owner=is_owner)
        choose_password(staff, password)
        return staff
