"""Staff read what is held about one person: in a role they hold, for a purpose, on a case, and only what the gate permits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from upheld.actions.cases import HeldCase, find_case
from upheld.actions.grants import has_live_grant, name_staff
from upheld.actions.vault import Opening, open_items
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.records.models import Item, Membership, Person, Staff
from upheld.records.walls import enter_site, read_site


def open_for_staff(
    binding: Binding,
    *,
    staff: Staff,
    role: str,
    person: str,
    purpose: str,
    case: str,
    now: datetime,
    item: str = "",
    items: Iterable[str] = (),
) -> Opening:
    """What this member of staff may see of a person now, and what is withheld; one line in the ledger.

    The gate is told `granted` when they hold a live grant of the role, and `assigned` when the case is theirs. `item`
    narrows it to one item, such as the message that opened the case, `items` to several, such as those of a shipment. Raises StaffError W101 for what is no role of the
    policy, such as the customer's own part, W113 for a role without a live grant, W110 without a purpose of the policy,
    W106 without an open case that is about this person, W111 when there is no such person.
    """
    if role not in binding.policy.words.leaves("role"):
        raise StaffError("W101", "something is opened only in a role of the policy", "choose one that you hold")
    if purpose not in binding.policy.words.leaves("purpose"):
        raise StaffError("W110", "something is opened only for a purpose of the policy", "choose one")
    by, wanted = name_staff(staff.pk), [key for key in (item, *items) if key]
    with enter_site(binding.site):
        held = find_case(binding.site, case)
        if held is None or not held.is_open or held.person != person:
            raise StaffError("W106", "there is no open case about this person of that number", "open one first")
        known = know_of_act(binding, staff=staff, role=role, case=held, now=now)
        # Not left to the policy: its rule for a role may be written without `granted`.
        if not known["granted"]:
            raise StaffError(
                "W113", f"you hold no live grant of the role `{role}`", "the owner gives and reviews grants"
            )
        row = Person.objects.filter(site=binding.site, id=person).first()
        if row is None:
            raise StaffError("W111", "there is nobody of that id here", "they may have been erased")
        return open_items(
            binding,
            person=row,
            action="show",
            counterpart=role,
            purpose=purpose,
            facts=known,
            by=by,
            case=case,
            items=list(Item.objects.filter(site=binding.site, person=row, id__in=wanted)) if wanted else None,
            now=now,
        )


def list_tied(site: str, person: str) -> tuple[str, ...]:
    """The ids of the users of a company, or of the companies that a person is a user of; whoever joined first first."""
    with read_site(site):
        rows = Membership.objects.filter(Q(company=person) | Q(person=person), site=site).order_by("joined_at", "pk")
        pairs = rows.values_list("company_id", "person_id")
        return tuple(user if company == person else company for company, user in pairs)


def know_of_act(binding: Binding, *, staff: Staff, role: str, case: HeldCase, now: datetime) -> dict[str, bool | None]:
    """What the gate is told of staff who ask: whether the grant is live, and whether the case is theirs."""
    is_granted = has_live_grant(site=binding.site, staff=staff.pk, role=role, now=now)
    return {"granted": is_granted, "assigned": case.assigned_to == name_staff(staff.pk)}
