"""A no and a message that is just leaving: whoever was told that their no is recorded gets nothing after it."""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import Cast
from tests.actions.test_suppression import ADMINISTRATIVE, NEWSLETTER, digest, say, write_to
from tests.channels.sinks import Sink
from upheld.channels.base import Message, Receipt, Withdrawn, let_go

ROUNDS = 12


@dataclass(slots=True)
class Snail:
    """A channel that takes its time before it asks, and remembers when the words began to go."""

    chance: random.Random
    is_repeatable: bool = False
    gone: list[tuple[float, str]] = field(default_factory=list)

    def check(self) -> None:
        return

    @contextlib.contextmanager
    def open(self) -> Iterator["Snail"]:
        yield self

    def send(self, message: Message, may_go: Callable[[], bool] = let_go) -> Receipt:
        time.sleep(self.chance.uniform(0, 0.004))
        asked = time.monotonic()
        if not may_go():
            raise Withdrawn
        self.gone.append((asked, message.id))
        return Receipt("snail", "slime")


@pytest.fixture
def place(binding: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], None]]:
    """Gives this process a channel to work with."""
    from upheld.jobs import mail
    from upheld.jobs.work import Work, place_work

    monkeypatch.setattr(mail, "find_binding", lambda _site, _now: binding)
    yield lambda channel: place_work(Work(channel=channel, state=tmp_path, database=""))
    place_work(None)


def run_apart(*acts: Callable[[], object]) -> None:
    """Do all of these at once; an error in one of them is ours."""
    problems: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        from django.db import connections

        try:
            act()
        except BaseException as problem:  # noqa: BLE001 - told below
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert problems == []


def say_no(binding: Any, person: Any, way: str) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.actions.suppression import suppress

    now = datetime.now(UTC)
    if way == "choice":
        say(binding, person, now, is_yes=False)
    elif way == "link":
        ada = digest(binding, "ada@quill.example", now)
        suppress(binding, digest=ada, mail_class=NEWSLETTER, reason="one-click", now=now)
    else:
        erase_person(binding, person=person, now=now)


# A round takes half a second to one and a half, by how busy the machine is, nearly all of it the queueing of eight
# messages. 600 rounds held for both ways on both databases and took 5 to 14 minutes (2026-11-22), far beyond the limit
# that a test has by itself.
@pytest.mark.parametrize("way", ["choice", "link", "erasure"])
@pytest.mark.parametrize("rounds", [ROUNDS, pytest.param(ROUNDS * 10, marks=pytest.mark.long)])
def test_nothing_goes_after_a_no_was_acknowledged(
    binding: Any, cast: Cast, place: Callable[[Any], None], way: str, rounds: int
) -> None:
    from upheld.actions.outbox import count_messages
    from upheld.jobs import mail

    chance = random.Random(rounds)  # noqa: S311 - when to speak, no secret
    person, sent, stopped = cast.ada, 0, 0
    for turn in range(rounds if way != "erasure" else 1):
        snail = Snail(chance)
        place(snail)
        if way != "erasure" or turn == 0:
            say(binding, person, datetime.now(UTC), is_yes=True)
        queued = [write_to(binding, person, datetime.now(UTC)).message for _ in range(8)]
        acknowledged: list[float] = []

        def speak(acknowledged: list[float] = acknowledged) -> None:
            time.sleep(chance.uniform(0, 0.03))
            say_no(binding, person, way)
            acknowledged.append(time.monotonic())

        def send(queued: list[str] = queued, turn: int = turn) -> None:
            mail.hand_over(binding.site, queued, f"j_{way}_{turn}")

        run_apart(send, speak)
        late = [message for asked, message in snail.gone if asked > acknowledged[0]]
        assert late == []
        sent, stopped = sent + len(snail.gone), stopped + len(queued) - len(snail.gone)
    states = count_messages(binding.site)
    assert states["queued"] == states["sending"] == states["in-doubt"] == 0
    if way != "erasure":
        assert (states["sent"], states["failed"]) == (sent, stopped)
        assert stopped, "every no came too late: the test has lost its point"


def test_a_no_during_a_slow_connection_wins(binding: Any, cast: Cast, place: Callable[[Any], None], sink: Sink) -> None:
    from tests.actions.test_outbox import find
    from upheld.channels.smtp.channel import SmtpChannel, SmtpSettings
    from upheld.jobs import mail
    from upheld.records.walls import read_site

    sink.think_seconds = 0.2
    place(SmtpChannel(SmtpSettings("127.0.0.1", sink.port, tls="none")))
    say(binding, cast.ada, datetime.now(UTC), is_yes=True)
    news = write_to(binding, cast.ada, datetime.now(UTC)).message
    service = write_to(binding, cast.ada, datetime.now(UTC), ADMINISTRATIVE).message

    def speak() -> None:
        while not sink.options:
            time.sleep(0.005)
        with read_site(binding.site):
            assert find(news).state == "sending"
        say_no(binding, cast.ada, "choice")

    run_apart(lambda: mail.hand_over(binding.site, [news, service], "j_slow"), speak)
    assert (find(news).state, find(news).reason) == ("failed", "stopped")
    assert find(service).state == "sent"
    [taken] = sink.taken
    assert service.encode() in taken
    assert news.encode() not in taken


def test_two_runs_that_have_the_same_messages_hand_each_over_once(
    binding: Any, cast: Cast, place: Callable[[Any], None]
) -> None:
    from upheld.actions.outbox import count_messages
    from upheld.jobs import mail

    snail = Snail(random.Random(1))  # noqa: S311 - when to speak, no secret
    place(snail)
    queued = [write_to(binding, cast.ada, datetime.now(UTC), ADMINISTRATIVE).message for _ in range(30)]
    run_apart(*(lambda run=run: mail.hand_over(binding.site, queued, run) for run in ("j_one", "j_two")))  # type: ignore[misc]  # the loop's own run
    rest = [message for message in queued if message not in {gone for _, gone in snail.gone}]
    mail.hand_over(binding.site, rest, "j_three")
    assert sorted(message for _, message in snail.gone) == sorted(queued)
    assert count_messages(binding.site)["sent"] == len(queued)
