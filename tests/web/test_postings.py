"""With records behind it the shelf serves what was announced, and nothing else, whatever lies in the folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.web.sites import HOST, NEW, OLD, Workshop, name_quick_shelf, open_workshop
from upheld.core.rights.changing import ACTIVE, ANNOUNCED, FOUNDING, Candidate, Posted

LAST = "2022-02-02"
THEN = datetime(2022, 2, 2, tzinfo=UTC)


@dataclass
class Records:
    """Stands in for the databases: what was announced, with its texts."""

    posted: dict[str, Posted] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    is_away: bool = False

    def read(self, _site: str, candidates: tuple[Candidate, ...]) -> tuple[Posted, ...]:
        self.asked += 1
        if self.is_away:
            raise ConnectionError("away")
        if not self.posted:
            for one in candidates:
                self.put(one, FOUNDING)
        return tuple(self.posted.values())

    def fetch(self, _site: str, version: date) -> str:
        return self.texts[version.isoformat()]

    def put(self, one: Candidate, state: str, **more: Any) -> None:
        day = one.version.isoformat()
        self.posted[day], self.texts[day] = Posted(one.version, one.digest, state, **more), one.text


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def workshop(tmp_path: Path, records: Records) -> Workshop:
    """The workshop's site with its two versions founded."""
    made = open_workshop(tmp_path)
    restart(made, records)
    return made


def restart(workshop: Workshop, records: Records) -> None:
    """The server begins anew, over the same folder and records."""
    from upheld.server.opening import check_pages
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Postings

    workshop.shelf = name_quick_shelf()(
        workshop.folder, workshop.state, check=check_pages, postings=Postings(records.read, records.fetch)
    )
    place_shelf(workshop.shelf)


def write_last(workshop: Workshop) -> Candidate:
    """A third version in the folder, as the shelf would tell of it."""
    text = workshop.path().read_text(encoding="utf-8").replace(f"version: {NEW}", f"version: {LAST}")
    text = text.replace("We like bicycles.", "We like boats.")
    workshop.write(text, LAST)
    good = next(good for good in workshop.shelf.list_files("lantern") if good.policy.version.isoformat() == LAST)
    return Candidate(good.policy.version, good.policy.digest, good.since, good.policy.text)


def test_it_works(workshop: Workshop, records: Records) -> None:
    one = write_last(workshop)
    shelved = workshop.shelf.find_slug("lantern")
    assert [good.policy.version.isoformat() for good in shelved.waiting] == [LAST]
    assert "We like bicycles." in workshop.read("/privacy")
    assert workshop.get(f"/privacy/{LAST}").status_code == 404
    records.put(one, ANNOUNCED, effective_at=THEN, has_banner=True)
    workshop.look()
    assert "We like bicycles." in workshop.read("/privacy")
    assert "We like boats." in workshop.read(f"/privacy/{LAST}")
    assert "Our privacy policy changes on 2 February 2022 at the earliest." in workshop.read("/")
    records.put(one, ACTIVE, active_at=THEN, has_banner=True)
    workshop.look()
    assert "We like boats." in workshop.read("/privacy")
    assert "Our privacy policy changed on 2 February 2022." in workshop.read("/")
    records.put(one, ACTIVE, active_at=THEN)
    workshop.look()
    assert "Our privacy policy changed" not in workshop.read("/")
    assert "In force since 2 February 2022" in workshop.read("/privacy")


def test_what_binds_are_the_versions_on_record_and_what_is_announced_is_no_gate(
    workshop: Workshop, records: Records
) -> None:
    from upheld.web.binding import make_binding

    records.put(write_last(workshop), ANNOUNCED, effective_at=THEN)
    workshop.look()
    binding = make_binding(workshop.shelf.find_slug("lantern"), date(2030, 1, 1))  # its day has long come
    assert sorted(day.isoformat() for day in binding.gates) == [OLD, NEW]
    assert binding.current.isoformat() == NEW
    back = make_binding(
        workshop.shelf.find_slug("lantern"), date(2020, 6, 1)
    )  # and a clock that goes back moves nothing
    assert back.current.isoformat() == NEW


def test_an_edited_text_is_not_served_on_the_run_or_after_a_restart(workshop: Workshop, records: Records) -> None:
    before = workshop.read("/privacy")
    workshop.write(workshop.path().read_text(encoding="utf-8").replace("We like bicycles.", "We sell bicycles."))
    assert workshop.read("/privacy") == before
    assert f"the text of {NEW} was changed after it was announced" in workshop.read("/privacy/versions")
    (workshop.state / "last-good").rename(workshop.state / "gone")
    restart(workshop, records)
    assert workshop.read("/privacy") == before


def test_a_removed_or_broken_file_takes_no_announced_version_away(workshop: Workshop, records: Records) -> None:
    before = workshop.read("/privacy")
    text = workshop.path().read_text(encoding="utf-8")
    for change in (lambda: workshop.path().unlink(), lambda: workshop.path().write_text("half a", encoding="utf-8")):
        change()
        (workshop.state / "last-good" / "lantern" / f"{NEW}.policy.md").unlink(missing_ok=True)
        restart(workshop, records)
        assert workshop.read("/privacy") == before
    workshop.path().write_text(text, encoding="utf-8")
    restart(workshop, records)
    assert workshop.shelf.find_slug("lantern").faults == ()


def test_all_files_broken_after_a_restart_still_leaves_what_was_announced(workshop: Workshop, records: Records) -> None:
    before = workshop.read("/privacy")
    for day in (OLD, NEW):
        workshop.path(day).write_text("half a", encoding="utf-8")
    (workshop.state / "last-good").rename(workshop.state / "gone")
    restart(workshop, records)
    assert workshop.read("/privacy") == before


def test_records_that_do_not_answer_leave_all_as_it_was_and_are_let_alone_for_a_while(
    workshop: Workshop, records: Records
) -> None:
    before, asked = workshop.read("/privacy"), records.asked
    records.is_away = True
    for _ in range(3):
        workshop.look()
    assert records.asked == asked + 1
    assert workshop.read("/privacy") == before
    records.is_away = False
    workshop.shelf.postings_from = 0.0
    records.put(write_last(workshop), ACTIVE, active_at=THEN)
    workshop.look()
    assert "We like boats." in workshop.read("/privacy")


def test_who_starts_while_the_records_do_not_answer_serves_nothing_unannounced(
    workshop: Workshop, records: Records
) -> None:
    records.is_away = True
    with pytest.raises(ConnectionError):
        restart(workshop, records)


def test_a_request_asks_the_records_once_a_second_at_most(workshop: Workshop, records: Records) -> None:
    asked = records.asked
    for _ in range(20):
        workshop.get("/privacy")
    assert records.asked <= asked + 2


def test_kept_pages_change_with_the_records(workshop: Workshop, records: Records) -> None:
    one = write_last(workshop)
    records.put(one, ANNOUNCED, effective_at=THEN)
    workshop.look()
    tags = [workshop.get("/privacy/versions").headers["ETag"]]
    records.posted[LAST] = replace(records.posted[LAST], has_banner=True)
    workshop.look()
    tags.append(workshop.get("/privacy/versions").headers["ETag"])
    records.put(one, ACTIVE, active_at=THEN)
    workshop.look()
    tags.append(workshop.get("/privacy/versions").headers["ETag"])
    assert len(set(tags)) == 3
    assert workshop.get("/", HOST).status_code == 200
