"""The mail server: what each of its answers means, that the way to it is encrypted, and that a mail is signed."""

import dataclasses
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import dkim
import pytest

from tests.channels.sinks import Sink, open_sink, write_certificate, write_dkim_key
from upheld.channels.base import CannotDo, ChannelError, InDoubt, Message, SettingsWrong, TryLater, Withdrawn
from upheld.channels.smtp.channel import SmtpChannel, SmtpSettings

POST = {"user": "post", "password": "open sesame"}


def open_smtp(port: int, **settings: object) -> SmtpChannel:
    plain = SmtpSettings("127.0.0.1", port, tls="none", timeout_seconds=5)
    return SmtpChannel(dataclasses.replace(plain, **settings))  # type: ignore[arg-type]  # a table of settings


def test_the_answer_of_the_server_is_the_receipt(sink: Sink, finn: Message) -> None:
    receipt = open_smtp(sink.port).send(finn)
    assert (receipt.kind, receipt.answer) == ("smtp", "250 2.0.0")
    assert sink.recipients == ["finn@harbour.example"]


ANSWERS: list[tuple[str, str | None, type[ChannelError], str]] = [
    ("MAIL", "451 4.3.0 later", TryLater, "451 4.3.0"),
    ("MAIL", "550 5.7.1 desk@courier.example may not", CannotDo, "550 5.7.1"),
    ("RCPT", "450 4.2.1 finn@harbour.example is greylisted", TryLater, "450 4.2.1"),
    ("RCPT", "550 5.1.1 finn@harbour.example is unknown", CannotDo, "550 5.1.1"),
    ("RCPT", "421 closing", TryLater, "421"),
    ("RCPT", None, TryLater, "does not answer"),
    ("DATA", "452 4.3.1 disk full", TryLater, "452 4.3.1"),
    ("DATA", "554 5.6.0 finn@harbour.example does not like it", CannotDo, "554 5.6.0"),
    ("DATA", None, InDoubt, "no answer after"),
]


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: f"{case[0]} {case[1]}"[:12])
def test_each_answer_has_its_meaning_and_no_word_of_it_is_kept(
    sink: Sink, finn: Message, case: tuple[str, str | None, type[ChannelError], str]
) -> None:
    command, answer, error, said = case
    sink.answers[command] = answer
    with pytest.raises(ChannelError) as caught:
        open_smtp(sink.port).send(finn)
    assert type(caught.value) is error
    assert said in caught.value.text
    assert "example" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_server_that_is_not_there_is_tried_later(finn: Message) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(TryLater):
        open_smtp(port).send(finn)


def test_a_server_that_never_answers_is_given_up_in_time(finn: Message) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TryLater):
        open_smtp(silent.getsockname()[1], timeout_seconds=0.2).send(finn)


@pytest.mark.parametrize("rubbish", [b"\xff\xfe\r\n", b"HTTP/1.1 200 OK\r\n", b"220" + b"a" * 9000 + b"\r\n"])
def test_a_server_that_speaks_something_else_is_tried_later(finn: Message, rubbish: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(rubbish)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(TryLater):
            open_smtp(server.getsockname()[1], timeout_seconds=2).send(finn)
        thread.join(5)


def test_without_encryption_only_this_machine_is_reached() -> None:
    for host in ("mail.courier.example", "192.0.2.1", "127.0.0.1.courier.example", ""):
        with pytest.raises(SettingsWrong) as caught:
            SmtpChannel(SmtpSettings(host, 25, tls="none"))
        assert caught.value.code == "M901"
    for host in ("localhost", "127.0.0.1", "::1", "[::1]"):
        SmtpChannel(SmtpSettings(host, 25, tls="none"))


def test_an_unknown_kind_of_encryption_is_refused() -> None:
    with pytest.raises(SettingsWrong):
        SmtpChannel(SmtpSettings("localhost", 25, tls="maybe"))


def test_a_server_that_offers_no_encryption_gets_nothing(sink: Sink, finn: Message) -> None:
    with pytest.raises(SettingsWrong):
        open_smtp(sink.port, tls="starttls", **POST).send(finn)
    assert sink.taken == []


@pytest.fixture
def sealed_sink(tmp_path: Path) -> Iterator[tuple[Sink, Path]]:
    """A mail server that wants encryption and a sign-in, and the file with its certificate."""
    authority, context = write_certificate(tmp_path)
    for sink in open_sink(tls_context=context, require_starttls=True, auth_required=True):
        yield sink, authority


def test_over_tls_and_signed_in_a_message_arrives(sealed_sink: tuple[Sink, Path], finn: Message) -> None:
    sink, authority = sealed_sink
    channel = open_smtp(sink.port, tls="starttls", authority=authority, **POST)
    channel.check()
    channel.send(finn)
    assert len(sink.taken) == 1


def test_a_wrong_password_is_a_wrong_setting(sealed_sink: tuple[Sink, Path], finn: Message) -> None:
    sink, authority = sealed_sink
    channel = open_smtp(sink.port, tls="starttls", authority=authority, **POST | {"password": "guessed"})
    with pytest.raises(SettingsWrong) as caught:
        channel.send(finn)
    assert "guessed" not in repr(channel.__dict__) + str(caught.value)


def test_a_certificate_nobody_vouches_for_is_a_wrong_setting(sealed_sink: tuple[Sink, Path], finn: Message) -> None:
    sink, _ = sealed_sink
    with pytest.raises(SettingsWrong):
        open_smtp(sink.port, tls="starttls", **POST).send(finn)
    assert sink.taken == []


def test_a_mail_is_signed_so_that_a_change_shows(sink: Sink, finn: Message, tmp_path: Path) -> None:
    key, published = write_dkim_key(tmp_path)
    open_smtp(sink.port, dkim_key=key, dkim_selector="spring").send(finn)
    [mail] = sink.taken

    def answer(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"spring._domainkey.courier.example."
        return published

    assert dkim.verify(mail, dnsfunc=answer)
    assert not dkim.verify(mail.replace(b"Finn", b"Rosa"), dnsfunc=answer)
    assert not dkim.verify(b"Subject: another one\r\n" + mail, dnsfunc=answer)


@pytest.mark.parametrize("content", [b"", b"not a key", None])
def test_a_key_that_cannot_sign_is_a_wrong_setting(
    sink: Sink, finn: Message, tmp_path: Path, content: bytes | None
) -> None:
    key = tmp_path / "dkim.pem"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(SettingsWrong):
        open_smtp(sink.port, dkim_key=key, dkim_selector="spring").send(finn)
    assert sink.taken == []


def test_an_address_with_other_letters_needs_a_server_that_takes_them(sink: Sink, finn: Message) -> None:
    with pytest.raises(CannotDo):
        open_smtp(sink.port).send(dataclasses.replace(finn, to="jürgen@harbour.example"))
    open_smtp(sink.port).send(dataclasses.replace(finn, to="finn@hafen-straße.example"))
    assert len(sink.taken) == 1


def number(finn: Message, count: int) -> list[Message]:
    return [dataclasses.replace(finn, id=f"m_{place:020}") for place in range(count)]


OF_ITS_OWN = 1  # the sink calls itself once to see that it is there


def open_channel(sink: Sink) -> SmtpChannel:
    return SmtpChannel(SmtpSettings("127.0.0.1", sink.port, tls="none"))


def test_several_messages_go_over_one_connection(sink: Sink, finn: Message) -> None:
    with open_channel(sink).open() as line:
        for message in number(finn, 5):
            line.send(message)
    assert len(sink.taken) == 5
    assert len(sink.connections) == OF_ITS_OWN + 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_one_that_is_refused_leaves_the_line_open_for_the_next(sink: Sink, finn: Message, command: str) -> None:
    first, second, third = number(finn, 3)
    with open_channel(sink).open() as line:
        line.send(first)
        sink.answers[command] = "550 5.1.1 no"
        with pytest.raises(CannotDo):
            line.send(second)
        sink.answers.clear()
        line.send(third)
    assert len(sink.connections) == OF_ITS_OWN + 1
    assert [b"%020d" % place in mail for place, mail in zip((0, 2), sink.taken, strict=True)] == [True, True]


def test_a_server_that_hangs_up_between_two_messages_is_called_once_more(sink: Sink, finn: Message) -> None:
    first, second, third = number(finn, 3)
    with open_channel(sink).open() as line:
        line.send(first)
        sink.controller.loop.call_soon_threadsafe(sink.controller.hang_up)
        line.send(second)
        sink.answers["MAIL"] = None
        with pytest.raises(TryLater):
            line.send(third)
    assert len(sink.taken) == 2


def test_one_in_doubt_does_not_make_the_next_one_so(sink: Sink, finn: Message) -> None:
    first, second = number(finn, 2)
    with open_channel(sink).open() as line:
        sink.answers["DATA"] = None
        with pytest.raises(InDoubt):
            line.send(first)
        sink.answers.clear()
        line.send(second)
    assert len(sink.taken) == 2


def test_a_server_that_is_not_there_is_asked_once_for_all_messages(
    finn: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = SmtpChannel(SmtpSettings("127.0.0.1", 9, tls="none"))
    calls = []

    def refuse(*_: object) -> None:
        calls.append(1)
        raise ConnectionRefusedError

    monkeypatch.setattr(SmtpChannel, "_open", refuse)
    with channel.open() as line:
        for message in number(finn, 4):
            with pytest.raises(TryLater):
                line.send(message)
    assert len(calls) == 1


def test_a_message_that_may_not_go_any_more_is_not_handed_over_and_the_next_one_is(sink: Sink, finn: Message) -> None:
    first, second = number(finn, 2)
    with open_channel(sink).open() as line:
        with pytest.raises(Withdrawn):
            line.send(first, lambda: False)
        line.send(second, lambda: True)
    assert len(sink.taken) == 1
    assert len(sink.connections) == OF_ITS_OWN + 1


def test_a_server_that_is_slow_to_take_the_words_is_another_chance_for_a_no(
    sink: Sink, finn: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upheld.channels.smtp.channel._SLOW_SECONDS", -1.0)
    answers = iter((True, False, True, True))
    first, second = number(finn, 2)
    with open_channel(sink).open() as line:
        with pytest.raises(Withdrawn):
            line.send(first, lambda: next(answers))
        line.send(second, lambda: next(answers))
    assert len(sink.taken) == 1


def test_the_link_to_unsubscribe_stands_whole_in_the_header_and_is_signed(
    sink: Sink, finn: Message, tmp_path: Path
) -> None:
    link = "https://courier.example/stop/m/" + "aB3_-" * 40
    ways = f"<{link}>, <mailto:desk@courier.example?subject=unsubscribe%20m_abc>"
    headers = (("List-Unsubscribe", ways), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    place, public = write_dkim_key(tmp_path)
    settings = SmtpSettings("127.0.0.1", sink.port, tls="none", dkim_key=place, dkim_selector="s1")
    SmtpChannel(settings).send(dataclasses.replace(finn, headers=headers))
    [mail] = sink.taken
    assert link.encode() in mail, "no mail program follows an address that was folded or encoded"
    signed = mail.partition(b"\r\n\r\n")[0].partition(b"h=")[2].partition(b";")[0]
    assert b"list-unsubscribe" in signed
    assert b"list-unsubscribe-post" in signed
    assert dkim.verify(mail, dnsfunc=lambda *_arguments, **_options: public)
