"""upheld check: every finding of every version, as text and as JSON, and an exit code to build on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, write_version


def spoil(shop: Path, old: str, new: str) -> Path:
    path = shop / "policies" / "shop" / "2025-05-01.policy.md"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return path


def test_it_works(run: Run) -> None:
    ended = run("check")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "policies/shop/2024-05-01.policy.md: sound",
        "policies/shop/2025-05-01.policy.md: sound",
        "policies/stall/2024-01-01.policy.md: sound",
    ]


@pytest.mark.parametrize(
    ("name", "count"),
    [("shop", 2), ("policies/shop", 2), ("policies/stall/2024-01-01.policy.md", 1), ("./policies/shop/", 2)],
)
def test_a_name_a_folder_and_a_file_can_be_checked(run: Run, name: str, count: int) -> None:
    ended = run("check", name)
    assert ended.code == 0
    assert len(ended.out.splitlines()) == count


def test_an_error_is_shown_at_its_place_and_ends_with_1(run: Run, shop: Path) -> None:
    spoil(shop, "never share person", "never share persn")
    ended = run("check", "shop")
    assert ended.code == 1
    assert "2025-05-01.policy.md:28:17: error P102: `persn` is not a known word" in ended.out
    assert "                    ^^^^^" in ended.out
    assert "hint: did you mean `person`?" in ended.out
    assert "2024-05-01.policy.md: sound" in ended.out
    assert "1 error, 0 warnings" in ended.out


def test_a_warning_ends_with_0_and_strictly_with_1(run: Run, shop: Path) -> None:
    spoil(shop, "(1) keep person 30 days\n", "")
    assert run("check", "shop").code == 0
    assert "0 errors, 1 warning" in run("check", "shop").out
    assert run("check", "shop", "--strict").code == 1


def test_json_holds_every_file_with_its_findings(run: Run, shop: Path) -> None:
    spoil(shop, "never share person", "never share persn")
    ended = run("check", "--format", "json")
    described = json.loads(ended.out)
    assert ended.code == 1
    assert described["sound"] is False
    assert [len(file["findings"]) for file in described["files"]] == [0, 1, 0]
    finding = described["files"][1]["findings"][0]
    assert (finding["code"], finding["line"], finding["column"], finding["length"]) == ("P102", 28, 17, 5)


def test_a_version_in_the_wrong_file_is_found(run: Run, shop: Path) -> None:
    path = shop / "policies" / "shop" / "2026-01-01.policy.md"
    path.write_text(write_version("shop", "2026-01-02"), encoding="utf-8")
    ended = run("check", "shop")
    assert ended.code == 1
    assert "P011" in ended.out
    assert "call it `2026-01-02.policy.md`" in ended.out


def test_a_missing_document_is_looked_for_beside_the_file(run: Run, shop: Path) -> None:
    path = spoil(shop, "settle:", "documents: {terms: terms.md}\nsettle:")
    path.write_text(
        path.read_text(encoding="utf-8").replace("(3) choice", "(3) show terms document at policy\n(3) choice")
    )
    assert "P308" in run("check", "shop").out
    (path.parent / "terms.md").write_text("terms")
    assert run("check", "shop").code == 0
