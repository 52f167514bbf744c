"""What staff have on their desks in a demo: a campaign that went out and one in the making, a demand that waits for a voice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from upheld.actions.campaign_sending import begin_campaign, send_batch
from upheld.actions.campaigns import (
    Draft,
    list_campaigns,
    release_campaign,
    survey_campaign,
    test_campaign,
    write_campaign,
)
from upheld.actions.demand_answers import answer_demand, put_demand
from upheld.actions.demands import Taking, Written, add_person, list_demands, take_down
from upheld.actions.grants import list_live_roles, name_staff
from upheld.actions.imports import Newcomer
from upheld.actions.recipients import list_recipients
from upheld.actions.staff import find_staff
from upheld.core.gate.binding import Binding
from upheld.core.notices.audience import Cap, find_campaign_class
from upheld.core.rights.demanding import list_desk_roles
from upheld.records.models import Staff
from upheld.server.demo_recipe import WrittenCampaign, WrittenDemand

BEFORE = timedelta(hours=2)  # what is done today was done so long ago
ANSWER_WITHIN = timedelta(days=14)


def fill_campaigns(
    binding: Binding, campaigns: Sequence[WrittenCampaign], names: Sequence[str], *, home: str, now: datetime
) -> int:
    """How many campaigns there are now, sent ones and drafts; none of a class that the policy sends to nobody, none twice."""
    if not names or list_campaigns(binding.site):
        return 0
    by, at, count = name_staff(find_staff(names[0]).pk), now - BEFORE, 0
    for one in campaigns:
        found = find_campaign_class(binding.policy, one.mail_class)
        if found is None:
            continue
        draft = Draft(one.name, one.mail_class, found.audiences[0], one.subject, one.text, Cap())
        made = write_campaign(binding, draft, by=by, now=at)
        count += 1
        if not one.is_sent:
            continue
        test_campaign(binding, made.id, home=home, by=by, now=at)
        reached = survey_campaign(binding, made, at).reached
        release_campaign(binding, made.id, reached=reached, by=by, now=at)
        begin_campaign(binding, made.id, now=at)
        while send_batch(binding, made.id, home=home, now=at):
            pass
    return count


def fill_demand(
    binding: Binding, demand: WrittenDemand | None, first: Sequence[Newcomer], names: Sequence[str], now: datetime
) -> str:
    """The number of a demand about the last of the first people, to which all of the desk but one agree; empty for none."""
    desk = list_desk(binding, names, now)
    people = [one.id for one in first if one.kind == "person"]
    if demand is None or len(desk) < 2 or not people or list_demands(binding, now):
        return ""
    known = [one for one in list_recipients(binding.site, with_ended=False) if one.title == demand.recipient]
    if not known:
        return ""
    at = now - BEFORE
    taking = Taking(
        ground=demand.ground,
        kind=known[0].kind,
        recipient=known[0].id,
        wanted=demand.wanted,
        scope=demand.scope,
        written=Written(instrument=demand.instrument, citation=demand.citation),
        due_at=now + ANSWER_WITHIN,
    )
    made = take_down(binding, taking=taking, staff=desk[0], now=at)
    add_person(binding, made.row.id, person=people[-1], staff=desk[0], now=at)
    put_demand(binding, made.row.id, staff=desk[0], now=at)
    for one in desk[:-1]:
        answer_demand(binding, made.row.id, staff=one, is_yes=True, now=at)
    return made.row.number


def list_desk(binding: Binding, names: Sequence[str], now: datetime) -> list[Staff]:
    """Those of the staff who are of the legal desk."""
    roles = set(list_desk_roles(binding.policy))
    staff = [find_staff(name) for name in names]
    return [one for one in staff if roles & set(list_live_roles(site=binding.site, staff=one.pk, now=now))]
