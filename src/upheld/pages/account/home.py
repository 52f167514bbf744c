"""My Account: the first page after signing in; what can be done here, and what is on record about the account itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse

from upheld.actions.choices import settle_choices
from upheld.actions.held import count_items, tell_account
from upheld.actions.receipts import count_lines
from upheld.actions.shipments import count_shipments, find_business
from upheld.core.policy.saying.names import say_name
from upheld.core.shipping.states import OPEN
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import answer_mine, find_address, list_places, list_subjects, tells_trouble
from upheld.pages.account.sent import refuse_method
from upheld.pages.chrome import say_day
from upheld.pages.shipping_suits import fit_page
from upheld.web.hosts import SiteRequest

_ANSWERS = {"yes": "yes", "no": "no", "unasked": "not answered"}


@dataclass(frozen=True, slots=True)
class Card:
    """One thing to do, with the figure that belongs to it."""

    title: str
    text: str
    href: str


@signed_in
@tells_trouble
def show_account(request: SiteRequest, account: Account) -> HttpResponse:
    """The first page of the account."""
    refused = refuse_method(request, takes_posts=False)
    if refused is not None:
        return refused
    company = account.company
    return answer_mine(
        request,
        account,
        "account",
        "account",
        suits=fit_page(account),
        cards=list_cards(account),
        facts=[(fact.label, fact.value) for fact in tell_account(account.binding, account.person, company)],
        has_company=company is not None,
        is_holder=account.is_holder,
    )


def list_cards(account: Account) -> tuple[Card, ...]:
    """What can be done, apart from this page: only what the policy lets people do."""
    words = {
        "my-shipments": say_shipments(account),
        "held": say_count(count_items(account.site, list_subjects(account)), "set of details", "sets of details"),
        "correct": "Change what is wrong, or add what is missing.",
        "copy": "As JSON, as a table, or to read and print.",
        "my-choices": say_choices(account),
        "releases": "What you let others have, and what went.",
        "my-version": say_version(account),
        "mails": "What we sent for you, when, and whether it left.",
        "receipts": say_count(count_lines(account.site, list_subjects(account)), "line with proof", "lines with proof"),
        "people": "Who uses your company's account.",
        "password": "Change how you sign in, or sign out everywhere.",
        "close": "Keep what we must keep, or have everything removed now.",
    }
    said = {find_address(name): text for name, text in words.items()}
    return tuple(
        Card(place.words, said[place.href], place.href)
        for place in list_places(account, "account")
        if place.href in said
    )


def say_version(account: Account) -> str:
    """Which version binds them."""
    return f"You are under the version of {say_day(account.person.version)}."


def say_count(count: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else many}."


def say_shipments(account: Account) -> str:
    """How many parcels are under way, or that there is none."""
    if find_business(account.binding) is None:
        return ""
    counts = count_shipments(account.site, person=account.person, company=account.company)
    under_way = sum(counts.get(state, 0) for state in OPEN)
    if not under_way:
        return say_count(sum(counts.values()), "parcel, none under way", "parcels, none under way")
    return say_count(under_way, "parcel under way", "parcels under way")


def say_choices(account: Account) -> str:
    """The answers that count now, in one line."""
    words = account.binding.policy.words
    settled = settle_choices(account.binding, account.person)
    said = [f"{say_name(choice, 'choice', words)}: {_ANSWERS[answer]}" for choice, answer in settled.items()]
    return f"{'; '.join(said).capitalize()}." if said else "There is nothing to choose."
