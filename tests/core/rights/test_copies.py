"""A copy says the same in every form, and no form of it does anything to whoever opens it."""

import csv
import io
import json
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from upheld.core.rights.copies import AccountFact, Copy, HeldValue, Kept, Value
from upheld.core.rights.copy_files import guard_cell, write_csv, write_json

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
# a store takes neither half characters nor the sign NUL (core/fields/submission)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
VALUES = st.one_of(TEXT, st.lists(TEXT, max_size=3), st.dictionaries(TEXT, TEXT, max_size=3))


def make_copy(value: Value, label: str = "Your name") -> Copy:
    held = HeldValue(
        about="you",
        owner="p_" + "a" * 20,
        item="i_" + "a" * 20,
        data="person.name",
        label=label,
        value=value,
        touchpoint="registration",
        where="when you register",
        collected_at=NOW,
        corrected_at=None,
        version=date(2016, 10, 3),
        purposes=("fulfil",),
        purpose_words=("doing what you asked for",),
        kept=Kept(None, "no end in days", ""),
        because=("lasership#what-we-collect.2",),
    )
    fact = AccountFact("person", "Your number with us", "p_" + "a" * 20)
    return Copy("lasership", "A courier", "p_" + "a" * 20, date(2016, 10, 3), NOW, (fact,), (held,), (), (), (), ())


@given(VALUES)
def test_a_value_comes_out_of_the_json_as_it_went_in(value: Value) -> None:
    assert json.loads(write_json(make_copy(value)))["held"][0]["value"] == value


@given(TEXT)
def test_a_text_comes_out_of_the_csv_as_it_went_in_with_its_guard(text: str) -> None:
    rows = list(csv.reader(io.StringIO(write_csv(make_copy(text)), newline="")))
    assert len(rows) == 3
    assert rows[2][4] == guard_cell(text)


@given(VALUES, TEXT)
def test_no_cell_of_the_csv_is_a_formula(value: Value, label: str) -> None:
    rows = csv.reader(io.StringIO(write_csv(make_copy(value, label)), newline=""))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in rows for cell in row)
