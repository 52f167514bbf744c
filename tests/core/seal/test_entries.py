"""Lines of the ledger: what may stand in one, and that nothing personal can."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.seal.trees import PERSON, START
from upheld.core.errors import SealError
from upheld.core.seal.entries import COMMON, SORTS, Entry, make_entry, read_entry, write_canonical
from upheld.core.seal.kinds import KINDS

ITEM = "i_" + "b" * 20
SERIAL = "e_" + "c" * 20
FITTING: dict[str, Any] = {
    "id": ITEM,
    "ids": [ITEM],
    "count": 3,
    "name": "account set-up",
    "names": ["person.email", "person.name"],
    "term": "page",
    "sentences": ["shop#what-we-promise.2"],
    "version": "2026-03-01",
    "digest": "ab" * 32,
    "key": "0123456789abcdef",
    "moment": "2026-03-01T12:00:00Z",
    "outcome": "yes",
}
CARD = "4111111111111111"
PERSONAL = [
    "pat@shop.example",
    "Pat Doe",
    "+1 555 010 0199",
    "5550100199",
    "12 Long Lane",
    "+15550100199",
    "call 555 010 0199",
    "zip-90210",
    "1980-01-31",
    "1980-01-31T00:00:00",
    "192.0.2.17",
    "2001:db8::17",
    CARD,
    "Ναυσικά",
    "line\nline",
    "",
    " ",
    "x" * 101,
    None,
    True,
    1.5,
    5_550_100_199,
    -1,
    ["pat@shop.example"],
    [["person.email"]],
    {"email": "pat@shop.example"},
    b"pat",
]


def make(kind: str = "person.created", *, site: str = "shop", person: str | None = PERSON, **body: Any) -> Entry:
    return make_entry(site=site, serial=SERIAL, at=START, kind=kind, person=person, body=body)


def refuse(**given: Any) -> SealError:
    with pytest.raises(SealError) as caught:
        make(**given)
    assert caught.value.code == "V804"
    return caught.value


def test_it_works() -> None:
    entry = make(touchpoint="account set-up", because=("shop#what-we-promise.2",), company=None)
    assert entry.text == (
        '{"at":"2026-03-01T12:00:00Z","body":{"because":["shop#what-we-promise.2"],"touchpoint":"account set-up"},'
        f'"kind":"person.created","person":"{PERSON}","serial":"{SERIAL}","site":"shop","v":1}}'
    )
    assert read_entry(entry.text) == entry
    assert (entry.kind, entry.person, entry.at) == ("person.created", PERSON, "2026-03-01T12:00:00Z")


def test_a_line_about_nobody_has_no_person() -> None:
    assert '"person"' not in make("staff.signed-in", person=None, staff="s_17").text


def test_a_moment_is_written_in_utc_and_must_have_a_zone() -> None:
    there = datetime(2026, 3, 1, 14, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=2)))
    entry = make_entry(site="shop", serial=SERIAL, at=there, kind="person.closed", person=PERSON, body={})
    assert entry.at == "2026-03-01T12:30:15Z"
    with pytest.raises(ValueError, match="zone"):
        make_entry(
            site="shop", serial=SERIAL, at=there.replace(tzinfo=None), kind="person.closed", person=PERSON, body={}
        )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_declares_its_fields_and_none_is_personal(kind: str) -> None:
    declared = KINDS[kind]
    assert re.fullmatch(r"[a-z]+\.[a-z]+(?:-[a-z]+)*", kind)
    assert declared.personal == ()
    assert declared.meaning
    assert set(declared.fields.values()) <= set(SORTS)
    assert not set(declared.fields) & set(COMMON)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_what_fits_and_is_read_again(kind: str) -> None:
    fields = {**COMMON, **KINDS[kind].fields}
    body = {name: FITTING[sort] for name, sort in fields.items()}
    entry = make(kind, **body)
    assert read_entry(entry.text) == entry
    assert json.loads(entry.text)["body"] == body


@pytest.mark.parametrize("value", PERSONAL, ids=repr)
def test_no_field_of_any_kind_takes_a_personal_value(value: Any) -> None:
    """INVARIANT: no field of any kind takes a personal value."""
    for kind in KINDS.values():
        for field, sort in {**COMMON, **kind.fields}.items():
            if sort == "key" and value == CARD:  # the one that stays: 16 digits may be the name of a key
                continue
            if value is None:  # nothing to say: the field is left out
                assert field not in make(kind.name, **{field: value}).body
                continue
            error = refuse(kind=kind.name, **{field: value})
            assert f"`{field}`" in error.text
            if isinstance(value, str) and value.strip():
                assert value not in str(error)
                assert value not in str(error.hint)


@pytest.mark.parametrize("sort", SORTS)
@given(st.text(max_size=40))
def test_no_sort_takes_what_could_be_an_address_or_a_sentence(sort: str, text: str) -> None:
    kind = next(
        (kind for kind in KINDS.values() if sort in kind.fields.values()),
        KINDS["person.created"],
    )
    field = next((name for name, found in {**COMMON, **kind.fields}.items() if found == sort), None)
    if field is None:
        return
    if re.search(r"[@+/_,;:A-Z\n]|[^\x00-\x7f]|^\s*$", text):
        refuse(kind=kind.name, **{field: [text] if SORTS[sort].is_list else text})


def test_a_name_that_the_policy_does_not_declare_is_refused_when_the_names_are_given() -> None:
    body = {"data": ["person.email"], "touchpoint": "registration"}
    known = frozenset({"person.email", "registration"})
    for words, is_fine in ((known, True), (known - {"person.email"}, False), (frozenset[str](), False)):
        if is_fine:
            make_entry(
                site="shop", serial=SERIAL, at=START, kind="item.collected", person=PERSON, body=body, known=words
            )
        else:
            with pytest.raises(SealError):
                make_entry(
                    site="shop", serial=SERIAL, at=START, kind="item.collected", person=PERSON, body=body, known=words
                )


def test_unknown_kinds_and_fields_are_refused_without_saying_a_value() -> None:
    assert "`person.renamed`" in refuse(kind="person.renamed").text
    assert "`email`" in refuse(email="pat@shop.example").text
    assert "pat@" not in refuse(kind="pat@shop.example").text
    assert "pat@" not in refuse(**{"pat@shop.example": "yes"}).text


@pytest.mark.parametrize("person", ["pat@shop.example", "p_short", "", "P_" + "A" * 20, PERSON + "\n"])
def test_the_person_is_an_id(person: str) -> None:
    assert "`person`" in refuse(person=person).text


@pytest.mark.parametrize(("site", "serial"), [("Shop", SERIAL), ("", SERIAL), ("shop", "pat"), ("shop", "a@b.example")])
def test_site_and_serial_have_their_form(site: str, serial: str) -> None:
    with pytest.raises(SealError):
        make_entry(site=site, serial=serial, at=START, kind="person.closed", person=PERSON, body={})


def test_a_set_is_written_in_order() -> None:
    assert make("item.collected", data=frozenset({"person.name", "person.email"})).body["data"] == [
        "person.email",
        "person.name",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "[" * 100_000,
        '{"at":1}',
        '{"at":"2026-03-01T12:00:00Z"}',
        make().text.replace(":", ": ", 1),
        make().text.replace('"v":1', '"v":2'),
        make().text.replace("}", ',"email":"pat@shop.example"}', 1),
        make().text.replace("12:00:00Z", "12:00:61Z"),
        make().text[:-1],
        make().text + "\n",
    ],
)
def test_a_text_that_is_no_line_is_refused(text: str) -> None:
    with pytest.raises(SealError) as caught:
        read_entry(text)
    assert caught.value.code == "V804"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcXYZ09-_ ", max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abz-", max_size=4), JSON, max_size=5))
def test_canonical_text_is_one_and_means_the_same(value: dict[str, Any]) -> None:
    text = write_canonical(value)
    assert json.loads(text) == value
    assert write_canonical(dict(reversed(list(value.items())))) == text
    assert b"\n" not in text


def test_canonical_text_is_that_of_the_rfc() -> None:
    # RFC 8785, 3.2.2 and 3.2.3, without its numbers that are not whole
    value = {
        "string": '\u20ac$\x0f\nA\'B"\\\\"/',
        "literals": [None, True, False],
        "numbers": [333333333, 4, 0],
    }
    written = '{"literals":[null,true,false],"numbers":[333333333,4,0],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert write_canonical(value).decode() == written


@pytest.mark.parametrize("value", [{"a": 1.5}, {"a": float("nan")}, {"a": 2**53}, {"é": 1}, {"a": {1: 2}}, {"a": b""}])
def test_what_has_no_one_way_to_be_written_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"names are in ASCII|have one way"):
        write_canonical(value)


def test_a_moment_as_a_value_is_written_out() -> None:
    assert make("person.locked", until=datetime(2026, 3, 1, tzinfo=UTC)).body["until"] == "2026-03-01T00:00:00Z"
