"""The log of visits: sealed on disk, a file a day, gone with its key when its time is over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from upheld.core.errors import SealError, VaultError

NOTED = (("visit.ip", "192.0.2.7"), ("visit.page", "/privacy"))


def find_file(state: Path, now: datetime) -> Path:
    return state / "visits" / "lasership" / f"{now.date().isoformat()}.log"


def test_what_is_noted_can_be_read_with_the_day_key_and_not_from_the_file(
    databases: dict[str, Path], tmp_path: Path, now: datetime
) -> None:
    from upheld.actions.visits import VisitLog, read_visits

    log = VisitLog(tmp_path)
    for _ in range(3):
        log.write("lasership", now, NOTED)
    log.stop()
    text = find_file(tmp_path, now).read_bytes()
    assert text.endswith(b"\n")
    assert b"192.0.2.7" not in text
    assert list(read_visits(tmp_path, "lasership", now.date())) == [dict(NOTED)] * 3
    assert list(read_visits(tmp_path, "other", now.date())) == []


def test_a_line_of_another_day_or_an_altered_one_is_refused(
    databases: dict[str, Path], tmp_path: Path, now: datetime
) -> None:
    from upheld.actions.visits import VisitLog, read_visits

    log = VisitLog(tmp_path)
    log.write("lasership", now, NOTED)
    log.write("lasership", now + timedelta(days=1), NOTED)
    log.stop()
    today, tomorrow = find_file(tmp_path, now), find_file(tmp_path, now + timedelta(days=1))
    today.write_bytes(tomorrow.read_bytes())
    with pytest.raises(SealError):
        list(read_visits(tmp_path, "lasership", now.date()))
    today.write_bytes(b"nonsense\n")
    with pytest.raises(SealError):
        list(read_visits(tmp_path, "lasership", now.date()))


def test_after_its_time_a_day_is_gone_with_its_key_and_the_ledger_says_so(
    databases: dict[str, Path], tmp_path: Path, now: datetime
) -> None:
    from upheld.actions.visits import VisitLog, purge_visits
    from upheld.records.keyring.models import DestroyedKey
    from upheld.records.models import Entry

    log = VisitLog(tmp_path)
    old = now - timedelta(days=30)
    for at in (old, old + timedelta(days=1), now):
        log.write("lasership", at, NOTED)
    log.stop()
    assert purge_visits(tmp_path, "lasership", 30, now) == 1
    assert purge_visits(tmp_path, "lasership", 30, now) == 0
    assert not find_file(tmp_path, old).exists()
    assert find_file(tmp_path, now).exists()
    assert DestroyedKey.objects.get().keep_class == f"visits of {old.date().isoformat()}"
    assert [entry.kind for entry in Entry.objects.all()] == ["keys.destroyed"]
    assert purge_visits(tmp_path, "lasership", 0, now) == 2


def test_a_visit_waits_a_second_at_most(databases: dict[str, Path], tmp_path: Path) -> None:
    from upheld.actions.visits import VisitLog

    log = VisitLog(tmp_path)
    log.write("lasership", datetime.now(UTC), NOTED)
    assert log.thread is not None
    log.stop()
    assert not log.thread.is_alive()
    assert not log.waiting


def test_a_locked_vault_or_a_full_disk_costs_the_visit_and_not_the_page(
    databases: dict[str, Path], tmp_path: Path, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    from upheld.actions.keys import LocalTopKey, find_top_key, place_top_key
    from upheld.actions.visits import VisitLog

    held = find_top_key()
    place_top_key(None)
    with pytest.raises(VaultError):
        find_top_key()
    log = VisitLog(tmp_path)
    log.waiting.append(("lasership", now, NOTED))
    log.flush()
    place_top_key(held)
    assert isinstance(held, LocalTopKey)
    assert "1 visits were not noted" in caplog.text
    (tmp_path / "visits").write_text("a file where a folder should be")
    log.waiting.append(("lasership", now, NOTED))
    log.flush()
    assert "192.0.2.7" not in caplog.text
