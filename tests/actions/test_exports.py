"""A copy to take along: everything in it, whatever the form, and a line of the ledger with the digest of the file."""

import csv
import hashlib
import io
import json
from datetime import datetime
from typing import Any

import pytest

from tests.actions.stage import ADA, WORKS, Cast
from tests.web.sites import MADE_UP


@pytest.fixture
def copy(binding: Any, cast: Cast, now: datetime) -> Any:
    from upheld.actions.choices import record_choice
    from upheld.actions.exports import gather_copy

    record_choice(binding, person=cast.ada, choice="marketing", is_yes=True, touchpoint="registration", now=now)
    return gather_copy(binding, person=cast.ada, company=cast.works, now=now)


def test_every_value_stands_in_the_json(copy: Any) -> None:
    from upheld.core.rights.copy_files import write_json

    document = json.loads(write_json(copy))
    held = {(part["about"], part["category"]): part["value"] for part in document["held"]}
    assert held == {("you", leaf): value for leaf, value in ADA.items()} | {
        ("your company", leaf): value for leaf, value in WORKS.items()
    }
    assert document["choices"][0]["answer"] == "yes"
    assert {line["kind"] for line in document["ledger"]} >= {"item.collected", "choice.recorded"}
    assert document["upheld"] == "copy/1"


def test_every_value_stands_in_the_csv_and_none_is_a_formula(copy: Any) -> None:
    from upheld.core.rights.copy_files import COLUMNS, write_csv

    rows = list(csv.DictReader(io.StringIO(write_csv(copy), newline="")))
    assert set(rows[0]) == set(COLUMNS)
    told = {row["value"] for row in rows if row["what"] == "held"}
    assert "Ada Quill" in told
    assert WORKS["company.address"] in told
    assert "'" + ADA["person.phone"] in told
    assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r") for row in rows for cell in row.values())


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    from upheld.core.rights.copy_files import guard_cell

    assert guard_cell(text) == "'" + text


def test_a_copy_leaves_a_line_with_the_digest_of_the_file(binding: Any, cast: Cast, copy: Any, now: datetime) -> None:
    from upheld.actions.exports import note_copy
    from upheld.core.rights.copy_files import write_json
    from upheld.records.models import Entry

    text = write_json(copy)
    entry = note_copy(binding, person=cast.ada, copy=copy, form="json", content=text, now=now)
    line = json.loads(Entry.objects.get(id=entry).text)
    assert line["body"]["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert line["body"]["items"] == copy.item_count == 2


def test_a_policy_that_lets_nobody_download_gives_no_copy(cast: Cast, now: datetime) -> None:
    from upheld.actions.exports import gather_copy
    from upheld.core.errors import RefusedError
    from upheld.core.gate import Gate
    from upheld.core.gate.binding import Binding
    from upheld.core.policy.versions import load_versions

    versions = load_versions(MADE_UP / "lantern")
    gates = {policy.version: Gate(table) for policy, table in zip(versions.policies, versions.tables, strict=True)}
    with pytest.raises(RefusedError) as caught:
        gather_copy(Binding(versions.slug, gates, versions.newest.version), person=cast.ada, now=now)
    assert caught.value.code == "G405"
