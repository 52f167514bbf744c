"""A version file with errors never takes a site down: the last good one is served, and it is said so."""

import logging
import os
import shutil
from pathlib import Path

import pytest

from tests.web.sites import HOST, NEW, OLD, Workshop, open_workshop

BROKEN = "---\npolicy: lantern\n---\n\nNot a policy.\n"


def test_it_works(workshop: Workshop) -> None:
    page = workshop.read("/privacy")
    assert "for two years" in page
    assert "every version file is in order" in workshop.read("/", "localhost")
    assert "Serving the last good version" not in workshop.read("/privacy/versions")


def test_a_new_version_with_errors_leaves_the_one_before_in_force(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    workshop.write(BROKEN, "2022-02-02")
    assert "for two years" in workshop.read("/privacy")
    assert workshop.get("/privacy/2022-02-02").status_code == 404
    for path, host in (("/privacy/versions", HOST), ("/", "localhost")):
        page = workshop.read(path, host)
        assert "Serving the last good version" in page
        assert "2022-02-02.policy.md has" in page
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "2022-02-02.policy.md cannot be used" in said
    assert f"version {NEW} is served" in said


def test_a_version_that_breaks_later_is_served_as_it_last_was(workshop: Workshop) -> None:
    before = workshop.read("/privacy")
    workshop.write(workshop.path().read_text(encoding="utf-8").replace("collect person", "colect person"))
    assert workshop.read("/privacy").replace("  ", " ") == before.replace("  ", " ")
    assert "Serving the last good version" in workshop.read("/privacy/versions")
    assert "did you mean" not in workshop.read("/privacy")


def test_the_last_good_text_survives_a_restart(workshop: Workshop, tmp_path: Path) -> None:
    before = workshop.read("/privacy")
    workshop.path().write_text("half a", encoding="utf-8")
    after_restart = open_workshop(tmp_path)
    assert after_restart.read("/privacy") == before
    assert "Serving the last good version" in after_restart.read("/", "localhost")


def test_a_mended_file_is_served_again_and_nothing_is_said_any_more(workshop: Workshop) -> None:
    good = workshop.path().read_text(encoding="utf-8")
    workshop.write(BROKEN)
    workshop.write(good.replace("We like bicycles.", "We love bicycles."))
    assert "We love bicycles." in workshop.read("/privacy")
    assert "Serving the last good version" not in workshop.read("/privacy/versions")


def write_now(workshop: Workshop, text: str) -> None:
    """Write as somebody does who has not finished; the clock of the disk says so however slow this machine is."""
    workshop.path().write_text(text, encoding="utf-8")
    soon = workshop.path().stat().st_mtime + 30 + len(text)
    os.utime(workshop.path(), (soon, soon))


def test_a_file_still_being_written_is_left_for_the_next_look(workshop: Workshop) -> None:
    good = workshop.path().read_text(encoding="utf-8")
    cut = good[: good.index("## Offers")]  # half a file that would load
    write_now(workshop, cut)
    workshop.look()
    assert "Offers" in workshop.read("/privacy")
    write_now(workshop, good.replace("We like", "We love"))
    workshop.look()
    assert "We like bicycles." in workshop.read("/privacy")
    workshop.look()  # the same as last time: it is whole now
    assert "We love bicycles." in workshop.read("/privacy")


def test_files_are_looked_at_again_at_most_once_a_second(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    now = [1000.0]
    workshop.shelf.looked_at = now[0]
    monkeypatch.setattr(workshop.shelf, "reload_changed", lambda: looks.append(now[0]))
    monkeypatch.setattr("upheld.web.shelf.time.monotonic", lambda: now[0])
    for _ in range(30):
        now[0] += 0.25
        workshop.shelf.look_again()
    assert len(looks) == 7


def test_a_policy_without_any_good_version_is_not_served_and_the_overview_says_why(
    workshop: Workshop, tmp_path: Path
) -> None:
    folder = workshop.folder / "broken"
    folder.mkdir()
    (folder / "2020-01-01.policy.md").write_text(BROKEN, encoding="utf-8")
    again = open_workshop(tmp_path)
    page = again.read("/", "localhost")
    assert "broken: nothing can be served" in page
    assert "2020-01-01.policy.md has" in page
    assert again.get("/", HOST).status_code == 200


def test_a_policy_that_goes_is_no_longer_served(workshop: Workshop) -> None:
    shutil.rmtree(workshop.folder / "lantern")
    workshop.look()
    assert workshop.get("/", HOST).status_code == 421
    assert "The first policy that loads will stand here" in workshop.read("/", "localhost")


def test_a_version_that_goes_leaves_the_others(workshop: Workshop) -> None:
    workshop.path().unlink()
    workshop.look()
    assert "for a year" in workshop.read("/privacy")


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\x00", b"---\nsite: [\n---\n", b"x" * 5_000_000, "---\npolicy: \u202elantern\n---\n".encode()],
)
def test_no_bytes_at_all_break_a_running_site(workshop: Workshop, data: bytes) -> None:
    path = workshop.path()
    path.write_bytes(data)
    os.utime(path, (1, 1))
    workshop.look()
    assert "for two years" in workshop.read("/privacy")
    assert "Serving the last good version" in workshop.read("/", "localhost")


def test_a_fault_of_ours_on_an_odd_file_breaks_nothing(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(path: Path) -> None:
        raise RecursionError(path)

    monkeypatch.setattr("upheld.web.shelf.load_policy", break_down)
    workshop.write("anything")
    assert "for two years" in workshop.read("/privacy")
    assert "could not be read to its end" in workshop.read("/privacy/versions")


def test_names_that_are_no_policies_are_passed_over(workshop: Workshop, tmp_path: Path) -> None:
    for name in ("..hidden", "Loud", "with space", "-dash"):
        (workshop.folder / name).mkdir()
        (workshop.folder / name / "2020-01-01.policy.md").write_text(BROKEN, encoding="utf-8")
    (workshop.folder / "lantern" / "2021-05-04.policy.md~").write_text(BROKEN, encoding="utf-8")
    (workshop.folder / "lantern" / "notes.md").write_text("notes", encoding="utf-8")
    again = open_workshop(tmp_path)
    assert [shelved.slug for shelved in again.shelf.policies] == ["lantern"]
    assert not again.shelf.policies[0].faults


def test_a_file_under_another_policys_name_is_refused(workshop: Workshop) -> None:
    shutil.copytree(workshop.folder / "lantern", workshop.folder / "other")
    workshop.look()
    workshop.look()
    assert workshop.shelf.find_slug("other") is None
    assert "lies in the folder" in workshop.read("/", "localhost")


def test_a_copy_that_cannot_be_kept_is_only_a_warning(
    workshop: Workshop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(workshop.state)
    workshop.state.write_text("a file where a folder should be", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        again = open_workshop(tmp_path)
    assert "for two years" in again.read("/privacy")
    assert "no copy kept" in caplog.text


def test_two_sites_cannot_have_one_host(workshop: Workshop, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = workshop.path(OLD).read_text(encoding="utf-8").replace("policy: lantern", "policy: zebra")
    (workshop.folder / "zebra").mkdir()
    (workshop.folder / "zebra" / f"{OLD}.policy.md").write_text(text, encoding="utf-8")
    again = open_workshop(tmp_path)
    assert "for two years" in again.read("/privacy")
    assert "lantern.localhost is claimed by lantern and zebra" in caplog.text


def test_a_version_whose_day_has_not_come_is_shown_and_not_in_force(workshop: Workshop) -> None:
    text = workshop.path().read_text(encoding="utf-8")
    coming = text.replace(f"version: {NEW}", "version: 2999-01-01").replace("for two years", "for ten years")
    workshop.write(coming, "2999-01-01")
    assert "for two years" in workshop.read("/privacy")
    page = workshop.read("/privacy/2999-01-01")
    assert "for ten years" in page
    assert "This version is coming. It will be in force from 1 January 2999." in page
    assert "coming" in workshop.read("/privacy/versions")
