"""A copy tells of the parcels, of what went out and of the versions that bound; and of nothing that may not be told."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.actions.givers import hand_over, permit, register_recipient
from tests.actions.legal_desk import approve_one, release_one, set_up_desk
from tests.actions.senders import book_one, deliver_one
from tests.actions.stage import Cast
from tests.actions.versions import FREER, NEWEST, TODAY, bind_with, read_table
from upheld.core.gate.binding import Binding

HOUR = timedelta(hours=1)


def take(binding: Binding, person: Any, now: datetime, company: Any = None) -> dict[str, Any]:
    """The copy as a program reads it."""
    from upheld.actions.exports import gather_copy
    from upheld.core.rights.copy_files import write_json

    found: dict[str, Any] = json.loads(write_json(gather_copy(binding, person=person, company=company, now=now)))
    return found


def test_a_parcel_is_in_it_with_what_happened(binding: Binding, cast: Cast, now: datetime) -> None:
    booked = book_one(binding, cast.ada, now)
    deliver_one(binding, booked.id, now + HOUR)
    document = take(binding, cast.ada, now + 3 * HOUR)
    [parcel] = document["shipments"]
    assert (parcel["number"], parcel["state"], parcel["about"]) == (booked.number, "delivered", "you")
    assert (parcel["what"], parcel["price"][0]) == ("Same day, up to 5 kg", "$")
    assert [(event["state"], event["from"]) for event in parcel["events"]] == [
        ("booked", "customer"), ("picked-up", "staff"), ("delivered", "staff"),
    ]  # fmt: skip
    assert set(parcel["items"]) <= {value["item"] for value in document["held"]}
    assert len(parcel["items"]) == 3


def test_the_parcels_of_others_are_not_in_it_and_those_of_the_company_are_said_to_be(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.records.models import Shipment

    book_one(binding, cast.bo, now)
    book_one(binding, cast.ada, now, company=cast.works)
    assert Shipment.objects.count() == 2
    assert [parcel["about"] for parcel in take(binding, cast.ada, now, cast.works)["shipments"]] == ["your company"]


def test_what_the_gate_does_not_show_of_an_order_is_left_out(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.copies import tell_shipments

    closed = ("show what is on record about you to self beyond", "show person, company to self beyond")
    strict = bind_with(read_table(TODAY, closed))
    book_one(strict, cast.ada, now)
    [parcel] = tell_shipments(strict, [cast.ada])
    assert (parcel.what, parcel.price, parcel.state) == ("", "", "booked")


def test_what_went_out_is_in_it_with_whom_it_went_to(binding: Binding, cast: Cast, now: datetime) -> None:
    given = permit(binding, cast.ada, now)
    went = hand_over(binding, given, now)
    [told] = take(binding, cast.ada, now)["given-out"]
    assert (told["recipient"], told["ground"]["name"]) == ("Dr. Wren Ashby", "permission")
    assert [part["name"] for part in told["data"]] == ["person.email"]
    assert (told["sha-256"], told["ledger-line"]) == (went.digest, went.entry)
    assert take(binding, cast.bo, now)["given-out"] == []


def test_what_a_court_forbids_to_tell_is_not_in_it_until_it_may_be_told(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.copies import tell_disclosures
    from upheld.records.models import DemandPerson

    desk = set_up_desk(binding, now)
    demand = approve_one(
        binding, desk, cast.ada.id, now, barred_by="The court forbids it.", barred_until=date(2026, 12, 1)
    )
    release_one(binding, desk, demand, now)
    document = take(binding, cast.ada, now)
    assert document["given-out"] == []
    assert demand not in json.dumps(document)
    assert "authorities" not in json.dumps(document["ledger"])
    DemandPerson.objects.filter(demand=demand).update(told_at=now)
    [told] = tell_disclosures(binding, [cast.ada])
    assert (told.recipient, told.ground) == ("District court of Port Ellery", "legal process")


def test_the_versions_that_bound_and_the_answers_to_them_are_in_it(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.agreements import record_agreement

    newer = bind_with(read_table(TODAY, FREER))
    cast.ada.version = TODAY
    cast.ada.save(update_fields=["version"])
    given = record_agreement(newer, person=cast.ada, version=TODAY, is_yes=False, touchpoint="account", now=now)
    document = take(newer, cast.ada, now)
    assert [bound["until"] for bound in document["versions"]] == [None]
    assert document["versions"][0]["version"] in (NEWEST.isoformat(), TODAY.isoformat())
    assert document["agreements"] == [
        {"about": "you", "version": TODAY.isoformat(), "answer": "no", "at": now.isoformat(timespec="seconds"),
         "ledger-line": given.entry}
    ]  # fmt: skip


def test_the_table_says_the_same(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.exports import gather_copy
    from upheld.core.rights.copy_files import write_csv

    booked = book_one(binding, cast.ada, now)
    hand_over(binding, permit(binding, cast.ada, now), now)
    copy = gather_copy(binding, person=cast.ada, now=now)
    rows = list(csv.DictReader(io.StringIO(write_csv(copy), newline="")))
    assert {row["what"] for row in rows} >= {"shipment", "event", "given out", "version"}
    assert all(None not in row and None not in row.values() for row in rows)
    assert {row["category"] for row in rows if row["what"] in ("shipment", "event")} == {booked.number}


@pytest.mark.parametrize("count", [1, 6])
def test_more_parcels_ask_the_database_no_more(binding: Binding, cast: Cast, now: datetime, count: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from upheld.actions.copies import tell_shipments

    for _ in range(count):
        book_one(binding, cast.ada, now)
    with CaptureQueriesContext(connection) as asked:
        assert len(tell_shipments(binding, [cast.ada])) == count
    assert len([query for query in asked if "shipment" in query["sql"]]) == 2


def test_the_register_of_recipients_names_whoever_got_something(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.copies import tell_disclosures
    from upheld.actions.disclosures import disclose_each

    carrier = register_recipient(binding, now, kind="carriers", title="Quayside Runners")
    disclose_each(
        binding, person=cast.ada, data=("person.phone",), purpose="fulfil.service", kind="carriers", ground="service",
        facts={"requested": True}, now=now, recipient=carrier.id,
    )  # fmt: skip
    [told] = tell_disclosures(binding, [cast.ada])
    assert (told.recipient, told.ground_words) == ("Quayside Runners", "a service you asked for")
