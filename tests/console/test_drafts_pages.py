"""Drafts in the console: written, checked, kept apart, looked at as a page, announced as read; nothing typed is lost."""

from __future__ import annotations

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.actions.stage import COURIER
from tests.actions.versions import FREER, SOON, TODAY, WIDER
from tests.actions.versions import read_text as read_version
from tests.console.clerks import CLERK, OWNER, SEAT, SITE, Console, list_kinds, read_text
from tests.console.test_publications_page import place_over, read_hidden

EDIT, POLICY = f"{SEAT}policy/edit/", f"{SEAT}policy/"
LARGE = "x" * 1_100_000


@pytest.fixture
def folder(console: Console, tmp_path: Path) -> Path:
    """The courier's folder with records: both versions are founding, and nothing waits."""
    made = tmp_path / "versions" / SITE
    shutil.copytree(COURIER, made)
    place_over(made.parent, tmp_path)
    return made


def begin(client: Any, source: str = "in-force") -> str:
    """The address of a new draft."""
    answer = client.post(f"{EDIT}new/", {"source": source})
    assert answer.status_code == 302, read_text(answer)
    return str(answer.headers["Location"])


def read_draft(page: str) -> Any:
    from upheld.actions.drafts import fetch_draft

    return fetch_draft(SITE, page.rstrip("/").rpartition("/")[2])


def write(client: Any, page: str, text: str, do: str = "save", **fields: Any) -> Any:
    """Press a button below the text."""
    return client.post(page, {"text": text, "edition": read_draft(page).edition, "do": do, **fields})


def save(client: Any, page: str, text: str | bytes, edition: int, way: str = "save") -> Any:
    """What the script sends."""
    told = {"data": text, "content_type": "text/plain", "headers": {"host": "localhost", "X-Edition": str(edition)}}
    return client.post(f"{page}{way}/", **told)


def test_it_works(console: Console, folder: Path, clock: time_machine.Traveller) -> None:
    clerk, owner = console.sit_down(), console.sign_in(OWNER)
    page = begin(clerk)
    draft = read_draft(page)
    assert "version: 2026-11-21" in draft.text  # a day ahead, since nothing is dated back
    assert "Nothing found: this text can be announced" in read_text(clerk.get(page)) or "to look at again" in read_text(
        clerk.get(page)
    )
    broken = read_version(SOON, WIDER).replace("show person.zip to analysts", "shov person.zip to analysts")
    assert write(clerk, page, broken, "check").headers["Location"] == f"{page}#found"
    shown = clerk.get(page)
    said = read_text(shown)
    assert "Error P102" in said
    number = broken.split("\n").index("(1) shov person.zip to analysts for improve") + 1
    assert f"Line {number} , column 5" in said
    assert f'href="#L{number}"' in shown.content.decode()
    assert f'<div class="line bad" id="L{number}">(1) <span class="bad">shov</span>' in shown.content.decode()
    assert "(1 error) Draft of the policy" in said
    assert "1 error in the text" in read_text(clerk.get(f"{page}changes/"))
    assert write(clerk, page, broken, "preview").headers["Location"] == f"{page}preview/"
    assert clerk.get(f"{page}preview/").headers["Location"] == f"{page}#found"

    answer = write(clerk, page, read_version(SOON, WIDER).replace("\n", "\r\n"), "changes")
    assert answer.headers["Location"] == f"{page}changes/"
    changes = read_text(clerk.get(f"{page}changes/"))
    assert "analysts may now see your zip code" in changes.lower()
    assert "significant" in changes
    assert "If it is a significant one, you are told first" in changes
    assert "All 11 get the same answer as now" in changes
    assert "Only the owner of this server can announce it" in changes
    seen = read_hidden(owner.get(f"{page}changes/"), "seen")
    refused = clerk.post(f"{page}announce/", {"sure": "yes", "seen": seen})
    assert "only the owner announces" in read_text(clerk.get(refused.headers["Location"]))
    answer = owner.post(f"{page}announce/", {"sure": "yes", "seen": seen, "notice": "site"})
    assert answer.headers["Location"] == POLICY
    told = read_text(owner.get(POLICY))
    assert "It is announced; people are told now" in told
    assert "1 December 2026 announced" in told
    assert "The version of 1 December 2026 is served from the records" in told
    assert list_kinds()[-1] == "policy.announced"
    assert "draft.begun" in list_kinds()


def test_what_was_announced_is_served_without_a_file_and_the_file_can_be_put_there(
    console: Console, folder: Path, tmp_path: Path
) -> None:
    from django.test import Client

    owner = console.sign_in(OWNER)
    page = begin(owner)
    write(owner, page, read_version(SOON, FREER))
    seen = read_hidden(owner.get(f"{page}changes/"), "seen")
    owner.post(f"{page}announce/", {"sure": "yes", "seen": seen, "notice": "site"})
    place_over(folder.parent, tmp_path)  # after a restart
    site = Client(headers={"host": "lasership.localhost"})
    assert "Something new" in read_text(site.get("/privacy/2026-12-01"))
    assert "has 1 error" not in read_text(site.get("/privacy/versions"))
    assert "Not served as they lie" not in read_text(owner.get(POLICY))
    file = owner.get(f"{POLICY}2026-12-01/file/")
    assert file.headers["Content-Disposition"] == 'attachment; filename="2026-12-01.policy.md"'
    (folder / "2026-12-01.policy.md").write_bytes(file.content)
    place_over(folder.parent, tmp_path)
    assert "served from the records" not in read_text(owner.get(POLICY))
    assert "Something new" in read_text(site.get("/privacy/2026-12-01"))
    (folder / "2026-12-01.policy.md").write_text(read_version(SOON, WIDER), encoding="utf-8")
    place_over(folder.parent, tmp_path)
    assert "the text of 2026-12-01 was changed after it was announced" in read_text(owner.get(POLICY))
    assert owner.get(f"{POLICY}2030-01-01/file/").status_code == 404


def test_the_preview_is_the_public_page_with_its_rules_open(console: Console, folder: Path) -> None:
    clerk = console.sit_down()
    page = begin(clerk)
    write(clerk, page, read_version(SOON, FREER, ('accent: "#b3122a"', 'accent: "#0a5c36"')))
    shown = clerk.get(f"{page}preview/")
    body, said = shown.content.decode(), read_text(shown)
    assert "Draft" in said
    assert "binds nobody, and only staff see it" in said
    assert "Dispatch sees your zip code whenever it plans a route" in said
    assert body.count('<details class="rules" open>') == body.count('<details class="rules"') > 50
    assert f'href="{page}look.css"' in body
    assert "#0a5c36" in clerk.get(f"{page}look.css").content.decode()
    assert 'href="http://lasership.localhost/privacy' in body  # links lead to the site as it is
    assert clerk.get("/console/").status_code == 200  # and the addresses after it are the console's again
    assert "script-src 'self';" not in shown["Content-Security-Policy"].replace("'self'", "'self';", 0)


def test_what_two_write_is_kept_apart(console: Console, folder: Path) -> None:
    clerk, owner = console.sit_down(), console.sign_in(OWNER)
    page = begin(clerk)
    first = read_draft(page)
    mine, theirs = first.text.replace("within 20 days", "within 10 days"), first.text + "\nA line of the owner.\n"
    assert save(owner, page, theirs, 1).json()["edition"] == 2
    told = save(clerk, page, mine, 1)
    assert (told.status_code, told.json()["by"], told.json()["is_self"]) == (409, OWNER, False)
    answer = clerk.post(page, {"text": mine, "edition": "1", "do": "changes"})
    said = read_text(answer)
    assert answer.status_code == 409
    assert f"{OWNER} saved this draft while you wrote" in said
    assert "theirs A line of the owner." in said
    assert "yours" in said
    assert "within 10 days" in answer.content.decode()
    assert read_draft(page).text == theirs
    kept = clerk.post(page, {"text": mine, "do": "apart"}).headers["Location"]
    assert kept != page
    assert read_draft(kept).text == mine
    assert read_draft(page).text == theirs


def test_a_draft_that_is_gone_gives_the_text_back(console: Console, folder: Path) -> None:
    clerk, owner = console.sit_down(), console.sign_in(OWNER)
    page = begin(clerk)
    owner.post(f"{page}remove/")
    assert save(clerk, page, "more", 1).status_code == 410
    answer = clerk.post(page, {"text": "much work", "edition": "1"})
    assert answer.status_code == 409
    assert "much work" in answer.content.decode()
    kept = clerk.post(page, {"text": "much work", "do": "apart"}).headers["Location"]
    assert read_draft(kept).text == "much work"
    for way in ("", "preview/", "changes/", "file/", "look.css"):
        assert clerk.get(f"{page}{way}").status_code == 302, way


def test_whoever_is_signed_out_gets_the_text_back_and_saves_it_after_signing_in(
    console: Console, folder: Path, clock: time_machine.Traveller
) -> None:
    from django.test import Client

    console.give_role()
    page = begin(console.sign_in(CLERK))
    client = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    client.get("/console/sign-in/")
    sent = {"text": "much work <b>&\n", "edition": "1", "do": "save", "csrfmiddlewaretoken": read_token(client)}
    answer = client.post(page, sent)
    assert answer.status_code == 403
    assert "much work &lt;b&gt;&amp;" in answer.content.decode()
    assert 'name="edition" value="1"' in answer.content.decode()
    sign_in = {"login": CLERK, "password": "seven green kites", "csrfmiddlewaretoken": read_token(client)}
    assert client.post("/console/sign-in/", sign_in).status_code == 302
    again = client.post(page, sent)  # from the page before, whose mark is of the session before
    assert again.status_code == 403
    assert "Save once more" in read_text(again)
    sent["csrfmiddlewaretoken"] = read_hidden(again, "csrfmiddlewaretoken")
    assert client.post(page, sent).status_code == 302
    assert read_draft(page).text == "much work <b>&\n"
    foreign = client.post(page, {**sent, "csrfmiddlewaretoken": ""}, headers={"Origin": "https://elsewhere.example"})
    assert "much work" not in foreign.content.decode()


def read_token(client: Any) -> str:
    return read_hidden(client.get("/console/sign-in/"), "csrfmiddlewaretoken")


def test_texts_that_are_no_policy_of_this_site_are_said_to_be_so(console: Console, folder: Path) -> None:
    clerk = console.sit_down()
    page = begin(clerk)
    text = read_version(SOON)

    def find(changed: str | bytes, way: str = "check") -> list[tuple[str, int]]:
        return [(one["code"], one["line"]) for one in save(clerk, page, changed, 1, way).json()["findings"]]

    line = next(n for n, one in enumerate(text.split("\n"), 1) if one.startswith("policy:"))
    assert ("P011", line) in find(text.replace("policy: lasership", "policy: other"))
    assert find("a\nb\0") == [("P004", 2)]
    assert find(b"abc\nd\xff") == [("P002", 2)]
    assert find(LARGE) == [("P003", 1)]
    assert find(LARGE, "save") == [("P003", 1)]
    assert find("no policy") == [("P006", 1)]
    assert [code for code, _ in find(text.replace("\n", "\r\n"))] == [code for code, _ in find(text)]
    site = next(n for n, one in enumerate(text.split("\n"), 1) if one.startswith("site:"))
    assert ("P204", site) in find(text.replace("accent: ", "accent: plaid #"))
    assert read_draft(page).edition == 1  # checking saves nothing, and what cannot be kept was not
    answer = clerk.post(page, {"text": "a\0b", "edition": "1"})
    assert answer.status_code == 400
    assert "Nothing was saved" in read_text(answer)
    large = clerk.post(page, {"text": LARGE, "edition": "1"})
    assert large.status_code == 400
    assert LARGE in large.content.decode()
    assert clerk.post(page, {"text": LARGE * 10, "edition": "1"}).status_code == 413
    assert "version: 2026-11-21" in read_draft(page).text


def test_another_text_than_was_read_is_not_announced_nor_one_with_errors_nor_of_a_day_gone_by(
    console: Console, folder: Path, clock: time_machine.Traveller
) -> None:
    owner = console.sign_in(OWNER)
    page = begin(owner)
    write(owner, page, read_version(SOON, WIDER))
    seen = read_hidden(owner.get(f"{page}changes/"), "seen")

    def announce(**told: str) -> str:
        answer = owner.post(f"{page}announce/", {"sure": "yes", "seen": seen, "notice": "site", **told})
        return read_text(owner.get(answer.headers["Location"]))

    assert "Tick that you have read what changes" in announce(sure="")
    assert "does not have people told by fax" in announce(notice="fax")
    write(owner, page, read_version(SOON, FREER))
    assert "its text is another one than you have read" in announce()
    write(owner, page, read_version(SOON).replace("collect person", "colect person"))
    assert "the text has errors" in announce()
    write(owner, page, read_version(TODAY - timedelta(days=2), WIDER))
    seen = read_hidden(owner.get(f"{page}changes/"), "seen")
    assert seen == ""
    assert "It cannot be announced: its day, 2026-11-18, has passed" in read_text(owner.get(f"{page}changes/"))
    owner.post(f"{page}day/", {"day": "soon"})
    assert "version: 2026-11-18" in read_draft(page).text
    owner.post(f"{page}day/", {"day": "2026-11-25"})
    assert "version: 2026-11-25" in read_draft(page).text
    (folder / "2026-11-25.policy.md").write_text(read_version(TODAY + timedelta(days=5), FREER), encoding="utf-8")
    place_over(folder.parent, folder.parent.parent)
    assert "a file of 2026-11-25 lies in the folder with another text" in read_text(owner.get(f"{page}changes/"))
    assert "policy.announced" not in list_kinds()


def test_a_file_that_waits_or_has_errors_can_be_gone_on_with(console: Console, folder: Path, tmp_path: Path) -> None:
    day = SOON.isoformat()
    (folder / f"{day}.policy.md").write_text(read_version(SOON, WIDER), encoding="utf-8")
    (folder / "2027-02-01.policy.md").write_text("---\npolicy: lasership\n", encoding="utf-8")
    place_over(folder.parent, tmp_path)
    clerk = console.sit_down()
    assert "the file 2027-02-01.policy.md as it lies in the folder" in read_text(clerk.get(EDIT))
    assert read_draft(begin(clerk, f"waiting {day}")).text == read_version(SOON, WIDER)
    assert read_draft(begin(clerk, "faulty 2027-02-01")).text == "---\npolicy: lasership\n"
    for source in ("faulty ../../x", "waiting 2030-01-01", "faulty", "x"):
        clerk.post(f"{EDIT}new/", {"source": source})
    listed = read_text(clerk.get(EDIT))
    assert listed.count("Draft for") == 2
    assert "not there any more" in listed


def test_the_rules_are_put_into_their_one_form(console: Console, folder: Path) -> None:
    clerk = console.sit_down()
    page = begin(clerk)
    tidy = read_draft(page).text
    write(clerk, page, tidy.replace("claim nobody", "claim  nobody"), "format")
    assert read_draft(page).text == tidy
    write(clerk, page, "no policy", "format")
    assert read_draft(page).text == "no policy"
    assert "once the text has no errors" in read_text(clerk.get(page))


def test_acts_of_a_file_beside_the_policy_are_asked(console: Console, folder: Path) -> None:
    lines = "act,facts,words\nshow person.zip pseudonymous to analysts for improve,granted,May analysts see my zip code?\njuggle x,,\n"
    (folder / "acts.csv").write_text(lines, encoding="utf-8")
    clerk = console.sit_down()
    page = begin(clerk)
    write(clerk, page, read_version(SOON, WIDER))
    said = read_text(clerk.get(f"{page}changes/"))
    assert "may now : May analysts see my zip code?" in said
    assert "We show your zip code to analysts" in said
    assert "1 of 5 get another answer" in said


def test_the_editor_may_ask_this_server_and_no_other_page_may(console: Console, folder: Path) -> None:
    clerk = console.sit_down()
    page = begin(clerk)
    assert "connect-src 'self'" in clerk.get(page)["Content-Security-Policy"]
    assert "connect-src" not in clerk.get(EDIT)["Content-Security-Policy"]
    assert json.loads(clerk.get(f"{page}state/").content)["edition"] == 1
    assert not re.search(r"\bon[a-z]+=|style=", clerk.get(page).content.decode())
