"""The outbox survives being killed: no message is lost, and none is handed over twice."""

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import Cast
from tests.channels.sinks import Sink
from tests.jobs.conftest import Nursery, lay_out_courier, open_nursery

ENDED = (0, signal.SIGTERM)  # in order, or before it had even begun to listen
IDS = re.compile(rb"^Message-ID: <([^@]+)@", re.MULTILINE)


def queue_messages(binding: Any, cast: Cast, count: int) -> set[str]:
    from upheld.actions.notices import queue_notice

    now = datetime.now(UTC)
    vouch_for_all(binding, now)
    return {
        queue_notice(
            binding,
            now=now,
            person=cast.ada,
            kind="password-changed",
            home="https://courier.example/",
            values={"at": "noon"},
            to=f"ada{number}@quill.example",
        ).message
        for number in range(count)
    }


def count_states(binding: Any) -> dict[str, int]:
    from upheld.actions.outbox import count_messages

    return {state: count for state, count in count_messages(binding.site).items() if count}


def vouch_for_all(binding: Any, now: datetime) -> None:
    """Nothing waits to be vouched for, so that no reminder is among the messages that are counted."""
    from upheld.core.rights.attesting import list_statements
    from upheld.records.models import Attestation

    for number, one in enumerate(list_statements(binding.policy)):
        Attestation.objects.create(
            id=f"at_{number}",
            site=binding.site,
            digest=one.digest,
            words=one.words,
            role=one.role,
            signed_by="s_1",
            version=binding.current,
            signed_at=now,
            until=now + one.period,
        )


def list_ids(binding: Any, state: str) -> set[str]:
    from upheld.actions.outbox import list_messages

    return {row.message for row in list_messages(binding.site, state=state, most=10_000)}


def find_id(mail: bytes) -> str:
    """The message's id, from its own header."""
    found = IDS.search(mail)
    assert found is not None
    return found.group(1).decode()


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_so()


def kill_again_and_again(nursery: Nursery, binding: Any, count: int, times: int, chance: random.Random) -> None:
    """Bring up and kill `times` processes, each after it has settled some of the messages; then let one finish."""
    for turn in range(times):
        child = nursery.begin()
        goal = count * (turn + 1) // (times + 1)
        wait_for(lambda goal=goal: sum_settled(binding) >= goal)  # type: ignore[misc]  # the loop's own goal
        time.sleep(chance.uniform(0, 0.06))
        nursery.end(child)
    child = nursery.begin()
    wait_for(lambda: sum_settled(binding) == count)
    assert nursery.end(child, signal.SIGTERM) in ENDED


def sum_settled(binding: Any) -> int:
    states = count_states(binding)
    return states.get("sent", 0) + states.get("in-doubt", 0)


@pytest.mark.parametrize("times", [3, pytest.param(200, marks=pytest.mark.long)])
def test_no_message_to_a_mail_server_is_lost_or_sent_twice(
    binding: Any, cast: Cast, tmp_path: Path, sink: Sink, times: int
) -> None:
    sink.pause_seconds = 0.03  # many kills come while it holds a message
    count = times * 5
    queued = queue_messages(binding, cast, count)
    variables = {"UPHELD_MAIL": "smtp", "UPHELD_SMTP_PORT": str(sink.port), "UPHELD_SMTP_TLS": "none"}
    with open_nursery(tmp_path, lay_out_courier(tmp_path), **variables) as nursery:
        kill_again_and_again(nursery, binding, count, times, random.Random(times))  # noqa: S311 - when to kill, no secret
    taken = Counter(find_id(mail) for mail in sink.taken)
    assert [message for message, number in taken.items() if number > 1] == []
    sent, doubted = list_ids(binding, "sent"), list_ids(binding, "in-doubt")
    assert sent | doubted == queued
    assert sent <= set(taken)
    assert doubted, "no kill came while a message was under way: the test has lost its point"


def test_two_processes_share_the_messages_and_one_takes_over_what_the_other_left(
    binding: Any, cast: Cast, tmp_path: Path, sink: Sink
) -> None:
    sink.pause_seconds = 0.03
    queued = queue_messages(binding, cast, 24)
    variables = {"UPHELD_MAIL": "smtp", "UPHELD_SMTP_PORT": str(sink.port), "UPHELD_SMTP_TLS": "none"}
    with open_nursery(tmp_path, lay_out_courier(tmp_path), **variables) as nursery:
        first, second = nursery.begin(), nursery.begin()
        wait_for(lambda: sum_settled(binding) >= 6)
        nursery.end(first)
        first = nursery.begin()
        wait_for(lambda: sum_settled(binding) >= 12)
        nursery.end(second)
        second = nursery.begin()
        wait_for(lambda: sum_settled(binding) == len(queued))
        os.kill(first, signal.SIGTERM)
        assert nursery.end(second, signal.SIGTERM) in ENDED
        assert nursery.ask(f"wait {first}") in ENDED
    taken = Counter(find_id(mail) for mail in sink.taken)
    assert [message for message, number in taken.items() if number > 1] == []
    assert list_ids(binding, "sent") <= set(taken) <= queued
    assert list_ids(binding, "sent") | list_ids(binding, "in-doubt") == queued


@pytest.mark.parametrize("times", [pytest.param(200, marks=pytest.mark.long)])
def test_every_message_lies_in_the_folder_once_and_so_do_ledger_and_mail_log_tell(
    binding: Any, cast: Cast, tmp_path: Path, times: int
) -> None:
    from upheld.actions.vault import open_items
    from upheld.records.models import Entry

    count = times * 5
    queued = queue_messages(binding, cast, count)
    with open_nursery(tmp_path, lay_out_courier(tmp_path), UPHELD_MAIL="folder") as nursery:
        kill_again_and_again(nursery, binding, count, times, random.Random(times))  # noqa: S311 - when to kill, no secret
    assert count_states(binding) == {"sent": count}
    assert {file.stem for file in (tmp_path / "mail").glob("*.eml")} == queued
    told = [line.text for line in Entry.objects.filter(kind="mail.sent")]
    assert len(told) == count
    assert all(any(message in text for text in told) for message in queued)
    opening = open_items(
        binding, person=cast.ada, action="show", counterpart="self", data=("message.mail-log",), now=datetime.now(UTC)
    )
    noted = [opened.value["to"] for opened in opening.values if isinstance(opened.value, dict)]
    assert sorted(noted) == sorted(f"ada{number}@quill.example" for number in range(count))
