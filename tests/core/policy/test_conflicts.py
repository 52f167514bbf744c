"""Each collision as a smallest pair: the linter finds it in the one file and nothing in the mended one."""

import csv
from datetime import date
from pathlib import Path

import pytest

from upheld.core.errors import Finding
from upheld.core.policy.lint import lint_policy
from upheld.core.policy.load import load_policy, parse_policy

PAIRS = Path(__file__).parents[2] / "pairs" / "conflicts"
ROWS = list(csv.DictReader((PAIRS / "pairs.csv").read_text(encoding="utf-8").splitlines()))
TODAY = date(2026, 11, 22)
FILES = frozenset(path.name for path in PAIRS.iterdir())


def lint_file(name: str) -> tuple[Finding, ...]:
    return lint_policy(load_policy(PAIRS / name), today=TODAY, files=FILES)


@pytest.mark.parametrize("row", ROWS, ids=[row["conflict"] for row in ROWS])
def test_the_collision_is_found_at_its_place_with_a_way_out(row: dict[str, str]) -> None:
    errors = [finding for finding in lint_file(f"{row['conflict']}.bad.policy.md") if finding.level == "error"]
    assert [finding.code for finding in errors] == [row["code"]]
    assert errors[0].place is not None
    assert errors[0].place.line > 1
    assert errors[0].hint


@pytest.mark.parametrize("row", ROWS, ids=[row["conflict"] for row in ROWS])
def test_the_mended_file_is_clean(row: dict[str, str]) -> None:
    assert lint_file(f"{row['conflict']}.mended.policy.md") == ()


def test_the_literal_reading_stays_available_and_is_flagged() -> None:
    text = (PAIRS / "C-51.mended.policy.md").read_text(encoding="utf-8")
    literal = text.replace("offer-stop: offers respect a no", "offer-stop: literal")
    codes = {finding.code for finding in lint_policy(parse_policy(literal))}
    assert "P311" in codes  # the literal reading is said aloud
    assert "P313" in codes  # and then really collides


def test_all_collisions_of_the_courier_are_among_them() -> None:
    assert {"C-51", "C-52", "C-53", "C-54", "C-55"} <= {row["conflict"] for row in ROWS}
    assert len(ROWS) >= 10
