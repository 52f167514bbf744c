"""One message and the channel: what each answer makes of it, and that nothing of it gets into a log."""

import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import Cast
from tests.channels.sinks import Sink
from upheld.channels.base import CannotDo, InDoubt, Message, Receipt, SettingsWrong, TryLater, Withdrawn, let_go


@dataclass(slots=True)
class Pigeon:
    """A channel that does as it is told."""

    problem: Exception | None = None
    is_repeatable: bool = False
    taken: list[Message] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def check(self) -> None:
        return

    @contextlib.contextmanager
    def open(self) -> Iterator["Pigeon"]:
        yield self

    def send(self, message: Message, may_go: Callable[[], bool] = let_go) -> Receipt:
        self.before()
        if not may_go():
            raise Withdrawn
        if self.problem is not None:
            raise self.problem
        self.taken.append(message)
        return Receipt("pigeon", "coo")


@pytest.fixture
def pigeon() -> Pigeon:
    return Pigeon()


@pytest.fixture
def message(binding: Any, cast: Cast) -> str:
    """A notice to Ada that is queued."""
    from upheld.actions.notices import queue_notice

    return str(
        queue_notice(
            binding,
            now=datetime.now(UTC),
            person=cast.ada,
            kind="password-changed",
            home="https://courier.example/",
            values={"at": "noon"},
        ).message
    )


@pytest.fixture
def carry(
    binding: Any, message: str, pigeon: Pigeon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., str]]:
    """Carries the message by the pigeon; gives what came of it."""
    from upheld.jobs import mail
    from upheld.jobs.work import Work, place_work

    monkeypatch.setattr(mail, "find_binding", lambda site, _now: binding if site == binding.site else None)
    monkeypatch.setattr(mail, "SETTLE_PAUSES_SECONDS", (0.0, 0.0))

    def carry(run: str = "first", site: str = binding.site, sender: str = "") -> str:
        place_work(Work(channel=pigeon, state=tmp_path, database="", sender=sender))
        return say(mail.hand_over(site, [message], run))

    yield carry
    place_work(None)


def say(done: dict[str, int]) -> str:
    """The one word that came of one message."""
    [(word, number)] = done.items()
    assert number == 1
    return word


def find(message: str) -> Any:
    from upheld.records.models import Outgoing

    return Outgoing.objects.get(id=message)


def test_it_works(carry: Callable[..., str], pigeon: Pigeon, message: str) -> None:
    assert carry() == "sent"
    [taken] = pigeon.taken
    assert (taken.id, taken.to) == (message, "ada@quill.example")
    assert find(message).reason == "coo"


def test_the_message_is_marked_before_the_channel_is_asked(
    carry: Callable[..., str], pigeon: Pigeon, message: str
) -> None:
    seen = []
    pigeon.before = lambda: seen.append((find(message).state, find(message).attempts))
    carry()
    assert seen == [("sending", 1)]


OUTCOMES = [
    (SettingsWrong("the way is wrong", "look at the map"), "waiting"),
    (TryLater("it rains", timedelta(minutes=3)), "waiting"),
    (CannotDo("the letter is too heavy"), "failed"),
    (InDoubt("it flew and did not come back"), "in-doubt"),
    (OSError(5, "ada@quill.example could not be reached"), "in-doubt"),
]


@pytest.mark.parametrize("case", OUTCOMES, ids=lambda case: type(case[0]).__name__)
def test_each_failure_leaves_the_message_where_it_belongs_and_no_value_in_the_log(
    carry: Callable[..., str],
    pigeon: Pigeon,
    message: str,
    caplog: pytest.LogCaptureFixture,
    case: tuple[Exception, str],
) -> None:
    caplog.set_level(logging.DEBUG)
    pigeon.problem, state = case
    assert carry() == state
    assert find(message).state == state
    assert "quill" not in find(message).reason + caplog.text


def test_the_same_run_again_is_in_doubt_another_one_does_nothing(
    carry: Callable[..., str], pigeon: Pigeon, message: str
) -> None:
    def crash() -> None:
        raise KeyboardInterrupt

    pigeon.before = crash
    with pytest.raises(KeyboardInterrupt):
        carry("first")
    pigeon.before = lambda: None
    assert carry("second") == "not for this run"
    assert find(message).state == "sending"
    assert carry("first") == "not for this run"
    assert find(message).state == "in-doubt"
    assert pigeon.taken == []


def test_a_busy_database_is_asked_again_to_write_down_what_came_of_it(
    carry: Callable[..., str], pigeon: Pigeon, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from upheld.actions import sending
    from upheld.jobs import mail

    failures = [OperationalError("database is locked"), OperationalError("disk I/O error")]

    def settle(*arguments: Any, **options: Any) -> str:
        if failures:
            raise failures.pop()
        return sending.settle_batch(*arguments, **options)

    monkeypatch.setattr(mail, "settle_batch", settle)
    assert carry() == "sent"
    assert find(message).state == "sent"


def test_what_cannot_be_written_down_stays_in_sending_and_is_told_without_a_value(
    carry: Callable[..., str], message: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import OperationalError

    from upheld.jobs import mail

    def settle(*_arguments: Any, **_options: Any) -> str:
        raise OperationalError("disk full near ada@quill.example")

    monkeypatch.setattr(mail, "settle_batch", settle)
    assert carry() == "stays"
    assert find(message).state == "sending"
    assert "OperationalError" in caplog.text
    assert "quill" not in caplog.text


def test_a_site_that_is_not_served_any_more_sends_nothing(carry: Callable[..., str], pigeon: Pigeon) -> None:
    assert carry(site="closed") == "not served"
    assert pigeon.taken == []


def test_a_sender_of_the_server_s_own_leaves_answers_to_the_business(carry: Callable[..., str], pigeon: Pigeon) -> None:
    carry(sender="mail@host.example")
    [taken] = pigeon.taken
    assert taken.sender == "mail@host.example"
    assert ("Reply-To", "privacy@lasership.example") in taken.headers


def test_a_mail_server_that_was_down_gets_the_message_when_it_is_back(
    binding: Any, message: str, tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions.sending import list_due
    from upheld.channels.smtp.channel import SmtpChannel, SmtpSettings
    from upheld.jobs import mail
    from upheld.jobs.work import Work, place_work

    monkeypatch.setattr(mail, "find_binding", lambda _site, _now: binding)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        down = SmtpChannel(SmtpSettings("127.0.0.1", nobody.getsockname()[1], tls="none"))
        place_work(Work(channel=down, state=tmp_path, database=""))
        assert say(mail.hand_over(binding.site, [message], "first")) == "waiting"
    assert find(message).reason == "the mail server does not answer"
    later = find(message).next_at
    assert [due.message for due in list_due(binding.site, later)] == [message]
    monkeypatch.setattr(mail, "read_clock", lambda: later)
    up = SmtpChannel(SmtpSettings("127.0.0.1", sink.port, tls="none"))
    place_work(Work(channel=up, state=tmp_path, database=""))
    assert say(mail.hand_over(binding.site, [message], "second")) == "sent"
    place_work(None)
    assert sink.recipients == ["ada@quill.example"]
