"""A delivery that was reported by mistake: taken back within a day, corrected once to whoever heard, and to come again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import read_mails
from tests.actions.senders import HOME, STAFF_ID, TOLD, book_one, deliver_one, list_lines, note_one
from tests.actions.stage import ADA, Cast
from upheld.core.errors import ShipmentError
from upheld.core.gate.binding import Binding

HOUR = timedelta(hours=1)


@pytest.fixture
def delivered(binding: Binding, cast: Cast, now: datetime) -> Any:
    """Ada's parcel, of which two others were to hear."""
    booked = book_one(binding, cast.ada, now, named=TOLD)
    deliver_one(binding, booked.id, now + HOUR)
    return booked


def take_back(binding: Binding, shipment: Any, now: datetime) -> Any:
    from upheld.actions.undelivered import take_delivery_back

    return take_delivery_back(binding, shipment=shipment.id, by=STAFF_ID, now=now, home=HOME)


def read_row(shipment: Any) -> Any:
    from upheld.records.models import Shipment

    return Shipment.objects.get(id=shipment.id)


def test_it_is_on_its_way_again_and_each_who_heard_is_told_once(
    binding: Binding, delivered: Any, now: datetime
) -> None:
    proofs = take_back(binding, delivered, now + 3 * HOUR)
    row = read_row(delivered)
    assert (row.state, row.delivered_at, row.changed_at) == ("on-its-way", None, now + 3 * HOUR)
    assert (proofs.queued, proofs.refused, proofs.stopped) == (3, 0, 0)
    mails = [mail for mail in read_mails() if mail.kind.startswith("delivery-taken-back")]
    assert sorted(mail.to for mail in mails) == sorted([ADA["person.email"], *TOLD])
    assert all("by mistake" in mail.text for mail in mails)
    [line] = list_lines("shipment.undelivered")
    assert (line["body"]["mails"], line["body"]["by"]) == (3, STAFF_ID)


def test_the_mails_are_of_the_class_of_the_proof(binding: Binding, delivered: Any, now: datetime) -> None:
    from upheld.records.models import Outgoing

    take_back(binding, delivered, now + 3 * HOUR)
    assert len(set(Outgoing.objects.filter(subject=delivered.id).values_list("mail_class", flat=True))) == 1


def test_the_stop_link_of_the_first_mail_still_works_after_the_correction(
    binding: Binding, delivered: Any, now: datetime
) -> None:
    from upheld.actions.stops import stop_named

    before = next(mail for mail in read_mails() if mail.to == TOLD[0])
    take_back(binding, delivered, now + 3 * HOUR)
    token = before.text.split("/stop/")[1].split()[0]
    assert stop_named(binding, token=token, now=now + 4 * HOUR)


def test_the_next_delivery_is_told_to_all_of_them_again(binding: Binding, delivered: Any, now: datetime) -> None:
    take_back(binding, delivered, now + 3 * HOUR)
    noted = note_one(binding, delivered.id, "delivered", now + 5 * HOUR)
    assert (noted.state, noted.proofs.queued) == ("delivered", 3)
    assert read_row(delivered).delivered_at == now + 5 * HOUR


def test_the_same_report_again_does_not_bring_the_mistake_back(binding: Binding, cast: Cast, now: datetime) -> None:
    booked = book_one(binding, cast.ada, now)
    note_one(binding, booked.id, "picked-up", now + HOUR)
    note_one(binding, booked.id, "delivered", now + 2 * HOUR, serial="7", source="program", by="g_1", carrier="")
    take_back(binding, booked, now + 3 * HOUR)
    again = note_one(
        binding,
        booked.id,
        "delivered",
        now + 4 * HOUR,
        serial="7",
        source="program",
        by="g_1",
        at=now + 2 * HOUR,
        carrier="",
    )
    assert (again.is_new, again.state) == (False, "on-its-way")


def test_whoever_said_stop_gets_no_correction(binding: Binding, delivered: Any, now: datetime) -> None:
    from upheld.actions.suppression import digest_address, suppress
    from upheld.records.models import Outgoing

    mail_class = Outgoing.objects.filter(subject=delivered.id).values_list("mail_class", flat=True)[0]
    digest = digest_address(binding.site, TOLD[0], now)
    suppress(binding, digest=digest, mail_class=mail_class, reason="link", now=now + 2 * HOUR)
    proofs = take_back(binding, delivered, now + 3 * HOUR)
    assert (proofs.queued, proofs.stopped) == (2, 1)
    assert Outgoing.objects.filter(kind="delivery-taken-back-named").count() == 1


def test_what_is_kept_until_after_the_delivery_has_no_end_again(
    binding: Binding, delivered: Any, now: datetime
) -> None:
    from upheld.records.models import Item

    row = read_row(delivered)
    before, told = Item.objects.get(id=row.addressee).keep_until, row.told
    assert before is not None
    take_back(binding, delivered, now + 3 * HOUR)
    assert Item.objects.get(id=row.addressee).keep_until is None
    assert read_row(delivered).told not in ("", told)
    note_one(binding, delivered.id, "delivered", now + 5 * HOUR)
    after = Item.objects.get(id=row.addressee).keep_until
    assert after is not None
    assert after > before


def test_after_a_day_or_twice_or_before_a_delivery_nothing_is_taken_back(
    binding: Binding, delivered: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.undelivered import may_take_back, take_delivery_back

    late = now + timedelta(days=1, hours=3)
    assert may_take_back(binding.site, delivered.id, now + 3 * HOUR)
    assert not may_take_back(binding.site, delivered.id, late)
    fresh = book_one(binding, cast.bo, now)
    for shipment, at in ((delivered, late), (fresh, now + HOUR)):
        with pytest.raises(ShipmentError) as refused:
            take_back(binding, shipment, at)
        assert refused.value.code == "B107"
    take_back(binding, delivered, now + 3 * HOUR)
    with pytest.raises(ShipmentError):
        take_back(binding, delivered, now + 4 * HOUR)
    with pytest.raises(ShipmentError) as unknown:
        take_delivery_back(binding, shipment="sh_" + "z" * 20, by=STAFF_ID, now=now, home=HOME)
    assert unknown.value.code == "B106"
    assert len(list_lines("shipment.undelivered")) == 1


@pytest.mark.parametrize("source", ["driver", "program", "customer", "staff"])
def test_nobody_reports_it_as_something_that_happened(
    binding: Binding, delivered: Any, now: datetime, source: str
) -> None:
    with pytest.raises(ShipmentError):
        note_one(binding, delivered.id, "not-delivered-after-all", now + 3 * HOUR, source=source)
    assert read_row(delivered).state == "delivered"
