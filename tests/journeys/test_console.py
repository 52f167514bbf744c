"""The console in a browser: by keyboard, with a passkey, without scripts, on any width, in light and dark."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page

from tests.actions.stage import ADA, NOW, Cast, binding, cast, databases, now
from tests.console.clerks import CLERK, OWNER, PASSWORD, ROLE, SEAT, SITE, Console
from tests.console.conftest import set_up_console
from tests.journeys.test_first_site import Quiet, Threads
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "settings_as"]

LOOKS = ((1280, "light"), (360, "dark"))  # each width and each scheme once: neither changes what the other does


@pytest.fixture
def served(cast: Cast, settings_as: Callable[..., None], tmp_path: Path) -> Iterator[tuple[str, Console]]:
    """The console on a port of this machine; its clock goes on from the moment of the tests."""
    from wsgiref.simple_server import make_server

    from django.core.wsgi import get_wsgi_application

    with time_machine.travel(NOW, tick=True):
        console = set_up_console(cast, settings_as, tmp_path)
        console.give_role()
        with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield f"http://localhost:{server.server_port}", console
            server.shutdown()


def sign_in(page: Page, address: str, name: str = CLERK) -> None:
    page.goto(f"{address}/console/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="What is next").wait_for()


def is_sideways(page: Page) -> bool:
    page.wait_for_load_state()  # while one page gives way to the next there is no document
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_a_clerk_finds_somebody_and_opens_what_they_may_by_keyboard(
    served: tuple[str, Console], browser_page: Page
) -> None:
    address, console = served
    sign_in(browser_page, address)
    browser_page.goto(f"{address}{SEAT}")
    browser_page.keyboard.press("?")
    assert browser_page.get_by_text("next and last row").is_visible()
    browser_page.keyboard.press("/")
    browser_page.keyboard.type(ADA["person.email"])
    browser_page.keyboard.press("Enter")
    browser_page.get_by_role("heading", name=console.cast.ada.id).wait_for()
    assert not browser_page.get_by_text(ADA["person.name"]).is_visible()
    browser_page.get_by_label("What for").select_option("fulfil.service")
    browser_page.get_by_role("button", name="Open what I may see").press("Enter")
    browser_page.get_by_text(ADA["person.name"]).wait_for()
    browser_page.goto(f"{address}{SEAT}ledger/")
    browser_page.keyboard.press("j")
    browser_page.keyboard.press("j")
    browser_page.keyboard.press("k")
    here: Any = browser_page.evaluate("document.activeElement.closest('tr').rowIndex")
    assert here == 1


def test_a_table_is_sorted_by_a_column_and_turned_round(served: tuple[str, Console], browser_page: Page) -> None:
    address, _ = served
    sign_in(browser_page, address)
    browser_page.goto(f"{address}{SEAT}ledger/")
    table = browser_page.locator("table.dense").first
    head = table.locator("thead th", has=browser_page.get_by_role("button")).nth(1)
    column: Any = head.evaluate("cell => cell.cellIndex")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"

    def read() -> list[str]:
        cells: list[str] = table.evaluate(
            "(table, column) => [...table.tBodies[0].rows].map(row => row.cells[column].textContent.trim())", column
        )
        return cells

    up = read()
    assert len(up) > 1
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert sorted(read()) == sorted(up)
    assert read()[0] == up[-1]


def test_all_of_it_works_without_scripts(served: tuple[str, Console], open_page: Callable[..., Page]) -> None:
    address, console = served
    console.give_role(role="analysts")
    page = open_page(java_script_enabled=False)
    sign_in(page, address)
    page.get_by_role("link", name="Parcel courier").first.click()
    page.get_by_label("Exactly as they gave it").fill(ADA["person.email"])
    page.get_by_role("button", name="Find").click()
    page.get_by_label("Your role").select_option("analysts")
    page.get_by_label("What for").select_option("fulfil.service")
    page.get_by_role("button", name="Open what I may see").click()
    page.get_by_role("heading", name="What is withheld").wait_for()
    assert page.locator("blockquote").count() >= 1
    assert not page.get_by_text(ADA["person.name"]).is_visible()
    page.get_by_role("link", name="Who read what").click()
    assert page.get_by_text(console.cast.ada.id).first.is_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()


def test_a_passkey_is_added_and_signs_in_alone(
    served: tuple[str, Console], browser_page: Page, settings_as: Callable[..., None]
) -> None:
    address, _ = served
    devices = browser_page.context.new_cdp_session(browser_page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(browser_page, address)
    settings_as(SECOND_FACTOR_REQUIRED=True)
    browser_page.goto(f"{address}{SEAT}")
    browser_page.get_by_role("heading", name="Set up a second factor first").wait_for()
    browser_page.get_by_role("link", name="Add one").click()
    browser_page.locator("input[name=passwordless]").check()
    browser_page.get_by_role("button", name="Add passkey").click()
    browser_page.get_by_role("heading", name="Recovery codes").wait_for()
    browser_page.get_by_role("button", name="Sign out").click()
    browser_page.get_by_role("link", name="Sign in with a passkey").click()
    browser_page.get_by_role("button", name="Use passkey").click()
    browser_page.get_by_role("heading", name="What is next").wait_for()
    browser_page.goto(f"{address}{SEAT}")
    browser_page.get_by_role("heading", name="Find a person").wait_for()


def list_pages(console: Console) -> list[str]:
    from upheld.actions.cases import open_case

    case = open_case(SITE, kind="question", person=console.cast.ada.id, now=NOW)
    tabs = ("", "cases/", f"cases/{case.id}/", "outbox/", "ledger/", "reading/", "grants/")
    own = ("", "me/", "me/password/", "me/app/", "me/passkeys/", "me/passkeys/add/", "staff/", "nothing/")
    pages = [f"/console/{path}" for path in own] + [f"{SEAT}{path}" for path in tabs]
    return [*pages, f"{SEAT}people/{console.cast.ada.id}/"]


def test_nothing_is_wrong_with_a_page_on_any_screen(
    served: tuple[str, Console], open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    address, console = served
    console.give_role(OWNER)
    console.give_role(OWNER, "analysts")
    page = open_page()
    page.goto(f"{address}/console/sign-in/")
    assert axe(page) == []
    sign_in(page, address, OWNER)
    for path in list_pages(console):
        page.goto(f"{address}{path}")
        name = re.sub(r"[cp]_[a-z0-9]{20}", "one", path).strip("/").replace("/", "-")
        look_at(page, axe, shots, name)
    page.get_by_label("Your role").select_option(ROLE)
    page.get_by_label("What for").select_option("fulfil.service")
    page.get_by_role("button", name="Open what I may see").click()
    page.get_by_role("heading", name="What you may see").wait_for()
    look_at(page, axe, shots, "console-opened")
    page.get_by_label("Your role").select_option("analysts")
    page.get_by_role("button", name="Open again").click()
    page.get_by_role("heading", name="What is withheld").wait_for()
    look_at(page, axe, shots, "console-withheld")


def look_at(page: Page, axe: Callable[..., list[str]], shots: Path, name: str) -> None:
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
        assert axe(page) == [], (name, width, scheme)
    page.set_viewport_size({"width": 320, "height": 900})
    assert not is_sideways(page), name
    page.set_viewport_size({"width": 1280, "height": 900})
