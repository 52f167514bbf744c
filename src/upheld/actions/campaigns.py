"""Campaigns: one text to many people, written, tested on the business's own address, given its time; sends nothing itself.

A campaign holds no value of a person: its text is the same for everybody, and whom it reaches is worked out each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from upheld.actions.audiences import Audience, survey_audience
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.notices import POLICY_PAGE, find_trade_name, make_message
from upheld.actions.outbox import store_message
from upheld.actions.stopping import make_stop_link
from upheld.core.errors import NoticeError, RefusedError
from upheld.core.gate.binding import Binding
from upheld.core.notices.audience import (
    CampaignClass,
    Cap,
    ask_outside,
    digest_letter,
    find_campaign_class,
    find_faults,
    list_other_addresses,
)
from upheld.core.notices.compose import Written, write_letter
from upheld.core.policy.model import Policy
from upheld.records.models import Campaign
from upheld.records.walls import enter_site, read_site

DRAFT, SCHEDULED, SENDING, PAUSED, DONE, CANCELLED = "draft", "scheduled", "sending", "paused", "done", "cancelled"
STATES = (DRAFT, SCHEDULED, SENDING, PAUSED, DONE, CANCELLED)
TEST = "campaign-test"
TEST_PREFIX = "[Test] "
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class HeldCampaign:
    """A campaign as pages show it; `is_tested` since its text was last changed."""

    id: str
    name: str
    mail_class: str
    audience: str
    subject: str
    text: str
    state: str
    made_by: str
    made_at: datetime
    changed_at: datetime
    is_tested: bool
    send_at: datetime | None
    sent_by: str
    started_at: datetime | None
    finished_at: datetime | None
    cap: Cap
    counts: Mapping[str, Any]

    @property
    def is_open(self) -> bool:
        """Whether its text can still be changed."""
        return self.state == DRAFT


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has written; `cap` as tight as they want it, or looser than the policy has it and then cut."""

    name: str
    mail_class: str
    audience: str
    subject: str
    text: str
    cap: Cap


def write_campaign(binding: Binding, draft: Draft, *, by: str, now: datetime) -> HeldCampaign:
    """The new campaign, as a draft, with its line in the ledger.

    Raises NoticeError M921 for a text that cannot go to many, RefusedError for a class or an audience that the policy
    does not let it go to; `note_refusal` writes that down.
    """
    found = check_draft(binding, draft)
    with enter_site(binding.site):
        row = Campaign(id=draw_id("cp"), site=binding.site, made_by=by, made_at=now, state=DRAFT)
        _fill(row, draft, found, now)
        row.save(force_insert=True)
        fields: dict[str, Any] = {"campaign": row.id, "class": row.mail_class}
        write_line(binding.site, "campaign.made", at=now, by=by, known=binding.names, **fields)
    return describe_campaign(row)


def change_campaign(binding: Binding, campaign: str, draft: Draft, *, now: datetime) -> HeldCampaign:
    """The campaign with another text; what was tested before counts no more. Raises as `write_campaign`, and M922."""
    with enter_site(binding.site):
        row = lock_campaign(binding.site, campaign, DRAFT)
        found = check_draft(binding, draft)
        _fill(row, draft, found, now)
        row.save()
    return describe_campaign(row)


def check_draft(binding: Binding, draft: Draft) -> CampaignClass:
    """The class of the draft. Raises RefusedError with the sentences when it may not go to this audience, NoticeError M921."""
    found = find_campaign_class(binding.policy, draft.mail_class)
    if draft.audience in list_other_addresses(binding.policy):
        raise refuse_outside(binding, draft.mail_class, draft.audience)
    if found is None:
        raise RefusedError(f"send `{draft.mail_class[:80]}` to many people")
    if draft.audience not in found.audiences:
        raise RefusedError(f"send {draft.mail_class} to {draft.audience[:80]}", found.sentences)
    own = (binding.policy.contact.get("email", ""),)
    faults = find_faults(name=draft.name, subject=draft.subject, text=draft.text, own=own)
    if faults:
        raise NoticeError("M921", f"the {faults[0].field} cannot go to many people like this", faults[0].words)
    return found


def refuse_outside(binding: Binding, mail_class: str, address: str) -> RefusedError:
    """Why a campaign does not go to people whom somebody else named: the gate's own sentence, or that none lets it.

    Even what the gate let pass would not go: addresses of people who are in no audience are for the message that the
    policy has for them, and a campaign is not that.
    """
    verdict = ask_outside(binding, mail_class, address)
    return RefusedError(f"use {address} for {mail_class}", () if verdict.is_permitted else verdict.because)


def note_refusal(
    binding: Binding, *, mail_class: str, data: str, because: tuple[str, ...], by: str, now: datetime
) -> None:
    """Write down that a campaign was wanted and the policy did not permit it. One line in the ledger."""
    known_class = mail_class if mail_class in binding.policy.words.of_sort("mail") else None
    known_data = [data] if binding.policy.words.has("data", data) else None
    fields: dict[str, Any] = {"class": known_class, "data": known_data, "outcome": "refused"}
    with enter_site(binding.site):
        write_line(
            binding.site, "campaign.refused", at=now, by=by, known=binding.names, because=because[:1] or None, **fields
        )


def write_preview(binding: Binding, campaign: HeldCampaign | Draft, *, home: str, message: str = "") -> Written:
    """The campaign as its mail will look, with a link that stops nothing; `home` is the site's first page, with its slash.

    Raises NoticeError M912 when the policy puts something into the class that a campaign does not have.
    """
    found = find_campaign_class(binding.policy, campaign.mail_class)
    link = make_stop_link(binding.site, person="", mail_class=campaign.mail_class, message=message, home=home)
    return write_letter(
        binding.policy,
        service=find_trade_name(binding.policy),
        mail_class=campaign.mail_class,
        because=found.sentences if found else (),
        policy_address=home + POLICY_PAGE,
        subject=campaign.subject,
        text=campaign.text,
        values={"unsubscribe-link": link},
    )


def find_test_address(policy: Policy) -> str:
    """Where tests go: the address that the policy names as the business's own. No address of staff is held anywhere."""
    return policy.contact.get("email", "")


def test_campaign(binding: Binding, campaign: str, *, home: str, by: str, now: datetime) -> HeldCampaign:
    """Send the campaign as it is to the business's own address; from now on it counts as tested until it is changed.

    No address is asked for, because one would be somebody's: the policy's own is public, and nothing about a person is
    kept by it. Raises NoticeError M922 for a campaign that is no draft, M925 when the policy names no address. Side
    effects: a message in the outbox, lines in the ledger.
    """
    address = find_test_address(binding.policy)
    if not address:
        text = "the policy names no e-mail address of the business, so there is nowhere to send a test"
        raise NoticeError("M925", text, "add `email` under `contact` in the policy")
    with enter_site(binding.site):
        row = lock_campaign(binding.site, campaign, DRAFT)
        held = describe_campaign(row)
        written = write_preview(binding, held, home=home)
        message = make_message(binding.policy, replace(written, subject=TEST_PREFIX + written.subject), address, now)
        store_message(
            binding, message, person="", mail_class=row.mail_class, kind=TEST, now=now, facts={}, subject=row.id
        )
        row.tested_digest = digest_letter(row.mail_class, row.subject, row.text)
        row.save(update_fields=["tested_digest"])
        fields: dict[str, Any] = {"mail": message.id, "class": row.mail_class, "template": TEST}
        write_line(binding.site, "mail.queued", at=now, by=by, known=binding.names, **fields)
        fields = {"campaign": row.id, "class": row.mail_class, "digest": row.tested_digest}
        write_line(binding.site, "campaign.tested", at=now, by=by, known=binding.names, **fields)
    return describe_campaign(row)


def survey_campaign(binding: Binding, campaign: HeldCampaign, now: datetime) -> Audience:
    """Whom the campaign would reach now, and who not and why."""
    return survey_audience(binding, campaign.mail_class, cap=campaign.cap, now=now, leaving_out=campaign.id)


def release_campaign(
    binding: Binding,
    campaign: str,
    *,
    reached: int,
    by: str,
    now: datetime,
    send_at: datetime | None = None,
    seen: str = "",
) -> HeldCampaign:
    """Give a tested campaign its time: now, or `send_at`. `reached` is the number that whoever releases it has seen.

    `seen` is the digest of the letter that they saw: written and tested anew meanwhile, it is another one (M923). Raises NoticeError M922 unless it is a draft, M923 when it was changed since its test, M924 when it would reach
    another number of people by now, M926 for a moment that has passed. One line in the ledger.
    """
    if send_at is not None and send_at <= now:
        raise NoticeError("M926", "that moment has passed", "choose one that is still to come, or send it now")
    held = access_campaign(binding.site, campaign)
    audience = survey_campaign(binding, held, now)  # before the transaction: nobody who writes waits for a count
    with enter_site(binding.site):
        row = lock_campaign(binding.site, campaign, DRAFT)
        check_draft(binding, describe_draft(held))  # another version may be in force since it was written
        if seen and seen != digest_letter(row.mail_class, row.subject, row.text):
            raise NoticeError("M923", "the campaign was changed since you looked", "read it as it is now")
        if not held.is_tested or describe_campaign(row) != held:
            text = "the campaign was not tested since it was last changed"
            raise NoticeError("M923", text, "send a test and read it")
        if audience.reached != reached:
            text = f"it would reach {audience.reached:,} people now, not {reached:,}"
            raise NoticeError("M924", text, "look at the new number and confirm it")
        row.state, row.sent_by, row.send_at = SCHEDULED, by, send_at or now
        row.save(update_fields=["state", "sent_by", "send_at"])
        fields: dict[str, Any] = {
            "campaign": row.id,
            "class": row.mail_class,
            "digest": row.tested_digest,
            "starts": row.send_at,
            "reached": audience.reached,
            "withheld": audience.withheld,
        }
        write_line(binding.site, "campaign.scheduled", at=now, by=by, known=binding.names, **fields)
    return describe_campaign(row)


def pause_campaign(binding: Binding, campaign: str, *, by: str, now: datetime) -> HeldCampaign:
    """Stop it where it is; nobody gets it twice when it goes on. What is in the outbox already leaves. Raises NoticeError M922."""
    return _move(binding, campaign, (SENDING,), PAUSED, ("campaign.paused", {"outcome": "done"}), by=by, now=now)


def resume_campaign(binding: Binding, campaign: str, *, by: str, now: datetime) -> HeldCampaign:
    """Go on with a campaign that was paused; one that never began waits for its beginning again. Raises NoticeError M922."""
    return _move(binding, campaign, (PAUSED,), SENDING, ("campaign.paused", {"outcome": "withdrawn"}), by=by, now=now)


def cancel_campaign(binding: Binding, campaign: str, *, by: str, now: datetime) -> HeldCampaign:
    """Call it off for good, wherever it is; whoever has it has it. Raises NoticeError M922."""
    states = (DRAFT, SCHEDULED, SENDING, PAUSED)
    return _move(binding, campaign, states, CANCELLED, ("campaign.cancelled", {}), by=by, now=now)


def list_campaigns(site: str, *, states: tuple[str, ...] = STATES, most: int = MOST_LISTED) -> tuple[HeldCampaign, ...]:
    """The campaigns of a site in these states, the newest first."""
    with read_site(site):
        rows = Campaign.objects.filter(site=site, state__in=states).order_by("-made_at", "id")[:most]
        return tuple(describe_campaign(row) for row in rows)


def find_campaign(site: str, campaign: str) -> HeldCampaign | None:
    """The campaign of this id, or None."""
    with read_site(site):
        row = Campaign.objects.filter(site=site, id=campaign).first()
    return describe_campaign(row) if row else None


def access_campaign(site: str, campaign: str) -> HeldCampaign:
    """The campaign of this id. Raises NoticeError M922."""
    held = find_campaign(site, campaign)
    if held is None:
        raise NoticeError("M922", "there is no such campaign", "look at the list of campaigns")
    return held


def lock_campaign(site: str, campaign: str, *states: str) -> Campaign:
    """The campaign's row, held until the transaction ends. Raises NoticeError M922 unless it is in one of these states."""
    row = Campaign.objects.select_for_update().filter(site=site, id=campaign).first()
    if row is None:
        raise NoticeError("M922", "there is no such campaign", "look at the list of campaigns")
    if row.state not in states:
        raise NoticeError(
            "M922", f"the campaign is {row.state}", "this can be done only while it is " + " or ".join(states)
        )
    return row


def describe_campaign(row: Campaign) -> HeldCampaign:
    """The row as a value."""
    return HeldCampaign(
        id=row.id,
        name=row.name,
        mail_class=row.mail_class,
        audience=row.audience,
        subject=row.subject,
        text=row.text,
        state=row.state,
        made_by=row.made_by,
        made_at=row.made_at,
        changed_at=row.changed_at,
        is_tested=bool(row.tested_digest) and row.tested_digest == digest_letter(row.mail_class, row.subject, row.text),
        send_at=row.send_at,
        sent_by=row.sent_by,
        started_at=row.started_at,
        finished_at=row.finished_at,
        cap=Cap(row.cap_count, row.cap_days),
        counts=row.counts,
    )


def describe_draft(campaign: HeldCampaign) -> Draft:
    """What was written of a campaign, without what became of it."""
    return Draft(campaign.name, campaign.mail_class, campaign.audience, campaign.subject, campaign.text, campaign.cap)


def tighten_cap(wanted: Cap, least: Cap) -> Cap:
    """The cap that counts: what was wanted, where it lets through no more a day than the policy or the house does."""
    if not least.is_set:
        return wanted
    is_tighter = wanted.is_set and wanted.count * least.days <= least.count * wanted.days
    return wanted if is_tighter else least


def _fill(row: Campaign, draft: Draft, found: CampaignClass, now: datetime) -> None:
    row.name, row.subject = draft.name.strip(), draft.subject.strip()
    row.mail_class, row.audience = draft.mail_class, draft.audience
    row.text = draft.text.replace("\r\n", "\n").strip()
    cap = tighten_cap(draft.cap, found.cap) if found.can_stop else Cap()
    row.cap_count, row.cap_days, row.changed_at = cap.count, cap.days, now


def _move(
    binding: Binding,
    campaign: str,
    states: tuple[str, ...],
    state: str,
    line: tuple[str, Mapping[str, Any]],
    *,
    by: str,
    now: datetime,
) -> HeldCampaign:
    with enter_site(binding.site):
        row = lock_campaign(binding.site, campaign, *states)
        row.state = SCHEDULED if state == SENDING and row.started_at is None else state
        if state == CANCELLED:
            row.finished_at = now
        row.save(update_fields=["state", "finished_at"])
        kind, fields = line
        told: dict[str, Any] = {"campaign": row.id, **fields}
        if kind == "campaign.cancelled":
            told["class"] = row.mail_class
        write_line(binding.site, kind, at=now, by=by, known=binding.names, **told)
    return describe_campaign(row)
