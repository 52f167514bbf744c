"""The mailbox survives being read by processes that are killed, and by two at once: each message is taken in once."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.actions.letters import write_bytes
from tests.actions.stage import Cast
from tests.jobs.conftest import lay_out_courier, open_nursery
from tests.jobs.test_kills import ENDED, wait_for
from upheld.channels.mailbox.maildir import drop_message


def count_taken(binding: Any) -> int:
    from upheld.records.models import Inbound
    from upheld.records.walls import enter_site

    with enter_site(binding.site):
        return Inbound.objects.filter(site=binding.site).count()


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.long)])
def test_each_message_is_taken_in_once_however_often_its_reader_is_killed(
    binding: Any, cast: Cast, tmp_path: Path, times: int
) -> None:
    from upheld.records.models import Case, Entry

    count, chance = times * 15, random.Random(times)  # noqa: S311 - when to kill, no secret
    for number in range(count):
        drop_message(tmp_path / "inbox", write_bytes(f"Where is parcel {number}?"))
    with open_nursery(tmp_path, lay_out_courier(tmp_path), UPHELD_MAIL="folder") as nursery:
        for turn in range(times):
            child = nursery.begin()
            goal = count * (turn + 1) // (times + 1)
            wait_for(lambda goal=goal: count_taken(binding) >= goal)  # type: ignore[misc]  # the loop's own goal
            time.sleep(chance.uniform(0, 0.03))
            nursery.end(child)
        first, second = nursery.begin(), nursery.begin()
        wait_for(lambda: not list((tmp_path / "inbox" / "new").iterdir()))
        for child in (first, second):
            assert nursery.end(child, signal.SIGTERM) in ENDED
    assert count_taken(binding) == count
    assert Case.objects.filter(kind="message").count() == count
    assert Entry.objects.filter(kind="inbox.taken").count() == count
