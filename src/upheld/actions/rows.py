"""Rows by the thousand, or a few in every request: plain statements for what is written and read most; knows no subject.

Django's own bulk writes ask every field of every row how it wants to be stored, and its queries put their SQL together
anew each time, which takes ten times as long as SQLite needs to answer; here both are done once for a statement.
Only columns with plain values: texts, numbers, bytes, yes and no, dates, moments, and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connections, models, router
from django.db.models.base import ModelState

Convert = Callable[[Any], Any]
M = TypeVar("M", bound=models.Model)
N = TypeVar("N", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows go into a table: the statement, the fields in its order, and what is put in for those not given."""

    statement: str
    fields: tuple[Any, ...]
    defaults: tuple[Callable[[], Any], ...]


@lru_cache(maxsize=256)
def plan_insert(model: type[models.Model], columns: tuple[str, ...], alias: str) -> Plan:
    """The plan for these columns of a model, made once."""
    found = {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001 - Django's own documented name
    left_out = [name for name, field in found.items() if name not in columns and not field.primary_key]
    fields = tuple(found[name] for name in (*columns, *left_out))
    quote = connections[alias].ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608, SLF001 - names of our own models
    return Plan(statement, fields, tuple(found[name].get_default for name in left_out))


def insert_rows(model: type[models.Model], columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
    """Insert these rows, each given as the values of these columns; what a row leaves out is its field's default.

    Belongs inside a transaction. A key to another row is given as its id under the column's own name (`person_id`).
    """
    alias = find_alias(model)
    connection, plan = connections[alias], plan_insert(model, columns, alias)
    defaults = tuple(make() for make in plan.defaults)
    converts = [find_convert(field, connection) for field in plan.fields]
    values = [
        [value if convert is None else convert(value) for convert, value in zip(converts, row, strict=True)]
        for row in ((*row, *defaults) for row in rows)
    ]
    if len(values) == 1:
        run_statement(connection, plan.statement, values[0])
        return
    with connection.cursor() as cursor:
        cursor.executemany(plan.statement, values)


def run_statement(connection: Any, statement: str, values: Sequence[Any], *, is_read: bool = False) -> list[Any]:
    """What the statement finds, nothing where it only writes.

    On SQLite without Django's cursor, which costs more than the statement itself: it looks for `%s` in every statement
    anew. Whoever counts queries in a test gets Django's way. The errors are Django's, either way.
    """
    if connection.vendor != "sqlite" or connection.force_debug_cursor or connection.execute_wrappers:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if is_read else []
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        found: list[Any] = connection.connection.execute(mark_values(statement), values).fetchall()
        return found


@lru_cache(maxsize=512)
def mark_values(statement: str) -> str:
    """The statement with the marks for values that SQLite knows."""
    return statement.replace("%s", "?").replace("%%", "%")


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Set these columns, each row given as its primary key and the new values. Belongs inside a transaction."""
    alias = find_alias(model)
    connection = connections[alias]
    statement, fields = plan_update(model, tuple(columns), alias)
    converts = [find_convert(field, connection) or (lambda value: value) for field in fields]
    changed = [
        [*(convert(value) for convert, value in zip(converts, values, strict=True)), key] for key, *values in rows
    ]
    if len(changed) == 1:
        run_statement(connection, statement, changed[0])
        return
    with connection.cursor() as cursor:
        cursor.executemany(statement, changed)


@lru_cache(maxsize=256)
def plan_update(model: type[models.Model], columns: tuple[str, ...], alias: str) -> tuple[str, tuple[Any, ...]]:
    """The statement that sets these columns of one row, and their fields; made once."""
    meta: Any = model._meta  # noqa: SLF001 - Django's own documented name
    fields = tuple(meta.get_field(column) for column in columns)
    quote = connections[alias].ops.quote_name
    changes = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    return f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {quote(meta.pk.column)} = %s", fields  # noqa: S608 - the same


@lru_cache(maxsize=256)
def find_alias(model: type[models.Model]) -> str:
    """The database of a model; ours are each in one for good."""
    return str(router.db_for_write(model))


def find_convert(field: Any, connection: Any) -> Convert | None:
    """How values of this column are brought into the database's form; None when they are in it. Equal moments once."""
    kept: dict[Any, Any] = {}
    if isinstance(field, models.JSONField):
        return json.dumps
    if isinstance(field, models.DateTimeField):
        adapt: Convert = connection.ops.adapt_datetimefield_value
    elif isinstance(field, models.DateField):
        adapt = connection.ops.adapt_datefield_value
    else:
        return None

    def convert(value: Any) -> Any:
        if value is None:
            return None
        known = kept.get(value)
        if known is None:
            known = kept[value] = adapt(value)
        return known

    return convert


@dataclass(frozen=True, slots=True)
class Query:
    """A statement that reads, and how the values of its columns become Python's: their places with what to do there."""

    statement: str
    reverts: tuple[tuple[int, Convert], ...]


@lru_cache(maxsize=256)
def plan_query(models_read: tuple[type[models.Model], ...], columns: tuple[str, ...], rest: str, alias: str) -> Query:
    """The query for these columns of the first model, or for all columns of all of them; made once."""
    connection = connections[alias]
    quote = connection.ops.quote_name
    metas: list[Any] = [model._meta for model in models_read]  # noqa: SLF001 - Django's own documented name
    fields = [
        (meta.db_table, field)
        for meta in metas
        for field in ([meta.get_field(name) for name in columns] if columns else meta.concrete_fields)
    ]
    names = ", ".join(f"{quote(table)}.{quote(field.column)}" for table, field in fields)
    statement = f"SELECT {names} FROM {quote(metas[0].db_table)} {rest}"  # noqa: S608 - our own names, and `rest` is ours
    found = ((place, find_revert(field, connection.vendor)) for place, (_, field) in enumerate(fields))
    return Query(statement, tuple((place, revert) for place, revert in found if revert is not None))


def read_columns(
    model: type[models.Model], columns: tuple[str, ...], rest: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """These columns of the rows that the rest of the statement picks, such as `WHERE site = %s ORDER BY serial`.

    `rest` is written in the code, never put together from what somebody sent; that goes into `values`. Moments are
    compared in Python, because each database has its own form of them.
    """
    return _fetch((model,), columns, rest, values)


def read_rows(model: type[M], rest: str, values: Sequence[Any]) -> list[M]:
    """The rows that the rest of the statement picks, as Django would have made them."""
    alias, names = find_alias(model), _list_names(model)
    return [make_row(model, alias, names, row) for row in _fetch((model,), (), rest, values)]


def read_pairs(one: type[M], other: type[N], rest: str, values: Sequence[Any]) -> list[tuple[M, N]]:
    """The same for two tables: `rest` begins with the `JOIN` of the other one and names columns with their tables."""
    alias, names, others = find_alias(one), _list_names(one), _list_names(other)
    return [
        (make_row(one, alias, names, row[: len(names)]), make_row(other, alias, others, row[len(names) :]))
        for row in _fetch((one, other), (), rest, values)
    ]


def make_row(model: type[M], alias: str, names: tuple[str, ...], row: Sequence[Any]) -> M:
    """A stored row of all columns as Django's `from_db` makes it, without its signals, for which nobody here listens."""
    made = model.__new__(model)
    state = made._state = ModelState()  # noqa: SLF001 - Django's own mark of a row that is stored
    state.adding, state.db = False, alias
    made.__dict__.update(zip(names, row, strict=True))
    return made


def _fetch(
    models_read: tuple[type[models.Model], ...], columns: tuple[str, ...], rest: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    alias = find_alias(models_read[0])
    query = plan_query(models_read, columns, rest, alias)
    found: list[tuple[Any, ...]] = run_statement(connections[alias], query.statement, values, is_read=True)
    if not query.reverts:
        return found
    rows = []
    for row in found:
        changed = list(row)
        for place, revert in query.reverts:
            if changed[place] is not None:
                changed[place] = revert(changed[place])
        rows.append(tuple(changed))
    return rows


@lru_cache(maxsize=64)
def _list_names(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)  # noqa: SLF001 - Django's own documented name


def find_revert(field: Any, vendor: str) -> Convert | None:
    """How a value of this column is brought back from the database's form; None when it comes as it is."""
    if isinstance(field, models.JSONField):
        return json.loads
    # SQLite's moments have no zone, and all are in UTC; dates, yes and no are read by what their column is declared as
    return _add_zone if vendor == "sqlite" and isinstance(field, models.DateTimeField) else None


def _add_zone(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
