"""The first site in a browser: nothing from strangers, nothing serious for axe, by keyboard, without JavaScript, on any width."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from playwright.sync_api import Page

from tests.house.files import ROOT
from tests.web.sites import name_quick_shelf, set_up_django

POLICIES = ROOT / "policies"
ASKED = "/privacy/ask?do=share&data=person.email&with=*&for=sale"
PAGES = {
    "overview": ("localhost", "/"),
    "overview-404": ("localhost", "/nothing"),
    "home": ("lasership.localhost", "/"),
    "policy": ("lasership.localhost", "/privacy"),
    "versions": ("lasership.localhost", "/privacy/versions"),
    "earlier": ("lasership.localhost", "/privacy/2016-06-13"),
    "changes": ("lasership.localhost", "/privacy/changes/2016-06-13..2016-10-03"),
    "ask": ("lasership.localhost", "/privacy/ask"),
    "asked": ("lasership.localhost", ASKED),
    "ask-400": ("lasership.localhost", "/privacy/ask?do=juggle"),
    "site-404": ("lasership.localhost", "/nothing"),
}
OPEN_ALL = "document.querySelectorAll('details').forEach(details => { details.open = true })"
AXED = ((1280, "light"), (1280, "dark"), (360, "light"))
CLOSE_ALL = OPEN_ALL.replace("true", "false")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """A passing test says nothing."""


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@dataclass(frozen=True, slots=True)
class Served:
    """The project's own policies on a port of this machine."""

    port: int

    def find(self, name: str) -> str:
        host, path = PAGES[name]
        return f"http://{host}:{self.port}{path}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    set_up_django()
    from django.core.wsgi import get_wsgi_application

    from upheld.server.opening import check_pages
    from upheld.web.hosts import place_shelf

    place_shelf(name_quick_shelf()(POLICIES, tmp_path_factory.mktemp("var"), check=check_pages))
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Threads, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(server.server_port)
    server.shutdown()
    server.server_close()
    thread.join()


def measure_overflow(page: Page) -> int:
    page.wait_for_load_state()  # while one page gives way to the next there is no document
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


SMALL = """() => [...document.querySelectorAll('a, button, summary, select, input:not([type=hidden])')]
  .filter(element => element.checkVisibility() && !element.closest('.trap') && getComputedStyle(element).display !== 'inline')
  .map(element => [element, (element.closest('label') ?? element).getBoundingClientRect()])
  .filter(([element, box]) => box.height < 24 || box.width < 24)
  .map(([element]) => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", PAGES)
def test_it_works(
    served: Served, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path, name: str
) -> None:
    # One page in all its shapes: opening it anew for each would take this test most of its time.
    page = open_page(has_touch=True)
    page.goto(served.find(name))
    for width, scheme in ((1280, "light"), (1280, "dark"), (360, "dark"), (360, "light"), (320, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate(CLOSE_ALL)
        if width != 320:
            page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
        assert measure_overflow(page) == 0, width
        page.evaluate(OPEN_ALL)
        assert measure_overflow(page) == 0, width
        if (width, scheme) in (AXED[:1] if name == "earlier" else AXED):  # the same template as `policy`, and slow
            assert axe(page) == [], (width, scheme)
    # A link inside a sentence is as high as the sentence (WCAG 2.2, 2.5.8, the exception "inline").
    assert page.evaluate(SMALL) == []
    assert page.context.cookies() == []


def test_a_visitor_finds_the_sentence_and_its_rule_by_keyboard_alone(
    served: Served, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.goto(served.find("home"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    press_until(page, "Read the policy")
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy")
    press_until(page, "1 rule", begins=True)
    is_open = "document.activeElement.closest('details').open"
    assert page.evaluate(is_open) is False
    page.keyboard.press("Enter")
    assert page.evaluate(is_open) is True
    assert page.locator(".rule-words").filter(visible=True).count() == 1


def press_until(page: Page, text: str, *, begins: bool = False) -> None:
    """Press Tab until what is focused says this; fails when the focus cannot be seen on the way."""
    for _ in range(80):
        page.keyboard.press("Tab")
        said = str(page.evaluate("document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", said
        if said.startswith(text) if begins else said == text:
            return
    pytest.fail(f"the keyboard never reached `{text}`")


def test_a_visitor_asks_the_gate_without_javascript(served: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(served.find("policy"))
    page.get_by_role("link", name="Ask your own").click()
    page.get_by_label("Which data").select_option("person.email")
    page.get_by_label("To whom").select_option("*")
    page.get_by_label("What for").select_option("sale")
    page.get_by_role("button", name="Ask the gate").click()
    verdict = page.locator(".verdict")
    assert verdict.get_by_role("heading", level=2).inner_text() == "Refused"
    quoted = verdict.locator(".quote footer a").first
    quoted.click()
    assert "/privacy#" in page.url
    anchor = page.url.partition("#")[2]
    assert page.locator(f"[id='{anchor}']").is_visible()


def test_what_is_known_can_be_answered_and_changes_the_verdict(served: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(served.find("ask") + "?do=share&data=addressee.address&with=carriers&for=fulfil")
    assert page.locator(".verdict h2").inner_text() == "Refused"
    page.get_by_role("group", name="You asked for the service").get_by_label("Yes").check()
    page.get_by_role("button", name="Ask the gate").click()
    assert page.locator(".verdict h2").inner_text() == "Permitted"


def test_the_contents_follow_on_a_wide_screen(served: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(width=1280)
    page.goto(served.find("policy"))
    page.evaluate("window.scrollTo({top: 3000, behavior: 'instant'})")
    box = page.get_by_role("navigation", name="Contents").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 200


def test_a_line_of_the_policy_is_as_long_as_it_reads_well(served: Served, open_page: Callable[..., Page]) -> None:
    for width in (360, 1280):
        page = open_page(width=width)
        page.goto(served.find("policy"))
        size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.sentence > p')).fontSize)")
        assert size >= 18
        letters = """() => { const p = document.querySelector('.sentence > p'), range = document.createRange()
          const words = [...document.querySelectorAll('.sentence > p')].map(p => p.lastChild)
          let longest = 0
          for (const text of words) { let top = null, start = 0
            for (let i = 0; i <= text.length; i++) { range.setStart(text, Math.min(i, text.length - 1)); range.setEnd(text, Math.min(i + 1, text.length))
              const y = Math.round(range.getBoundingClientRect().top)
              if (top !== null && y > top + 4) { longest = Math.max(longest, i - start); start = i }
              top = y } }
          return longest }"""
        assert page.evaluate(letters) <= 80


def test_the_policy_prints_without_what_is_only_for_screens(served: Served, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(served.find("policy"))
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation", name="Contents").is_visible()
    assert not page.locator(".ask-card").is_visible()
    assert page.locator(".sentence").first.is_visible()
    assert page.locator(".label").is_visible()


def test_nothing_moves_for_who_asked_for_that(served: Served, open_page: Callable[..., Page]) -> None:
    page = open_page(reduced_motion="reduce")
    page.goto(served.find("policy"))
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    moving = (
        "[...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0).length"
    )
    assert page.evaluate(moving) == 0
