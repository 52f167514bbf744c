"""A Chromium of the visitor's own: found, started with an empty profile, ended whatever happens."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
WAITS_MILLISECONDS = 10_000
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-domain-reliability",
)


class NoBrowser(Exception):  # noqa: N818 - it is no error of the house: a machine may have none
    """There is nothing to walk with on this machine; its text says what is missing."""


@contextmanager
def open_browser(program: str = "", *, trusts_all: bool = False) -> Iterator[BrowserContext]:
    """An empty profile in a Chromium without a window; both are gone afterwards. Raises NoBrowser.

    `program` is where the Chromium is, found by its usual names where it is not given. `trusts_all` takes certificates of
    a local authority, which no browser knows; whoever asks for that looks at the certificate another way.
    """
    try:
        # An extra that a house may do without.
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError:
        raise NoBrowser("no browser here: Playwright is not installed") from None
    found = program or next(filter(None, map(shutil.which, NAMES)), "")
    folder = tempfile.mkdtemp(prefix="upheld-visitor-")
    try:
        with sync_playwright() as playwright:
            if not found and not os.path.exists(playwright.chromium.executable_path):  # noqa: PTH110 - a text of theirs
                raise NoBrowser("no browser here: Chromium is not installed")
            context = _launch(playwright, folder, found, trusts_all=trusts_all)
            if context is None:
                raise NoBrowser("no browser here: Chromium did not start")
            context.set_default_timeout(WAITS_MILLISECONDS)
            try:
                yield context
            finally:
                context.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _launch(playwright: Playwright, folder: str, program: str, *, trusts_all: bool) -> BrowserContext | None:
    """The Chromium itself, or None where it does not start."""
    # It is there, or nobody would come here.
    from playwright.sync_api import Error  # noqa: PLC0415

    try:
        return playwright.chromium.launch_persistent_context(
            folder,
            executable_path=program or None,
            headless=True,
            args=[*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])],  # as root it refuses to start with one
            ignore_https_errors=trusts_all,
            service_workers="block",
            handle_sigterm=False,
        )
    except Error:
        return None
