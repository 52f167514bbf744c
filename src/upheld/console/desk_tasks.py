"""What waits for somebody by their role: parcels under way, answers at the legal desk that are theirs, people who may go in a merger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from upheld.actions.approvals import list_voices
from upheld.actions.demands import APPROVED, ASKED, HeldDemand, list_demands
from upheld.actions.grants import name_staff
from upheld.actions.merger_transfer import list_ripe
from upheld.actions.mergers import list_mergers
from upheld.actions.merging import TOLD_ALL, TRANSFERRING, find_standing
from upheld.actions.shipments import ANY_OPEN, count_shipments, find_business, list_shipments
from upheld.console.moments import Moment, say_moment
from upheld.core.gate.binding import Binding
from upheld.core.rights.demanding import list_desk_roles
from upheld.core.shipping.seeing import find_seeing
from upheld.core.shipping.states import OPEN
from upheld.records.models import Staff
from upheld.records.walls import read_site


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: in words, where, and how much it presses."""

    words: str
    href: str
    kind: str
    when: Moment | None


def list_desk_waiting(binding: Binding, roles: tuple[str, ...], staff: Staff, now: datetime) -> list[Waiting]:
    """What waits at the desk for somebody in these roles; nothing for whoever is not of the desk."""
    if not set(list_desk_roles(binding.policy)) & set(roles):
        return []
    found = [waiting for held in list_demands(binding, now) if (waiting := _find_waiting(held, roles, staff, now))]
    if find_standing(binding.site) is None:
        return found
    for merger in list_mergers(binding.site):
        if merger.row.state not in (TOLD_ALL, TRANSFERRING) or (merger.row.transfer_from or now) > now:
            continue
        with read_site(binding.site):
            count = list_ripe(merger.row, now).count()
        if count:
            href = reverse("console-merger", args=[binding.site, merger.row.id])
            words = f"{count} may go to {merger.successor} now"
            found.append(Waiting(words, href, "plain", say_moment(merger.row.transfer_from, now)))
    return found


def list_parcels_waiting(binding: Binding, roles: tuple[str, ...], now: datetime) -> list[Waiting]:
    """The parcels under way, with when the first is due; nothing for roles that do not see whom a parcel goes to."""
    if find_business(binding) is None or find_seeing(binding, roles) is None:
        return []
    counts = count_shipments(binding.site)
    count = sum(counts.get(state, 0) for state in OPEN)
    if not count:
        return []
    due = list_shipments(binding.site, state=ANY_OPEN, most=1)[0].due_at
    is_late = due is not None and due < now
    words = f"{count} {'parcel' if count == 1 else 'parcels'} under way"
    href = reverse("console-shipments", args=[binding.site])
    return [Waiting(words, href, "bad" if is_late else "warning", say_moment(due, now))]


def _find_waiting(held: HeldDemand, roles: tuple[str, ...], staff: Staff, now: datetime) -> Waiting | None:
    row, ground = held.row, held.ground
    words = ""
    if row.state == APPROVED:
        words = f"Give out demand {row.number}"
    elif row.state == ASKED and ground is not None and ground.approval.role in roles:
        voices = list_voices(row.site, row.id, row.asked)
        if all(voice.by != name_staff(staff.pk) for voice in voices):
            words = f"Say whether you agree to demand {row.number}"
    if not words:
        return None
    is_late = row.due_at is not None and row.due_at < now
    href = reverse("console-demand", args=[row.site, row.id])
    return Waiting(words, href, "bad" if is_late else "warning", say_moment(row.due_at or row.made_at, now))
