"""A campaign on its way: person after person, each asked of the gate anew, in batches that are done whole or not at all.

INVARIANT: the cursor moves in the transaction that queues a batch. Whatever is killed, and however many processes send,
nobody gets a campaign twice and nobody is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from upheld.actions.audiences import Audience, find_capped, survey_audience
from upheld.actions.campaigns import DONE, PAUSED, SCHEDULED, SENDING, check_draft, describe_draft, find_campaign
from upheld.actions.ledger import write_line
from upheld.actions.letters import queue_letters
from upheld.actions.merging import know_of_merger
from upheld.actions.outgoing import CAMPAIGN, QUEUED, WAITING
from upheld.actions.rows import insert_rows, read_columns
from upheld.core.errors import RefusedError
from upheld.core.gate.binding import Binding
from upheld.core.notices.audience import Cap, Group, judge_groups
from upheld.core.notices.standing import HOLDER
from upheld.records.models import Campaign, CampaignMail, Outgoing, Person, Standing
from upheld.records.walls import enter_site, read_site

IN_A_BATCH = 200
# A campaign lays no more into the outbox than leaves in a short while: a no that comes meanwhile finds most unwritten.
MOST_WAITING = 2000
CAPPED = "capped"
MAIL = ("site", "campaign_id", "person", "message", "reason", "at")


def list_due_campaigns(site: str, now: datetime) -> tuple[str, ...]:
    """The campaigns that have something to do now: their time has come, or they are on their way; the oldest first."""
    with read_site(site):
        rows = Campaign.objects.filter(site=site, state__in=(SCHEDULED, SENDING)).order_by("send_at", "id")
        found = list(rows.values_list("id", "state", "send_at"))
    return tuple(row for row, state, at in found if state == SENDING or (at is not None and at <= now))


def begin_campaign(binding: Binding, campaign: str, *, now: datetime) -> bool:
    """Whether a campaign whose time has come began, with what the gate says of everybody now kept beside it.

    One that the policy in force no longer permits is paused instead, and says so. One line in the ledger.
    """
    held = find_campaign(binding.site, campaign)
    if held is None or held.state != SCHEDULED or held.send_at is None or held.send_at > now:
        return False
    # Before the transaction: nobody who writes waits for a count.
    audience = survey_audience(binding, held.mail_class, cap=held.cap, now=now, leaving_out=held.id)
    with enter_site(binding.site):
        row = _hold(binding.site, campaign, SCHEDULED)
        if row is None:
            return False
        try:
            check_draft(binding, describe_draft(held))
        except RefusedError as refused:
            row.state, row.counts = PAUSED, {"refused": list(refused.because)}
            row.save(update_fields=["state", "counts"])
            write_line(binding.site, "campaign.paused", at=now, known=binding.names, campaign=row.id, outcome="refused")
            return False
        row.state, row.started_at, row.counts = SENDING, now, tell_counts(audience)
        row.save(update_fields=["state", "started_at", "counts"])
        fields: dict[str, Any] = {"campaign": row.id, "class": row.mail_class, "digest": row.tested_digest}
        fields |= {"reached": audience.reached, "withheld": audience.withheld}
        write_line(binding.site, "campaign.begun", at=now, by=row.sent_by, known=binding.names, **fields)
    return True


def send_batch(binding: Binding, campaign: str, *, home: str, now: datetime, most: int = IN_A_BATCH) -> int:
    """How many of the next people a campaign came by; 0 when it is over, held by another process, or not on its way.

    Each of them is asked of the gate by what is known of them in this moment. Side effects: messages in the outbox with
    their lines, a row for each, the cursor; at the end the line that says so.
    """
    with enter_site(binding.site):
        row = _hold(binding.site, campaign, SENDING)
        if row is None:
            return 0
        found = list_next(binding, row, most)
        people = {person.id: person for person in Person.objects.filter(site=binding.site, id__in=found)}
        cap = Cap(row.cap_count, row.cap_days)
        if cap.is_set:
            lock_cap(binding.site)
        capped = find_capped(binding, found, cap, now, row.id)
        due = [people[name] for name in found if name in people and name not in capped]  # who was erased is nobody
        came = dict(zip((person.id for person in due), _queue(binding, row, due, home, now), strict=True))
        came |= {name: ("", CAPPED) for name in found if name in people and name in capped}
        mails = [(binding.site, row.id, name, *came[name], now) for name in found if name in came]
        insert_rows(CampaignMail, MAIL, mails)
        _count(row, mails)
        row.cursor = found[-1] if found else row.cursor
        if len(found) < most:
            _finish(binding, row, now)
        row.save(update_fields=["counts", "cursor", "state", "finished_at"])
    return len(found)


def lock_cap(site: str) -> None:
    """Wait until no other campaign of the site queues a batch: two that count at once would both find one message too few.

    It is held until the transaction ends. SQLite's IMMEDIATE transactions do it by themselves.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"upheld campaigns {site}"])


def list_next(binding: Binding, row: Campaign, most: int) -> list[str]:
    """The next people behind the cursor whose combination the gate lets have the message; belongs inside the site."""
    permitted = find_permitted(binding, row.mail_class)
    standings = sorted({standing for _, standing in permitted})
    found: list[str] = []
    cursor = row.cursor
    while standings and len(found) < most:
        marks = ", ".join(["%s"] * len(standings))
        rest = f"WHERE site = %s AND id > %s AND standing IN ({marks}) ORDER BY id LIMIT {int(most)}"
        rows = read_columns(Person, ("id", "version", "standing"), rest, (binding.site, cursor, *standings))
        found += [person for person, version, standing in rows if (version, standing) in permitted]
        if len(rows) < most:
            break
        cursor = rows[-1][0]
    return found[:most]


def find_permitted(binding: Binding, mail_class: str) -> frozenset[tuple[date, int]]:
    """The versions and combinations of account holders that the gate lets have this class; belongs inside the site."""
    rows = Standing.objects.filter(site=binding.site, belongs=HOLDER).values_list("id", "answers", "facts", "since")
    groups = [
        Group(version, number, answers, facts, 0, since)
        for number, answers, facts, since in rows
        for version in binding.gates
    ]
    return judge_groups(binding, mail_class, groups, know_of_merger(binding.site, "")).permitted


def is_outbox_full(site: str) -> bool:
    """Whether so many messages of campaigns wait that the next ones are better written later."""
    with read_site(site):
        rows = Outgoing.objects.filter(site=site, kind=CAMPAIGN, state__in=(QUEUED, WAITING))
        return rows.count() >= MOST_WAITING


def tell_counts(audience: Audience) -> dict[str, Any]:
    """What the gate said of everybody when the sending began, as it is kept beside the campaign."""
    return {
        "holders": audience.holders,
        "reached": audience.reached,
        "lapsed": audience.lapsed,
        "suppressed": audience.suppressed,
        "capped": audience.capped,
        "because": [[share.sentence, share.outcome, share.people] for share in audience.judgement.because],
        "why_not": [[share.sentence, share.outcome, share.people] for share in audience.judgement.why_not],
        "others": dict(audience.others),
        "queued": 0,
        "left_out": {},
    }


def _hold(site: str, campaign: str, state: str) -> Campaign | None:
    """The campaign's row, held until the transaction ends; None while another process holds it."""
    rows = Campaign.objects.select_for_update(skip_locked=True).filter(site=site, id=campaign, state=state)
    return rows.first()


def _queue(
    binding: Binding, row: Campaign, people: Sequence[Person], home: str, now: datetime
) -> list[tuple[str, str]]:
    """For each of these people the id of the message that was queued, or the reason why there is none."""
    found = queue_letters(
        binding,
        people=people,
        now=now,
        mail_class=row.mail_class,
        subject_line=row.subject,
        text=row.text,
        home=home,
        subject=row.id,
        kind=CAMPAIGN,
    )
    return [(queueing.message, queueing.reason) for queueing in found]


def _count(row: Campaign, mails: Sequence[tuple[Any, ...]]) -> None:
    left_out: dict[str, int] = dict(row.counts.get("left_out", {}))
    queued = int(row.counts.get("queued", 0))
    for *_, message, reason, _ in mails:
        if message:
            queued += 1
        else:
            left_out[reason] = left_out.get(reason, 0) + 1
    row.counts = {**row.counts, "queued": queued, "left_out": left_out}


def _finish(binding: Binding, row: Campaign, now: datetime) -> None:
    row.state, row.finished_at = DONE, now
    fields: dict[str, Any] = {"campaign": row.id, "class": row.mail_class, "reached": row.counts.get("queued", 0)}
    fields["withheld"] = sum(row.counts.get("left_out", {}).values())
    write_line(binding.site, "campaign.done", at=now, by=row.sent_by, known=binding.names, **fields)
