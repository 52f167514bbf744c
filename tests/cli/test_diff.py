"""upheld diff: what changed for people, whether it is material, between versions or files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, write_version

OLD, NEW = "policies/shop/2024-05-01.policy.md", "policies/shop/2025-05-01.policy.md"


def test_it_works(run: Run) -> None:
    ended = run("diff", "shop")
    assert ended.code == 0
    assert ended.out.startswith(
        "2024-05-01 -> 2025-05-01\n~   We answer requests for access, sent by e-mail, within 10 days. So far:"
    )
    assert ended.out.endswith("the change is not material\n")


def test_a_material_change_is_marked_and_ends_with_1(run: Run) -> None:
    ended = run("diff", NEW, OLD)
    assert ended.code == 1
    assert "\n~ ! We answer requests for access, sent by e-mail, within 20 days." in ended.out
    assert "people have to be told" in ended.out


def test_a_version_does_not_differ_from_itself(run: Run) -> None:
    ended = run("diff", OLD, OLD)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "nothing changes for people")


def test_json_says_the_same(run: Run) -> None:
    described = json.loads(run("diff", "shop", "--format", "json").out)
    assert (described["old"], described["new"], described["material"]) == ("2024-05-01", "2025-05-01", False)
    assert [set(change) for change in described["changes"]] == [{"kind", "material", "text"}]


def test_the_newest_is_compared_with_the_one_before(run: Run, shop: Path) -> None:
    path = shop / "policies" / "shop" / "2026-01-01.policy.md"
    path.write_text(write_version("shop", "2026-01-01", answers="10 days"), encoding="utf-8")
    ended = run("diff", "policies/shop")
    assert ended.out.splitlines() == ["2025-05-01 -> 2026-01-01", "nothing changes for people"]


def test_a_broken_version_is_told_instead_of_comparing_others(run: Run, shop: Path) -> None:
    (shop / "policies" / "shop" / "2026-01-01.policy.md").write_text("not a policy")
    ended = run("diff", "shop")
    assert ended.code == 2
    assert ended.out == ""
    assert "2026-01-01.policy.md:1:1: error P006" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("diff", "stall"), "`stall` has one version only"),
        (("diff", OLD), "name the newer file behind it"),
        (("diff", "shp"), "did you mean `shop`?"),
        (("diff", ".."), "there is no policy `..`"),
        (("diff", OLD, "policies/shop/1999-01-01.policy.md"), "there is no policy"),
    ],
)
def test_what_cannot_be_compared_ends_with_2_and_a_hint(run: Run, words: tuple[str, ...], said: str) -> None:
    ended = run(*words)
    assert ended.code == 2
    assert said in ended.err
