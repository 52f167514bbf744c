"""Writing to a business on this machine: the message lands in its mailbox, and nothing else can be written there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.channels.conftest import FINN
from tests.web.sites import Workshop
from upheld.channels.folder.channel import FolderChannel, FolderSettings

LETTER = {"from": "ada@quill.example", "to": "desk@lantern.example", "subject": "A question", "text": "Where is it?"}


@pytest.fixture
def folder(tmp_path: Path, settings_as: Callable[..., None], workshop: Workshop) -> Path:
    """The folder of mails, with the maildir of the businesses beside it."""
    from django.conf import settings

    own = dataclasses.replace(settings.ENVIRONMENT, inbox="maildir", inbox_folder=tmp_path / "inbox")
    settings_as(MAILBOX=tmp_path / "mail", ENVIRONMENT=own)
    return tmp_path / "mail"


def post(values: dict[str, str], **headers: str) -> Any:
    from django.test import Client

    return Client().post("/mail/write", values, headers={"host": "localhost", **headers})


def read_inbox(folder: Path) -> list[Any]:
    new = folder.parent / "inbox" / "new"
    return [message_from_bytes(path.read_bytes(), policy=default) for path in new.iterdir()] if new.is_dir() else []


def test_it_works(workshop: Workshop, folder: Path) -> None:
    assert 'href="/mail/write"' in workshop.get("/mail/", "localhost").content.decode()
    assert "Send message" in workshop.get("/mail/write", "localhost").content.decode()
    response = post(LETTER)
    assert (response.status_code, response.headers["Location"]) == (303, "/mail/?sent")
    [mail] = read_inbox(folder)
    assert (mail["From"], mail["To"], mail["Subject"]) == (LETTER["from"], LETTER["to"], "A question")
    assert mail.get_content().strip() == "Where is it?"
    assert "in the mailbox of the business" in workshop.get("/mail/?sent", "localhost").content.decode()


def test_a_reply_is_filled_in_and_names_the_mail_that_it_answers(workshop: Workshop, folder: Path) -> None:
    FolderChannel(FolderSettings(folder)).send(FINN)
    assert f"/mail/write?answers={FINN.id}" in workshop.get(f"/mail/{FINN.id}", "localhost").content.decode()
    page = workshop.get(f"/mail/write?answers={FINN.id}", "localhost").content.decode()
    assert 'value="finn@harbour.example"' in page
    assert 'value="desk@courier.example"' in page
    assert "Re: Your parcel" in page
    post({**LETTER, "answers": FINN.id})
    [mail] = read_inbox(folder)
    assert mail["In-Reply-To"] == f"<{FINN.id}@courier.example>"


BAD = [
    {"from": "ada"},
    {"from": ""},
    {"to": "a@b.example, c@d.example"},
    {"from": "a@b.example\r\nBcc: all@everyone.example"},
    {"subject": "x\r\nBcc: all@everyone.example"},
    {"text": "x" * 20_001},
    {"from": "<script>@x"},
]


@pytest.mark.parametrize("change", BAD, ids=str)
def test_what_cannot_be_sent_comes_back_with_what_was_typed(folder: Path, change: dict[str, str]) -> None:
    response = post({**LETTER, **change})
    assert response.status_code == 422
    page = response.content.decode()
    assert "There is a problem" in page
    assert "<script>" not in page
    assert read_inbox(folder) == []


def test_what_is_wrong_with_an_address_stands_at_its_field(folder: Path) -> None:
    page = post({**LETTER, "from": "nobody at all"}).content.decode()
    assert page.count("From is no e-mail address such as name@example.org") == 2
    assert 'href="#field-from"' in page
    assert "To is no" not in page


@pytest.mark.parametrize("answers", ["nothing_here", "../../x", "m_" + "a" * 300, "\x00"])
def test_a_mail_that_is_not_there_is_not_answered(workshop: Workshop, folder: Path, answers: str) -> None:
    assert post({**LETTER, "answers": answers}).status_code in (303, 400)
    assert all(mail["In-Reply-To"] is None for mail in read_inbox(folder))


def test_a_page_of_somebody_else_sends_nothing(folder: Path) -> None:
    assert post(LETTER, origin="https://evil.example").status_code == 403
    assert read_inbox(folder) == []


def test_where_messages_arrive_elsewhere_there_is_no_such_page(
    workshop: Workshop, folder: Path, settings_as: Callable[..., None]
) -> None:
    from django.conf import settings

    settings_as(ENVIRONMENT=dataclasses.replace(settings.ENVIRONMENT, inbox="none"))
    assert workshop.get("/mail/write", "localhost").status_code == 404
    assert post(LETTER).status_code == 404
    assert "/mail/write" not in workshop.get("/mail/", "localhost").content.decode()


def test_where_others_could_look_there_is_no_such_page(folder: Path, settings_as: Callable[..., None]) -> None:
    settings_as(MAILBOX=None)
    assert post(LETTER).status_code == 404
    assert read_inbox(folder) == []
