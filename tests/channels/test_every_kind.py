"""What holds for every kind of channel; a new kind adds one line to `open_channel` and has all of this."""

import dataclasses
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.sinks import Sink
from upheld.channels.base import KINDS, CannotDo, Channel, Message, SettingsWrong, find_kind
from upheld.channels.folder.channel import FolderChannel, FolderSettings
from upheld.channels.mail import write_mail
from upheld.channels.smtp.channel import SmtpChannel, SmtpSettings

Arrived = Callable[[], list[bytes]]


@pytest.fixture(params=sorted(KINDS))
def opened(request: pytest.FixtureRequest, tmp_path: Path, sink: Sink) -> tuple[Channel, Arrived]:
    """A channel of each kind, and what has arrived through it."""
    if request.param == "folder":
        folder = tmp_path / "mail"
        return FolderChannel(FolderSettings(folder)), lambda: [p.read_bytes() for p in sorted(folder.glob("*.eml"))]
    return SmtpChannel(SmtpSettings("127.0.0.1", sink.port, tls="none")), lambda: sink.taken


def read(mail: bytes) -> EmailMessage:
    message = message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_message_arrives_as_it_was_written(opened: tuple[Channel, Arrived], finn: Message) -> None:
    channel, arrived = opened
    channel.check()
    receipt = channel.send(finn)
    [mail] = [read(mail) for mail in arrived()]
    assert receipt.kind in KINDS
    assert (mail["Subject"], mail["To"], mail["Auto-Submitted"]) == (finn.subject, finn.to, "auto-generated")
    assert mail["From"] == "Parcel courier <desk@courier.example>"
    assert mail["Message-ID"] == "<m_abcdefghij0123456789@courier.example>"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == finn.text
    assert html.get_content().replace("\r\n", "\n") == finn.html


def test_checking_sends_nothing(opened: tuple[Channel, Arrived]) -> None:
    channel, arrived = opened
    channel.check()
    assert arrived() == []


def test_a_channel_that_says_it_is_repeatable_leaves_one_message(
    opened: tuple[Channel, Arrived], finn: Message
) -> None:
    channel, arrived = opened
    channel.send(finn)
    channel.send(finn)
    assert len(arrived()) == (1 if channel.is_repeatable else 2)
    assert len(set(arrived())) == 1


BAD = [
    {"to": "finn@harbour.example\r\nBcc: all@everyone.example"},
    {"to": "finn@harbour.example, rosa@harbour.example"},
    {"to": "Finn <finn@harbour.example>"},
    {"to": "finn"},
    {"to": ""},
    {"to": "finn@" + "a" * 80 + ".example"},
    {"sender": "desk@courier.example\nX: y"},
    {"subject": "Hello\r\nBcc: all@everyone.example"},
    {"subject": "Hello\u2028Bcc: all@everyone.example"},
    {"subject": "a" * 2000},
    {"sender_name": "Courier\n"},
    {"text": "with \0 inside"},
    {"headers": (("X-Note", "one\r\nBcc: all@everyone.example"),)},
    {"headers": (("Bcc", "all@everyone.example"),)},
    {"headers": (("x bad", "one"),)},
    {"id": "../../etc/passwd"},
    {"id": "m_abc\r\nX: y"},
    {"id": ""},
]


@pytest.mark.parametrize("change", BAD, ids=lambda change: next(iter(change)))
def test_what_would_break_a_header_or_a_path_is_refused_without_repeating_it(
    opened: tuple[Channel, Arrived], finn: Message, change: dict[str, object]
) -> None:
    channel, arrived = opened
    with pytest.raises(CannotDo) as caught:
        channel.send(dataclasses.replace(finn, **change))  # type: ignore[arg-type]  # a table of fields
    assert caught.value.code == "M903"
    assert arrived() == []
    assert "finn" not in str(caught.value)
    assert "everyone" not in str(caught.value)


def test_a_name_that_is_no_kind_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsWrong) as caught:
        find_kind("pigeon")
    assert caught.value.hint == "choose one of folder, smtp"


def test_every_kind_is_found_by_its_name() -> None:
    assert {find_kind(name) for name in KINDS} == {FolderChannel, SmtpChannel}


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)


@given(subject=words, name=words, text=words, html=words)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_words_are_written_or_refused_and_never_make_another_header(
    finn: Message, subject: str, name: str, text: str, html: str
) -> None:
    message = dataclasses.replace(finn, subject=subject, sender_name=name, text=text, html=html)
    try:
        mail = write_mail(message)
    except CannotDo:
        return
    assert mail == write_mail(message)
    headers = {key.lower() for key in read(mail).keys()}  # noqa: SIM118 - a mail is no dict
    assert headers <= {
        *("from", "to", "subject", "date", "message-id", "auto-submitted"),
        *("mime-version", "content-type", "content-transfer-encoding"),
    }
    assert read(mail)["To"] == finn.to
    assert all(len(line) <= 998 for line in mail.split(b"\r\n"))


@pytest.mark.parametrize(
    "subject",
    [
        "What Parcel courier gave you may not be used any more: x_mxzpc6u6c3ua2sgbfemb",
        "A word and another one " * 8 + "and the last",
        "x" * 120 + " and more",
        "Two parcels – for the price of one, until Friday, and a third one for whoever comes on foot",
    ],
)
def test_a_long_subject_arrives_without_a_space_before_it(finn: Message, subject: str) -> None:
    mail = write_mail(dataclasses.replace(finn, subject=subject))
    assert read(mail)["Subject"] == subject
    assert b"Subject:\r\n" not in mail
