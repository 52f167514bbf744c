"""What the pages of My Account share: the links between them, how moments and sentences are shown; knows no form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from upheld.core.policy.compile import Table
from upheld.core.rights.letting import CHANGE, DOWNLOAD, find_letting
from upheld.pages.account.guards import Account
from upheld.pages.chrome import make_chrome, say_day
from upheld.records.models import Person
from upheld.web.forms import Why, quote_sentences
from upheld.web.hosts import SiteRequest

# name of the address -> its words, in the order of the list beside the pages
PLACES = (
    ("account", "My account"),
    ("held", "What we hold"),
    ("correct", "Correct it"),
    ("copy", "Take a copy"),
    ("my-choices", "Choices"),
    ("mails", "Mails"),
    ("receipts", "Receipts"),
    ("people", "People of the company"),
    ("password", "Password and address"),
    ("close", "Close the account"),
)
NEEDS_DEED = {"correct": CHANGE, "copy": DOWNLOAD}


@dataclass(frozen=True, slots=True)
class Place:
    """One link beside the pages of an account."""

    words: str
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in words and as machines read it."""

    words: str
    machine: str


def answer_mine(
    request: SiteRequest,
    account: Account,
    here: str,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    **context: object,
) -> HttpResponse:
    """A page of the account with its surroundings; `here` is the name of its address."""
    around = {
        "chrome": make_chrome(request.shelved),
        "places": (places := list_places(account, here)),
        "here_words": next((place.words for place in places if place.is_here), ""),
        "account_href": reverse("account"),
        "sign_out": find_address("sign-out"),
        "policy": reverse("policy"),
    }
    return HttpResponse(render_to_string(f"pages/account/{template}.html", {**around, **context}), status=status)


def list_places(account: Account, here: str) -> tuple[Place, ...]:
    """The links to the pages that this account has under this policy."""
    table: Table = account.good.table
    found = []
    for name, words in PLACES:
        href = find_address(name)
        is_let = name not in NEEDS_DEED or find_letting(table, NEEDS_DEED[name]).is_open
        if href and is_let and (name != "people" or account.company is not None):
            found.append(Place(words, href, name == here))
    return tuple(found)


def find_address(name: str) -> str:
    """The address of a page by its name; empty where this server has none of that name."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def list_subjects(account: Account) -> list[Person]:
    """Whom the pages are about: the person, and the company whose account they use."""
    return [account.person] if account.company is None else [account.person, account.company]


def say_moment(moment: datetime) -> Moment:
    """A moment to the minute, in UTC."""
    return Moment(f"{say_day(moment.date())}, {moment:%H:%M} UTC", moment.isoformat(timespec="seconds"))


def quote(account: Account, refs: tuple[str, ...]) -> tuple[Why, ...]:
    """Sentences of the version in force with their links."""
    return quote_sentences(account.good.policy, refs, reverse("policy"))
