"""Rows by the thousand, or one in every request: plain statements for what is written most; knows no subject.

Django's own bulk writes ask every field of every row how it wants to be stored; here that is asked once for a column.
Only columns with plain values: texts, numbers, bytes, yes and no, dates, moments, and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connections, models, router

Convert = Callable[[Any], Any]


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
    alias = router.db_for_write(model)
    connection, plan = connections[alias], plan_insert(model, columns, alias)
    defaults = tuple(make() for make in plan.defaults)
    converts = [find_convert(field, connection) for field in plan.fields]
    values = [
        [value if convert is None else convert(value) for convert, value in zip(converts, row, strict=True)]
        for row in ((*row, *defaults) for row in rows)
    ]
    with connection.cursor() as cursor:
        if len(values) == 1:
            cursor.execute(plan.statement, values[0])
        else:
            cursor.executemany(plan.statement, values)


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Set these columns, each row given as its primary key and the new values. Belongs inside a transaction."""
    connection = connections[router.db_for_write(model)]
    meta: Any = model._meta  # noqa: SLF001 - Django's own documented name
    fields = [meta.get_field(column) for column in columns]
    converts = [find_convert(field, connection) or (lambda value: value) for field in fields]
    quote = connection.ops.quote_name
    changes = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    statement = f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {quote(meta.pk.column)} = %s"  # noqa: S608 - the same
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                [*(convert(value) for convert, value in zip(converts, values, strict=True)), key]
                for key, *values in rows
            ],
        )


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
