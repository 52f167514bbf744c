"""A campaign in words: whom it reaches, why not the others, what became of it; opens nothing and decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from upheld.actions.audiences import Audience
from upheld.actions.campaign_sending import tell_counts
from upheld.actions.campaigns import CANCELLED, DONE, DRAFT, PAUSED, SCHEDULED, SENDING, HeldCampaign
from upheld.console.moments import Moment, say_moment
from upheld.console.opened import SentenceLink
from upheld.core.gate.binding import Binding
from upheld.core.notices.audience import Cap
from upheld.core.notices.standing import CLOSED, COMPANY, UNVERIFIED, VISITOR
from upheld.core.policy.model import Words

MARKS = {DRAFT: "plain", SCHEDULED: "warning", SENDING: "warning", PAUSED: "warning", DONE: "good", CANCELLED: "plain"}
SAID = {SCHEDULED: "waits for its time", SENDING: "on its way", PAUSED: "paused", CANCELLED: "called off"}
# Why somebody whom the gate let have it did not get it after all, as the outbox calls it.
LEFT_OUT = {
    "refused": "their answer or a version has changed meanwhile",
    "suppressed": "their address gets no more of these",
    "capped": "they had as many such messages lately as anybody gets",
    "no address": "no address of theirs opens for it",
    "no class": "the policy has no such class any more",
}
# Why somebody whom the gate lets have it is held back all the same, in the order in which the reasons count.
HELD = {
    "lapsed": "They have not signed in for so long that their address is past its time of keeping.",
    "suppressed": "Their address gets no more of these: by a link, by a message, or because it takes no mail.",
    "capped": "They had as many such messages lately as anybody gets.",
}
OTHERS = {
    UNVERIFIED: "registered, and did not confirm an address",
    COMPANY: "for companies as such, whose people are counted themselves",
    VISITOR: "wrote to us without an account",
    CLOSED: "closed their account",
}


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as the list shows it."""

    id: str
    name: str
    mail_class: str
    state: str
    mark: str
    reached: str
    who: str
    made: Moment | None
    when: Moment | None


@dataclass(frozen=True, slots=True)
class Reason:
    """How many do not get it because of one sentence (None where no sentence speaks of it)."""

    people: str
    sentence: SentenceLink | None


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a campaign reaches, in numbers that add up: `reached` and all reasons together are `holders`."""

    reached: str
    number: int
    holders: str
    withheld: str
    because: tuple[Reason, ...]
    why_not: tuple[Reason, ...]
    held: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign has come: queued, left out since it began by reason, and the share of what was expected."""

    queued: str
    expected: str
    share: int
    left_out: tuple[tuple[str, str], ...]


def describe_campaigns(
    campaigns: Iterable[HeldCampaign], words: Words, names: Mapping[str, str], now: datetime
) -> tuple[CampaignRow, ...]:
    """The rows of the list."""
    return tuple(describe_row(campaign, words, names, now) for campaign in campaigns)


def describe_row(campaign: HeldCampaign, words: Words, names: Mapping[str, str], now: datetime) -> CampaignRow:
    """One row."""
    counts = campaign.counts
    is_begun = campaign.state in (SENDING, PAUSED, DONE, CANCELLED) and "queued" in counts
    return CampaignRow(
        id=campaign.id,
        name=campaign.name,
        mail_class=words.label(campaign.mail_class, "mail"),
        state=say_state(campaign),
        mark=MARKS[campaign.state],
        reached=f"{counts['queued']:,}" if is_begun else "",
        who=names.get(campaign.made_by, ""),
        made=say_moment(campaign.made_at, now),
        when=say_moment(campaign.finished_at or campaign.started_at or campaign.send_at, now),
    )


def say_state(campaign: HeldCampaign) -> str:
    """The state in words: a draft says whether it was tested."""
    if campaign.state == DRAFT:
        return "draft, tested" if campaign.is_tested else "draft"
    return SAID.get(campaign.state, campaign.state)


def say_cap(cap: Cap) -> str:
    """The limit in words."""
    if not cap.is_set:
        return "none: these messages belong to the account"
    times = "1 such message" if cap.count == 1 else f"{cap.count} such messages"
    return f"at most {times} to one person in {cap.days} days"


def describe_reach(binding: Binding, counts: Mapping[str, Any], address: str) -> Reach:
    """What the gate said, from what is kept of it; `address` is the site's first page, for links to the sentences."""
    held = {name: int(counts.get(name, 0)) for name in HELD}
    reached = sum(share[2] for share in counts["because"]) - sum(held.values())
    return Reach(
        reached=f"{reached:,}",
        number=reached,
        holders=f"{counts['holders']:,}",
        withheld=f"{counts['holders'] - reached:,}",
        because=tuple(describe_reason(binding, share, address) for share in counts["because"]),
        why_not=tuple(describe_reason(binding, share, address) for share in counts["why_not"]),
        held=tuple((f"{people:,}", HELD[name]) for name, people in held.items() if people),
        others=tuple((f"{people:,}", OTHERS.get(name, name)) for name, people in sorted(counts["others"].items())),
    )


def describe_audience(binding: Binding, audience: Audience, address: str) -> Reach:
    """The same for an audience that was just surveyed."""
    return describe_reach(binding, tell_counts(audience), address)


def describe_reason(binding: Binding, share: Iterable[Any], address: str) -> Reason:
    """One sentence with how many it decides about."""
    ref, _, people = share
    return Reason(f"{people:,}", link_sentence(binding, ref, address))


def link_sentence(binding: Binding, ref: str, address: str) -> SentenceLink | None:
    """A sentence of the version in force, or of an earlier one that people are under, with where it stands."""
    anchor = ref.partition("#")[2]
    for version in (binding.current, *sorted(binding.gates, reverse=True)):
        sentence = binding.gates[version].table.policy.find_sentence(ref) if ref else None
        if sentence is not None:
            page = "privacy" if version == binding.current else f"privacy/{version.isoformat()}"
            return SentenceLink(sentence.text, anchor, f"{address}{page}#{anchor}")
    return None


def describe_progress(campaign: HeldCampaign) -> Progress | None:
    """How far it has come; None before it began."""
    counts = campaign.counts
    if "queued" not in counts:
        return None
    expected, done = int(counts["reached"]), int(counts["queued"]) + sum(counts["left_out"].values())
    left_out = tuple((f"{people:,}", LEFT_OUT.get(reason, reason)) for reason, people in counts["left_out"].items())
    share = 100 if campaign.state == DONE or not expected else min(100, done * 100 // expected)
    return Progress(f"{counts['queued']:,}", f"{expected:,}", share, left_out)
