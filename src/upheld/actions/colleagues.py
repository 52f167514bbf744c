"""The users of a company's account as its holders see them: somebody else's name and address only by their permission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upheld.actions.accounts import access_entrance
from upheld.actions.companies import check_holder, list_members
from upheld.actions.permissions import list_live_permissions
from upheld.actions.vault import Opening, open_items
from upheld.core.gate.binding import COMPANY_RECIPIENT, Binding
from upheld.core.policy.model import SELF
from upheld.core.rights.permitting import PERMITTED, list_naming
from upheld.records.models import Membership, Permission

PERSON_NAME = "user.name"
NOTHING = Opening((), ())


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who uses the company's account, as its holders see them; name and address are empty where not permitted."""

    person: str
    name: str
    address: str
    is_holder: bool
    is_primary: bool
    joined_at: datetime


def open_colleagues(binding: Binding, *, membership: Membership, now: datetime) -> tuple[Colleague, ...]:
    """Everybody who uses the company's account, for a holder.

    The holder's own name and address are shown to them as the policy shows people what is theirs. Those of somebody else
    are shared with the company, so the gate is asked for that, with the permission that this person gave; without one
    nothing is asked for and nothing opened. Raises AccountError A104. Side effect: a line for each person of whom
    something is held and was asked for; it says who looked.
    """
    check_holder(membership)
    address, words = access_entrance(binding).address, binding.policy.words.of_sort("data")
    live = list_live_permissions(binding.site, membership.company)
    found = []
    for member in list_members(binding.site, membership.company):
        opening = _open_colleague(binding, member, live.get(member.person_id), looker=membership.person_id, now=now)
        told = {opened.data: str(opened.value) for opened in opening.values}  # later items stand behind earlier ones
        found.append(
            Colleague(
                person=member.person_id,
                name=next((text for leaf, text in told.items() if words[leaf].value == PERSON_NAME), ""),
                address=told.get(address, ""),
                is_holder=member.is_holder,
                is_primary=member.is_primary,
                joined_at=member.joined_at,
            )
        )
    return tuple(found)


def _open_colleague(
    binding: Binding, member: Membership, permission: Permission | None, *, looker: str, now: datetime
) -> Opening:
    if member.person_id == looker:
        naming = list_naming(binding.policy.words, access_entrance(binding).registration.data)
        return open_items(binding, person=member.person, action="show", counterpart=SELF, data=naming, now=now)
    if permission is None:
        return NOTHING
    return open_items(
        binding,
        person=member.person,
        action="share",
        counterpart=COMPANY_RECIPIENT,
        purpose=permission.purpose,
        data=permission.data,
        facts={PERMITTED: True},
        now=now,
        by=looker,
    )
