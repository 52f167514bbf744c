"""Every page that a link leads to, of the courier's site and of the console: without scripts, by keyboard, on any width, in light and dark.

The pages are not listed here but found, by following links as people do. A page that no link leads to is a finding,
unless a table says how people come there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.actions.stage import NOW, Cast, binding, cast, databases, now
from tests.console.clerks import OWNER, SITE
from tests.journeys.fillings import Filled, fill_house
from tests.journeys.houses import House, open_house
from tests.journeys.test_console import sign_in as sit_down
from tests.journeys.test_first_site import OPEN_ALL, SMALL, measure_overflow
from tests.journeys.test_parcels import press
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "settings_as"]

LINKS = "[...document.querySelectorAll('a[href]')].map(link => link.href)"
# The focus is moved as the keyboard moves it, so that the browser shows it; what shows nothing is named.
UNSEEN = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter(element => element.checkVisibility({visibilityProperty: true}) && !element.disabled)
  .filter(element => {
    element.focus();
    const style = getComputedStyle(element);
    const near = getComputedStyle(element.closest('label') ?? element);
    return document.activeElement === element
      && [style, near].every(one => one.outlineStyle === 'none' && one.boxShadow === 'none');
  })
  .map(element => element.outerHTML.slice(0, 120))"""
OUT_OF_ORDER = "[...document.querySelectorAll('[tabindex]')].filter(one => one.tabIndex > 0).map(one => one.outerHTML)"

# Pages of a press or of a secret: how people come there, and where they are looked at.
BESIDE = "the pages of a policy, for another surface of a site; test_tones"
BY_ANOTHER_WAY = {
    "site": {
        "registered": "after the form of registration; test_customers",
        "verify": "by a link in a mail; test_customers, test_mailbox",
        "new-address": "by a link in a mail; tests/pages/account",
        "new-password": "by a link in a mail; tests/pages/account",
        "join": "by an invitation; test_customers",
        "closed": "after the account was closed; test_customers",
        "stop": "by a mail to whom a customer named; test_parcels",
        "stopped": "after that; test_parcels",
        "stopping": "by a mail; test_campaigns",
        "stopping-choices": "from there; test_campaigns",
        "agreeing": "by a link that staff pass on; test_legal_desk",
        "beside-ask": BESIDE,
        "beside-changes": BESIDE,
        "beside-document": BESIDE,
        "beside-policy": BESIDE,
        "beside-proof": BESIDE,
        "beside-proof-sentence": BESIDE,
        "beside-version": BESIDE,
        "beside-versions": BESIDE,
    },
    "console": {
        "console-campaign-release": "from a tested draft; test_campaigns",
        "console-draft": "once a draft was begun; test_drafts",
        "console-draft-changes": "from there; test_drafts",
        "console-draft-file": "from there, a file; tests/console/test_drafts_pages",
        "console-draft-preview": "from there; test_drafts",
        "console-draft-state": "by the script of that page; tests/console/test_drafts_pages",
        "console-publication-file": "from there, a file; tests/console/test_drafts_pages",
        "console-passkey": "from the page to sign in; test_console",
        "console-publication": "while a version waits; test_changing_the_policy",
        "console-welcome": "by a link that the owner passes on; tests/console/test_staff_page",
    },
}
# Long pages, looked at in every way by test_first_site; here their links are followed.
LONG = ("policy", "version", "changes", "ask")
# No pages: files, looks, and leaving.
NO_PAGES = re.compile(r"api|look|receipt|checkpoint|ledger-key|proof-paper|sign-out|account_logout")


@dataclass(slots=True)
class Walk:
    """Who walks, from where, and what was found: one page of each name."""

    page: Page
    start: str
    names: Callable[[str], str]
    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def go(self, look: Callable[[Page, str], list[str]]) -> set[str]:
        """Follow links until no page of a new name is left."""
        waiting = [self.start]
        engine = self.page.context.new_cdp_session(self.page)
        while waiting:
            address = waiting.pop(0)
            name = self.names(address)
            if not name or name in self.seen:
                continue
            self.seen.add(name)
            # The page is read without scripts; those of axe and ours run in it once it stands.
            engine.send("Emulation.setScriptExecutionDisabled", {"value": True})
            response = self.page.goto(address)
            engine.send("Emulation.setScriptExecutionDisabled", {"value": False})
            if response is None or response.status != 200:
                self.wrong.append(f"{name}: {response.status if response else 'nothing'} at {address}")
                continue
            waiting += [link.partition("#")[0] for link in self.page.evaluate(LINKS)]
            self.wrong += look(self.page, name) if name not in LONG else []
        return self.seen


@pytest.fixture
def house(cast: Cast, binding: Any, settings_as: Callable[..., None], tmp_path: Path) -> Iterator[House]:
    with open_house(cast, binding, settings_as, tmp_path) as house:
        yield house


def name_of(house: House, root: str, urls: str) -> Callable[[str], str]:
    """What the page at an address is called in the table of addresses; empty for no page of this side of the house."""
    from django.urls import Resolver404, resolve

    def name(address: str) -> str:
        parts = urlsplit(address)
        if not address.startswith(root):
            return ""
        try:
            found = resolve(parts.path, urls)
        except Resolver404:
            return ""
        known = found.url_name or ""
        path = found.kwargs.get("path") or found.kwargs.get("report") or found.kwargs.get("name") or ""
        return "" if NO_PAGES.search(known) else f"{known} {path}".strip()

    return name


def list_names(urls: str, beginning: str = "") -> set[str]:
    """The pages that a table of addresses knows."""
    from django.urls import get_resolver

    names = {name for name in get_resolver(urls).reverse_dict if isinstance(name, str)}
    return {name for name in names if name.startswith(beginning) and not NO_PAGES.search(name)}


def takes_presses_alone(house: House, page: Page, name: str) -> bool:
    """Whether an address of the console answers nobody who only reads it."""
    from django.urls import get_resolver, reverse

    [wanted] = {tuple(params) for found in get_resolver().reverse_dict.getlist(name) for _, params in found[0]}
    path = reverse(name, kwargs={param: SITE if param == "site" else "1" for param in wanted})
    return page.request.get(f"{house.console}{path}").status == 405


def make_look(axe: Callable[..., list[str]], shots: Path) -> Callable[[Page, str], list[str]]:
    """What is wrong with a page in every look; axe goes once over each, by turns in the light and in the dark."""
    turns = iter(range(10_000))

    def look(page: Page, name: str) -> list[str]:
        wrong = []
        axed = ((1280, "light"), (360, "dark"))[next(turns) % 2]
        page.evaluate(OPEN_ALL)
        for width, scheme in ((1280, "light"), (360, "dark"), (320, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if width != 320:
                page.screenshot(path=shots / f"every-{re.sub('[^a-z0-9]+', '-', name)}-{width}.png", full_page=True)
            if measure_overflow(page) > 0:
                wrong.append(f"{name} is too wide at {width}")
            if (width, scheme) == axed:
                wrong += [f"{name}, {width}, {scheme}: {finding}" for finding in axe(page)]
        page.keyboard.press("Tab")
        wrong += [f"{name}: no focus to be seen on {found}" for found in page.evaluate(UNSEEN)]
        wrong += [f"{name}: out of order: {found}" for found in page.evaluate(OUT_OF_ORDER)]
        wrong += [f"{name}: small: {found}" for found in page.evaluate(SMALL) if "field-trap" not in found]
        return wrong

    return look


def sign_in_ada(house: House, context: BrowserContext) -> None:
    from upheld.actions.sessions import open_session

    token = open_session(house.binding, person=house.staff.cast.ada, now=NOW)
    context.add_cookies([{"name": "session", "value": token, "url": house.site}])


def drive(page: Page, filled: Filled) -> None:
    """Open the route on this telephone."""
    page.goto(filled.route)
    page.get_by_label(re.compile("^Number")).fill(filled.spoken)
    press(page, "Open my route")


def test_every_page_works_without_scripts_by_keyboard_and_on_any_screen(
    house: House, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    filled, look = fill_house(house), make_look(axe, shots)
    urls = "upheld.server.site_urls"
    page = open_page(has_touch=True)
    visitor = Walk(page, f"{house.site}/", name_of(house, house.site, urls))
    seen = visitor.go(look)
    sign_in_ada(house, page.context)
    customer = Walk(
        page,
        f"{house.site}/account/shipments/{filled.arrived}",
        visitor.names,
        seen=seen - {"account", "touchpoint ship"},
    )
    seen |= customer.go(look)
    phone = open_page(has_touch=True)
    drive(phone, filled)
    driver = Walk(phone, filled.route, visitor.names)
    seen |= driver.go(look)
    assert "\n".join(visitor.wrong + customer.wrong + driver.wrong) == ""
    reached = {name.partition(" ")[0] for name in seen}
    assert list_names(urls) - reached == set(BY_ANOTHER_WAY["site"])
    assert "touchpoint survey" in seen


def test_every_page_of_the_console_does(
    house: House, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    fill_house(house)
    page = open_page(has_touch=True)
    sit_down(page, house.console, OWNER)
    urls = "upheld.server.urls"
    staff = Walk(page, f"{house.console}/console/", name_of(house, house.console, urls))
    seen = staff.go(make_look(axe, shots))
    assert "\n".join(staff.wrong) == ""
    reached = {name.partition(" ")[0] for name in seen}
    unseen = {name for name in list_names(urls, "console") - reached if not takes_presses_alone(house, page, name)}
    assert unseen == set(BY_ANOTHER_WAY["console"])
