"""A change of the policy in a browser: the owner announces it, everybody is told, and one person says how far it goes."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page

from tests.actions.stage import COURIER, NOW, Cast, binding, cast, databases, now
from tests.actions.versions import FREER, TODAY, bind_with, read_table, read_text
from tests.console.clerks import OWNER, Console
from tests.console.conftest import set_up_console
from tests.journeys.test_console import sign_in
from tests.journeys.test_first_site import Quiet, Threads, measure_overflow
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "settings_as"]

LOOKS = ((1280, "light"), (360, "dark"))  # each width and each scheme once: neither changes what the other does
PASSWORD = "three boats under one bridge"  # noqa: S105 - of nobody


@pytest.fixture
def served(cast: Cast, settings_as: Callable[..., None], tmp_path: Path) -> Iterator[tuple[int, Console]]:
    """The courier and the console on a port of this machine, with a version that waits."""
    from wsgiref.simple_server import make_server

    from django.core.wsgi import get_wsgi_application

    from upheld.server.opening import fetch_text, read_posted_now
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Postings, Shelf

    with time_machine.travel(NOW, tick=True):
        console = set_up_console(cast, settings_as, tmp_path)
        folder = tmp_path / "versions" / COURIER.name
        shutil.copytree(COURIER, folder)
        postings = Postings(read_posted_now, fetch_text)
        Shelf(folder.parent, tmp_path / "copies", postings=postings)  # the first start: both are founding
        (folder / f"{TODAY}.policy.md").write_text(read_text(TODAY, FREER), encoding="utf-8")
        place_shelf(Shelf(folder.parent, tmp_path / "copies", postings=postings))
        with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield server.server_port, console
            server.shutdown()


def look_at(page: Page, axe: Callable[..., list[str]], shots: Path, name: str) -> None:
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
        assert measure_overflow(page) == 0, (name, width)
        assert axe(page) == [], (name, width, scheme)
    page.set_viewport_size({"width": 1280, "height": 900})


def carry(binding: Any, now: datetime) -> None:
    """What the jobs do, and what the mail server does."""
    from upheld.actions.publication_notices import move_people, review_notices, tell_people
    from upheld.actions.publications import begin_due
    from upheld.records.models import Outgoing

    tell_people(binding, now, home="https://courier.example/")
    Outgoing.objects.filter(kind="policy-changed").update(state="sent", settled_at=now)
    review_notices(binding, now)
    assert begin_due(binding, now) == (TODAY,)
    move_people(binding, now)


def test_it_works(
    served: tuple[int, Console],
    binding: Any,
    open_page: Callable[..., Page],
    axe: Callable[..., list[str]],
    shots: Path,
) -> None:
    from django.contrib.auth.hashers import make_password

    from upheld.actions.passwords import store_password
    from upheld.records.models import Person
    from upheld.web.hosts import find_shelf

    port, console = served
    page = open_page()
    sign_in(page, f"http://localhost:{port}", OWNER)
    page.get_by_role("link", name=f"The version of {TODAY} waits").click()
    look_at(page, axe, shots, "publication-waiting")
    page.get_by_label("I have read what changes").check()
    page.get_by_role("button", name="Announce the version").press("Enter")
    page.get_by_text("It is announced").wait_for()
    look_at(page, axe, shots, "publications")

    page.goto(f"http://lasership.localhost:{port}/")
    assert page.get_by_text("Our privacy policy changes on 20 November 2026").is_visible()
    look_at(page, axe, shots, "announcement")
    page.get_by_role("link", name="See what changes for you").click()
    page.get_by_text("Dispatch may see your zip code").first.wait_for()

    carry(binding, datetime.now(NOW.tzinfo) + timedelta(seconds=1))
    find_shelf().look_at_once()
    newer = bind_with(read_table(TODAY, FREER))
    store_password(newer, person=console.cast.bo, leaf="sign-in.password", encoded=make_password(PASSWORD), now=NOW)
    from upheld.actions.vault import put_items

    put_items(binding, person=console.cast.bo, touchpoint="registration", values={"person.zip": "90502"}, now=NOW)
    page.goto(f"http://lasership.localhost:{port}/account/version")
    page.locator("main input[type=email], main input[name='person.email']").first.fill("bo@marten.example")
    page.locator("main input[type=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").first.click()
    page.get_by_role("heading", name="Version of the policy").wait_for()
    assert page.get_by_text("Our privacy policy changed on 20 November 2026").is_visible()
    look_at(page, axe, shots, "my-version")
    page.get_by_label("Yes").check()
    page.get_by_role("button", name="Save answer").press("Enter")
    page.get_by_text("Recorded. Your answer is yes.").wait_for()
    assert Person.objects.get(id=console.cast.bo.id).agreed == TODAY
