"""The page of everything held: each set of details with where it came in, what for, and until when it stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from textwrap import shorten

from django.http import HttpResponse
from django.urls import reverse

from upheld.actions.held import YOU, list_mail_leaves, open_held
from upheld.core.fields import list_visit_fields
from upheld.core.policy.saying.answers import collapse_names
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.rights.copies import HeldValue, WithheldValue, say_value
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import Moment, answer_mine, find_address, quote, say_moment, tells_trouble
from upheld.pages.account.permitting import list_permissions
from upheld.pages.account.sent import refuse_method
from upheld.pages.chrome import say_day
from upheld.web.forms import Why
from upheld.web.hosts import SiteRequest

SHORT = 70  # characters of a set of details that is folded


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with its label; `corrected` says when it was changed last."""

    label: str
    value: str
    corrected: str


@dataclass(frozen=True, slots=True)
class Part:
    """What serves the same purposes and goes at the same time."""

    facts: tuple[Fact, ...]
    purposes: str
    kept: str
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """What came in together, at one moment under one version; `short` are its first values."""

    at: Moment
    version: str
    version_href: str
    short: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """All that came in at one place about one of the two, the latest first."""

    title: str
    about: str
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """A category that is held and not shown, with the sentences that say so."""

    label: str
    where: str
    at: Moment
    whys: tuple[Why, ...]


@signed_in
@tells_trouble
def show_held(request: SiteRequest, account: Account) -> HttpResponse:
    """Everything held about the person, and about their company."""
    refused = refuse_method(request, takes_posts=False)
    if refused is not None:
        return refused
    held = open_held(account.binding, person=account.person, company=account.company, now=account.now)
    logs = frozenset(list_mail_leaves(account.binding.policy.words))
    return answer_mine(
        request,
        account,
        "held",
        "held",
        held_places=list_places(account, [value for value in held.values if value.data not in logs]),
        mail_count=sum(1 for value in held.values if value.data in logs),
        mails=find_address("mails"),
        correct=find_address("correct"),
        withheld=tuple(view_withheld(account, part) for part in held.withheld),
        visits=say_visits(account),
        permissions=list_permissions(account),
        people=reverse("people") if account.company is not None else "",
    )


def say_visits(account: Account) -> str:
    """What the server notes of every visit, which is held about nobody by name; empty where the policy notes nothing."""
    fields, words = list_visit_fields(account.good.table), account.binding.policy.words
    if not fields:
        return ""
    names = join_words(words.label(field.data, "data") for field in fields)
    return f"Of each page that is asked for we note {names}. That log is not tied to your account, and goes after {max(field.days for field in fields)} days."


def list_places(account: Account, values: Iterable[HeldValue]) -> tuple[Place, ...]:
    """The values by where they came in, the company's after the person's own."""
    found: dict[tuple[str, str], list[HeldValue]] = {}
    for value in values:
        found.setdefault((value.about, value.touchpoint), []).append(value)
    ordered = sorted(found.values(), key=lambda group: (group[0].about != YOU, group[0].collected_at))
    return tuple(Place(capitalise(group[0].where), group[0].about, list_holdings(account, group)) for group in ordered)


def list_holdings(account: Account, values: list[HeldValue]) -> tuple[Holding, ...]:
    """The values of one place by the moment they came in."""
    found: dict[tuple[datetime, date], list[HeldValue]] = {}
    for value in values:
        found.setdefault((value.collected_at, value.version), []).append(value)
    return tuple(view_holding(account, found[key]) for key in sorted(found, reverse=True))


def view_holding(account: Account, values: list[HeldValue]) -> Holding:
    """What came in together, as the page shows it."""
    first = values[0]
    is_current = first.version == account.binding.current
    parts: dict[tuple[tuple[str, ...], str], list[HeldValue]] = {}
    for value in values:
        parts.setdefault((value.purposes, value.kept.words), []).append(value)
    return Holding(
        at=say_moment(first.collected_at),
        version=say_day(first.version),
        version_href=reverse("policy") if is_current else reverse("version", args=[first.version.isoformat()]),
        short=shorten("; ".join(say_value(value.value) for value in values[:2]), SHORT, placeholder=" …"),
        parts=tuple(view_part(account, part) for part in parts.values()),
    )


def view_part(account: Account, values: list[HeldValue]) -> Part:
    """What serves the same purposes and goes at the same time."""
    first, words = values[0], account.binding.policy.words
    purposes = [say_name(name, "purpose", words) for name in collapse_names(words, "purpose", first.purposes)]
    refs = tuple(dict.fromkeys((*first.because[:1], *([first.kept.sentence] if first.kept.sentence else []))))
    return Part(
        facts=tuple(view_fact(value) for value in values),
        purposes=capitalise(join_words(purposes)),
        kept=capitalise(first.kept.words),
        whys=quote(account, refs),
    )


def view_fact(value: HeldValue) -> Fact:
    """One value of a group."""
    corrected = f"corrected {say_moment(value.corrected_at).words}" if value.corrected_at else ""
    return Fact(value.label, say_value(value.value), corrected)


def view_withheld(account: Account, part: WithheldValue) -> Closed:
    """One category that stays closed."""
    return Closed(part.label, capitalise(part.where), say_moment(part.collected_at), quote(account, part.because))
