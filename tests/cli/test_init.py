"""upheld init: a first policy that is sound as it stands, and that never writes over anything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_it_works(run: Run, shop: Path) -> None:
    ended = run("init", "corner-bakery")
    today = datetime.now(UTC).date().isoformat()
    path = shop / "policies" / "corner-bakery" / f"{today}.policy.md"
    assert ended.code == 0
    assert path.is_file()
    assert ended.out.startswith(f"policies/corner-bakery/{today}.policy.md\nnext:\n  upheld check corner-bakery\n")
    assert 'business: "Corner Bakery"' in path.read_text(encoding="utf-8")


def test_what_it_writes_is_sound(run: Run) -> None:
    run("init", "corner-bakery")
    ended = run("check", "corner-bakery", "--strict")
    assert ended.code == 0
    assert ended.out.endswith(": sound\n")


def test_what_it_writes_can_be_asked(run: Run) -> None:
    run("init", "corner-bakery")
    ended = run("ask", 'share person.email with "a list broker" for marketing', "--policy", "corner-bakery")
    assert ended.code == 1
    assert ended.out.startswith("refused")


@pytest.mark.parametrize("business", ["Bäckerei Müller & Söhne", "Dr. O'Neil, Dentist", "Café 21"])
def test_the_business_is_called_as_it_is(run: Run, shop: Path, business: str) -> None:
    assert run("init", "one", "--business", business).code == 0
    assert run("check", "one", "--strict").code == 0
    assert business in next((shop / "policies" / "one").iterdir()).read_text(encoding="utf-8")


def test_it_makes_the_folder_of_policies_when_there_is_none(run: Run, shop: Path) -> None:
    assert run("init", "one", "--policies", "deep/inside").code == 0
    assert list((shop / "deep" / "inside" / "one").glob("*.policy.md"))


def test_it_never_writes_over_a_policy(run: Run, shop: Path) -> None:
    run("init", "corner-bakery")
    (path,) = (shop / "policies" / "corner-bakery").iterdir()
    path.write_text("mine now")
    ended = run("init", "corner-bakery")
    assert ended.code == 2
    assert "C602" in ended.err
    assert path.read_text() == "mine now"


def test_it_does_not_write_into_a_folder_that_holds_something(run: Run, shop: Path) -> None:
    before = sorted(shop.rglob("*"))
    ended = run("init", "shop")
    assert ended.code == 2
    assert "C602" in ended.err
    assert sorted(shop.rglob("*")) == before


def test_it_does_not_take_the_place_of_a_file(run: Run, shop: Path) -> None:
    (shop / "policies" / "notes").write_text("notes")
    assert "C602" in run("init", "notes").err
    ended = run("init", "one", "--policies", "policies/notes")
    assert ended.code == 2
    assert "C601" in ended.err
    assert (shop / "policies" / "notes").read_text() == "notes"


@pytest.mark.parametrize(
    "name", ["../outside", "..", "/outside", "Corner", "corner bakery", "a--b", "-x", "a/b", "", "ä"]
)
def test_a_name_that_is_none_writes_nothing(run: Run, shop: Path, name: str) -> None:
    before = sorted(shop.parent.rglob("*"))
    ended = run("init", "--", name) if name.startswith("-") else run("init", name)
    assert ended.code == 2
    assert "P009" in ended.err
    assert sorted(shop.parent.rglob("*")) == before


@pytest.mark.parametrize("business", ['a "b"', "a: {b}", "a\nb", "x" * 81, "# a"])
def test_a_business_whose_name_would_break_the_file_is_refused(run: Run, shop: Path, business: str) -> None:
    ended = run("init", "one", "--business", business)
    assert ended.code == 2
    assert "C601" in ended.err
    assert not (shop / "policies" / "one").exists()
