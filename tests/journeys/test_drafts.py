"""Writing the policy in a browser: a finding while typing, mended, looked at as a page, measured, announced; and what goes wrong."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page

from tests.actions.stage import COURIER, NOW, Cast, binding, cast, databases, now
from tests.actions.versions import SOON, WIDER, read_text
from tests.console.clerks import CLERK, OWNER, PASSWORD, SEAT, SITE, Console
from tests.console.conftest import set_up_console
from tests.journeys.test_changing_the_policy import look_at
from tests.journeys.test_console import sign_in
from tests.journeys.test_first_site import Quiet, Threads, measure_overflow
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "settings_as"]

SOUND = "^([0-9]+ to look at again|Nothing found)"
WORD = "show person.zip to analysts for improve"


@pytest.fixture
def served(cast: Cast, settings_as: Callable[..., None], tmp_path: Path) -> Iterator[tuple[int, Console]]:
    """The courier and the console on a port of this machine, both versions of the courier founding."""
    from wsgiref.simple_server import make_server

    from django.core.wsgi import get_wsgi_application

    from upheld.server.opening import check_pages, fetch_text, read_posted_now
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Postings, Shelf

    with time_machine.travel(NOW, tick=True):
        console = set_up_console(cast, settings_as, tmp_path)
        folder = tmp_path / "versions" / SITE
        shutil.copytree(COURIER, folder)
        postings = Postings(read_posted_now, fetch_text)
        place_shelf(Shelf(folder.parent, tmp_path / "copies", check=check_pages, postings=postings))
        with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server.server_port, console
            server.shutdown()


def glance_at(page: Page, axe: Callable[..., list[str]], shots: Path, name: str) -> None:
    """A page in its two most different looks; `look_at` has all four."""
    for width, scheme in ((1280, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
        assert measure_overflow(page) == 0, (name, width)
        assert axe(page) == [], (name, width, scheme)
    page.set_viewport_size({"width": 1280, "height": 900})


def wait_for_state(page: Page, words: str) -> None:
    page.locator("[data-saved]").filter(has_text=re.compile(words)).wait_for()


def wait_for_count(page: Page, words: str) -> None:
    page.locator("[data-count]").filter(has_text=re.compile(words)).wait_for()


def read_draft(page: Page) -> Any:
    from upheld.actions.drafts import fetch_draft

    return fetch_draft(SITE, page.url.partition("#")[0].rstrip("/").rpartition("/")[2])


def measure_shift(page: Page) -> float:
    """By how much the copy behind the text is higher or lower than the text itself; both have to break their lines alike."""
    return float(
        page.evaluate(
            """() => {
                const area = document.getElementById("text"), mirror = document.querySelector(".mirror");
                area.style.height = "0";
                const needed = area.scrollHeight;
                area.style.height = "";
                return Math.abs(needed - mirror.scrollHeight);
            }"""
        )
    )


def test_it_works_with_the_keyboard_alone(
    served: tuple[int, Console], open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    port, _ = served
    page = open_page()
    sign_in(page, f"http://localhost:{port}", OWNER)
    page.goto(f"http://localhost:{port}{SEAT}policy/")
    page.get_by_role("link", name="Write a new version").press("Enter")
    page.get_by_role("button", name="Begin a draft").press("Enter")
    area = page.get_by_label("The text")
    area.focus()
    wait_for_count(page, SOUND)
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(
        f"\n## Something new\n\nWe show your zip code to analysts.\n\n```rules\n(1) {WORD.replace('show', 'shov')}\n```\n"
    )
    wait_for_count(page, "^1 error")
    assert page.title().startswith("(1 error) ")
    finding = page.locator(".finding.bad")
    assert "`shov` is not a known word" in finding.inner_text()
    assert page.locator(".mirror .line.bad .bad").inner_text() == "shov"
    wait_for_state(page, "^Saved at")
    assert "shov" in read_draft(page).text  # also a text with errors is kept
    look_at(page, axe, shots, "draft-error")
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("F8")  # to the finding, its piece chosen
    page.keyboard.type("show")
    wait_for_count(page, SOUND)
    assert page.locator(".mirror .line.bad").count() == 0
    assert page.title().startswith("Draft of the policy")
    page.keyboard.press("Control+s")
    wait_for_state(page, "^(Saved at|Everything is saved)")
    assert measure_shift(page) <= 2

    page.get_by_role("button", name="Preview").press("Enter")
    page.get_by_text("binds nobody, and only staff see it").wait_for()
    assert page.get_by_text("We show your zip code to analysts.").first.is_visible()
    assert page.locator("details.rules:not([open])").count() == 0
    glance_at(page, axe, shots, "draft-preview")
    page.get_by_role("link", name="Back to the text").press("Enter")
    page.get_by_role("button", name="See what changes").press("Enter")
    page.get_by_text("Analysts may now see your zip code").wait_for()
    look_at(page, axe, shots, "draft-changes")
    page.get_by_label(re.compile("a notice on every page")).press("Space")
    page.get_by_label("I have read what changes").press("Space")
    page.get_by_role("button", name="Announce the version").press("Enter")
    page.get_by_text("It is announced; people are told now").wait_for()
    glance_at(page, axe, shots, "draft-announced")
    page.goto(f"http://lasership.localhost:{port}/")
    assert page.get_by_text("Our privacy policy changes on").is_visible()
    page.get_by_role("link", name="See what changes for you").click()
    page.get_by_text("Analysts may now see your zip code").first.wait_for()


def begin_as_clerk(served: tuple[int, Console], open_page: Callable[..., Page]) -> Page:
    """A new draft, the cursor at its end."""
    port, console = served
    console.give_role()
    page = open_page()
    sign_in(page, f"http://localhost:{port}", CLERK)
    page.goto(f"http://localhost:{port}{SEAT}policy/edit/")
    page.get_by_role("button", name="Begin a draft").click()
    page.get_by_label("The text").focus()
    page.keyboard.press("Control+End")
    return page


def test_nothing_that_was_typed_without_a_connection_is_lost(
    served: tuple[int, Console], open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    page = begin_as_clerk(served, open_page)
    page.context.set_offline(True)
    page.keyboard.insert_text("\nTyped without a connection.\n")
    wait_for_state(page, "^Not saved: no connection")
    address = page.url
    page.context.set_offline(False)
    wait_for_state(page, "^Saved at")
    assert "Typed without a connection." in read_draft(page).text

    page.context.set_offline(True)  # the page is closed before the connection comes back
    page.keyboard.insert_text("Typed last.\n")
    wait_for_state(page, "^Not saved: no connection")
    context = page.context
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(address)
    page.get_by_text("Text that was never saved").wait_for()
    glance_at(page, axe, shots, "draft-left")
    page.get_by_role("button", name="Take it").click()
    wait_for_state(page, "^Saved at")
    assert read_draft(page).text.endswith("Typed last.\n")


def test_whoever_is_signed_out_or_overtaken_loses_nothing(
    served: tuple[int, Console], open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    page, other, base = begin_as_clerk(served, open_page), open_page(), f"http://localhost:{served[0]}"
    address = page.url
    # the session ends while somebody writes, and another one begins in a new tab
    page.context.clear_cookies()
    page.get_by_label("The text").focus()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("Typed signed out.\n")
    page.get_by_role("heading", name="You are signed out").wait_for()
    wait_for_count(page, "^Not checked")
    glance_at(page, axe, shots, "draft-out")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    opened.value.get_by_label("Name").or_(opened.value.locator("input[name=login]")).first.fill(CLERK)
    opened.value.locator("input[type=password]").fill(PASSWORD)
    opened.value.locator("main button[type=submit]").first.click()
    wait_for_state(page, "^Saved at")
    assert page.get_by_role("heading", name="You are signed out").is_hidden()
    assert read_draft(page).text.endswith("Typed signed out.\n")
    wait_for_count(page, "^1 error")  # a sentence without a rule

    sign_in(other, base, OWNER)
    other.goto(address)
    other.get_by_label("The text").focus()
    other.keyboard.press("Control+End")
    other.keyboard.insert_text("Typed by the owner.\n")
    wait_for_state(other, "^Saved at")
    page.keyboard.insert_text("Typed by the clerk.\n")
    page.get_by_role("heading", name=f"{OWNER} saved this draft").wait_for()
    glance_at(page, axe, shots, "draft-apart")
    assert read_draft(page).text.endswith("Typed by the owner.\n")
    page.get_by_role("button", name="Keep mine as a draft of its own").click()
    page.get_by_text("Your text is a draft of its own now").wait_for()
    assert read_draft(page).text.endswith("Typed by the clerk.\n")
    page.get_by_role("link", name="All drafts").click()
    assert page.get_by_role("link", name=re.compile("Draft for")).count() == 2
    glance_at(page, axe, shots, "drafts")


def test_without_a_script_the_buttons_do_the_same(
    served: tuple[int, Console], open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    port, _ = served
    page = open_page(java_script_enabled=False)
    sign_in(page, f"http://localhost:{port}", OWNER)
    page.goto(f"http://localhost:{port}{SEAT}policy/edit/")
    page.get_by_role("button", name="Begin a draft").click()
    area = page.get_by_label("The text")
    broken = read_text(SOON, WIDER).replace(WORD, WORD.replace("show", "shov"))
    area.fill(broken)
    page.get_by_role("button", name="Check").click()
    line = broken.split("\n").index(f"(1) {WORD.replace('show', 'shov')}") + 1
    page.get_by_role("link", name=f"Line {line}, column 5").click()
    assert page.url.endswith(f"#L{line}")
    page.wait_for_timeout(1000)  # it glides there
    box = page.locator(f"#L{line}").bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= 900
    page.screenshot(path=shots / "draft-no-script.png")
    area.fill(read_text(SOON, WIDER))
    page.get_by_role("button", name="See what changes").click()
    page.get_by_text("Analysts may now see your zip code").wait_for()
    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 700})
        assert measure_overflow(page) == 0
