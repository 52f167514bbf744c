"""A shipment is booked whole or not at all, belongs to whom it belongs, and is opened and handed over only as the policy lets it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.senders import MAREN, ORDER, STAFF_ID, TOLD, book_one, list_lines, note_one
from tests.actions.stage import Cast
from upheld.core.errors import RefusedError, ShipmentError
from upheld.core.gate.binding import Binding


def test_a_booking_seals_what_was_said_and_leaves_number_event_and_line(
    binding: Binding, now: datetime, cast: Cast
) -> None:
    from upheld.actions.shipments import find_shipment, list_events
    from upheld.records.models import Item, Shipment

    booked = book_one(binding, cast.bo, now, named=TOLD)
    assert (booked.number, booked.price, booked.named) == ("2026-000001", 1450, 2)
    held = find_shipment(binding.site, number=booked.number)
    assert held is not None
    assert (held.person, held.company, held.state, held.is_open) == (cast.bo.id, "", "booked", True)
    assert [event.state for event in list_events(binding.site, held)] == ["booked"]
    [line] = list_lines("shipment.booked")
    assert line["body"]["shipment"] == booked.id
    assert line["body"]["touchpoint"] == "order"
    rows = repr(list(Shipment.objects.values())) + repr(list(Item.objects.values()))
    assert not any(word in rows for word in ("Holt", "Signal", "harbour", "side door"))


def test_the_customer_sees_what_they_ordered(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.shipments import find_shipment, open_shipment

    booked = book_one(binding, cast.bo, now, named=TOLD)
    held = find_shipment(binding.site, number=booked.number, persons=(cast.bo,))
    assert held is not None
    opened = {found.data: found.value for found in open_shipment(binding, held, now=now).values}
    assert opened["addressee.name"] == MAREN["addressee.name"]
    assert opened["addressee.email"] == list(TOLD)
    assert opened["service.order"] == {
        "number": booked.number, "offer": "Same day", "weight": "5 kg", "price": "$14.50", **ORDER,
    }  # fmt: skip


def test_another_customer_does_not_find_it(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.shipments import find_shipment, list_shipments

    booked = book_one(binding, cast.bo, now)
    assert find_shipment(binding.site, number=booked.number, persons=(cast.ada, cast.works)) is None
    assert list_shipments(binding.site, person=cast.ada, company=cast.works) == ()
    assert len(list_shipments(binding.site, person=cast.bo)) == 1


def test_what_somebody_books_for_their_company_is_the_company_s(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.actions.shipments import find_shipment, list_shipments

    booked = book_one(binding, cast.ada, now, company=cast.works)
    [held] = list_shipments(binding.site, company=cast.works)
    assert (held.person, held.company, held.booked_by) == (cast.works.id, cast.works.id, cast.ada.id)
    assert list_shipments(binding.site, person=cast.ada) == ()
    erase_person(binding, person=cast.ada, now=now)
    assert find_shipment(binding.site, id=booked.id, persons=(cast.works,)) is not None


def test_who_is_erased_leaves_no_shipment(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.records.models import NamedAddress, Shipment, ShipmentEvent

    book_one(binding, cast.bo, now, named=TOLD)
    erase_person(binding, person=cast.bo, now=now)
    assert not Shipment.objects.exists()
    assert not ShipmentEvent.objects.exists()
    assert not NamedAddress.objects.exists()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"offer": "By balloon"}, "B101"),
        ({"offer": "There and back", "weight": "30 kg"}, "B102"),
        ({"values": {"addressee.name": "Maren Holt"}}, "B104"),
        ({"values": {**MAREN, "person.email": "x@y.example"}}, "B104"),
        ({"values": {**MAREN, "addressee.name": "M\u202enretsam"}}, "B104"),
        ({"values": {**MAREN, "addressee.address": "x" * 401}}, "B104"),
        ({"values": {**MAREN, "service.order": {"colour": "red"}}}, "B104"),
        ({"values": {**MAREN, "service.order": "soon"}}, "B104"),
        ({"named": ["not an address"]}, "B105"),
        ({"named": [f"n{number}@harbour.example" for number in range(9)]}, "B105"),
    ],
)
def test_what_cannot_be_taken_is_refused_whole(
    binding: Binding, now: datetime, cast: Cast, more: dict[str, Any], code: str
) -> None:
    from upheld.records.models import Item, Shipment

    before = Item.objects.count()
    with pytest.raises(ShipmentError) as refused:
        book_one(binding, cast.bo, now, **more)
    assert refused.value.code == code
    assert "harbour" not in str(refused.value)
    assert Shipment.objects.count() == 0
    assert Item.objects.count() == before


def test_addresses_that_are_one_are_told_once(binding: Binding, now: datetime, cast: Cast) -> None:
    booked = book_one(
        binding, cast.bo, now, named=["Jo@harbour.example", "jo@HARBOUR.example", " ", "kim@harbour.example"]
    )
    assert booked.named == 2


def test_numbers_follow_each_other_and_begin_anew_each_year(binding: Binding, now: datetime, cast: Cast) -> None:
    numbers = [book_one(binding, cast.bo, moment).number for moment in (now, now, now + timedelta(days=60))]
    assert numbers == ["2026-000001", "2026-000002", "2027-000001"]


def test_under_the_version_without_a_block_nothing_can_be_booked(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.shipments import find_business

    before = Binding(binding.site, binding.gates, min(binding.gates))
    assert find_business(before) is None
    with pytest.raises(RefusedError):
        book_one(before, cast.bo, now)


def test_lists_are_by_state_and_open_ones_by_when_they_are_due(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.shipments import count_shipments, list_shipments

    later = book_one(binding, cast.bo, now, offer="Next morning")
    first = book_one(binding, cast.bo, now)
    gone = book_one(binding, cast.bo, now)
    note_one(binding, gone.id, "cancelled", now)
    assert [held.id for held in list_shipments(binding.site, state="open")] == [first.id, later.id]
    assert [held.id for held in list_shipments(binding.site, state="cancelled")] == [gone.id]
    assert len(list_shipments(binding.site, most=2, skip=1)) == 2
    assert count_shipments(binding.site, person=cast.bo) == {"booked": 2, "cancelled": 1}


def test_staff_see_whom_it_goes_to_with_a_grant_a_purpose_and_a_case(
    binding: Binding, now: datetime, cast: Cast
) -> None:
    from upheld.actions.shipments import find_shipment, open_shipment
    from upheld.core.errors import VaultError

    held = find_shipment(binding.site, id=book_one(binding, cast.bo, now, named=TOLD).id)
    assert held is not None
    asked: dict[str, Any] = {"counterpart": "dispatch", "purpose": "fulfil.service", "by": STAFF_ID, "now": now}
    with pytest.raises(VaultError):
        open_shipment(binding, held, facts={"granted": True}, **asked)
    seen = open_shipment(binding, held, facts={"granted": True}, case="c_" + "b" * 20, **asked)
    assert "addressee.address" in {found.data for found in seen.values}
    unseen = open_shipment(binding, held, facts={"granted": False}, case="c_" + "b" * 20, **asked)
    assert unseen.values == ()
    assert unseen.withheld[0].verdict.because


@pytest.mark.parametrize("purpose", ["marketing.newsletter", "marketing.offer", "contact.announcement", "research"])
def test_a_named_address_is_used_for_nothing_else(binding: Binding, now: datetime, cast: Cast, purpose: str) -> None:
    from upheld.actions.shipments import find_shipment, open_shipment

    held = find_shipment(binding.site, id=book_one(binding, cast.bo, now, named=TOLD).id)
    assert held is not None
    opening = open_shipment(
        binding, held, action="use", counterpart="-", purpose=purpose, data=("addressee.email",),
        facts={"requested": True, "chosen marketing": True}, now=now,
    )  # fmt: skip
    assert opening.values == ()
    [part] = opening.withheld
    sentence = binding.policy.find_sentence(part.verdict.because[0])
    assert sentence is not None
    assert "nothing else" in sentence.text or "purposes in this section only" in sentence.text


def test_a_carrier_is_who_the_policy_lets_know_whom_a_parcel_goes_to(
    binding: Binding, now: datetime, cast: Cast
) -> None:
    from upheld.actions.shipments import find_shipment, hand_over

    booked = book_one(binding, cast.bo, now)
    listed = {kind: add_outside(binding, kind, now) for kind in ("carriers", "parcel shops", "affiliates")}
    held = hand_over(binding, shipment=booked.id, carrier=listed["carriers"], by=STAFF_ID, now=now)
    assert (held.recipient, held.carrier) == ("carriers", listed["carriers"])
    assert (
        hand_over(binding, shipment=booked.id, carrier=listed["parcel shops"], by=STAFF_ID, now=now).recipient
        == "parcel shops"
    )
    with pytest.raises(RefusedError) as refused:
        hand_over(binding, shipment=booked.id, carrier=listed["affiliates"], by=STAFF_ID, now=now)
    assert refused.value.because
    with pytest.raises(ShipmentError) as unknown:
        hand_over(binding, shipment=booked.id, carrier="o_" + "z" * 20, by=STAFF_ID, now=now)
    assert unknown.value.code == "B110"
    hand_over(binding, shipment=booked.id, carrier="", by=STAFF_ID, now=now)
    held = find_shipment(binding.site, id=booked.id)  # type: ignore[assignment]
    assert (held.recipient, held.carrier) == ("", "")
    assert len(list_lines("shipment.handed")) == 3


def add_outside(binding: Binding, kind: str, now: datetime) -> str:
    """A line of the register of recipients; its id."""
    from upheld.actions.ids import draw_id
    from upheld.records.models import Recipient

    return str(
        Recipient.objects.create(
            id=draw_id("o"), site=binding.site, kind=kind, title="Quay Vans", made_by="", made_at=now
        ).id
    )


def test_a_page_is_fitted_to_somebody_from_their_own_orders_alone(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.shipments import suggest

    assert suggest(binding, cast.bo, now) is None
    for weight in ("1 kg", "5 kg", "5 kg"):
        book_one(binding, cast.bo, now, weight=weight)
    found = suggest(binding, cast.bo, now)
    assert found is not None
    assert (found.offer, found.weight, found.pick_up, found.orders) == ("Same day", "5 kg", ORDER["pick-up place"], 3)
    assert found.because == ("lasership#what-we-use-it-for.2",)
    assert suggest(binding, cast.ada, now) is None
    assert list_lines("item.opened")[-1]["body"]["purpose"] == "customise"


def test_colleagues_suggest_nothing_to_each_other(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.shipments import suggest

    book_one(binding, cast.ada, now, company=cast.works)
    assert suggest(binding, cast.bo, now, company=cast.works) is None
    assert suggest(binding, cast.ada, now, company=cast.works) is not None


def test_two_who_book_at_once_get_two_numbers(binding: Binding, now: datetime, cast: Cast) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    def book(_: int) -> str:
        try:
            return str(book_one(binding, cast.bo, now).number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(book, range(8)))
    assert sorted(numbers) == [f"2026-{number:06d}" for number in range(1, 9)]
