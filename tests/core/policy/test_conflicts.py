"""Each collision as a smallest pair: the linter finds it in the one file and nothing in the mended one."""

import csv
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from upheld.cli.check import check_claims
from upheld.core.errors import Finding, PolicyError
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.lint import has_errors, lint_policy
from upheld.core.policy.load import load_policy, parse_policy

PAIRS = Path(__file__).parents[2] / "pairs" / "conflicts"
ROWS = list(csv.DictReader((PAIRS / "pairs.csv").read_text(encoding="utf-8").splitlines()))
OTHERS = list(csv.DictReader((PAIRS / "others.csv").read_text(encoding="utf-8").splitlines()))
TODAY = date(2026, 11, 22)
FILES = frozenset(path.name for path in PAIRS.iterdir())


@cache
def lint_file(name: str) -> tuple[Finding, ...]:
    try:
        policy = load_policy(PAIRS / name)
    except PolicyError as error:
        return error.findings
    table = compile_policy(policy)
    found = lint_policy(policy, table=table, today=TODAY, files=FILES)
    return found if has_errors(found) else (*found, *check_claims(table))


@pytest.mark.parametrize("row", ROWS, ids=[row["conflict"] for row in ROWS])
def test_the_collision_is_found_at_its_place_with_a_way_out(row: dict[str, str]) -> None:
    findings = lint_file(f"{row['conflict']}.bad.policy.md")
    found = [finding for finding in findings if finding.level == "error" or row["level"] == "warning"]
    assert [(finding.code, finding.level) for finding in found] == [(row["code"], row["level"])]
    assert found[0].place is not None
    assert found[0].place.line > 1
    assert found[0].hint


@pytest.mark.parametrize("row", ROWS, ids=[row["conflict"] for row in ROWS])
def test_the_mended_file_is_clean(row: dict[str, str]) -> None:
    assert lint_file(f"{row['conflict']}.mended.policy.md") == ()


def test_the_literal_reading_stays_available_and_is_flagged() -> None:
    text = (PAIRS / "C-51.mended.policy.md").read_text(encoding="utf-8")
    literal = text.replace("offer-stop: offers respect a no", "offer-stop: literal")
    codes = {finding.code for finding in lint_policy(parse_policy(literal))}
    assert "P311" in codes  # the literal reading is said aloud
    assert "P313" in codes  # and then really collides


def test_every_collision_of_the_sources_is_a_pair_or_has_a_reason_why_not() -> None:
    paired, others = (
        [row["conflict"] for row in ROWS if row["conflict"].startswith("C-")],
        [row["conflict"] for row in OTHERS],
    )
    assert sorted(paired + others) == [f"C-{number:02}" for number in range(1, 59)]
    assert all(len(row["reason"]) > 40 for row in OTHERS)


def test_so_it_is_in_a_whole_policy() -> None:
    clinic = Path(__file__).parents[3] / "policies/american-laser/2016-03-14.policy.md"
    settled = clinic.read_text(encoding="utf-8")
    literal = settled.replace("request-types: a service, an answer or the newsletter", "request-types: literal")
    assert [finding.code for finding in lint_policy(parse_policy(settled))] == []
    assert [finding.code for finding in lint_policy(parse_policy(literal))] == ["P311", "P303", "P303"]
