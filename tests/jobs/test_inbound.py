"""The mailbox read by a job: what is stored is put away, a crash in between changes nothing, one bad message holds up none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.letters import DESK, STRANGER, write_bytes, write_one
from tests.actions.stage import Cast
from tests.jobs.test_mail import Pigeon
from tests.web.sites import set_up_django
from upheld.channels.mailbox.base import MailboxAway
from upheld.channels.mailbox.maildir import LEFT, TAKEN, MaildirMailbox, MaildirSettings, drop_message


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


@pytest.fixture
def work(databases: Any, tmp_path: Path, folder: Path, binding: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A process that looks into a maildir for the courier alone."""
    from upheld.jobs import inbound
    from upheld.jobs.work import Inbox, Work, place_work

    made = Work(channel=Pigeon(), state=tmp_path, database="", inbox=Inbox(MaildirMailbox(MaildirSettings(folder))))
    monkeypatch.setattr(inbound, "iter_bindings", lambda _now: iter((binding,)))
    monkeypatch.setattr(inbound, "find_home", lambda _site: "https://courier.example/")
    place_work(made)
    yield made
    place_work(None)


def look(work: Any, now: datetime | None = None) -> int:
    from upheld.jobs.inbound import Watcher

    return int(Watcher().look(work, now or datetime.now(UTC)))


def list_folder(folder: Path, name: str) -> list[str]:
    return sorted(path.name for path in (folder / name).iterdir())


def count_cases() -> int:
    from upheld.records.models import Case

    return Case.objects.count()


def test_what_arrives_is_taken_in_and_put_away(work: Any, cast: Cast, folder: Path) -> None:
    name = drop_message(folder, write_bytes())
    assert look(work) == 1
    assert (list_folder(folder, "new"), list_folder(folder, "cur")) == ([], [name + TAKEN])
    assert count_cases() == 1


def test_a_crash_before_it_is_put_away_takes_it_in_once(
    work: Any, cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_message(folder, write_bytes())

    def fall(*_arguments: object) -> None:
        raise MailboxAway("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr(MaildirMailbox, "finish", fall)
        with pytest.raises(MailboxAway):
            look(work)
    assert len(list_folder(folder, "new")) == 1, "nothing is put away that may not be stored"
    look(work)
    assert (list_folder(folder, "new"), count_cases()) == ([], 1)


def test_a_crash_before_it_is_stored_leaves_it_where_it_is(
    work: Any, cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import DatabaseError

    from upheld.actions import inbound

    drop_message(folder, write_bytes())

    def fall(*_arguments: object, **_named: object) -> None:
        raise DatabaseError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(inbound, "open_case", fall)
        with pytest.raises(DatabaseError):
            look(work)
    assert (len(list_folder(folder, "new")), count_cases()) == (1, 0)
    look(work)
    assert count_cases() == 1


def test_one_message_that_fails_holds_up_no_other_and_is_tried_again(
    work: Any, cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from upheld.jobs import inbound

    drop_message(folder, write_bytes("bad", sender=STRANGER))
    drop_message(folder, write_bytes("good"))
    usual = inbound.take_letter

    def take(binding: Any, letter: Any, **named: Any) -> Any:
        if letter.text == "bad":
            raise ValueError(letter.sender)
        return usual(binding, letter, **named)

    watcher, now = inbound.Watcher(), datetime.now(UTC)
    with monkeypatch.context() as patch:
        patch.setattr(inbound, "take_letter", take)
        assert watcher.look(work, now) == 1
        assert watcher.look(work, now) == 0
    assert STRANGER not in caplog.text
    assert caplog.text.count("ValueError") == 1
    assert watcher.look(work, now + timedelta(minutes=11)) == 1
    assert count_cases() == 2


def test_of_fifty_megabytes_only_the_beginning_is_ever_held(work: Any, cast: Cast, folder: Path) -> None:
    import tracemalloc

    name = drop_message(folder, write_bytes("See the film.", sender=STRANGER))
    with (folder / "new" / name).open("ab") as file:
        file.truncate(50 * 1024 * 1024)
    tracemalloc.start()
    look(work)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 25 * 1024 * 1024
    assert count_cases() == 1
    assert list_folder(folder, "new") == []


RUBBISH = [
    b"",
    b"\x00" * 500,
    b"\xff\xfe" * 300,
    b"From: \n\n",
    b"From: =?utf-8?b?////?= <a@b.example>\nContent-Type: multipart/mixed; boundary=x\n\n--x\n--x\n--x--",
    b"From: a@b.example\nContent-Type: text/plain; charset=punycode\n\n" + b"x-" * 2000,
    b"From: a@b.example\nContent-Transfer-Encoding: base64\n\n!!!!",
    b"".join(b"X-%d: y\n" % number for number in range(10_000)) + b"\nhello",
    b"From: a@b.example\nMessage-ID: \xff\nSubject: =?x-unknown?q?=ff?=\n\nhello",
    b"Content-Type: message/delivery-status\n\nAction: failed\n",
    b"From " + b"a" * 5000,
]


def test_no_rubbish_is_lost_and_none_holds_up_the_rest(work: Any, cast: Cast, folder: Path) -> None:
    from upheld.records.models import Inbound

    for content in RUBBISH:
        drop_message(folder, content)
    drop_message(folder, write_bytes("Where is my parcel?"))
    assert look(work) == len(RUBBISH) + 1
    assert list_folder(folder, "new") == []
    assert Inbound.objects.count() == len(RUBBISH) + 1
    assert count_cases() >= len(RUBBISH) - 1


def test_what_the_policy_lets_nobody_take_is_left_for_people(
    work: Any, cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import inbound

    monkeypatch.setattr(inbound, "find_message_form", lambda _table: None)
    name = drop_message(folder, write_bytes())
    look(work)
    assert list_folder(folder, "cur") == [name + LEFT]


def test_what_was_taken_in_is_gone_from_the_mailbox_after_a_day(work: Any, cast: Cast, folder: Path) -> None:
    drop_message(folder, write_bytes())
    look(work)
    look(work, datetime.now(UTC) + timedelta(hours=20))
    assert len(list_folder(folder, "cur")) == 1
    look(work, datetime.now(UTC) + timedelta(hours=25))
    assert list_folder(folder, "cur") == []


def test_no_word_of_a_message_gets_into_the_log(
    work: Any, cast: Cast, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    drop_message(folder, write_bytes("My secret is 4711", subject="Tell nobody"))
    look(work)
    assert "4711" not in caplog.text
    assert "nobody" not in caplog.text
    assert "quill" not in caplog.text


def test_without_a_mailbox_nobody_looks(work: Any) -> None:
    from upheld.jobs.inbound import watch_inbox
    from upheld.jobs.work import Work, place_work

    place_work(Work(channel=work.channel, state=work.state, database=""))
    watch_inbox(threading.Event())


def test_a_mailbox_that_is_away_is_told_and_looked_into_again(
    work: Any, cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from upheld.jobs.inbound import watch_inbox

    ending, looks = threading.Event(), []
    monkeypatch.setattr(MaildirMailbox, "look_every", timedelta(milliseconds=1))

    def fall(_mailbox: object, _most: int) -> tuple[str, ...]:
        looks.append(1)
        if len(looks) == 3:
            ending.set()
        raise MailboxAway("the maildir could not be read: too many open files")

    monkeypatch.setattr(MaildirMailbox, "list_waiting", fall)
    watch_inbox(ending)
    assert len(looks) == 3
    assert "the mailbox was not read" in caplog.text


@pytest.fixture(autouse=True)
def django() -> None:
    """The rooms of jobs hold models."""
    set_up_django()


def find(bindings: list[Any], fallback: str = "", **headers: str) -> str:
    from upheld.jobs.inbound import find_addressee

    found = find_addressee(write_one(**headers), bindings, fallback)
    return found.site if found else ""


def test_a_message_goes_to_the_site_it_is_addressed_to(binding: Any) -> None:
    other = OtherSite("clinic", "desk@clinic.example")
    assert find([other, binding]) == binding.site
    assert find([binding, other], Delivered_To="desk@clinic.example") == "lasership", "its own address stands in To"
    assert find([other]) == "clinic", "the only site gets everything"
    third = OtherSite("spa", "desk@spa.example")
    assert find([other, third]) == ""
    assert find([other, third], fallback="spa") == "spa"


def test_an_address_with_a_plus_is_the_same() -> None:
    from upheld.jobs.inbound import _bare

    assert _bare("Privacy+m_abc@Lasership.example") == DESK


class OtherSite:
    """As much of a binding as the choice between sites looks at."""

    def __init__(self, site: str, email: str) -> None:
        self.site = site
        self.policy = self
        self.contact = {"email": email}
