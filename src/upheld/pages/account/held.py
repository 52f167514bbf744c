"""The page of everything held: each set of details with where it came in, what for, and until when it stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse

from upheld.actions.held import list_mail_leaves, open_held
from upheld.core.fields import list_visit_fields
from upheld.core.policy.saying.answers import collapse_names
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.rights.copies import HeldValue, WithheldValue, say_value
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import Moment, answer_mine, find_address, quote, say_moment, tells_trouble
from upheld.pages.account.sent import refuse_method
from upheld.pages.chrome import say_day
from upheld.web.forms import Why
from upheld.web.hosts import SiteRequest


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with its label; `corrected` says when it was changed last."""

    label: str
    value: str
    corrected: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What came in together: the same place, moment, version and end."""

    title: str
    about: str
    at: Moment
    version: str
    version_href: str
    purposes: str
    kept: str
    facts: tuple[Fact, ...]
    whys: tuple[Why, ...]


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
        holdings=list_holdings(account, [value for value in held.values if value.data not in logs]),
        mail_count=sum(1 for value in held.values if value.data in logs),
        mails=find_address("mails"),
        correct=find_address("correct"),
        withheld=tuple(view_withheld(account, part) for part in held.withheld),
        visits=say_visits(account),
    )


def say_visits(account: Account) -> str:
    """What the server notes of every visit, which is held about nobody by name; empty where the policy notes nothing."""
    fields, words = list_visit_fields(account.good.table), account.binding.policy.words
    if not fields:
        return ""
    names = join_words(words.label(field.data, "data") for field in fields)
    return f"Of each page that is asked for we note {names}. That log is not tied to your account, and goes after {max(field.days for field in fields)} days."


def list_holdings(account: Account, values: Iterable[HeldValue]) -> tuple[Holding, ...]:
    """The values gathered into what came in together, the company's after the person's own."""
    groups: dict[tuple[object, ...], list[HeldValue]] = {}
    for value in values:
        key = (value.about, value.touchpoint, value.collected_at, value.version, value.purposes, value.kept.words)
        groups.setdefault(key, []).append(value)
    ordered = sorted(groups.values(), key=lambda group: (group[0].about != "you", group[0].collected_at))
    return tuple(view_holding(account, group) for group in ordered)


def view_holding(account: Account, group: list[HeldValue]) -> Holding:
    """One group as the page shows it."""
    first, words = group[0], account.binding.policy.words
    purposes = [say_name(name, "purpose", words) for name in collapse_names(words, "purpose", first.purposes)]
    refs = tuple(dict.fromkeys((*first.because[:1], *([first.kept.sentence] if first.kept.sentence else []))))
    day = first.version.isoformat()
    is_current = first.version == account.binding.current
    return Holding(
        title=capitalise(first.where),
        about=first.about,
        at=say_moment(first.collected_at),
        version=say_day(first.version),
        version_href=reverse("policy") if is_current else reverse("version", args=[day]),
        purposes=capitalise(join_words(purposes)),
        kept=capitalise(first.kept.words),
        facts=tuple(view_fact(value) for value in group),
        whys=quote(account, refs),
    )


def view_fact(value: HeldValue) -> Fact:
    """One value of a group."""
    corrected = f"corrected {say_moment(value.corrected_at).words}" if value.corrected_at else ""
    return Fact(value.label, say_value(value.value), corrected)


def view_withheld(account: Account, part: WithheldValue) -> Closed:
    """One category that stays closed."""
    return Closed(part.label, capitalise(part.where), say_moment(part.collected_at), quote(account, part.because))
