"""Finding a person: by an exact identifier, one or nobody, and each look is a line of the ledger."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.actions.stage import ADA
from tests.console.clerks import CLERK, SEAT, SITE, Console, list_kinds, read_text
from upheld.core.gate.binding import Binding


def test_it_works(console: Console) -> None:
    from upheld.records.models import Entry

    client = console.sit_down()
    response = client.post(SEAT, {"kind": "email", "text": " ADA@quill.example "})
    assert response.headers["Location"] == f"{SEAT}people/{console.cast.ada.id}/"
    line = Entry.objects.get(kind="staff.sought")
    assert "quill" not in line.text
    assert line.person == console.cast.ada.id
    assert line.by.startswith("s_")


def test_by_the_id(console: Console) -> None:
    client = console.sit_down()
    response = client.post(SEAT, {"kind": "person-id", "text": console.cast.ada.id})
    assert response.headers["Location"] == f"{SEAT}people/{console.cast.ada.id}/"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "ada@quill"),
        ("email", "ada"),
        ("email", "%"),
        ("email", "*@quill.example"),
        ("person-id", "p_"),
        ("person-id", "1 OR 1=1"),
        ("phone", "+1555"),
        ("email", "\u202eada@quill.example"),
    ],
)
def test_a_part_finds_nobody_and_leaves_its_line_all_the_same(console: Console, kind: str, text: str) -> None:
    from upheld.records.models import Entry

    response = console.sit_down().post(SEAT, {"kind": kind, "text": text})
    assert response.status_code == 200
    assert "Nobody, or more than one" in read_text(response)
    line = Entry.objects.get(kind="staff.sought")
    assert line.person == ""
    assert '"found":0' in line.text


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"kind": "email"},
        {"kind": "surname", "text": "Quill"},
        {"kind": "username", "text": "a"},
        {"text": "a" * 400},
    ],
)
def test_what_cannot_be_asked_is_refused_without_a_line(console: Console, answer: dict[str, str]) -> None:
    response = console.sit_down().post(SEAT, answer)
    assert response.status_code == 422
    assert "staff.sought" not in list_kinds()


def test_what_two_people_claim_and_nobody_has_shown_finds_nobody(
    console: Console, binding: Binding, now: datetime
) -> None:
    from upheld.actions.people import add_identifier

    for person in (console.cast.ada, console.cast.bo):
        add_identifier(binding, person=person, kind="phone", text=ADA["person.phone"], now=now)
    response = console.sit_down().post(SEAT, {"kind": "phone", "text": ADA["person.phone"]})
    assert "Nobody, or more than one" in read_text(response)


def test_a_phone_that_one_person_claims_finds_them(console: Console, binding: Binding, now: datetime) -> None:
    from upheld.actions.people import add_identifier

    add_identifier(binding, person=console.cast.ada, kind="phone", text=ADA["person.phone"], now=now)
    response = console.sit_down().post(SEAT, {"kind": "phone", "text": "+1 555 014-2777"})
    assert response.headers["Location"].endswith(f"{console.cast.ada.id}/")


def test_whoever_has_shown_it_comes_before_a_claim(console: Console, binding: Binding, now: datetime) -> None:
    from upheld.actions.people import add_identifier

    add_identifier(binding, person=console.cast.bo, kind="email", text=ADA["person.email"], now=now)
    response = console.sit_down().post(SEAT, {"kind": "email", "text": ADA["person.email"]})
    assert response.headers["Location"].endswith(f"{console.cast.ada.id}/")


def test_somebody_of_another_site_is_not_found(console: Console, now: datetime) -> None:
    from upheld.actions.seeking import seek_person

    assert seek_person("elsewhere", kind="person-id", text=console.cast.ada.id, by="s_1", now=now) is None
    assert seek_person("elsewhere", kind="email", text=ADA["person.email"], by="s_1", now=now) is None


def test_many_looks_are_slowed_down(console: Console) -> None:
    client = console.sit_down()
    for _ in range(20):
        assert client.post(SEAT, {"kind": "email", "text": "x@y.example"}).status_code == 200
    response = client.post(SEAT, {"kind": "email", "text": ADA["person.email"]})
    assert response.status_code == 429
    assert list_kinds(kind="staff.sought") == ["staff.sought"] * 20
    assert CLERK
    assert SITE
