"""The legal desk and a merger in a browser: two people agree, what may go goes, the person sees it; only those told go over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page

from tests.actions.legal_desk import DESK, INSTRUMENT
from tests.actions.lone_desk import open_lone
from tests.actions.stage import ADA, NOW, Cast, binding, cast, databases, now, open_courier
from tests.actions.test_approvals import Lone
from tests.actions.test_mergers import THEIR_POLICY, deliver
from tests.console.clerks import CLERK, OWNER, SEAT, STRANGER, Console
from tests.console.conftest import set_up_console
from tests.journeys.test_console import is_sideways, sign_in
from tests.journeys.test_first_site import Quiet, Threads
from tests.pages.test_agreeing_page import HOST, OUTSIDE, open_site
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "settings_as"]


@pytest.fixture
def desk(
    cast: Cast, settings_as: Callable[..., None], tmp_path: Path
) -> Iterator[tuple[str, Console, time_machine.Traveller]]:
    """The console with two people of the legal desk, a court and a successor in the register; the clock can be moved."""
    from wsgiref.simple_server import make_server

    from django.core.wsgi import get_wsgi_application

    from upheld.actions.recipients import add_recipient
    from upheld.actions.staff import find_staff

    with time_machine.travel(NOW, tick=True) as clock:
        console = set_up_console(cast, settings_as, tmp_path)
        for name in (CLERK, STRANGER):
            console.give_role(name, DESK)
        for kind, title in (("authorities", "District court"), ("successor", "Swift Carriers")):
            contact = {"post": "1 Court Square, Port Ellery"}
            add_recipient(open_courier(), kind=kind, title=title, contact=contact, by=find_staff(OWNER), now=NOW)
        with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield f"http://localhost:{server.server_port}", console, clock
            server.shutdown()


def look_at(page: Page, name: str, axe: Callable[..., list[str]], shots: Path) -> None:
    """The page is whole on both widths, axe finds nothing serious, and there are pictures of it."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert not is_sideways(page), f"{name} at {width}"
        page.screenshot(path=shots / f"{name}-{width}.png", full_page=True)
    assert not axe(page), name
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")
    assert not axe(page), f"{name} in the dark"
    page.screenshot(path=shots / f"{name}-dark.png", full_page=True)
    page.emulate_media(color_scheme="light")


def test_a_court_gets_what_its_order_names_once_two_people_agreed(
    desk: tuple[str, Console, Any],
    open_page: Callable[..., Page],
    axe: Callable[..., list[str]],
    shots: Path,
) -> None:
    address, _, _ = desk
    one, two = open_page(), open_page(java_script_enabled=False)
    sign_in(one, address, CLERK)
    one.goto(f"{address}{SEAT}demands/")
    look_at(one, "legal-desk", axe, shots)
    one.get_by_role("link", name="Take down a demand").click()
    one.get_by_label("What the instrument is").fill(INSTRUMENT)
    one.get_by_label("What it rests on").fill("4 B 17/26")
    for leaf in ("Name", "E-mail address"):
        one.get_by_label(f"They ask for: {leaf}", exact=True).check()
    one.get_by_label("The instrument names: Name", exact=True).check()
    look_at(one, "legal-form", axe, shots)
    one.get_by_label("What forbids us to tell the person").fill("The court forbids it in the order itself.")
    one.get_by_label("Until this day").fill("2026-12-31")
    one.get_by_role("button", name="Take it down").click()
    one.get_by_text("Nobody is named whom it is about.").wait_for()
    one.get_by_label("Exactly as they gave it").fill(ADA["person.email"])
    one.get_by_role("button", name="Find and add").click()
    one.get_by_role("button", name="Put it to").click()
    one.get_by_role("button", name="Agree", exact=True).click()
    one.get_by_text("Somebody else has to agree.").wait_for()
    look_at(one, "legal-asked", axe, shots)
    sign_in(two, address, STRANGER)
    two.goto(one.url)
    two.get_by_role("button", name="Agree", exact=True).click()
    two.get_by_role("button", name="Give it out").click()
    two.get_by_role("heading", name="The package").wait_for()
    one.reload()
    look_at(one, "legal-released", axe, shots)
    one.get_by_label("Telling stays barred until").fill("2027-01-31")
    one.get_by_label("Who bars it for longer, and why").fill("The court prolonged its order on 18 November.")
    one.get_by_role("button", name="Ask for a longer bar").click()
    one.get_by_text("0 of 2 agreed.").wait_for()
    look_at(one, "legal-bar", axe, shots)
    one.get_by_role("button", name="Agree", exact=True).click()
    two.reload()
    two.get_by_role("button", name="Agree", exact=True).click()
    two.get_by_text("barred until 2027-01-31").wait_for()
    one.reload()
    one.get_by_role("button", name="Open it to print").click()
    one.get_by_text(ADA["person.name"]).wait_for()
    assert not one.get_by_text(ADA["person.email"]).is_visible()
    look_at(one, "legal-package", axe, shots)


def test_in_a_merger_only_those_who_were_told_in_time_go_over(
    desk: tuple[str, Console, Any],
    browser_page: Page,
    axe: Callable[..., list[str]],
    shots: Path,
) -> None:
    from upheld.actions.mergers import settle_notices, tell_batch

    address, _, clock = desk
    page = browser_page
    sign_in(page, address, CLERK)
    page.goto(f"{address}{SEAT}mergers/")
    look_at(page, "mergers", axe, shots)
    page.get_by_label("Where their policy stands").fill(THEIR_POLICY)
    page.get_by_role("button", name="Put it on record").click()
    page.get_by_role("button", name="Tell everybody").click()
    page.get_by_text("How far the telling is").wait_for()
    look_at(page, "merger-telling", axe, shots)
    while tell_batch(open_courier(), NOW):
        pass
    deliver(open_courier(), NOW, failing=("bo@marten.example",))
    settle_notices(open_courier(), NOW)
    page.reload()
    page.get_by_text("Nothing goes before").wait_for()
    look_at(page, "merger-told", axe, shots)
    clock.shift(timedelta(days=31))
    page.context.clear_cookies()
    sign_in(page, address, CLERK)
    page.get_by_role("link", name="2 may go to Swift Carriers now").click()
    page.get_by_role("button", name="Hand over the next batch").click()
    page.get_by_text("Not sent").wait_for()
    look_at(page, "merger-gone", axe, shots)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download file 1").click()
    assert len(download.value.path().read_text(encoding="utf-8").splitlines()) == 3


def test_somebody_outside_sees_an_outline_and_answers_with_one_of_two_buttons(
    databases: dict[str, Path],
    tmp_path: Path,
    open_page: Callable[..., Page],
    axe: Callable[..., list[str]],
    shots: Path,
) -> None:
    from wsgiref.simple_server import make_server

    from django.core.wsgi import get_wsgi_application

    with time_machine.travel(NOW, tick=True):
        open_site(tmp_path, OUTSIDE)
        lone = Lone(open_lone(OUTSIDE), NOW)
        lone.agree()
        with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            home = f"http://{HOST}:{server.server_port}/"
            page = open_page(java_script_enabled=False)
            page.goto(lone.wait(who="R. Achterberg, notary", home=home))
            page.get_by_role("heading", name="Do you agree?").wait_for()
            for width in (1280, 360):
                page.set_viewport_size({"width": width, "height": 900})
                assert not is_sideways(page)
                page.screenshot(path=shots / f"agreeing-{width}.png", full_page=True)
            sizes = [
                page.get_by_role("button", name=name, exact=True).bounding_box() for name in ("Agree", "Do not agree")
            ]
            assert {size["height"] for size in sizes if size} == {sizes[0]["height"] if sizes[0] else 0}
            page.get_by_role("button", name="Do not agree").click()
            page.get_by_text("You did not agree.").wait_for()
            server.shutdown()
