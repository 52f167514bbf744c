"""What holds for every kind of mailbox: read to a limit, put away only when told, nothing touched that is not ours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.channels.postboxes import PASSWORD, USER, Postbox, open_postbox
from tests.channels.sinks import write_certificate
from upheld.channels.mailbox.base import (
    KINDS,
    MOST_READ,
    Mailbox,
    MailboxAway,
    MailboxError,
    MailboxWrong,
    find_kind,
)
from upheld.channels.mailbox.imap import ImapMailbox, ImapSettings
from upheld.channels.mailbox.maildir import LEFT, TAKEN, MaildirMailbox, MaildirSettings, drop_message

HELLO = b"From: ada@quill.example\r\n\r\nHello\r\n"


@dataclass
class Kind:
    """A mailbox of one kind, how a message gets into it, and what is in it or put away."""

    mailbox: Mailbox
    deliver: Callable[[bytes], str]
    count_waiting: Callable[[], int]
    count_taken: Callable[[], int]


@pytest.fixture
def postbox(tmp_path: Path) -> Iterator[tuple[Postbox, Path]]:
    authority, context = write_certificate(tmp_path)
    with open_postbox(context) as box:
        yield box, authority


def open_imap(box: Postbox, authority: Path | None, **options: Any) -> ImapMailbox:
    settings = {"user": USER, "password": PASSWORD, "authority": authority} | options
    return ImapMailbox(ImapSettings("localhost", box.port, **settings))


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    if request.param == "maildir":
        folder = tmp_path / "inbox"
        made = MaildirMailbox(MaildirSettings(folder))
        yield Kind(
            made,
            lambda content: drop_message(folder, content),
            lambda: len(list((folder / "new").iterdir())),
            lambda: len([path for path in (folder / "cur").iterdir() if path.name.endswith(TAKEN)]),
        )
        return
    box, authority = request.getfixturevalue("postbox")
    imap = open_imap(box, authority)
    yield Kind(imap, box.deliver, lambda: len(box.folders["INBOX"]), lambda: len(box.folders["Upheld"]))
    imap.close()


def test_a_message_is_read_and_put_away(kind: Kind) -> None:
    kind.mailbox.check()
    name = kind.deliver(HELLO)
    assert kind.mailbox.list_waiting(10) == (name,)
    arrived = kind.mailbox.read(name)
    assert arrived is not None
    assert (arrived.content, arrived.size) == (HELLO, len(HELLO))
    assert kind.count_waiting() == 1, "reading takes nothing away"
    kind.mailbox.finish(name)
    assert (kind.count_waiting(), kind.count_taken()) == (0, 1)
    assert kind.mailbox.list_waiting(10) == ()


def test_messages_come_in_order_and_no_more_than_are_wanted(kind: Kind) -> None:
    names = [kind.deliver(HELLO) for _ in range(3)]
    assert set(kind.mailbox.list_waiting(2)) <= set(names)
    assert len(kind.mailbox.list_waiting(2)) == 2


def test_of_a_large_message_only_the_beginning_is_read(kind: Kind) -> None:
    whole = HELLO + b"x" * (2 * MOST_READ)
    arrived = kind.mailbox.read(kind.deliver(whole))
    assert arrived is not None
    assert (len(arrived.content), arrived.size) == (MOST_READ, len(whole))


def test_a_message_that_is_gone_is_nothing(kind: Kind) -> None:
    name = kind.deliver(HELLO)
    kind.mailbox.finish(name)
    assert kind.mailbox.read(name) is None
    kind.mailbox.close()
    assert kind.mailbox.list_waiting(10) == ()


def test_a_message_that_is_left_stays_and_is_not_listed_again(kind: Kind) -> None:
    name = kind.deliver(HELLO)
    kind.mailbox.leave(name)
    assert kind.mailbox.list_waiting(10) == ()
    assert kind.count_taken() == 0


def test_what_was_taken_in_is_removed_after_its_time(kind: Kind) -> None:
    kind.mailbox.finish(kind.deliver(HELLO))
    kind.mailbox.sweep(datetime.now(UTC) + timedelta(days=2))
    assert kind.count_taken() == 0


def test_every_kind_is_found_by_its_name_and_keeps_the_contract(kind: Kind) -> None:
    assert isinstance(kind.mailbox, Mailbox)
    assert {find_kind(name) for name in KINDS} == {MaildirMailbox, ImapMailbox}
    with pytest.raises(MailboxWrong) as caught:
        find_kind("pigeon")
    assert caught.value.code == "M931"


def test_in_a_maildir_nothing_of_others_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    mailbox = MaildirMailbox(MaildirSettings(folder))
    mailbox.check()
    (folder / "cur" / "1.them:2,S").write_bytes(HELLO)
    (folder / "new" / ".hidden").write_bytes(HELLO)
    (folder / "new" / "folder").mkdir()
    (folder / "new" / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "new" / "pipe")
    assert mailbox.list_waiting(10) == ()
    for name in ("link", "pipe", "../cur/1.them:2,S", "nothing"):
        assert mailbox.read(name) is None
    mailbox.finish("../cur/1.them:2,S")
    assert mailbox.sweep(datetime.now(UTC) + timedelta(days=9)) == 0
    assert (folder / "cur" / "1.them:2,S").exists()


def test_what_is_left_in_a_maildir_is_marked_for_people(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    mailbox = MaildirMailbox(MaildirSettings(folder))
    name = drop_message(folder, HELLO)
    mailbox.leave(name)
    assert [path.name for path in (folder / "cur").iterdir()] == [name + LEFT]
    assert mailbox.sweep(datetime.now(UTC) + timedelta(days=9)) == 0


def test_a_maildir_that_cannot_be_used_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("a file")
    with pytest.raises(MailboxWrong):
        MaildirMailbox(MaildirSettings(tmp_path / "inbox")).check()


def test_the_server_is_asked_for_the_beginning_alone_and_marks_nothing_read(postbox: tuple[Postbox, Path]) -> None:
    box, authority = postbox
    mailbox = open_imap(box, authority)
    mailbox.read(box.deliver(HELLO))
    assert box.fetched[0].endswith(f"(RFC822.SIZE BODY.PEEK[]<0.{MOST_READ}>)")
    assert box.folders["INBOX"][0].flags == set()
    mailbox.close()


def test_a_server_without_move_gets_a_copy_first_and_a_removal_after(tmp_path: Path) -> None:
    authority, context = write_certificate(tmp_path)
    with open_postbox(context, can_move=False) as box:
        mailbox = open_imap(box, authority)
        name = box.deliver(HELLO)
        mailbox.finish(name)
        assert (box.folders["INBOX"], len(box.folders["Upheld"])) == ([], 1)
        mailbox.close()


def test_a_wrong_password_is_a_wrong_setting_and_is_not_repeated(postbox: tuple[Postbox, Path]) -> None:
    box, authority = postbox
    with pytest.raises(MailboxWrong) as caught:
        open_imap(box, authority, password="guessed").check()  # noqa: S106 - of nobody
    assert "guessed" not in str(caught.value)


def test_a_certificate_nobody_vouches_for_is_a_wrong_setting(postbox: tuple[Postbox, Path]) -> None:
    with pytest.raises(MailboxWrong):
        open_imap(postbox[0], None).check()


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE", "MOVE"])
def test_a_server_that_hangs_up_leaves_the_message_where_it_is(postbox: tuple[Postbox, Path], command: str) -> None:
    box, authority = postbox
    mailbox = open_imap(box, authority)
    name = box.deliver(HELLO)
    box.breaks_at = command

    def take() -> None:
        mailbox.list_waiting(10)
        mailbox.read(name)
        mailbox.finish(name)

    with pytest.raises(MailboxError) as caught:
        take()
    assert caught.value.code in ("M931", "M932")
    box.breaks_at = ""
    assert mailbox.list_waiting(10) == (name,), "the next look connects anew"
    mailbox.finish(name)
    assert mailbox.list_waiting(10) == ()
    mailbox.close()


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(MailboxAway):
        ImapMailbox(ImapSettings("127.0.0.1", 1, USER, PASSWORD)).check()


@pytest.mark.parametrize("names", [{"folder": 'IN"BOX'}, {"done": "a\r\nb"}, {"done": "INBOX"}, {"folder": ""}])
def test_a_folder_that_cannot_be_named_is_a_wrong_setting(names: dict[str, str]) -> None:
    with pytest.raises(MailboxWrong):
        ImapMailbox(ImapSettings("localhost", 993, USER, PASSWORD, **names))
