"""A person stands in every table that can name one, and is erased: what becomes of each is what docs/security.md says."""

from __future__ import annotations

import itertools
import secrets
from datetime import date, datetime
from typing import Any

import pytest

from tests.actions.stage import ROOT, Cast
from upheld.core.gate.binding import Binding

PAGE = ROOT / "docs" / "security.md"
HEADING = "## What stays of somebody who was erased"
GOES, EMPTIED, STAYS = "goes", "emptied", "stays"
# Columns whose name says that they hold the id of a person or a company; foreign keys to them are found by themselves.
NAMES = frozenset({"person", "company", "booked_by", "customer", "user"})
# Tables without a column for a person: what they hold is about the business, its staff, a subject, or nobody.
ABOUT_NOBODY = frozenset(
    {
        "Approval", "Attestation", "Campaign", "Checkpoint", "DemandBar", "DemandPackage", "FactNumber", "Grant", "Merger", "MergerBatch",
        "NamedAddress", "PolicyDraft", "Program", "ProofMail", "ProofRun", "Publication", "Recipient", "Route", "RouteStop", "SentenceChange", "Shown", "Staff", "StandIn",
        "Standing", "Throttle", "Tile", "UsedToken", "VisitorWalk",
    }
)  # fmt: skip
# Rows in which another column names the same person, as in life.
TOGETHER = {("Shipment", "company"): ("person",)}
_numbers = itertools.count(1)


def read_table() -> dict[tuple[str, str], str]:
    """The outcome of each column, by table and column, as the page has it."""
    section = PAGE.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:2] == "| "]
    return {(row[0], row[1]): row[2] for row in rows if row[0] not in ("table", "---")}


def list_models() -> dict[str, Any]:
    """The tables of the `default` database that are ours."""
    from upheld.records import models

    return {name: getattr(models, name) for name in models.__all__}


def list_naming_columns() -> set[tuple[str, str]]:
    """The columns that are foreign keys to a person, or are called like one."""
    from upheld.records.models import Person

    found = set()
    for name, model in list_models().items():
        for field in model._meta.concrete_fields:
            if field.related_model is Person or field.name in NAMES:
                found.add((name, field.name))
    return found


def make_value(field: Any, site: str, other: Any) -> Any:
    """Something for a column that has to have something: of nobody, or of somebody else."""
    from django.db import models

    from upheld.records.models import Person

    number = next(_numbers)
    if field.related_model is Person:
        return other
    if field.related_model is not None:
        return plant(field.related_model, site, other)
    if field.name == "site":
        return site
    if isinstance(field, models.BinaryField):
        return secrets.token_bytes(16)
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat("2026-11-01T09:00+00:00")
    if isinstance(field, models.DateField):
        return date(2026, 11, 1)
    if isinstance(field, models.JSONField):
        return []
    if isinstance(field, models.BooleanField):
        return False
    return number if isinstance(field, models.IntegerField) else f"t_{number}"


def plant(model: Any, site: str, other: Any, **known: Any) -> Any:
    """A row of this table with what it cannot do without, and what is known."""
    from django.db import models

    values = dict(known)
    for field in model._meta.concrete_fields:
        is_drawn = isinstance(field, (models.AutoField, models.BigAutoField))
        if field.name in known or is_drawn or field.null or field.has_default() or field.blank:
            continue
        values[field.name] = make_value(field, site, other)
    return model.objects.create(**values)


@pytest.mark.usefixtures("databases")
def test_each_table_is_known_to_name_people_or_nobody() -> None:
    table = read_table()
    assert {name for name, _ in table} | ABOUT_NOBODY == set(list_models())
    assert not {name for name, _ in table} & ABOUT_NOBODY
    assert list_naming_columns() <= set(table)
    assert set(table.values()) == {GOES, EMPTIED, STAYS}


def test_a_person_who_stands_in_every_table_is_erased_as_the_page_says(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.records.models import Person

    table, models, bo = read_table(), list_models(), cast.bo.id
    planted = {}
    for name, column in table:
        if (name, column) == ("Person", "id"):
            continue
        model = models[name]
        columns = (column, *TOGETHER.get((name, column), ()))
        fields = {part: model._meta.get_field(part) for part in columns}
        known = {part: cast.bo if field.related_model is Person else bo for part, field in fields.items()}
        if fields[column].get_internal_type() == "JSONField":
            known[column] = [{"person": bo}]
        planted[name, column] = plant(model, binding.site, cast.ada, **known).pk
    erase_person(binding, person=Person.objects.get(id=bo), now=now)
    assert not Person.objects.filter(id=bo).exists()
    for (name, column), key in planted.items():
        row = models[name].objects.filter(pk=key).first()
        found = GOES if row is None else STAYS if bo in str(getattr(row, column)) else EMPTIED
        assert found == table[name, column], (name, column)


def test_the_id_of_who_was_erased_is_found_nowhere_else(binding: Binding, cast: Cast, now: datetime) -> None:
    from django.db import models

    from tests.actions.givers import WISH, hand_over, permit
    from tests.actions.senders import book_one
    from upheld.actions.cases import open_case
    from upheld.actions.closing import close_account
    from upheld.records.models import Person

    bo, told = cast.bo.id, {column for column, outcome in read_table().items() if outcome == STAYS}
    hand_over(binding, permit(binding, cast.bo, now, WISH), now)
    book_one(binding, cast.bo, now)
    open_case(binding.site, kind="question", now=now, person=bo)
    close_account(binding, person=Person.objects.get(id=bo), is_erased=True, now=now, home="https://courier.example/")
    for name, model in list_models().items():
        for field in model._meta.concrete_fields:
            if isinstance(field, (models.CharField, models.TextField, models.JSONField)):
                values = [str(value) for value in model.objects.values_list(field.attname, flat=True)]
                if any(bo in value for value in values):
                    assert (name, field.name) in told | {("Entry", "text")}
