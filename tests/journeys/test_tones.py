"""The tones in a browser: first page, policy and a form of each new site, in every shape; nothing from strangers, nothing for axe."""

import threading
from collections.abc import Callable, Iterator
from wsgiref.simple_server import make_server

import pytest
from playwright.sync_api import Page

from tests.house.files import ROOT
from tests.journeys.test_first_site import OPEN_ALL, SMALL, Quiet, Threads, measure_overflow
from tests.web.sites import name_quick_shelf, set_up_django

POLICIES = ROOT / "policies"
# tone -> host, and a form of its site
SITES = {
    "clinic": ("american-laser.localhost", "/appointment"),
    "spa": ("imagelab.localhost", "/inquiry"),
    "journal": ("goodskin.localhost", "/inquiry"),
    "community": ("new-image.localhost", "/contact"),
}
SHAPES = ((1280, "light"), (1280, "dark"), (360, "dark"), (320, "light"))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The project's own policies on a port of this machine."""
    set_up_django()
    from django.core.wsgi import get_wsgi_application

    from upheld.server.opening import check_pages
    from upheld.web.hosts import place_shelf

    place_shelf(name_quick_shelf()(POLICIES, tmp_path_factory.mktemp("var"), check=check_pages))
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Threads, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("tone", SITES)
def test_it_works(port: int, open_page: Callable[..., Page], axe: Callable[..., list[str]], tone: str) -> None:
    host, form = SITES[tone]
    page = open_page(has_touch=True)
    for path in ("/", "/privacy", form):
        page.goto(f"http://{host}:{port}{path}")
        assert page.locator(f"body.tone-{tone}").count() == 1, "the site has another tone"
        for width, scheme in SHAPES:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert measure_overflow(page) == 0, (path, width)
            # The policy page is long and its elements are those of the first site, on grounds that tests/pages measures.
            if (width, scheme) in (((1280, "dark"),) if path == "/privacy" else ((1280, "light"), (360, "dark"))):
                assert axe(page) == [], (path, width, scheme)
        page.evaluate(OPEN_ALL)
        assert measure_overflow(page) == 0, path
        assert page.evaluate(SMALL) == [], path


def test_the_menu_of_the_spa_is_a_bar_at_the_foot_where_the_screen_is_narrow(
    port: int, open_page: Callable[..., Page]
) -> None:
    page = open_page(width=360, reduced_motion="reduce")
    page.goto(f"http://imagelab.localhost:{port}/")
    bar = page.get_by_role("navigation", name="Site")
    box = bar.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == 900
    # what has the focus is never below the bar
    last = page.get_by_role("navigation", name="About privacy").get_by_role("link").last
    last.focus()
    found = last.bounding_box()
    assert found is not None
    assert found["y"] + found["height"] <= box["y"]
    bar.get_by_role("link", name="Ask us").click()
    assert page.get_by_role("heading", level=1, name="Ask us").is_visible()
    page.set_viewport_size({"width": 640, "height": 320})  # a telephone held sideways, or a page four times as large
    assert bar.evaluate("nav => getComputedStyle(nav).position") == "static"


def test_an_appointment_is_asked_for_on_the_first_page_of_the_clinic(port: int, open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"http://american-laser.localhost:{port}/")
    form = page.locator("form.plain-form")
    assert form.get_by_label("Your e-mail address").is_visible()
    # sent empty, it comes back at its own address and says what is missing
    form.get_by_role("button", name="Send request").click()
    assert page.url.endswith("/appointment")
    assert page.locator(".problems").is_visible()


def test_two_policies_of_one_site_and_all_of_them_side_by_side(
    port: int, open_page: Callable[..., Page], axe: Callable[..., list[str]]
) -> None:
    page = open_page()
    page.goto(f"http://imagelab.localhost:{port}/")
    page.get_by_role("link", name="Privacy policy for the app").click()
    page.wait_for_url("**/privacy/app")
    unasked = "do=use&data=person.email&for=marketing.update&choice.mailing%20list=unasked"
    page.goto(f"http://imagelab.localhost:{port}/privacy/app/ask?policy=app&{unasked}")
    assert page.locator("main").get_by_text("Permitted", exact=True).count() == 1
    page.goto(f"http://imagelab.localhost:{port}/privacy/ask?policy=both&{unasked}")
    answer = page.locator("main").inner_text()
    assert "The privacy policy for this site decides." in answer  # the app's alone would let the mail go
    assert "A rule stands against it" in answer
    look_both_ways(page, axe)
    page.goto(f"http://localhost:{port}/compare")
    policies = {path.parent for path in POLICIES.glob("*/*.policy.md")}
    assert page.locator("thead th").count() == len(policies) + 1
    look_both_ways(page, axe)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="what you ask for").click()
    page.get_by_role("heading", name="Who may do what with what you ask for?").wait_for()
    row = page.get_by_role("row").filter(has_text="Offers and news")
    row.locator("summary").first.click()
    row.get_by_role("link").first.click()
    assert "/privacy#" in page.url


def look_both_ways(page: Page, axe: Callable[..., list[str]]) -> None:
    """Nothing is found on a wide page in the light, nor on a narrow one in the dark; nothing is too wide."""
    for width, scheme in ((1280, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert measure_overflow(page) == 0, (page.url, width)
        assert axe(page) == [], (page.url, width, scheme)
