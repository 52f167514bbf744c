"""Campaigns in the process for jobs: begun when their time has come, carried to their end, kept back by a full outbox."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.crowds import HOME, OFFER, bring_in, list_receivers, write_one
from tests.actions.stage import NOW
from tests.jobs.conftest import lay_out_courier, open_nursery
from tests.jobs.test_kills import ENDED, wait_for
from tests.jobs.test_mail import Pigeon
from tests.web.sites import name_quick_shelf
from upheld.core.gate.binding import Binding


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Any]:
    from upheld.jobs.work import Work, place_work
    from upheld.web.hosts import place_shelf

    made = Work(channel=Pigeon(), state=tmp_path, database="", home=lambda slug, host: f"https://{slug}.{host}/")
    place_work(made)
    place_shelf(name_quick_shelf()(lay_out_courier(tmp_path), tmp_path / "copies"))
    yield made
    place_work(None)


def schedule(binding: Binding, at: datetime | None = None) -> str:
    """A campaign that was released to three people."""
    from upheld.actions.campaigns import release_campaign, test_campaign

    bring_in(binding, NOW, {"a": ("yes",), "b": ("yes",), "c": ("yes",), "d": ("no",)})
    made = write_one(binding, NOW, OFFER)
    test_campaign(binding, made.id, home=HOME, by="s_1", now=NOW)
    release_campaign(binding, made.id, reached=3, by="s_1", now=NOW, send_at=at)
    return str(made.id)


def test_one_whose_time_has_come_is_carried_to_its_end(databases: Any, binding: Binding, work: Any) -> None:
    from upheld.actions.campaigns import find_campaign
    from upheld.actions.outbox import open_message
    from upheld.jobs.campaigns import carry_campaigns
    from upheld.records.models import Outgoing

    campaign = schedule(binding)
    ending = threading.Event()
    while carry_campaigns(binding, ending):
        pass
    held = find_campaign(binding.site, campaign)
    assert held is not None
    assert held.state == "done"
    assert list_receivers(campaign) == ["a", "b", "c"]
    message = open_message(Outgoing.objects.exclude(person="").first())
    assert message is not None
    assert "https://lasership.lasership.localhost/stop/m/" in message.text


def test_one_whose_time_has_not_come_waits(databases: Any, binding: Binding, work: Any) -> None:
    from upheld.jobs.campaigns import carry_campaigns

    campaign = schedule(binding, datetime.now(UTC) + timedelta(days=400))
    assert not carry_campaigns(binding, threading.Event())
    assert list_receivers(campaign) == []


def test_while_the_outbox_is_full_nothing_is_added(
    databases: Any, binding: Binding, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import campaign_sending
    from upheld.jobs.campaigns import carry_campaigns

    campaign = schedule(binding)
    monkeypatch.setattr(campaign_sending, "MOST_WAITING", 0)
    carry_campaigns(binding, threading.Event())
    assert list_receivers(campaign) == []


def test_one_that_fails_is_told_without_a_value_and_the_others_go_out(
    databases: Any, binding: Binding, work: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from upheld.jobs import campaigns

    schedule(binding)
    monkeypatch.setattr(campaigns, "list_due_campaigns", lambda *_: ("cp_one", "cp_two"))
    carried = []

    def carry(_binding: Binding, campaign: str, _ending: threading.Event) -> bool:
        carried.append(campaign)
        if campaign == "cp_one":
            raise ValueError("ada@quill.example")
        return False

    monkeypatch.setattr(campaigns, "carry_one", carry)
    assert not campaigns.carry_campaigns(binding, threading.Event())
    assert carried == ["cp_one", "cp_two"]
    assert "cp_one" in caplog.text
    assert "ada@" not in caplog.text


def test_the_thread_ends_when_it_is_told_to(databases: Any, binding: Binding, work: Any) -> None:
    from upheld.jobs.campaigns import look_for_campaigns

    ending = threading.Event()
    thread = threading.Thread(target=look_for_campaigns, args=(ending,))
    thread.start()
    ending.set()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("times", [2, pytest.param(40, marks=pytest.mark.long)])
def test_killed_again_and_again_it_comes_by_everybody_once(
    databases: Any, binding: Binding, tmp_path: Path, times: int
) -> None:
    from upheld.actions.campaign_sending import IN_A_BATCH
    from upheld.actions.campaigns import find_campaign, release_campaign, test_campaign
    from upheld.records.models import CampaignMail, Outgoing

    now, chance = datetime.now(UTC), random.Random(times)  # noqa: S311 - when to kill, no secret
    names = {f"p{number}": ("yes",) for number in range(times * IN_A_BATCH // 2 + 30)}
    bring_in(binding, now, names)
    made = write_one(binding, now)
    test_campaign(binding, made.id, home=HOME, by="s_1", now=now)
    release_campaign(binding, made.id, reached=len(names), by="s_1", now=now)

    def has_ended() -> bool:
        held = find_campaign(binding.site, made.id)
        return held is not None and held.state == "done"

    with open_nursery(tmp_path, lay_out_courier(tmp_path)) as nursery:
        for turn in range(times):
            child, seen = nursery.begin(), CampaignMail.objects.count()
            wait_for(lambda seen=seen: has_ended() or CampaignMail.objects.count() > seen or not seen)  # type: ignore[misc]  # the loop's own
            time.sleep(chance.uniform(0, 0.4) if turn else 0.6)
            nursery.end(child)
        child = nursery.begin()
        wait_for(has_ended)
        assert nursery.end(child, signal.SIGTERM) in ENDED
    receivers = Counter(CampaignMail.objects.exclude(message="").values_list("person", flat=True))
    assert len(receivers) == len(names)
    assert set(receivers.values()) == {1}
    assert Outgoing.objects.filter(subject=made.id).exclude(person="").count() == len(names)
