"""The mailbox of this machine: what the folder holds as pages, and nothing at all where others could look."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.channels.conftest import FINN
from tests.web.sites import Workshop
from upheld.channels.folder.channel import FolderChannel, FolderSettings

LINK = "https://lantern.localhost/verify/abc?x=1&y=2"
FOLDED = "This line is folded where the next word would not have fitted, as this one was\nwhen it was written."
LETTER = dataclasses.replace(FINN, text=f"Hello,\nhow are you?\n\n{FOLDED}\n\nConfirm this address:\n{LINK}\n")


@pytest.fixture
def folder(tmp_path: Path, settings_as: Callable[..., None], workshop: Workshop) -> Path:
    """A folder of mails that may be looked into."""
    settings_as(MAILBOX=tmp_path / "mail")
    return tmp_path / "mail"


def get(workshop: Workshop, path: str) -> Any:
    return workshop.get(path, "localhost")


def test_it_works(workshop: Workshop, folder: Path) -> None:
    FolderChannel(FolderSettings(folder)).send(LETTER)
    page = get(workshop, "/mail/").content.decode()
    assert f'href="/mail/{LETTER.id}"' in page
    assert "Your parcel – delivered" in page
    response = get(workshop, f"/mail/{LETTER.id}")
    mail = response.content.decode()
    assert '<a href="https://lantern.localhost/verify/abc?x=1&amp;y=2">' in mail
    assert "Hello,<br>how are you?" in mail
    assert "folded where the next word would not have fitted, as this one was" in mail
    assert response.headers["Cache-Control"] == "no-store"


def test_without_a_mail_the_page_says_what_will_stand_there(workshop: Workshop, folder: Path) -> None:
    assert "The first mail will stand here" in get(workshop, "/mail/").content.decode()


def test_what_a_mail_brings_along_does_not_become_part_of_the_page(workshop: Workshop, folder: Path) -> None:
    bad = dataclasses.replace(LETTER, subject="<script>x</script>", text="<img src=x>\n\njavascript:alert(1)\n")
    FolderChannel(FolderSettings(folder)).send(bad)
    for path in ("/mail/", f"/mail/{LETTER.id}"):
        page = get(workshop, path).content.decode()
        assert "<script" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page


def test_a_file_that_is_no_mail_is_left_out(workshop: Workshop, folder: Path) -> None:
    folder.mkdir()
    (folder / "rubbish_1.eml").write_bytes(b"\xff\xfe\x00")
    (folder / ".half.eml.12.34").write_text("From: x")
    assert get(workshop, "/mail/").status_code == 200
    for name in ("nothing_here", "..", "rubbish_1%00", "a" * 300):
        assert get(workshop, f"/mail/{name}").status_code in (400, 404)


@pytest.mark.parametrize("path", ["/mail/", f"/mail/{FINN.id}"])
def test_where_others_could_look_there_is_no_such_page(
    workshop: Workshop, settings_as: Callable[..., None], path: str
) -> None:
    settings_as(MAILBOX=None)
    assert get(workshop, path).status_code == 404
    assert "/mail/" not in get(workshop, "/").content.decode()


@pytest.mark.parametrize("path", ["/mail/", f"/mail/{LETTER.id}"])
def test_whoever_comes_from_elsewhere_or_through_a_proxy_that_is_not_named_finds_no_such_page(
    workshop: Workshop, folder: Path, path: str
) -> None:
    from django.test import Client

    from upheld.web.transport import UNNAMED_PROXY

    FolderChannel(FolderSettings(folder)).send(LETTER)
    strangers: list[dict[str, Any]] = [{"REMOTE_ADDR": "203.0.113.7"}, {UNNAMED_PROXY: True}]
    for stranger in strangers:
        assert Client().get(path, headers={"host": "localhost"}, **stranger).status_code == 404


def test_no_site_shows_the_mailbox(workshop: Workshop, folder: Path) -> None:
    FolderChannel(FolderSettings(folder)).send(LETTER)
    assert workshop.get("/mail/").status_code == 404


def test_the_overview_leads_to_it(workshop: Workshop, folder: Path) -> None:
    assert 'href="/mail/"' in get(workshop, "/").content.decode()
    assert "nobody" not in get(workshop, "/mail/").content.decode()


@pytest.mark.parametrize(
    "variables",
    [{"UPHELD_ADDRESS": "0.0.0.0"}, {"UPHELD_PROXY": "10.0.0.1"}, {"UPHELD_HTTPS": "yes"}, {"UPHELD_MAIL": "smtp"}],  # noqa: S104 - refused
)
def test_it_is_open_on_loopback_with_a_folder_alone(variables: dict[str, str]) -> None:
    from upheld.server.environment import read_environment

    assert read_environment({}).mailbox is not None
    assert read_environment(variables).mailbox is None
