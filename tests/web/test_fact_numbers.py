"""The facts of a policy keep their numbers, whatever becomes of a version's file: masks that are stored stay true."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.actions.stage import databases
from tests.web.sites import MADE_UP, NEW, OLD, SLUG
from upheld.web.shelf import Shelf

__all__ = ["databases"]

MIDDLE, LATEST = "2022-01-01", "2023-01-01"
BROKEN = "no policy at all"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four versions; each of the later two declares a fact of its own."""
    made = tmp_path / "policies"
    shutil.copytree(MADE_UP, made)
    text = (made / SLUG / f"{NEW}.policy.md").read_text(encoding="utf-8")
    for version, fact in ((MIDDLE, "middle fact"), (LATEST, "latest fact")):
        changed = text.replace(NEW, version)
        if "\nfacts:\n" in changed:
            changed = changed.replace("\nfacts:\n", f'\nfacts:\n  {fact}: "act: something was seen"\n', 1)
        else:
            changed = changed.replace("\n---\n", f'\nfacts:\n  {fact}: "act: something was seen"\n---\n', 1)
        write(made, version, changed)
    return made


def write(folder: Path, version: str, text: str) -> None:
    (folder / SLUG / f"{version}.policy.md").write_text(text, encoding="utf-8")


def read(folder: Path, version: str) -> str:
    return (folder / SLUG / f"{version}.policy.md").read_text(encoding="utf-8")


def open_numbered(folder: Path, state: Path) -> Shelf:
    """As a server does that has just started."""
    from upheld.actions.facts import keep_numbers

    return Shelf(folder, state, number=keep_numbers)


def number_of(shelf: Shelf, fact: str, version: str = LATEST) -> int:
    shelved = shelf.find_slug(SLUG)
    assert shelved is not None
    good = shelved.find_version(version)
    assert good is not None, [finding.text for fault in shelved.faults for finding in fault.findings]
    return int(good.table.facts.index[fact])


def test_it_works(databases: dict[str, Path], folder: Path, tmp_path: Path) -> None:
    from upheld.records.models import FactNumber
    from upheld.records.walls import enter_site

    shelf = open_numbered(folder, tmp_path)
    with enter_site(SLUG):
        stored = dict(FactNumber.objects.filter(site=SLUG).values_list("name", "number"))
    assert stored["latest fact"] == number_of(shelf, "latest fact") == len(stored) - 1
    assert stored["middle fact"] == number_of(shelf, "middle fact")


def test_a_broken_version_in_the_middle_shifts_no_later_fact(
    databases: dict[str, Path], folder: Path, tmp_path: Path
) -> None:
    before = number_of(open_numbered(folder, tmp_path / "first"), "latest fact")
    write(folder, MIDDLE, BROKEN)
    assert number_of(open_numbered(folder, tmp_path / "second"), "latest fact") == before


def test_a_version_that_is_mended_later_shifts_no_later_fact(
    databases: dict[str, Path], folder: Path, tmp_path: Path
) -> None:
    whole = read(folder, MIDDLE)
    write(folder, MIDDLE, BROKEN)
    before = number_of(open_numbered(folder, tmp_path / "first"), "latest fact")
    write(folder, MIDDLE, whole)
    shelf = open_numbered(folder, tmp_path / "second")
    assert number_of(shelf, "latest fact") == before
    assert number_of(shelf, "middle fact", MIDDLE) == before + 1


def test_without_the_records_it_would_have_been_another_number(folder: Path, tmp_path: Path) -> None:
    """So that the two tests above test something."""
    before = number_of(Shelf(folder, tmp_path / "first"), "latest fact")
    write(folder, MIDDLE, BROKEN)
    assert number_of(Shelf(folder, tmp_path / "second"), "latest fact") == before - 1


def test_a_version_that_is_taken_away_takes_no_number_with_it(
    databases: dict[str, Path], folder: Path, tmp_path: Path
) -> None:
    before = number_of(open_numbered(folder, tmp_path / "first"), "latest fact")
    for version in (OLD, MIDDLE):
        (folder / SLUG / f"{version}.policy.md").unlink()
    assert number_of(open_numbered(folder, tmp_path / "second"), "latest fact") == before


def test_two_processes_that_number_at_once_agree(databases: dict[str, Path]) -> None:
    import threading

    from django.db import connections

    from upheld.actions.facts import keep_numbers

    gate = threading.Barrier(2)

    def number(names: tuple[str, ...]) -> None:
        gate.wait(10)
        keep_numbers(SLUG, names)
        connections.close_all()

    threads = [threading.Thread(target=number, args=(names,)) for names in (("a", "b", "c"), ("c", "b", "d"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = keep_numbers(SLUG, ())
    assert sorted(kept) == ["a", "b", "c", "d"]
    assert keep_numbers(SLUG, ("d", "e")) == (*kept, "e")
    assert keep_numbers("another", ("d",)) == ("d",)


def test_records_that_do_not_answer_leave_the_site_as_it_was(
    databases: dict[str, Path], folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf = open_numbered(folder, tmp_path)

    def fail(_slug: str, _names: tuple[str, ...]) -> tuple[str, ...]:
        raise OSError("the database is away")

    kept, shelf.number = shelf.number, fail
    write(folder, LATEST, read(folder, LATEST).replace("We like bicycles.", "We love bicycles."))
    shelf.looked_at = 0.0
    shelf.reload_changed()
    shelf.reload_changed()
    assert "stays as it was" in caplog.text
    assert number_of(shelf, "latest fact")
    shelf.number = kept
    shelf.reload_changed()
    assert "We love" in shelf.policies[0].versions[-1].policy.text
