"""A message to many in a browser: refused with the sentence, shown with its reasons, sent, stopped by its link, counted anew."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page

from tests.actions.crowds import WORDS, bring_in, send_all
from tests.actions.stage import NOW, Cast, binding, cast, databases, now
from tests.console.clerks import SEAT, Console
from tests.console.conftest import set_up_console
from tests.journeys.test_console import is_sideways, sign_in
from tests.journeys.test_first_site import Quiet, Threads
from tests.web.sites import settings_as
from upheld.core.gate.binding import Binding

__all__ = ["binding", "cast", "databases", "now", "settings_as"]

LOOKS = ((1280, "light"), (360, "dark"))  # each width and each scheme once: neither changes what the other does


@pytest.fixture
def served(
    cast: Cast, binding: Binding, settings_as: Callable[..., None], tmp_path: Path
) -> Iterator[tuple[str, Console]]:
    """The console and the courier's site on a port of this machine, with three who said yes and one who said no."""
    from wsgiref.simple_server import make_server

    from django.core.wsgi import get_wsgi_application

    with time_machine.travel(NOW, tick=True):
        console = set_up_console(cast, settings_as, tmp_path)
        console.give_role()
        bring_in(binding, NOW, {"a": ("yes",), "b": ("yes",), "c": ("yes",), "d": ("no",)})
        with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://localhost:{server.server_port}", console
            server.shutdown()


def write(page: Page, address: str, **more: str) -> None:
    """Fill in the form of a campaign and keep it."""
    page.goto(f"{address}{SEAT}campaigns/new/")
    told = {"mail_class": "promotional offer", "audience": "account holders", **more}
    for name, value in {**WORDS, **{key: one for key, one in more.items() if key in WORDS}}.items():
        page.locator(f"[name={name}]").fill(value)
    for name in ("mail_class", "audience"):
        page.locator(f"[name={name}]").select_option(told[name])
    page.get_by_role("button", name="Keep the draft").click()


def send(page: Page, binding: Binding, people: int) -> str:
    """Test a draft, confirm it with its number, and have the jobs carry it; gives its id."""
    from upheld.actions.campaign_sending import begin_campaign

    page.get_by_role("button", name="Send a test to").click()
    page.get_by_role("link", name="Confirm and send").click()
    page.get_by_label("Type the number of people who get it").fill(str(people))
    page.get_by_role("button", name=f"Send to {people} people").click()
    page.get_by_text("It is on its way.").wait_for()
    campaign = page.url.rstrip("/").rpartition("/")[2]
    moment = datetime.now(NOW.tzinfo)
    assert begin_campaign(binding, campaign, now=moment)
    send_all(binding, campaign, moment)
    return campaign


def find_link(campaign: str, address: str) -> str:
    """Where the link in the mail to `a` leads, on this port."""
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    for row in Outgoing.objects.filter(subject=campaign).exclude(person=""):
        message = open_message(row)
        if message is not None and message.to.startswith("a@"):
            found = re.search(r"https?://\S+?(/stop/m/\S+)", message.text)
            assert found is not None
            return f"http://lasership.localhost:{address.rpartition(':')[2]}{found[1]}"
    raise AssertionError("there is no mail to a")


def test_marketing_to_people_whom_customers_named_is_refused_with_the_sentence(
    served: tuple[str, Console], browser_page: Page, shots: Path
) -> None:
    address, _ = served
    sign_in(browser_page, address)
    write(browser_page, address, mail_class="newsletter", audience="addressee.email")
    browser_page.get_by_role("heading", name="The policy does not permit it").wait_for()
    quote = browser_page.locator("blockquote.quote").first.inner_text()
    assert "The addresses of people you named are used for this message and for nothing else." in quote
    browser_page.screenshot(path=str(shots / "campaign-refused.png"), full_page=True)


def test_a_no_by_the_link_reaches_the_next_campaign(
    served: tuple[str, Console], binding: Binding, browser_page: Page, open_page: Callable[..., Page]
) -> None:
    address, _ = served
    sign_in(browser_page, address)
    write(browser_page, address)
    assert "3 of 6 account holders get it" in browser_page.locator("main").inner_text()
    campaign = send(browser_page, binding, 3)
    reader = open_page(java_script_enabled=False)
    reader.goto(find_link(campaign, address))
    reader.get_by_role("button", name="Stop these messages").click()
    reader.get_by_role("heading", name="These messages are stopped").wait_for()
    write(browser_page, address, name="The next one")
    assert "2 of 6 account holders get it" in browser_page.locator("main").inner_text()
    reader.get_by_role("link", name="See or change your choices").click()
    reader.get_by_label("Yes").check()
    reader.get_by_role("button", name="Save answer").click()
    reader.get_by_text("Recorded. Your answer is yes.").wait_for()
    browser_page.reload()
    assert "3 of 6 account holders get it" in browser_page.locator("main").inner_text()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_fit_and_have_no_serious_finding(
    *,
    served: tuple[str, Console],
    binding: Binding,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    shots: Path,
    width: int,
    scheme: str,
) -> None:
    address, _ = served
    page = open_page(width=width, color_scheme=scheme)
    sign_in(page, address)
    write(page, address)
    draft = page.url
    page.get_by_role("button", name="Send a test to").click()
    link = ""
    places = [f"{address}{SEAT}campaigns/", f"{address}{SEAT}campaigns/new/", draft, f"{draft}send/"]
    for place in [*places, "stop", "choices"]:
        if place == "stop":
            page.goto(draft)
            link = find_link(send(page, binding, 3), address)
        page.goto({"stop": link, "choices": f"{link}/choices"}.get(place, place))
        assert not is_sideways(page), place
        assert axe(page) == [], place
        name = place.rstrip("/").rpartition("/")[2].partition("_")[0]
        page.screenshot(path=str(shots / f"campaign-{name}-{width}-{scheme}.png"), full_page=True)
