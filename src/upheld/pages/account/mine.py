"""What the pages of My Account share: the links between them, how moments and sentences are shown; knows no form."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.db import DatabaseError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from upheld.actions.disclosures import list_told_disclosures
from upheld.actions.releases import is_offered, list_releases
from upheld.actions.shipments import find_business
from upheld.core.errors import GateError, SealError, VaultError
from upheld.core.policy.compile import Table
from upheld.core.rights.letting import CHANGE, DOWNLOAD, find_letting
from upheld.pages.account.guards import Account
from upheld.pages.chrome import make_chrome, say_day
from upheld.records.models import Person
from upheld.web.forms import Why, quote_sentences
from upheld.web.hosts import SiteRequest

P = ParamSpec("P")
logger = logging.getLogger(__name__)

# name of the address -> its words, in the order of the list beside the pages
PLACES = (
    ("account", "My account"),
    ("my-shipments", "Shipments"),
    ("held", "What we hold"),
    ("correct", "Correct it"),
    ("copy", "Take a copy"),
    ("my-choices", "Choices"),
    ("releases", "Who else gets it"),
    ("my-version", "Version of the policy"),
    ("mails", "Mails"),
    ("receipts", "Receipts"),
    ("people", "People of the company"),
    ("password", "Password and address"),
    ("close", "Close the account"),
)
CANNOT_OPEN: tuple[str, ...] = (
    "We cannot open this",
    "A part of what we hold does not open: it was altered, or does not belong where it lies. So we show nothing of it.",
    "The people who run this site have been told, and the ledger says so.",
)
NOT_JUDGED: tuple[str, ...] = (
    "We cannot open this just now",
    "It came in under a version of our policy that is not in its place here.",
    "Without it nobody can say what may be done with what we hold. So we show nothing of it.",
    "Nothing is lost. The people who run this site have been told.",
)
NOT_NOW: tuple[str, ...] = (
    "This does not work just now",
    "Our store did not answer as it should. Nothing was changed.",
    "Try again in a few minutes.",
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


def tells_trouble(
    view: Callable[Concatenate[SiteRequest, Account, P], HttpResponse],
) -> Callable[Concatenate[SiteRequest, Account, P], HttpResponse]:
    """For pages that open or write what is held: when that fails the page says so, and shows nothing of it."""

    @wraps(view)
    def guard(request: SiteRequest, account: Account, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, account, *args, **kwargs)
        except (SealError, VaultError) as problem:
            logger.error("site %s: what is held could not be opened: %s", account.site, problem.code)  # noqa: TRY400 - its text is in the log already
            trouble, status = CANNOT_OPEN, HTTPStatus.INTERNAL_SERVER_ERROR
        except GateError as problem:  # a version of the policy is gone from its folder; nothing is lost with it
            logger.error("site %s: what is held cannot be judged: %s", account.site, problem)  # noqa: TRY400 - the text says it all
            trouble, status = NOT_JUDGED, HTTPStatus.SERVICE_UNAVAILABLE
        except (DatabaseError, OSError) as problem:
            # the cause may repeat what was typed; its kind is enough for the operator
            logger.error("site %s: a page of an account failed: %s", account.site, type(problem).__name__)  # noqa: TRY400
            trouble, status = NOT_NOW, HTTPStatus.SERVICE_UNAVAILABLE
        return answer_mine(request, account, "", "trouble", status, title=trouble[0], lines=trouble[1:])

    return guard


def list_places(account: Account, here: str) -> tuple[Place, ...]:
    """The links to the pages that this account has under this policy."""
    table: Table = account.good.table
    found = []
    for name, words in PLACES:
        href = find_address(name)
        is_let = name not in NEEDS_DEED or find_letting(table, NEEDS_DEED[name]).is_open
        if href and is_let and is_for(account, name):
            found.append(Place(words, href, name == here))
    return tuple(found)


def is_for(account: Account, name: str) -> bool:
    """Whether this account has something to do there: a company with people, a policy under which parcels are sent."""
    if name == "people":
        return account.company is not None
    if name == "releases":
        return has_releases(account)
    return name != "my-shipments" or find_business(account.binding) is not None


def has_releases(account: Account) -> bool:
    """Whether people may permit something, did, or something of theirs went out."""
    return is_offered(account.binding) or bool(
        list_releases(account.site, person=account.person.id, now=account.now, most=1)
        or list_told_disclosures(account.site, account.person.id, most=1)
    )


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
