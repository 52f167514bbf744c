"""The jobs tell of mergers and mind the legal desk: round by round, each of which may be the last before a crash."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.legal_desk import Desk, set_up_desk
from tests.actions.stage import Cast
from tests.actions.test_mergers import deliver, open_one, transfer
from upheld.core.gate.binding import Binding


@pytest.fixture
def desk(cast: Cast, binding: Binding, now: datetime) -> Desk:
    return set_up_desk(binding, now)


@pytest.fixture
def work(tmp_path: Path) -> Any:
    from upheld.channels.folder.channel import FolderChannel, FolderSettings
    from upheld.jobs.work import Work

    return Work(FolderChannel(FolderSettings(tmp_path / "mail")), tmp_path, "")


def test_one_round_tells_everybody_and_the_next_ones_find_what_left(
    cast: Cast, desk: Desk, binding: Binding, now: datetime, work: Any
) -> None:
    from upheld.actions.mergers import begin_telling, find_merger
    from upheld.jobs.mergers import carry_merger

    row = open_one(binding, desk, now)
    carry_merger(work, binding, now)  # on record alone tells nobody
    begin_telling(binding, row.id, staff=desk.one, now=now)
    carry_merger(work, binding, now)
    held = find_merger(binding.site, row.id)
    assert held is not None
    assert (held.row.state, held.queued, held.told) == ("told", 3, 0)
    deliver(binding, now)
    carry_merger(work, binding, now)
    carry_merger(work, binding, now)
    held = find_merger(binding.site, row.id)
    assert held is not None
    assert (held.queued, held.told) == (0, 3)
    assert transfer(binding, desk, row, now + timedelta(days=30)) == 3


def test_a_crash_in_the_middle_of_a_batch_leaves_nothing_half_done(
    cast: Cast, desk: Desk, binding: Binding, now: datetime, work: Any
) -> None:
    from upheld.actions import mergers
    from upheld.jobs.mergers import carry_merger
    from upheld.records.models import MergerNotice, Outgoing

    row = open_one(binding, desk, now)
    mergers.begin_telling(binding, row.id, staff=desk.one, now=now)
    assert mergers.tell_batch(binding, now, most=1) == 1
    queue = mergers.queue_for_accounts

    def fail(*args: Any, **more: Any) -> Any:
        queue(*args, **more)
        raise OSError("the power is gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mergers, "queue_for_accounts", fail)
        with pytest.raises(OSError, match="power"):
            carry_merger(work, binding, now)
    assert MergerNotice.objects.count() == Outgoing.objects.filter(subject=row.id).count() == 1
    carry_merger(work, binding, now)
    assert MergerNotice.objects.count() == Outgoing.objects.filter(subject=row.id).count() == 3


def test_the_desk_is_minded_however_late_and_twice_does_no_harm(
    cast: Cast, desk: Desk, binding: Binding, now: datetime, work: Any
) -> None:
    from datetime import date

    from tests.actions.customers import read_mails
    from tests.actions.legal_desk import approve_one, release_one
    from upheld.jobs.mergers import mind_desk
    from upheld.records.models import DemandPackage

    barred = {"barred_by": "The court forbids it.", "barred_until": date(2026, 12, 1)}
    demand = approve_one(binding, desk, cast.ada.id, now, **barred)
    release_one(binding, desk, demand, now)
    mind_desk(work, binding, now)
    assert not read_mails()
    for days in (40, 41):
        mind_desk(work, binding, now + timedelta(days=days))
    assert [mail.kind for mail in read_mails()] == ["demand-told"]
    assert not DemandPackage.objects.exists()
