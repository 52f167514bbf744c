"""A walk through the pages of a site, link by link, as a visitor and as a customer; remembers what each page brought."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import Morsel
from typing import Any
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

from upheld.core.fields.entrance import find_entrance
from upheld.rehearsal.browser import MOST_REDIRECTS, Browser
from upheld.rehearsal.cast import PASSWORD
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage

VISITOR, CUSTOMER = "visitor", "customer"
NOWHERE = "/no-sentence-names-this"
MOST_PAGES = 80  # of one walk; a site with more is looked at as far as this goes
MOST_ALIKE = 2  # pages whose addresses differ by a number alone, such as receipts
_NUMBERED = re.compile(r"[A-Za-z0-9_.-]*\d[A-Za-z0-9_.-]*")
SIGN_IN, SIGN_OUT = "/account/sign-in", "/account/sign-out"


@dataclass(frozen=True, slots=True)
class Seen:
    """One page of the walk, and who looked."""

    who: str
    page: Page

    @property
    def path(self) -> str:
        """Where it stands."""
        return urlsplit(self.page.address).path


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie that an answer set: who was there, at which page, in which moment of their visit."""

    who: str
    path: str
    morsel: Morsel[str]


@dataclass(slots=True)
class Walk:
    """All that was seen: pages as somebody reads them, cookies as answers set them (those of redirects as well)."""

    pages: list[Seen] = field(default_factory=list)
    cookies: list[SetCookie] = field(default_factory=list)

    def list_html(self) -> tuple[Seen, ...]:
        """The pages proper: what a browser shows as a page, errors as well."""
        return tuple(seen for seen in self.pages if "html" in seen.page.headers.get("Content-Type", ""))


# A stage begins anew as it was kept, so a walk through it sees the same each time; it is made once.
_walks: WeakKeyDictionary[Stage, tuple[Any, Walk]] = WeakKeyDictionary()


def walk(stage: Stage) -> Walk:
    """The walk through this site: everything that a visitor and a customer are led to, and a page that is not there."""
    known = _walks.get(stage)
    if known is None or known[0] != stage.policy.digest:
        made = Walk()
        follow_links(stage, VISITOR, stage.browse(), made)
        if find_entrance(stage.binding.gate.table) is not None:
            follow_links(stage, CUSTOMER, stage.cast.silent.browse(stage), made)
        _walks[stage] = known = (stage.policy.digest, made)
    return known[1]


def follow_links(stage: Stage, who: str, browser: Browser, made: Walk) -> None:
    """Open the first page, then every page of the same host that a page before leads to."""
    host = stage.shelved.host
    todo, seen, alike = ["/", NOWHERE], {"/", NOWHERE}, Counter[str]()
    while todo and len(seen) < MOST_PAGES:
        page = open_each(browser, who, todo.pop(0), made)
        made.pages.append(Seen(who, page))
        for href, _ in page.links:
            parts = urlsplit(urljoin(page.address, href))
            pattern = _NUMBERED.sub("#", parts.path)
            if parts.netloc == host and parts.path not in seen and alike[pattern] < MOST_ALIKE:
                alike[pattern] += 1
                seen.add(parts.path)
                todo.append(parts.path)


def open_each(browser: Browser, who: str, path: str, made: Walk) -> Page:
    """A page, with the cookies of every answer on the way to it."""
    page = browser.open(path, follows=False)
    note_cookies(who, page, made)
    for _ in range(MOST_REDIRECTS):
        onward = page.headers.get("Location", "")
        if not onward:
            break
        page = browser.open(urljoin(page.address, onward), follows=False)
        note_cookies(who, page, made)
    return page


def note_cookies(who: str, page: Page, made: Walk) -> None:
    """Remember the cookies that an answer set."""
    path = urlsplit(page.address).path
    made.cookies += [SetCookie(who, path, morsel) for morsel in page.cookies.values()]


def sign_in_and_out(stage: Stage) -> Walk:
    """Somebody signs in on the page, comes to their account, signs out again, and comes back with the cookie they had.

    The account as they came to it stands under SIGN_IN, as they came back to it under SIGN_OUT. Nothing where the policy
    lets nobody have an account.
    """
    made, entrance = Walk(), find_entrance(stage.binding.gate.table)
    if entrance is None:
        return made
    browser, customer = stage.browse(), stage.cast.willing
    told = {entrance.address: customer.address, entrance.password: PASSWORD}
    note_cookies(SIGN_IN, browser.send(browser.open(SIGN_IN), told, follows=False), made)
    account, held = open_each(browser, SIGN_IN, "/account", made), browser.copy_cookies()
    made.pages.append(Seen(SIGN_IN, account))
    out = account.find_form(action=SIGN_OUT)
    page = browser.send(account, {}, form=out, follows=False) if out else browser.post(SIGN_OUT, {}, follows=False)
    note_cookies(SIGN_OUT, page, made)
    made.pages.append(Seen(SIGN_OUT, stage.browse(held).open("/account", follows=False)))
    return made


def list_loaded(seen: Seen) -> Iterator[str]:
    """The hosts from which a page has something loaded."""
    for address in seen.page.loaded:
        host = urlsplit(urljoin(seen.page.address, address)).netloc
        if host:
            yield host
