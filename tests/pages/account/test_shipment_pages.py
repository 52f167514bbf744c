"""Booking a parcel and seeing where it is: for whoever is signed in, by what the policy lets in, and for nobody else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.pages.account.visitors import (
    Visitor,
    ada,
    binding,
    bo,
    cast,
    count_lines,
    databases,
    now,
    settings_as,
    site,
)

__all__ = ["ada", "binding", "bo", "cast", "databases", "now", "settings_as", "site"]


def fill(**more: str) -> dict[str, str]:
    """A parcel from the bindery to Cleo Varga."""
    ready = datetime.now(UTC) + timedelta(hours=2)
    typed = {
        "offer": "Same day",
        "weight": "5 kg",
        "pick-up": "7 Paper Lane\nPort Ellery",
        "ready": f"{ready:%Y-%m-%dT%H:%M}",
        "note": "ring twice",
        "addressee.name": "Cleo Varga",
        "addressee.address": "3 Gull Street\nPort Ellery 90420",
        "addressee.email": "cleo@varga.example\nDesk@Mill.example\ncleo@varga.example",
        "do": "price",
    }
    return typed | more


def book(visitor: Visitor, **more: str) -> str:
    """Book one and give its number."""
    answer = visitor.send("/ship", fill(do="book:1450", **more))
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    found = re.search(r"/account/shipments/([0-9-]+)\?done=booked$", answer["Location"])
    assert found is not None
    return found.group(1)


def test_the_form_asks_what_the_policy_has_collected_each_with_its_need_and_sentence(ada: Visitor) -> None:
    page = ada.read("/ship")
    for words in (
        "Send a parcel",
        "Service",
        "Weight",
        "Ready at",
        "Who else is to hear",
        "Same day: pick-up until 10:00",
    ):
        assert words in page
    assert page.count("Why we ask") == page.count('class="need"') == 8
    assert "When you send something with us we need the order" in page
    assert "At most 8" not in page
    assert "at most 8" in page


def test_the_price_stands_there_before_anything_is_booked_and_what_was_typed_is_kept(ada: Visitor) -> None:
    from upheld.records.models import Item, Shipment

    before = Item.objects.count()
    answer = ada.send("/ship", fill())
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "$14.50" in page
    assert "Cleo Varga" in page
    assert 'value="book:1450"' in page
    assert Item.objects.count() == before
    assert not Shipment.objects.exists()
    assert answer["Cache-Control"] == "no-store"


def test_a_parcel_is_booked_for_the_company_and_its_page_shows_all_of_it(ada: Visitor, cast: Any) -> None:
    number = book(ada)
    page = ada.read(f"/account/shipments/{number}")
    for words in (
        "Booked",
        "Cleo Varga",
        "3 Gull Street",
        "7 Paper Lane",
        "ring twice",
        "cleo@varga.example",
        "$14.50",
    ):
        assert words in page
    assert page.count("is told on delivery") == 2
    from upheld.records.models import Shipment

    row = Shipment.objects.get(number=number)
    assert row.person_id == cast.works.id
    assert row.booked_by == cast.ada.id
    assert number in ada.read("/account/shipments")
    assert "1 parcel under way" in ada.read("/account")


def test_who_uses_no_company_books_for_themselves(bo: Visitor, cast: Any) -> None:
    from upheld.records.models import Shipment

    book(bo)
    assert Shipment.objects.get().person_id == cast.bo.id


def test_nobody_sees_somebody_elses_parcel_or_sends_it_again(ada: Visitor, bo: Visitor) -> None:
    number = book(ada)
    assert bo.get(f"/account/shipments/{number}").status_code == 404
    assert number not in bo.read("/account/shipments")
    assert "Cleo Varga" not in bo.read(f"/ship?again={number}")
    assert Visitor().get(f"/account/shipments/{number}").status_code == 303


def test_the_same_again_fills_the_form_but_names_nobody_to_be_told(ada: Visitor) -> None:
    number = book(ada)
    page = ada.read(f"/ship?again={number}")
    assert "Cleo Varga" in page
    assert "ring twice" in page
    assert re.search(r'value="Same day" checked', page)
    assert "cleo@varga.example" not in page


def test_who_is_not_signed_in_is_led_there_and_back(site: None) -> None:
    answer = Visitor().get("/ship?again=2026-000001")
    assert answer.status_code == 303
    assert answer["Location"] == "/account/sign-in?next=%2Fship%3Fagain%3D2026-000001"
    page = Visitor().read(answer["Location"])
    assert "next=%2Fship" in page
    for stranger in ("/shipping", "//evil.example/ship", "/ship/../admin", "/privacy"):
        assert "next=" not in Visitor().read(f"/account/sign-in?next={stranger}")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"addressee.name": ""}, "is missing"),
        ({"offer": ""}, "Service is missing"),
        ({"offer": "By balloon"}, "pick one of the answers"),
        ({"offer": "There and back", "weight": "30 kg"}, "does not carry that weight"),
        ({"ready": "tomorrow"}, "no day and time"),
        ({"ready": "2016-10-03T09:30"}, "is over"),
        ({"ready": "2099-10-03T09:30"}, "too far away"),
        ({"addressee.email": "cleo@varga.example\nnot an address"}, "Line 2 is no e-mail address"),
        ({"addressee.email": "\n".join(f"p{n}@many.example" for n in range(9))}, "we tell at most 8"),
        ({"person.phone": "555"}, "does not ask for"),
    ],
)
def test_what_cannot_be_booked_is_said_beside_its_field(ada: Visitor, typed: dict[str, str], said: str) -> None:
    from upheld.records.models import Shipment

    answer = ada.send("/ship", fill(do="book:1450", **typed))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "There is a problem" in page
    assert not Shipment.objects.exists()


def test_another_price_than_the_one_seen_books_nothing(ada: Visitor) -> None:
    from upheld.records.models import Shipment

    answer = ada.send("/ship", fill(do="book:1"))
    assert answer.status_code == 409
    assert "the order changed" in answer.content.decode()
    assert not Shipment.objects.exists()


def test_the_same_page_books_once(ada: Visitor) -> None:
    from upheld.records.models import Shipment

    token = re.search(r'name="form:token" value="([^"]+)"', ada.read("/ship"))
    assert token is not None
    first, second = (ada.post("/ship", {"form:token": token.group(1), **fill(do="book:1450")}) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 409)
    assert Shipment.objects.count() == 1


def test_a_page_of_somebody_else_books_nothing(ada: Visitor) -> None:
    answer = ada.send("/ship", fill(do="book:1450"), **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


def test_a_parcel_is_called_off_until_it_is_picked_up(ada: Visitor, binding: Any) -> None:
    number = book(ada)
    answer = ada.send(f"/account/shipments/{number}", {"do": "cancel"})
    assert answer.status_code == 303
    page = ada.read(answer["Location"])
    assert "Called off" in page
    assert "Call it off" not in page
    assert "1 parcel, none under way" in ada.read("/account")


def test_what_was_picked_up_meanwhile_is_not_called_off(ada: Visitor, binding: Any) -> None:
    from upheld.actions.shipment_events import note_event

    number = book(ada)
    token = re.search(r'name="form:token" value="([^"]+)"', ada.read(f"/account/shipments/{number}"))
    assert token is not None
    moment = datetime.now(UTC)
    note_event(
        binding, shipment=number, state="picked-up", at=moment, source="staff", by="s_1", now=moment, home="http://x/"
    )
    answer = ada.post(f"/account/shipments/{number}", {"form:token": token.group(1), "do": "cancel"})
    assert answer.status_code == 409
    assert "There is a problem" in answer.content.decode()


def test_a_delivered_parcel_says_when_and_to_whom(ada: Visitor, binding: Any) -> None:
    from upheld.actions.shipment_events import note_event

    number = book(ada)
    moment = datetime.now(UTC)
    for state, received in (("picked-up", ""), ("delivered", "Sam at the front desk")):
        note_event(
            binding,
            shipment=number,
            state=state,
            at=moment,
            source="driver",
            by="rt_" + "a" * 20,
            now=moment,
            home="http://courier.example/",
            received_by=received,
        )
    page = ada.read(f"/account/shipments/{number}")
    assert "Sam at the front desk" in page
    assert page.count("told") >= 2
    assert "to come" not in page


def test_that_a_customer_looked_at_a_parcel_is_in_the_ledger(ada: Visitor) -> None:
    number = book(ada)
    before = count_lines("item.opened")
    ada.read(f"/account/shipments/{number}")
    assert count_lines("item.opened") == before + 1


def test_the_first_page_leads_to_the_form(site: None) -> None:
    assert re.search(r'<a class="button" href="/ship">Send a parcel</a>', Visitor().read("/"))


def test_the_first_page_is_fitted_to_ones_own_orders_and_says_by_which_sentence(ada: Visitor, bo: Visitor) -> None:
    assert "For you" not in ada.read("/account")
    number = book(ada)
    answer = ada.get("/account")
    page = answer.content.decode()
    for words in ("For you", "Same day, up to 5 kg", "7 Paper Lane", number, f"/ship?again={number}"):
        assert words in page
    assert "We fit what you see to what suits you." in page
    assert answer["Cache-Control"] == "no-store"
    for words in ("Cleo", "Gull Street"):  # whom somebody sent to is used for no such thing
        assert words not in page
    assert "For you" not in bo.read("/account")


def test_nothing_is_fitted_where_the_gate_does_not_let_it(ada: Visitor, monkeypatch: Any) -> None:
    from upheld.actions import shipments

    book(ada)
    monkeypatch.setattr(shipments, "list_customising_purposes", lambda _words: ("marketing.offer",))
    assert "For you" not in ada.read("/account")


def test_where_the_policy_file_offers_nothing_there_is_no_page_and_no_link(ada: Visitor, monkeypatch: Any) -> None:
    from upheld.actions import shipments
    from upheld.pages import shipping

    for module in (shipments, shipping):
        monkeypatch.setattr(module, "find_shipping", lambda _policy: None)
    for path in ("/ship", "/account/shipments", "/account/shipments/2026-000001", f"/route/{'x' * 43}"):
        assert ada.get(path).status_code == 404, path
    page = ada.read("/account")
    assert "/account/shipments" not in page
    assert "For you" not in page


def test_a_delivery_by_mistake_is_on_its_way_again_with_what_is_to_come(ada: Visitor, binding: Any) -> None:
    from tests.actions.senders import HOME, STAFF_ID, deliver_one
    from upheld.actions.undelivered import take_delivery_back
    from upheld.records.models import Shipment

    number = book(ada)
    row = Shipment.objects.get(number=number)
    deliver_one(binding, row.id, row.booked_at + timedelta(minutes=5))
    at = row.booked_at + timedelta(hours=2)
    take_delivery_back(binding, shipment=row.id, by=STAFF_ID, now=at, home=HOME)
    page = ada.read(f"/account/shipments/{number}")
    assert "Not delivered after all" in page
    assert "to come" in page
