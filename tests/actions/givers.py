"""What the tests of giving out share, on every floor: a registered recipient, a wish, a permission, staff who carry it out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from upheld.core.gate.binding import Binding
from upheld.core.rights.releasing import Wish

CLERK = "c.lindqvist"
CONTACT = {"name": "R. Sands", "email": "data@sandspit.example", "post": "4 Sandspit Road, Port Ellery"}
NAMED = {"name": "Dr. Wren Ashby", "email": "wren@ashby.example", "post": ""}
LAST_DAY = date(2026, 12, 31)
WISH = Wish(named=NAMED, data=("person.email",), purpose="research", until=LAST_DAY, is_once=True)


def hire(binding: Binding, now: datetime, role: str = "customer-service", name: str = CLERK) -> Any:
    """A member of staff with a live grant; the owner when no role is given."""
    from upheld.actions.grants import give_grant, has_live_grant
    from upheld.records.models import Staff

    owner, _ = Staff.objects.get_or_create(username="o.reyes", defaults={"is_owner": True})
    if not role:
        return owner
    staff, _ = Staff.objects.get_or_create(username=name)
    if not has_live_grant(site=binding.site, staff=staff.pk, role=role, now=now):
        give_grant(binding, staff=staff, role=role, reason="hands over what people permit", given_by=owner, now=now)
    return staff


def register_recipient(
    binding: Binding, now: datetime, kind: str = "affiliates", title: str = "Sandspit Freight"
) -> Any:
    """A line of the register, made by the owner."""
    from upheld.actions.recipients import add_recipient

    owner = hire(binding, now, "")
    return add_recipient(binding, kind=kind, title=title, contact=CONTACT, by=owner, now=now)


def permit(binding: Binding, person: Any, now: datetime, wish: Wish = WISH) -> Any:
    """The person permits it."""
    from upheld.actions.releases import permit_release

    return permit_release(binding, person=person, wish=wish, now=now)


def hand_over(binding: Binding, given: Any, now: datetime, staff: Any = None, role: str = "customer-service") -> Any:
    """Staff carry it out."""
    from upheld.actions.handovers import carry_out

    return carry_out(binding, permission=given.id, staff=staff or hire(binding, now, role), role=role, now=now)
