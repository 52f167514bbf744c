"""Flow 16 in a browser: a company books a parcel, dispatch puts it on a route, a driver delivers it, and who was named stops the mails."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.actions.stage import NOW, binding, cast, databases, now
from tests.console.clerks import CLERK, SEAT, SITE, Console
from tests.journeys.test_console import served, sign_in
from tests.journeys.test_first_site import SMALL, measure_overflow
from tests.pages.account.visitors import HOST
from tests.pages.parcels import HOME, book_one, move
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "served", "settings_as"]

LOOKS = ((1280, "light"), (360, "dark"))  # each width and each scheme once: neither changes what the other does
CLEO = "cleo@varga.example"


@dataclass(frozen=True, slots=True)
class House:
    """The console and the courier's site on one port, and the cookie by which Ada is signed in."""

    console: str
    site: str
    cookie: dict[str, Any]
    cast: Any


@pytest.fixture
def house(served: tuple[str, Console], binding: Any) -> House:
    """Somebody at dispatch before the console, and Ada before her company's account."""
    from upheld.actions.sessions import open_session

    address, console = served
    console.give_role(CLERK, "dispatch")
    site = address.replace("localhost", HOST)
    token = open_session(binding, person=console.cast.ada, now=NOW)
    return House(address, site, {"name": "session", "value": token, "url": site}, console.cast)


def open_as_ada(house: House, open_page: Callable[..., Page], **look: Any) -> Page:
    page = open_page(**look)
    page.context.add_cookies([house.cookie])  # type: ignore[list-item]
    return page


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).first.click()


def book(page: Page, house: House) -> str:
    """Ada fills in the form, sees the price, and books; the number."""
    page.goto(house.site)
    page.get_by_role("link", name="Send a parcel").click()
    page.get_by_label(re.compile("^Same day")).check()
    page.get_by_label("up to 5 kg").check()
    page.get_by_label(re.compile("^Where we pick it up")).fill("7 Paper Lane\nPort Ellery")
    page.get_by_label(re.compile("^Ready at")).fill(f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    page.get_by_label(re.compile("^The addressee's name")).fill("Cleo Varga")
    page.get_by_label(re.compile("^The addressee's address")).fill("3 Gull Street\nPort Ellery")
    page.get_by_label(re.compile("^Who else is to hear")).fill(CLEO)
    press(page, "Check the price")
    assert page.locator(".quote-card h2").inner_text() == "$14.50"
    press(page, "Book for $14.50")
    page.get_by_text("Your parcel is booked.").wait_for()
    return page.url.rpartition("/")[2].partition("?")[0]


def make_route(page: Page, house: House, number: str) -> tuple[str, str]:
    """Dispatch puts the parcel on a route; the link and the number."""
    page.goto(f"{house.console}{SEAT}shipments/")
    page.get_by_label(f"Choose {number}").check()
    press(page, "Make a route of the chosen ones")
    page.get_by_label("Name of the route").fill("North line")
    press(page, "Make the route")
    return page.locator(".link-shown code").inner_text(), page.locator(".spoken").inner_text()


def find_stop_link() -> str:
    """The link at the end of what Cleo gets."""
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    for row in Outgoing.objects.filter(site=SITE):
        message = open_message(row)
        found = re.search(r"https?://\S+/stop/[A-Za-z0-9_-]{20,64}", message.text) if message else None
        if message is not None and message.to == CLEO and found is not None:
            return found.group()
    raise AssertionError("nothing was queued for Cleo")


def test_a_parcel_goes_its_whole_way(house: House, open_page: Callable[..., Page]) -> None:
    ada = open_as_ada(house, open_page, java_script_enabled=False)
    number = book(ada, house)
    clerk = open_page()
    sign_in(clerk, house.console)
    link, spoken = make_route(clerk, house, number)
    phone = open_page(width=360, java_script_enabled=False, has_touch=True)
    phone.goto(link)
    phone.get_by_label(re.compile("^Number")).fill(spoken)
    press(phone, "Open my route")
    assert "7 Paper Lane" in phone.inner_text("main")
    press(phone, "Mark as picked up")
    phone.get_by_text("Stop 1 is picked up.").wait_for()
    assert "3 Gull Street" in phone.inner_text("main")
    press(phone, "Mark as delivered")
    phone.get_by_role("alert").wait_for()
    phone.get_by_label(re.compile("^Who received it")).fill("Jo Varga")
    press(phone, "Mark as delivered")
    phone.get_by_text("Every stop of this route is done.").wait_for()
    assert "Gull Street" not in phone.inner_text("main")
    thief = open_page(width=360)
    thief.goto(link)
    assert "open on another phone" in thief.inner_text("main")
    clerk.goto(f"{house.console}{SEAT}routes/")
    clerk.get_by_text("opened elsewhere once").wait_for()
    ada.goto(f"{house.site}/account/shipments/{number}")
    for words in ("Delivered", "Jo Varga", CLEO):
        assert words in ada.inner_text("main")
    cleo = open_page(java_script_enabled=False)
    stop = find_stop_link()
    cleo.goto(stop)
    press(cleo, "Stop these messages")
    cleo.get_by_role("heading", name="You get no more of these messages").wait_for()
    cleo.goto(stop)
    cleo.get_by_role("heading", name="There is nothing to stop").wait_for()


def test_every_page_of_parcels_looks_as_it_should(
    house: House, binding: Any, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    then = NOW - timedelta(hours=2)
    booked, there, away = (
        book_one(binding, house.cast.ada, then, company=house.cast.works, named=[CLEO]) for _ in "123"
    )
    move(binding, there, NOW - timedelta(minutes=5), "picked-up", "on-its-way", "delivered")
    move(binding, away, NOW - timedelta(minutes=5), "picked-up", "on-its-way", "attempted")
    clerk = open_page(has_touch=True)
    sign_in(clerk, house.console)
    link, spoken = make_route(clerk, house, booked.number)
    look_at(clerk, "console-route-made", axe, shots)
    phone = open_page(has_touch=True)
    phone.goto(link)
    look_at(phone, "driver-number", axe, shots)
    phone.get_by_label(re.compile("^Number")).fill(spoken)
    press(phone, "Open my route")
    ada = open_as_ada(house, open_page, has_touch=True)
    stranger = open_page(has_touch=True)
    for page, name, address in (
        (phone, "driver-route", link),
        (phone, "driver-stop", f"{link}/1"),
        (stranger, "driver-elsewhere", link),
        (stranger, "stop", house.site + find_stop_link().removeprefix(HOME.rstrip("/"))),
        (stranger, "stopped", f"{house.site}/stop/done"),
        (ada, "order", f"{house.site}/ship?again={there.number}"),
        (ada, "shipments", f"{house.site}/account/shipments?state=all"),
        (ada, "shipment", f"{house.site}/account/shipments/{there.number}"),
        (ada, "account-with-parcels", f"{house.site}/account"),
        (clerk, "console-shipments", f"{house.console}{SEAT}shipments/?state=all"),
        (clerk, "console-shipment", f"{house.console}{SEAT}shipments/{away.id}/"),
        (clerk, "console-routes", f"{house.console}{SEAT}routes/"),
        (clerk, "console-route-new", f"{house.console}{SEAT}routes/new/"),
        (clerk, "console-programs", f"{house.console}{SEAT}programs/"),
    ):
        page.goto(address)
        look_at(page, name, axe, shots)


def look_at(page: Page, name: str, axe: Callable[..., list[str]], shots: Path) -> None:
    """In every look the page has room, and axe finds nothing that weighs; on a phone nothing is too small to touch."""
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.screenshot(path=shots / f"parcels-{name}-{width}-{scheme}.png", full_page=True)
        assert measure_overflow(page) <= 0, (name, width)
        assert axe(page) == [], (name, width, scheme)
    assert page.evaluate(SMALL) == [], name
