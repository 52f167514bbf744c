"""Every kind of control of the six source policies can be said: tests/pairs/kinds.csv says clauses of each kind."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import pytest

from tests.core.policy.conftest import PAIRS, ROOT
from upheld.core.errors import Finding
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.forms import FORMS, is_claim
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import Policy, Rule
from upheld.core.policy.reading.parse import RuleParser
from upheld.core.policy.words import print_rule
from upheld.core.register.clauses import KINDS, Clause, load_register
from upheld.core.register.coverage import is_of_kind

ENOUGH = 3
# the clauses that were thought hard to say
HARD = {
    "AL-05", "AL-13", "AL-15", "AL-17", "AL-18", "IW-12", "GS-27", "GS-37", "GS-95", "GS-100", "NI-40", "NI-75",
    "NI-106", "NI-114", "NI-118",
}  # fmt: skip
# a clause of one modality that also asks for something of another: the line stands beside one that fits
BESIDE = {
    "AL-20": "the address has to be shown (SHOW), and what comes to it has to be carried out",
    "GS-100": "the notice has to be shown (SHOW), and the rights it names have to be open",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the trial."""

    number: int
    kind: str
    clause: str
    modality: str
    line: str

    def __str__(self) -> str:
        return f"{self.clause}:{self.number}"


@cache
def read_rows() -> tuple[Row, ...]:
    with (PAIRS / "kinds.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Row(number, **row) for number, row in enumerate(csv.DictReader(file), start=2))


@cache
def read_clauses() -> dict[str, Clause]:
    return {clause.id: clause for clause in load_register(ROOT / "policies" / "register.csv")}


ROWS = read_rows()


def parse_row(parser: RuleParser, row: Row) -> Rule:
    result = parser.parse_line(row.line, "kinds.csv", row.number)
    assert not isinstance(result, Finding), f"{result.text}; {result.hint}"
    return result


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_line_parses_and_prints_as_it_stands(row: Row, parser: RuleParser) -> None:
    assert print_rule(parse_row(parser, row)) == row.line


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_line_fits_the_modality_of_its_clause(row: Row, parser: RuleParser) -> None:
    rule = parse_row(parser, row)
    if row.modality in FORMS[rule.form].fits or is_claim(rule.form):
        return
    assert row.clause in BESIDE, f"{row.modality} is not upheld by `{row.line}`"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_line_is_of_a_kind_of_its_clause(row: Row, parser: RuleParser) -> None:
    rule = parse_row(parser, row)
    assert is_of_kind(rule.form, read_clauses()[row.clause]), f"{row.kind} is not upheld by `{row.line}`"


def test_every_clause_has_a_line_that_fits(parser: RuleParser) -> None:
    fitting = {row.clause for row in ROWS if row.modality in FORMS[parse_row(parser, row).form].fits}
    assert {row.clause for row in ROWS} == fitting


def test_every_ban_has_a_claim_that_can_be_checked(parser: RuleParser) -> None:
    bans = {row.clause for row in ROWS if row.modality == "MUST NOT"}
    claimed = {row.clause for row in ROWS if is_claim(parse_row(parser, row).form)}
    assert bans - claimed == set()
    assert len(bans) == sum(clause.modality == "MUST NOT" for clause in read_clauses().values())


def test_rows_say_of_a_clause_what_the_register_says() -> None:
    for row in ROWS:
        clause = read_clauses()[row.clause]
        assert row.modality == clause.modality, row.clause
        assert row.kind in (clause.kind, *clause.also), row.clause


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_tried_with_three_clauses_or_all_there_are(kind: str) -> None:
    there = {clause.id for clause in read_clauses().values() if kind in (clause.kind, *clause.also)}
    tried = {row.clause for row in ROWS if row.kind == kind}
    assert len(tried) >= min(ENOUGH, len(there))


def test_all_six_policies_and_all_hard_clauses_are_tried() -> None:
    clauses = read_clauses()
    assert {clauses[row.clause].policy for row in ROWS} == {clause.policy for clause in clauses.values()}
    assert {row.clause for row in ROWS} >= HARD


def test_no_line_stands_twice_for_one_clause() -> None:
    seen: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in ROWS:
        seen[row.kind, row.clause, row.line].append(row.number)
    assert [numbers for numbers in seen.values() if len(numbers) > 1] == []


def test_every_form_of_the_language_is_needed_by_some_clause(parser: RuleParser) -> None:
    assert {parse_row(parser, row).form for row in ROWS} == set(FORMS)


def test_all_lines_together_compile(shared: Policy) -> None:
    lines = "\n".join(dict.fromkeys(row.line for row in ROWS))
    policy = parse_policy(f"---\n{shared.front}\n---\n\nAll of it.\n\n```rules\n{lines}\n```\n", "kinds.policy.md")
    table = compile_policy(policy)
    assert len(table.rules) < len(policy.rules), "the literal reading is not in force beside the settled one"
    assert {piece.action for piece in table.pieces} == {"collect", "use", "show", "share", "keep"}
