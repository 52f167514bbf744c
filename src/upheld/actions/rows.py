"""Rows by the thousand, or a few in every request: plain statements for what is written and read most; knows no subject.

Django's own bulk writes ask every field of every row how it wants to be stored, and its queries put their SQL together
anew each time, which takes ten times as long as SQLite needs to answer; here both are done once for a statement.
Only columns with plain values: texts, numbers, bytes, yes and no, dates, moments, and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import methodcaller
from typing import Any, TypeVar

from django.db import connections, models, router
from django.db.models.base import ModelState
from django.utils.timezone import make_naive

Convert = Callable[[Any], Any]
ADD_ZONE = methodcaller("replace", tzinfo=UTC)
M = TypeVar("M", bound=models.Model)
N = TypeVar("N", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows go into a table: the statement, its columns with what brings their values into form, and what is put in
    for those that are not given, which come last.
    """

    statement: str
    names: tuple[str, ...]
    converts: tuple[Convert | None, ...]
    defaults: tuple[Callable[[], Any], ...] = ()

    def convert_row(self, row: Iterable[Any]) -> list[Any]:
        """The values of a row as the database takes them."""
        return [value if convert is None else convert(value) for convert, value in zip(self.converts, row, strict=True)]


@lru_cache(maxsize=256)
def plan_insert(model: type[models.Model], columns: tuple[str, ...], alias: str) -> Plan:
    """The plan for these columns of a model, made once."""
    found = {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001 - Django's own documented name
    left_out = [name for name, field in found.items() if name not in columns and not field.primary_key]
    names = (*columns, *left_out)
    connection = connections[alias]
    quote = connection.ops.quote_name
    places = ", ".join(quote(found[name].column) for name in names)
    marks = ", ".join(["%s"] * len(names))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({places}) VALUES ({marks})"  # noqa: S608, SLF001 - names of our own models
    converts = tuple(find_convert(found[name], connection.vendor) for name in names)
    return Plan(statement, names, converts, tuple(found[name].get_default for name in left_out))


def insert_rows(model: type[models.Model], columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
    """Insert these rows, each given as the values of these columns; what a row leaves out is its field's default.

    Belongs inside a transaction. A key to another row is given as its id under the column's own name (`person_id`).
    """
    alias = find_alias(model)
    plan = plan_insert(model, columns, alias)
    defaults = [make() for make in plan.defaults]
    write_rows(alias, plan.statement, [plan.convert_row((*row, *defaults)) for row in rows])


def write_rows(alias: str, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run the statement once with each of these rows of values."""
    connection = connections[alias]
    if len(rows) == 1:
        run_statement(connection, statement, rows[0])
        return
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def insert_row(model: type[M], columns: tuple[str, ...], values: Sequence[Any]) -> M:
    """Insert one row and give it back as Django would have made it, without a number that the database drew for it."""
    alias = find_alias(model)
    plan = plan_insert(model, columns, alias)
    whole = (*values, *(make() for make in plan.defaults))
    write_rows(alias, plan.statement, [plan.convert_row(whole)])
    made = make_row(model, alias, plan.names, whole)
    made.__dict__.setdefault(model._meta.pk.attname, None)  # noqa: SLF001 - Django's own documented name
    return made


def run_statement(connection: Any, statement: str, values: Sequence[Any]) -> tuple[list[Any], int]:
    """What the statement finds, nothing where it only writes, and how many rows it changed.

    On SQLite without Django's cursor, which costs more than the statement itself: it looks for `%s` in every statement
    anew. Whoever counts queries in a test gets Django's way. The errors are Django's, either way.
    """
    if connection.vendor != "sqlite" or connection.force_debug_cursor or connection.execute_wrappers:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return (list(cursor.fetchall()) if cursor.description else []), cursor.rowcount
    # Both would look at the same themselves; most statements by far need neither.
    if connection.connection is None:
        connection.ensure_connection()
    if connection.needs_rollback:
        connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        cursor = connection.connection.execute(mark_values(statement), values)
        return cursor.fetchall(), cursor.rowcount


@lru_cache(maxsize=512)
def mark_values(statement: str) -> str:
    """The statement with the marks for values that SQLite knows."""
    return statement.replace("%s", "?").replace("%%", "%")


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Set these columns, each row given as its primary key and the new values. Belongs inside a transaction."""
    alias = find_alias(model)
    plan = plan_update(model, tuple(columns), alias)
    write_rows(alias, plan.statement, [[*plan.convert_row(values), key] for key, *values in rows])


def update_if(
    model: type[models.Model], columns: tuple[str, ...], row: Sequence[Any], rest: str, values: Sequence[Any]
) -> bool:
    """Whether a row was changed, given as its primary key and the new values: it is where the rest of the statement holds.

    `rest` is written in the code, as for `read_columns`; what is asked and what is changed are one statement.
    """
    alias = find_alias(model)
    connection, plan = connections[alias], plan_update(model, columns, alias, rest)
    key, *new = row
    is_sqlite = connection.vendor == "sqlite"
    asked = (write_moment(value) if is_sqlite and isinstance(value, datetime) else value for value in values)
    _, changed = run_statement(connection, plan.statement, [*plan.convert_row(new), key, *asked])
    return changed > 0


@lru_cache(maxsize=256)
def plan_update(model: type[models.Model], columns: tuple[str, ...], alias: str, rest: str = "") -> Plan:
    """The plan that sets these columns of one row, where the rest of the statement holds; made once."""
    meta: Any = model._meta  # noqa: SLF001 - Django's own documented name
    fields = [meta.get_field(column) for column in columns]
    connection = connections[alias]
    quote = connection.ops.quote_name
    changes = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    statement = f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {quote(meta.pk.column)} = %s {rest}"  # noqa: S608 - the same
    return Plan(statement, columns, tuple(find_convert(field, connection.vendor) for field in fields))


@lru_cache(maxsize=256)
def find_alias(model: type[models.Model]) -> str:
    """The database of a model; ours are each in one for good."""
    return str(router.db_for_write(model))


def find_convert(field: Any, vendor: str) -> Convert | None:
    """How values of this column are brought into the database's form; None when they are in it."""
    if isinstance(field, models.JSONField):
        return json.dumps
    if vendor == "sqlite" and isinstance(field, models.DateTimeField):
        return write_moment
    return write_day if vendor == "sqlite" and isinstance(field, models.DateField) else None


# Many rows of one act have the same moment, and each answer writes its own into two tables.
@lru_cache(maxsize=1024)
def write_moment(moment: datetime | None) -> str | None:
    """A moment as SQLite keeps it: in UTC, without its zone; written as Django does, so that the two sort as one."""
    return None if moment is None else str(make_naive(moment, UTC))


def write_day(day: date | None) -> str | None:
    """A date as SQLite keeps it."""
    return None if day is None else str(day)


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
    found, _ = run_statement(connections[alias], query.statement, values)
    if not query.reverts:
        return found
    rows = []
    for row in found:
        changed = list(row)
        for place, revert in query.reverts:
            value = changed[place]
            if value is not None:
                changed[place] = revert(value)
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
    return ADD_ZONE if vendor == "sqlite" and isinstance(field, models.DateTimeField) else None
