"""A mail to the business in a browser: a no by message reaches the next campaign, a question becomes a case and is answered."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page

from tests.actions.crowds import bring_in
from tests.actions.stage import NOW, Cast, binding, cast, databases, now
from tests.console.clerks import SEAT, Console
from tests.console.conftest import set_up_console
from tests.journeys.test_campaigns import write
from tests.journeys.test_console import is_sideways, sign_in
from tests.journeys.test_first_site import Quiet, Threads
from tests.web.sites import settings_as
from upheld.core.gate.binding import Binding

__all__ = ["binding", "cast", "databases", "now", "settings_as"]

LOOKS = ((1280, "light"), (360, "dark"))  # each width and each scheme once: neither changes what the other does
READER = "a@crowd.example"


@dataclasses.dataclass
class House:
    """The server's address, and what the jobs do with the mailbox."""

    address: str
    watch: Callable[[], int]


@pytest.fixture
def house(
    cast: Cast,
    binding: Binding,
    settings_as: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """The console, the page of mails and a maildir, with three who said yes and one who said no."""
    from wsgiref.simple_server import make_server

    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    from upheld.channels.mailbox.maildir import MaildirMailbox, MaildirSettings
    from upheld.jobs import inbound
    from upheld.jobs.work import Inbox, Work, place_work

    own = dataclasses.replace(settings.ENVIRONMENT, inbox="maildir", inbox_folder=tmp_path / "inbox")
    settings_as(MAILBOX=tmp_path / "mail", ENVIRONMENT=own)
    inbox = Inbox(MaildirMailbox(MaildirSettings(tmp_path / "inbox")))
    channel: Any = None
    work = Work(channel=channel, state=tmp_path, database="", inbox=inbox)
    place_work(work)
    monkeypatch.setattr(inbound, "iter_bindings", lambda _now: iter((binding,)))
    with time_machine.travel(NOW, tick=True):
        console: Console = set_up_console(cast, settings_as, tmp_path)
        console.give_role()
        bring_in(binding, NOW, {"a": ("yes",), "b": ("yes",), "c": ("yes",), "d": ("no",)})
        with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield House(f"http://localhost:{server.server_port}", lambda: inbound.Watcher().look(work, NOW))
            server.shutdown()
    place_work(None)


def send(page: Page, house: House, sender: str, subject: str, text: str) -> None:
    """Write a mail to the business and have it read."""
    page.goto(f"{house.address}/mail/")
    page.get_by_role("link", name="Write to a business").click()
    page.get_by_label("From").fill(sender)
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Message").fill(text)
    page.get_by_role("button", name="Send message").click()
    page.get_by_text("in the mailbox of the business").wait_for()
    assert house.watch() == 1


def test_a_no_by_message_reaches_the_next_campaign(
    house: House, browser_page: Page, open_page: Callable[..., Page]
) -> None:
    sign_in(browser_page, house.address)
    write(browser_page, house.address)
    assert "3 of 6 account holders get it" in browser_page.locator("main").inner_text()
    reader = open_page(java_script_enabled=False)
    send(reader, house, READER, "Your offers", "Please stop sending me offers.")
    browser_page.reload()
    assert "2 of 6 account holders get it" in browser_page.locator("main").inner_text()


def test_a_question_is_taken_read_and_answered_by_keyboard(house: House, browser_page: Page) -> None:
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    send(browser_page, house, "stranger@elsewhere.example", "A cello", "Do you carry a cello?")
    sign_in(browser_page, house.address)
    browser_page.goto(f"{house.address}{SEAT}cases/")
    browser_page.keyboard.press("j")
    browser_page.keyboard.press("Enter")
    browser_page.get_by_role("heading", name="Sender not proved").wait_for()
    assert not browser_page.get_by_text("cello").is_visible()
    browser_page.get_by_role("button", name="Take the case").press("Enter")
    browser_page.get_by_role("button", name="Read the message").press("Enter")
    browser_page.get_by_text("Do you carry a cello?").wait_for()
    browser_page.get_by_label("Your answer").fill("Yes, we do.")
    browser_page.get_by_role("button", name="Send answer").press("Enter")
    browser_page.get_by_text("Your answer is on its way").wait_for()
    [row] = Outgoing.objects.filter(kind="case-answer")
    message = open_message(row)
    assert message is not None
    assert message.to == "stranger@elsewhere.example"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_fit_and_have_no_serious_finding(
    *,
    house: House,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    shots: Path,
    width: int,
    scheme: str,
) -> None:
    page = open_page(width=width, color_scheme=scheme)
    send(page, house, READER, "Newsletter", "How do I stop these mails?")
    sign_in(page, house.address)
    page.goto(f"{house.address}{SEAT}cases/")
    look(page, "cases", axe, shots, f"{width}-{scheme}")
    page.locator("tbody th a").first.click()
    page.get_by_role("heading", name="Sender not proved").wait_for()
    look(page, "case", axe, shots, f"{width}-{scheme}")
    page.get_by_role("button", name="Take the case").click()
    page.get_by_role("button", name="Read the message").click()
    page.get_by_text("How do I stop these mails?").wait_for()
    look(page, "case-read", axe, shots, f"{width}-{scheme}")
    page.goto(f"{house.address}/mail/write")
    look(page, "mail-write", axe, shots, f"{width}-{scheme}")


def look(page: Page, name: str, axe: Callable[[Page], list[str]], shots: Path, mark: str) -> None:
    assert not is_sideways(page), name
    assert axe(page) == [], name
    page.screenshot(path=str(shots / f"{name}-{mark}.png"), full_page=True)
