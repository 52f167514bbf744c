"""The proof beside the policy in a browser: found from the policy, narrowed to the gaps, read down to what was tried, printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page

from tests.actions.stage import NOW, Cast, binding, cast, databases, now
from tests.journeys.houses import House, open_house
from tests.journeys.test_first_site import OPEN_ALL, SMALL, measure_overflow
from tests.journeys.test_new_pages import UNSEEN
from tests.pages.account.visitors import HOST
from tests.pages.proofs import SEEN, find_rule, record_proof
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "settings_as"]

LOOKS = ((1280, "light"), (360, "dark"), (320, "dark"))


@pytest.fixture
def house(cast: Cast, binding: Any, settings_as: Callable[..., None], tmp_path: Path) -> Iterator[House]:
    with open_house(cast, binding, settings_as, tmp_path) as house:
        yield house


def find_broken(house: House) -> tuple[int, str]:
    """The rule that fails here, and the anchor of its sentence."""
    number = find_rule(house.binding.policy, "collect")
    return number, house.binding.policy.active_rules[number].sentences[0].partition("#")[2]


@pytest.mark.parametrize("name", ["proof", "sentence", "policy"])
def test_it_works(
    house: House, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path, name: str
) -> None:
    number, anchor = find_broken(house)
    record_proof(house.binding, NOW, broken=number)
    path = {"proof": "/privacy/proof", "sentence": f"/privacy/proof/{anchor}", "policy": "/privacy"}[name]
    page = open_page()
    assert (answer := page.goto(f"{house.site}{path}")) is not None
    assert answer.status == 200
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if name == "policy":
            page.locator(f"[id='{anchor}']").scroll_into_view_if_needed()
        page.screenshot(path=shots / f"proof-{name}-{width}-{scheme}.png", full_page=name != "policy")
        assert measure_overflow(page) == 0, width
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate(OPEN_ALL)
        assert axe(page) == [], scheme
    assert page.evaluate(SMALL) == []
    assert page.evaluate(UNSEEN) == []


def test_from_the_policy_to_what_was_tried_without_a_script(house: House, open_page: Callable[..., Page]) -> None:
    number, anchor = find_broken(house)
    record_proof(house.binding, NOW, broken=number)
    page = open_page(java_script_enabled=False)
    page.goto(f"{house.site}/privacy")
    page.get_by_role("link", name=f"Sentence {anchor} is: broken").click()
    assert page.url.endswith(f"/privacy/proof/{anchor}")
    page.get_by_text(f"Instead: {SEEN}").wait_for()
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="Proof").click()
    page.get_by_role("navigation", name="Sentences of one state").get_by_role("link", name="upheld in part").click()
    assert page.url.endswith("?state=partly#sentences")
    assert page.locator(".proven").count() == page.locator(".proven .mark.partly").count() > 0
    page.get_by_role("link", name="See all sentences").click()
    assert page.locator(".proven").count() == len(house.binding.policy.sentences)


def test_before_the_first_proof_and_on_paper(house: House, open_page: Callable[..., Page], shots: Path) -> None:
    from upheld.actions.proving import begin_run, tell_progress

    page = open_page()
    run = begin_run(house.binding, cause="deploy", code="c" * 64, now=NOW)
    tell_progress(house.binding.site, run, 34)
    page.goto(f"{house.site}/privacy/proof")
    page.get_by_text("34 of 109 rules are done").wait_for()
    page.screenshot(path=shots / "proof-running.png", full_page=True)
    record_proof(house.binding, NOW)
    page.reload()
    paper = page.get_by_role("link", name="The same on paper").get_attribute("href")
    wanted = Request(f"http://127.0.0.1:{house.port}{paper}", headers={"Host": f"{HOST}:{house.port}"})
    with urlopen(wanted, timeout=60) as answer:  # noqa: S310 - this machine
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.read(4) == b"%PDF"
