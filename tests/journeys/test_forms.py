"""The forms of a site in a browser: by keyboard, without JavaScript, on any width, with what is wrong said where it is."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.actions.stage import COURIER, databases
from tests.journeys.test_first_site import Quiet, Threads
from tests.web.sites import open_workshop, settings_as

__all__ = ["databases", "settings_as"]

LOOKS = ((1280, "light"), (360, "dark"))  # each width and each scheme once: neither changes what the other does


@pytest.fixture
def site(tmp_path: Path, databases: dict[str, Path], settings_as: Callable[..., None]) -> Iterator[str]:
    """The courier's site on a port of this machine."""
    from wsgiref.simple_server import make_server

    from django.core.wsgi import get_wsgi_application

    settings_as(FORM_SECONDS=0)
    shutil.copytree(COURIER, tmp_path / "policies" / "lasership")
    open_workshop(tmp_path)
    with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://lasership.localhost:{server.server_port}"
        server.shutdown()


def is_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_feedback_is_written_by_keyboard_and_without_scripts(site: str, open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{site}/")
    page.get_by_role("navigation", name="About privacy").get_by_role("link", name="Write to us").click()
    page.get_by_role("button", name="Send message").click()
    page.get_by_role("alert").get_by_role("link").press("Enter")
    page.keyboard.type("The bell at the side door does not ring.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the sentence opens in its place
    assert page.get_by_text("We take in your entry when you join a promotion").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="It is here").wait_for()
    assert page.get_by_text("-000001").is_visible()


@pytest.mark.parametrize("path", ["/feedback", "/survey", "/promotions"])
def test_nothing_is_wrong_with_a_form_on_any_screen(
    site: str, path: str, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    page = open_page()
    page.goto(f"{site}{path}")
    for state in ("empty", "wrong"):
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert not is_sideways(page), (width, scheme, state)
            page.screenshot(path=shots / f"form{path.replace('/', '-')}-{state}-{width}-{scheme}.png", full_page=True)
        assert axe(page) == [], state
        page.set_viewport_size({"width": 320, "height": 900})
        assert not is_sideways(page), state
        page.get_by_role("button").click()
        page.get_by_role("alert").wait_for()


def test_a_line_of_the_summary_leads_to_its_field(site: str, browser_page: Page) -> None:
    browser_page.goto(f"{site}/feedback")
    browser_page.get_by_role("button", name="Send message").click()
    browser_page.get_by_role("alert").get_by_role("link").click()
    focused: Any = browser_page.evaluate("document.activeElement.id || location.hash")
    assert "field-message-feedback" in focused
