"""What every journey starts with: a browser that may only speak to this machine, a place for pictures, a check by axe."""

import ipaddress
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

HERE = Path(__file__).parent
SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The browser is driven by a loop in the thread of the tests; Django would take it for a server's and refuse its databases.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "yes")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Names outside this machine do not resolve, so that nothing leaves even where a page asks for it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def pictures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pictures are for people: nothing is asserted of them, and they take a good part of the time, so they are asked for."""
    with pytest.MonkeyPatch.context() as patch:
        if not request.config.getoption("--pictures"):
            patch.setattr(Page, "screenshot", lambda *_args, **_named: b"")
        yield


@dataclass(slots=True)
class Watch:
    """What the pages of one test asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("weberror", lambda error: self.complaints.append(f"script error: {error.error}"))
        context.on("console", lambda message: self.hear(message.text))

    def hear(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.complaints.append(text)

    @property
    def strangers(self) -> list[str]:
        return [url for url in self.requests if not is_here(url)]


def is_here(url: str) -> bool:
    """Whether the address is on this machine, or inside the page itself (data:, blob:, about:)."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "ws", "wss"):
        return True
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run; each page gets a fresh profile of its own."""
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        system = next(filter(None, map(shutil.which, SYSTEM_BROWSERS)), None)
        args = list(QUIET)
        if os.geteuid() == 0:
            args.append("--no-sandbox")  # Chromium refuses to start as root with it
        browser = playwright.chromium.launch(executable_path=None if own.exists() else system, headless=True, args=args)
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Ask it what was requested; when the test ends, a request to a stranger or a broken CSP fails it."""
    watch = Watch()
    yield watch
    assert not watch.strangers, f"the page asked strangers: {watch.strangers}"
    assert not watch.complaints, f"the browser complained: {watch.complaints}"


@pytest.fixture
def open_page(browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Opens pages with settings of their own, e.g. `open_page(java_script_enabled=False)`, `color_scheme="dark"`.

    `width` sets the viewport's width in CSS pixels (1280).
    """
    contexts: list[BrowserContext] = []

    def open_one(width: int = 1280, **settings: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, service_workers="block", **settings)
        contexts.append(context)
        watch.follow(context)
        context.set_default_timeout(15_000)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def browser_page(open_page: Callable[..., Page]) -> Page:
    """A page in a fresh profile, 1280 px wide, light, with JavaScript."""
    return open_page()


@pytest.fixture(scope="session")
def shots() -> Path:
    """The folder for pictures of pages; git does not keep it."""
    folder = HERE / "shots"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """Runs axe in the page and gives its serious and critical findings as lines; an empty list is what you want."""
    source = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

    def run(page: Page, impacts: tuple[str, ...] = ("serious", "critical")) -> list[str]:
        page.wait_for_load_state()  # while one page gives way to the next there is no document
        # Handed to the page through the debugger, which a strict CSP does not stop; once a page, however often it is looked at.
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(source + "; undefined")
        # of what is as it should be, not every element is described
        violations = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
        return [
            f"{finding['impact']}: {finding['id']}: {finding['help']}: {node['target']}"
            for finding in violations
            if finding["impact"] in impacts
            for node in finding["nodes"]
        ]

    return run
