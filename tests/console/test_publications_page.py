"""The versions in the console: what waits is seen, what it would change is said, and the owner alone announces it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.actions.stage import COURIER
from tests.actions.versions import LATER, MORE_OFTEN, SOON, TODAY, WIDER
from tests.actions.versions import read_text as read_version
from tests.console.clerks import OWNER, SEAT, SITE, Console, list_kinds, read_text
from tests.web.sites import name_quick_shelf

POLICY = f"{SEAT}policy/"
SURE = {"sure": "yes"}


@pytest.fixture
def folder(console: Console, tmp_path: Path) -> Path:
    """The courier's folder, its versions founded, with a new one that nobody has announced, and one of a day gone by."""
    made = tmp_path / "versions" / SITE
    shutil.copytree(COURIER, made)
    shelf = place_over(made.parent, tmp_path)
    assert [good.policy.version.isoformat() for good in shelf.find_slug(SITE).versions] == ["2016-06-13", "2016-10-03"]
    for day, change in ((SOON, WIDER), (TODAY - timedelta(days=9), MORE_OFTEN)):
        (made / f"{day.isoformat()}.policy.md").write_text(read_version(day, change), encoding="utf-8")
    place_over(made.parent, tmp_path)
    return made


def place_over(folder: Path, tmp_path: Path) -> Any:
    """A server that has just started over this folder, with records."""
    from upheld.actions.publications import fetch_text
    from upheld.server.opening import check_pages, read_posted_now
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Postings

    shelf = name_quick_shelf()(
        folder, tmp_path / "copies", check=check_pages, postings=Postings(read_posted_now, fetch_text)
    )
    place_shelf(shelf)
    return shelf


def look() -> Any:
    from upheld.web.hosts import find_shelf

    find_shelf().reload_changed()
    return find_shelf().find_slug(SITE)


def test_it_works(console: Console, folder: Path, clock: time_machine.Traveller) -> None:
    owner = console.sign_in(OWNER)
    assert "The version of 2026-12-01 waits" in read_text(owner.get("/console/"))
    page = read_text(owner.get(POLICY))
    assert "1 December 2026 Yes" in page
    assert "11 November 2026 No: its day, 2026-11-11, has passed" in page
    one = read_text(owner.get(f"{POLICY}2026-12-01/"))
    assert "analysts may now see your zip code" in one.lower()
    assert "significant" in one
    assert "If it is a significant one, you are told first" in one
    answer = owner.post(f"{POLICY}2026-12-01/announce/", {**SURE, "notice": "mail"})
    assert answer.headers["Location"] == POLICY
    page = read_text(owner.get(POLICY))
    assert "1 December 2026 Yes" not in page  # at once, in this process
    assert "It is announced; people are told now" in page
    assert "announced 0 by mail, 0 on their way" in page
    assert "Call off the change" in read_text(owner.get(f"{POLICY}2026-12-01/"))
    assert list_kinds()[-1] == "policy.announced"


def read_hidden(page: Any, name: str) -> str:
    return page.content.decode().partition(f'name="{name}" value="')[2].partition('"')[0]


def test_nothing_is_announced_that_is_another_text_than_was_read(console: Console, folder: Path) -> None:
    owner, page = console.sign_in(OWNER), f"{POLICY}2026-12-01/"
    seen = read_hidden(owner.get(page), "seen")
    (folder / "2026-12-01.policy.md").write_text(read_version(SOON, MORE_OFTEN), encoding="utf-8")
    look()
    look()  # a file that was just written is taken the second time that it looks the same
    owner.post(f"{page}announce/", {**SURE, "notice": "mail", "seen": seen})
    assert "Nothing was announced" in read_text(owner.get(page))
    assert "policy.announced" not in list_kinds()
    owner.post(f"{page}announce/", {**SURE, "seen": read_hidden(owner.get(page), "seen")})
    assert "policy.announced" in list_kinds()


def test_nothing_is_announced_without_the_tick_or_by_anybody_but_the_owner(console: Console, folder: Path) -> None:
    owner, clerk = console.sign_in(OWNER), console.sit_down()
    owner.post(f"{POLICY}2026-12-01/announce/", {"notice": "mail"})
    clerk.post(f"{POLICY}2026-12-01/announce/", {**SURE, "notice": "mail"})
    assert "only the owner announces a version" in read_text(clerk.get(POLICY))
    assert "Only the owner of this server can announce it" in read_text(clerk.get(f"{POLICY}2026-12-01/"))
    assert "policy.announced" not in list_kinds()
    owner.post(f"{POLICY}2026-12-01/announce/", {**SURE, "notice": "mail"})
    look()
    clerk.post(f"{POLICY}2026-12-01/withdraw/")
    assert "policy.withdrawn" not in list_kinds()
    owner.post(f"{POLICY}2026-12-01/withdraw/")
    assert list_kinds()[-1] == "policy.withdrawn"
    assert [good.policy.version for good in look().waiting][-1] == SOON


def test_a_day_gone_by_is_refused_with_its_reason(console: Console, folder: Path) -> None:
    owner = console.sign_in(OWNER)
    page = owner.get(f"{POLICY}2026-11-11/")
    assert "It cannot be announced: its day, 2026-11-11, has passed" in read_text(page)
    assert b"announce/" not in page.content
    owner.post(f"{POLICY}2026-11-11/announce/", SURE)
    assert "cannot be announced" in read_text(owner.get(POLICY))
    assert "policy.announced" not in list_kinds()


@pytest.mark.parametrize("day", ["2016-10-03", "2016-06-13", "2030-01-01", "today", "2026-13-45"])
def test_only_what_waits_or_is_announced_has_a_page(console: Console, folder: Path, day: str) -> None:
    owner = console.sign_in(OWNER)
    assert owner.get(f"{POLICY}{day}/").status_code == 404
    assert owner.post(f"{POLICY}{day}/announce/", SURE).status_code == 404
    assert owner.post(f"{POLICY}{day}/withdraw/").status_code == 404


def test_a_way_that_the_policy_does_not_name_is_refused(console: Console, folder: Path) -> None:
    owner = console.sign_in(OWNER)
    owner.post(f"{POLICY}2026-12-01/announce/", {**SURE, "notice": "fax"})
    assert "does not have people told by fax" in read_text(owner.get(POLICY))


def test_what_is_not_announced_is_seen_by_nobody_outside(console: Console, folder: Path) -> None:
    from django.test import Client

    site = Client(headers={"host": "lasership.localhost"})
    assert "1 December 2026" not in site.get("/privacy/versions").content.decode()
    assert site.get("/privacy/2026-12-01").status_code == 404
    console.sign_in(OWNER).post(f"{POLICY}2026-12-01/announce/", {**SURE, "notice": "site"})
    look()
    for path in ("/", "/privacy", "/privacy/ask", "/account/sign-in", "/no-such-page"):
        assert "Our privacy policy changes on 20 December 2026 at the earliest" in read_text(site.get(path)), path
    versions = read_text(site.get("/privacy/versions"))
    assert "1 December 2026 announced" in versions
    assert "It will be in force from 20 December 2026" in versions
    assert "This version is announced" in read_text(site.get("/privacy/2026-12-01"))
    assert "analysts may now see" in read_text(site.get("/privacy/changes/2016-10-03..2026-12-01")).lower()
    assert "In force since 3 October 2016" in read_text(site.get("/privacy"))


def test_an_edited_text_is_not_served_and_staff_see_it(console: Console, folder: Path, tmp_path: Path) -> None:
    from django.test import Client

    path = folder / "2016-10-03.policy.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("within 20 days", "within 19 days"), encoding="utf-8")
    place_over(folder.parent, tmp_path)  # after a restart, on a machine that has no copy of it
    site = Client(headers={"host": "lasership.localhost"})
    assert "within 19 days" not in read_text(site.get("/privacy"))
    owner = console.sign_in(OWNER)
    assert "the text of 2016-10-03 was changed after it was announced" in read_text(owner.get(POLICY))
    path.unlink()
    place_over(folder.parent, tmp_path)
    assert site.get("/privacy").status_code == 200
    assert "the text of 2016-10-03 is not there any more" in read_text(owner.get(POLICY))
    path.write_text(text, encoding="utf-8")
    place_over(folder.parent, tmp_path)
    assert "Not served as they lie" not in read_text(owner.get(POLICY))


def test_a_version_with_errors_is_no_version_that_can_be_announced(
    console: Console, folder: Path, tmp_path: Path
) -> None:
    day = LATER.isoformat()
    (folder / f"{day}.policy.md").write_text(
        read_version(LATER).replace("collect person", "colect person"), encoding="utf-8"
    )
    place_over(folder.parent, tmp_path)
    owner = console.sign_in(OWNER)
    assert owner.post(f"{POLICY}{day}/announce/", SURE).status_code == 404
    assert f"{day}.policy.md" in read_text(owner.get(POLICY))


def test_the_records_being_away_leaves_all_as_it_was(
    console: Console, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.web.hosts import find_shelf

    shelf = find_shelf()
    before = shelf.find_slug(SITE)

    def fail(*_: Any) -> Any:
        raise OSError

    monkeypatch.setattr("upheld.server.opening.read_posted", fail)
    assert shelf.look_at_postings() is False
    assert shelf.find_slug(SITE) is before
    assert shelf.postings_from > 0  # and it is not asked again in each request


def test_a_person_s_page_says_which_version_binds_them_since_when(console: Console, folder: Path) -> None:
    page = read_text(console.sit_down().get(f"{SEAT}people/{console.cast.ada.id}/"))
    assert "Bound by the version of 3 October 2016, 4 weeks ago" in page
