"""A newcomer's first minute with a real server: register, find the mail of the demo, follow its link, be let in."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.actions.stage import COURIER
from tests.journeys.test_first_site import OPEN_ALL, SMALL, measure_overflow

FORM_IS_OLD_ENOUGH_MS = 2_100  # a form that comes back sooner was not filled in by a person
PASSWORD = "twenty-six drivers at dawn"  # noqa: S105 - of an invented person
CONFIRM = "Confirm your e-mail address for Parcel courier"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A server of the courier's site, as the command starts it, with the process that sends its mail."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / COURIER.name).symlink_to(COURIER)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("UPHELD_", "DJANGO_"))}
    arguments = ["--port", str(port), "--policies", str(policies), "--state", str(tmp_path / "var")]
    process = subprocess.Popen(
        [sys.executable, "-m", "upheld.cli.main", "serve", *arguments],
        env=clean | {"UPHELD_PROOFS": "no"},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_server(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def wait_for_server(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://localhost:{port}/mail/", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


def test_a_newcomer_finds_the_mail_and_is_let_in(
    browser_page: Page, port: int, axe: Callable[..., list[str]], shots: Path
) -> None:
    page = browser_page
    page.goto(f"http://lasership.localhost:{port}/register")
    page.get_by_label("Your e-mail address").fill("nora@fenn.example")
    page.get_by_label("Your password").fill(PASSWORD)
    page.wait_for_timeout(FORM_IS_OLD_ENOUGH_MS)
    page.locator("main form button").click()
    page.goto(f"http://localhost:{port}/")
    page.get_by_role("link", name="Read what they would send").click()
    find_mail(page)
    look_at(page, "mailbox", axe, shots)
    page.get_by_role("link", name=CONFIRM).first.click()
    expect(page.locator("main")).to_contain_text("nora@fenn.example")
    look_at(page, "mail", axe, shots)
    page.locator(".mail-text a").first.click()
    look_at(page, "verify", axe, shots)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Open my account").click()
    expect(page.locator("main")).not_to_contain_text("does not work")
    assert page.url.startswith(f"http://lasership.localhost:{port}/account")


def find_mail(page: Page) -> None:
    """Load the mailbox again until the mail is there, as the page says one should; staff may have mails in it before."""
    for _ in range(100):
        if page.get_by_role("link", name=CONFIRM).count():
            return
        page.wait_for_timeout(200)
        page.reload()
    raise AssertionError("no mail came")


def look_at(page: Page, name: str, axe: Callable[..., list[str]], shots: Path) -> None:
    """Both widths, both schemes: nothing sideways, nothing serious for axe, nothing too small to hit."""
    for width, scheme in ((1280, "light"), (1280, "dark"), (320, "dark"), (320, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
        page.evaluate(OPEN_ALL)
        assert measure_overflow(page) <= 0, (name, width)
        assert page.evaluate(SMALL) == [], (name, width)
        assert axe(page) == [], (name, width, scheme)
    page.set_viewport_size({"width": 1280, "height": 900})
