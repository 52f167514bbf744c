"""The browser that the journeys use: it starts, it is watched, it reaches nothing but this machine, axe runs in it."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Error, Page

GOOD = '<!doctype html><html lang="en"><title>Good</title><main><h1>Good</h1><p>Text.</p></main></html>'
BAD = '<!doctype html><html><title>Bad</title><main><h1>Bad</h1><img src="/x.png"></main></html>'


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = (BAD if self.path == "/bad" else GOOD).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the output belongs to the tests."""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"demo.localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_name_under_localhost_resolves_and_axe_runs_under_a_strict_csp(
    browser_page: Page, host: str, axe: Callable[..., list[str]]
) -> None:
    browser_page.goto(f"http://{host}/")
    assert browser_page.title() == "Good"
    assert axe(browser_page) == []


def test_axe_finds_what_is_wrong(browser_page: Page, host: str, axe: Callable[..., list[str]]) -> None:
    browser_page.goto(f"http://{host}/bad")
    findings = "\n".join(axe(browser_page))
    assert "image-alt" in findings
    assert "html-has-lang" in findings


def test_a_request_to_a_stranger_is_noticed_and_goes_nowhere(browser_page: Page, watch: Any) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        browser_page.goto("http://stranger.example/")
    assert watch.strangers == ["http://stranger.example/"]
    watch.requests.clear()


def test_a_broken_csp_is_noticed(browser_page: Page, host: str, watch: Any) -> None:
    browser_page.goto(f"http://{host}/")
    browser_page.evaluate("document.body.setAttribute('style', 'color: red')")
    browser_page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">red</p>')")
    assert any("Content Security Policy" in complaint for complaint in watch.complaints)
    watch.complaints.clear()
