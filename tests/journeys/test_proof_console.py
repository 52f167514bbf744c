"""The proof in the console in a browser: what is red is found and followed to its line, a statement is signed without a script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.actions.stage import NOW, Cast, binding, cast, databases, now
from tests.console.clerks import CLERK, SEAT
from tests.journeys.houses import House, open_house
from tests.journeys.test_console import is_sideways, sign_in
from tests.journeys.test_first_site import OPEN_ALL, SMALL
from tests.journeys.test_new_pages import UNSEEN
from tests.pages.proofs import SEEN, find_rule, record_proof
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "settings_as"]

DESK = "privacy-desk"


@pytest.fixture
def house(cast: Cast, binding: Any, settings_as: Callable[..., None], tmp_path: Path) -> Iterator[House]:
    """Proofs of some weeks, the last of them red; statements of which one is new, one is due and one ran out."""
    from upheld.actions.attesting import sign
    from upheld.actions.proving import begin_run, break_off
    from upheld.actions.staff import find_staff
    from upheld.core.rights.attesting import list_statements

    with open_house(cast, binding, settings_as, tmp_path) as house:
        house.staff.give_role(CLERK, DESK)
        for place, days in enumerate((20, 80, 95)):
            digest = list_statements(binding.policy)[place].digest
            sign(binding, digest, by=find_staff(CLERK), note="Went round and looked.", now=NOW - timedelta(days=days))
        for days in range(24, 0, -1):
            record_proof(binding, NOW - timedelta(days=days), broken=days if days % 7 == 3 else -1)
        run = begin_run(binding, cause="daily", code="c" * 64, now=NOW - timedelta(hours=3))
        break_off(binding.site, run, reason="fell-over", now=NOW - timedelta(hours=2))
        record_proof(
            binding, NOW, broken=find_rule(binding.policy, "collect"), faults=("the clock was set back by 3 minutes",)
        )
        yield house


def look_at(page: Page, name: str, axe: Callable[..., list[str]], shots: Path) -> None:
    """The page is whole on both widths, light and dark, with all opened; there are pictures of it."""
    page.wait_for_load_state()
    for width, scheme in ((1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
        assert not is_sideways(page), f"{name} at {width}"
    page.evaluate(OPEN_ALL)
    page.screenshot(path=shots / f"{name}-360-open.png", full_page=True)
    assert not is_sideways(page), f"{name} opened"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert axe(page) == [], f"{name} {scheme}"
    assert page.evaluate(SMALL) == []
    assert page.evaluate(UNSEEN) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.screenshot(path=shots / f"{name}-1280-open.png", full_page=True)
    page.emulate_media(color_scheme="light")


def test_from_the_first_page_to_what_goes_against_a_sentence(
    house: House, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    page = open_page()
    sign_in(page, house.console)
    page.get_by_role("link", name=re.compile("of the policy (is|are) broken")).click()
    page.get_by_role("heading", name="What is upheld").wait_for()
    look_at(page, "console-proof", axe, shots)
    number = find_rule(house.binding.policy, "collect")
    anchor = house.binding.policy.active_rules[number].sentences[0].partition("#")[2]
    page.get_by_role("link", name=anchor, exact=True).first.click()
    page.get_by_text(f"Instead: {SEEN}").first.wait_for()
    look_at(page, "console-proof-sentence", axe, shots)
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="Proof").click()
    page.get_by_role("table").last.get_by_role("link").first.click()
    page.locator("tr.wanted").get_by_text("proof.made").wait_for()


def test_a_proof_is_asked_for_and_a_statement_signed_without_a_script(
    house: House, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, house.console)
    page.goto(f"{house.console}{SEAT}proof/")
    page.get_by_role("button", name="Prove now").click()
    page.get_by_text("It begins within half a minute").first.wait_for()
    page.get_by_role("link", name="Vouching").click()
    page.get_by_text("3 of 4 wait for somebody").wait_for()
    first = page.locator("section.statement").first
    first.get_by_text("Vouch for it").click()
    first.get_by_label("What you looked at").fill("Went round after closing time and tried each door.")
    first.get_by_label("I looked at this myself").press("Space")
    first.get_by_role("button", name="Sign with my name").press("Enter")
    page.get_by_text("Signed until 2027-02-18").wait_for()
    page.get_by_text("2 of 4 wait for somebody").wait_for()
    seen = open_page()
    sign_in(seen, house.console)
    seen.goto(f"{house.console}{SEAT}vouching/")
    look_at(seen, "console-vouching", axe, shots)
    seen.get_by_role("button", name=re.compile("Take back")).first.click()
    seen.get_by_text("Taken back: from now on").wait_for()
