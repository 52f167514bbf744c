"""What waits for somebody by their role: parcels, campaigns, what is to be given out or told, the legal desk, mergers, proofs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from upheld.actions.approvals import list_voices
from upheld.actions.attesting import list_held
from upheld.actions.campaigns import DRAFT, PAUSED, list_campaigns
from upheld.actions.demands import APPROVED, ASKED, HeldDemand, list_demands
from upheld.actions.grants import name_staff
from upheld.actions.merger_transfer import list_ripe
from upheld.actions.mergers import list_mergers
from upheld.actions.merging import TOLD_ALL, TRANSFERRING, find_standing
from upheld.actions.proof_standing import find_last_runs
from upheld.actions.proving import BROKEN_OFF
from upheld.actions.recipients import may_keep_register
from upheld.actions.shipments import find_business
from upheld.actions.waiting import (
    survey_parcels,
    survey_releases,
    survey_reviews,
    survey_tellings,
)
from upheld.console.moments import Moment, say_moment
from upheld.core.gate.binding import Binding
from upheld.core.notices.audience import list_campaign_classes
from upheld.core.proof.states import BROKEN
from upheld.core.rights.attesting import list_statements
from upheld.core.rights.demanding import list_desk_roles
from upheld.core.shipping.seeing import find_seeing
from upheld.records.models import Staff
from upheld.records.walls import read_site

MOST_NAMED = 20  # campaigns


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
    pile = survey_parcels(binding.site, now)
    if not pile.count:
        return []
    words = f"{say_number(pile.count, 'parcel', 'parcels')} under way"
    if pile.late:
        words += f", {pile.late} late"
    href = reverse("console-shipments", args=[binding.site])
    return [Waiting(words, href, "bad" if pile.late else "warning", say_moment(pile.first, now))]


def list_campaigns_held(binding: Binding, now: datetime) -> list[Waiting]:
    """The campaigns that wait for their test, and those that the policy kept from beginning; none where nothing may go to
    many.
    """
    if not list_campaign_classes(binding.policy):
        return []
    found = []
    for held in list_campaigns(binding.site, states=(DRAFT, PAUSED), most=MOST_NAMED):
        href, when = reverse("console-campaign", args=[binding.site, held.id]), say_moment(held.changed_at, now)
        if held.state == DRAFT and not held.is_tested:
            found.append(Waiting(f"Test the campaign “{held.name}”", href, "plain", when))
        elif held.state == PAUSED and "refused" in held.counts:
            found.append(Waiting(f"The campaign “{held.name}” was kept from beginning", href, "warning", when))
    return found


def list_giving_waiting(binding: Binding, staff: Staff, now: datetime) -> list[Waiting]:
    """What people permitted and nobody handed over, recipients who are to be told of a no, and, for whoever keeps the
    register, lines to look at again.
    """
    site, found = binding.site, []
    releases, told = survey_releases(site, now), survey_tellings(site)
    page = reverse("console-releases", args=[site])
    if releases.count:
        words = f"{say_number(releases.count, 'permission', 'permissions')} to hand something over"
        found.append(Waiting(words, page, "warning", say_moment(releases.first, now)))
    if told.count:
        words = f"{say_number(told.count, 'recipient', 'recipients')} still to be told of a no"
        found.append(Waiting(words, page, "warning", say_moment(told.first, now)))
    reviews = survey_reviews(site, now)
    if reviews.count and may_keep_register(binding, by=staff, now=now):
        words = f"Review {say_number(reviews.count, 'recipient', 'recipients')} of the register"
        href = reverse("console-recipients", args=[site])
        found.append(Waiting(words, href, "bad" if reviews.late else "warning", say_moment(reviews.first, now)))
    return found


def list_broken(binding: Binding, now: datetime) -> list[Waiting]:
    """The sentences that are broken as the newest proof of the policy in force found, and what is wrong with proofs themselves."""
    newest, last = find_last_runs(binding.site, binding.policy.digest)
    href, found = reverse("console-proof", args=[binding.site]), []
    broken = newest.counts.get(BROKEN, 0) if newest is not None else 0
    if newest is not None and broken:
        words = f"{say_number(broken, 'sentence of the policy is', 'sentences of the policy are')} broken"
        found.append(Waiting(words, href, "bad", say_moment(newest.ended_at, now)))
    if newest is not None and newest.faults:
        found.append(Waiting("Something is wrong with the proof itself", href, "bad", say_moment(newest.ended_at, now)))
    if last is not None and last.state == BROKEN_OFF:
        found.append(Waiting("The last proof broke off", href, "warning", say_moment(last.began_at, now)))
    return found


def list_vouching(binding: Binding, roles: tuple[str, ...], now: datetime) -> list[Waiting]:
    """What somebody in these roles has to vouch for soon, or should have."""
    if not any(one.role in roles for one in list_statements(binding.policy)):
        return []
    due = [one for one in list_held(binding, now) if one.statement.role in roles and one.is_due(now)]
    if not due:
        return []
    ends = [one.until for one in due if one.until is not None]
    is_over = any(end <= now for end in ends)
    href = reverse("console-vouching", args=[binding.site])
    words = f"Vouch for {say_number(len(due), 'statement', 'statements')}"
    return [Waiting(words, href, "bad" if is_over else "warning", say_moment(min(ends, default=None), now))]


def say_number(count: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else many}"


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
