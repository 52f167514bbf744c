"""What a demo gives out: a register of recipients, and what its first people permit, by the same actions as anybody's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from upheld.actions.grants import list_live_roles
from upheld.actions.handovers import carry_out, weigh_role
from upheld.actions.imports import Newcomer
from upheld.actions.recipients import add_recipient, list_recipients, may_keep_register
from upheld.actions.releases import is_offered, list_releases, permit_release, withdraw_release
from upheld.actions.staff import find_staff
from upheld.core.errors import FormError, RefusedError
from upheld.core.gate.binding import Binding
from upheld.core.rights.releasing import Wish
from upheld.records.models import Permission, Person, Staff
from upheld.records.walls import read_site
from upheld.server.demo_recipe import Giving, Permit

UNTIL = timedelta(days=180)
APART = timedelta(hours=7)  # between one permission and the next


def fill_giving(
    binding: Binding, giving: Giving, first: Sequence[Newcomer], names: Sequence[str], now: datetime
) -> int:
    """How many permissions there are now: each of another of the first people, some used, some withdrawn.

    Nothing where the policy lets no permission count, and nothing a second time.
    """
    staff = [find_staff(name) for name in names]
    customers = [one.id for one in first if one.kind == "person"]
    known = _fill_register(binding, giving, staff, now)
    if not is_offered(binding) or not customers or list_releases(binding.site, now=now, most=1):
        return 0
    started = now - APART * (len(giving.permits) + 1)
    return sum(
        _permit(binding, permit, customers[-1 - place % len(customers)], known, staff, at=started + APART * place)
        for place, permit in enumerate(giving.permits)
    )


def _fill_register(binding: Binding, giving: Giving, staff: Sequence[Staff], now: datetime) -> dict[str, str]:
    """Title -> id of whoever is in the register, which a policy has for its demands too, where nobody permits anything."""
    keeper = next((one for one in staff if may_keep_register(binding, by=one, now=now)), None)
    known = {one.title: one.id for one in list_recipients(binding.site, with_ended=False)}
    for kind, title, email in giving.recipients if keeper is not None else ():
        if title not in known and keeper is not None:
            made = add_recipient(binding, kind=kind, title=title, contact={"email": email}, by=keeper, now=now)
            known[title] = made.id
    return known


def _permit(
    binding: Binding, permit: Permit, person_id: str, known: dict[str, str], staff: Sequence[Staff], *, at: datetime
) -> bool:
    with read_site(binding.site):
        person = Person.objects.filter(site=binding.site, id=person_id).first()
    if person is None or (permit.to and permit.to not in known):
        return False
    wish = Wish(
        known.get(permit.to, ""), permit.named, permit.data, permit.purpose, (at + UNTIL).date(), permit.is_once
    )
    # Not everything is held about everybody; somebody's name is.
    given = _try_it(binding, person, wish, at) or _try_it(binding, person, replace(wish, data=permit.data[:1]), at)
    if given is None:
        return False
    if permit.is_gone:
        _hand_over(binding, given, staff, at + timedelta(hours=1))
    if permit.is_withdrawn:
        withdraw_release(binding, person=person, permission=given.id, now=at + timedelta(hours=2))
    return True


def _try_it(binding: Binding, person: Person, wish: Wish, at: datetime) -> Permission | None:
    try:
        return permit_release(binding, person=person, wish=wish, now=at)
    except (FormError, RefusedError):
        return None


def _hand_over(binding: Binding, given: Permission, staff: Sequence[Staff], at: datetime) -> None:
    """By the first of the staff in whose role it may be seen."""
    for one in staff:
        for role in list_live_roles(site=binding.site, staff=one.pk, now=at):
            if weigh_role(binding, given, role, {"granted": True}, at)[0]:
                carry_out(binding, permission=given.id, staff=one, role=role, now=at)
                return
