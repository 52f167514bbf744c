"""Flow 3 in a browser: somebody permits a third party some data, staff hand it over once, the person proves it and withdraws."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.actions.givers import NAMED
from tests.actions.stage import ADA, NOW, binding, cast, databases, now
from tests.console.clerks import SEAT, Console
from tests.journeys.test_console import served, sign_in
from tests.journeys.test_first_site import measure_overflow
from tests.pages.account.visitors import HOST
from tests.web.sites import settings_as
from upheld.core.seal.proof import verify_receipt

__all__ = ["binding", "cast", "databases", "now", "served", "settings_as"]

LOOKS = ((1280, "light"), (360, "dark"))


@dataclass(frozen=True, slots=True)
class Both:
    """The console and the courier's site on one port, and the cookie by which Ada is signed in."""

    console: str
    site: str
    cookie: dict[str, Any]
    cast: Any


@pytest.fixture
def both(served: tuple[str, Console], binding: Any) -> Both:
    """A clerk before the console, and Ada before her account."""
    from upheld.actions.sessions import open_session

    address, console = served
    site = address.replace("localhost", HOST)
    token = open_session(binding, person=console.cast.ada, now=NOW)
    return Both(address, site, {"name": "session", "value": token, "url": site}, console.cast)


def open_as_ada(both: Both, open_page: Callable[..., Page], **look: Any) -> Page:
    page = open_page(**look)
    page.context.add_cookies([both.cookie])  # type: ignore[list-item]
    return page


def permit(page: Page, both: Both) -> None:
    """Ada fills in the form and says yes to the sentence."""
    page.goto(f"{both.site}/account/releases")
    page.get_by_role("link", name="Let somebody have your data").click()
    page.get_by_label("Somebody else, whom you name below").check()
    page.get_by_label("Their name").fill(NAMED["name"])
    page.get_by_label("Their e-mail address").fill(NAMED["email"])
    page.get_by_label("Your name", exact=True).check()
    page.get_by_label("Research").check()
    page.get_by_label("Until which day?").fill((NOW.date() + timedelta(days=60)).isoformat())
    page.get_by_label("Once. After that it is used up").check()
    page.get_by_role("button", name="Go on").click()
    assert "You permit us to give your name to the person or organisation" in page.locator(".asked").inner_text()
    page.get_by_role("button", name="Permit it", exact=True).click()
    page.get_by_text("It is recorded.").wait_for()


def test_a_permission_goes_its_whole_way(both: Both, open_page: Callable[..., Page], tmp_path: Path) -> None:
    from upheld.actions.ledger import find_verifier_key, sequence_entries

    ada = open_as_ada(both, open_page, java_script_enabled=False)
    permit(ada, both)
    clerk = open_page()
    sign_in(clerk, both.console)
    clerk.goto(f"{both.console}{SEAT}releases/")
    clerk.get_by_role("link", name="r_").click()
    assert not clerk.get_by_text(ADA["person.name"]).is_visible()
    clerk.get_by_role("button", name="Hand over").click()
    clerk.get_by_role("heading", name="Handed over").wait_for()
    for text in (ADA["person.name"], NAMED["name"], NAMED["email"]):
        assert clerk.get_by_text(text, exact=True).is_visible()
    assert ADA["person.email"] not in clerk.content()
    clerk.goto(f"{both.console}{SEAT}releases/")
    clerk.get_by_text("Nothing to hand over.").wait_for()
    sequence_entries("lasership", NOW)
    ada.reload()
    ada.get_by_text("It was for once, and is used up.").wait_for()
    with ada.expect_download() as download:
        ada.get_by_role("link", name="Download the receipt of x_").click()
    path = tmp_path / "receipt.json"
    download.value.save_as(path)
    verify_receipt(path.read_text(), find_verifier_key("lasership", NOW))
    assert json.loads(json.loads(path.read_text())["entry"])["kind"] == "data.disclosed"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_its_pages_fit_and_axe_finds_nothing(
    both: Both,
    open_page: Callable[..., Page],
    axe: Callable[..., list[str]],
    shots: Path,
    *,
    width: int,
    scheme: str,
) -> None:
    ada = open_as_ada(both, open_page, width=width, color_scheme=scheme)
    clerk = open_page(width=width, color_scheme=scheme)
    sign_in(clerk, both.console)
    ada.goto(f"{both.site}/account/releases/new")
    ada.get_by_role("button", name="Go on").click()
    found = look(ada, axe, shots / f"release-errors-{width}-{scheme}.png")
    permit(ada, both)
    found += look(ada, axe, shots / f"releases-{width}-{scheme}.png")
    for name in ("releases", "recipients"):
        clerk.goto(f"{both.console}{SEAT}{name}/")
        found += look(clerk, axe, shots / f"console-{name}-{width}-{scheme}.png")
    assert found == []


def look(page: Page, axe: Callable[..., list[str]], picture: Path) -> list[str]:
    """What is wrong with the page as it stands."""
    page.screenshot(path=picture, full_page=True)
    return [*axe(page), *([f"{picture.stem} is too wide"] if measure_overflow(page) else [])]
