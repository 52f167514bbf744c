"""What can be booked is read from the policy file with everything that is wrong named; prices and days follow from it alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.core.fields.courier import compile_courier
from upheld.core.errors import PolicyError, ShipmentError
from upheld.core.shipping.offers import MOST_STOPS, Shipping, find_shipping, plan_due, quote_price, read_shipping
from upheld.core.shipping.prices import fill_prices

SMALL: dict[str, Any] = {
    "currency": "€",
    "steps": ["1 kg", "5 kg"],
    "further-stop": "3.20",
    "offers": [
        {"name": "Today", "pick-up-until": "10:00", "delivered-by": "18:00", "prices": ["11.90", "14.05"]},
        {"name": "Slow", "pick-up-until": "12:00", "delivered-by": "09:30", "days": 2, "prices": ["4.00"]},
    ],
    "states": {"booked": "Taken down"},
}


def read(**more: Any) -> Shipping:
    shipping = read_shipping({**SMALL, **more})
    assert shipping is not None
    return shipping


def test_the_courier_s_block_is_read() -> None:
    shipping = find_shipping(compile_courier().policy)
    assert shipping is not None
    assert [offer.name for offer in shipping.offers] == ["Same day", "Next morning", "There and back"]
    assert shipping.offers[2].up_to == "5 kg"
    assert shipping.say_state("on-its-way") == "On the van"


def test_without_a_block_there_is_nothing_to_book() -> None:
    assert read_shipping(None) is None


@pytest.mark.parametrize(
    ("offer", "weight", "stops", "cents"),
    [("Today", "1 kg", 1, 1190), ("Today", "5 kg", 1, 1405), ("Today", "1 kg", 3, 1830), ("Slow", "1 kg", 1, 400)],
)
def test_a_price_is_the_first_stop_and_so_many_further_ones(offer: str, weight: str, stops: int, cents: int) -> None:
    assert quote_price(read(), offer, weight, stops) == cents


@pytest.mark.parametrize(
    ("offer", "weight", "stops", "code"),
    [
        ("Never", "1 kg", 1, "B101"),
        ("today", "1 kg", 1, "B101"),
        ("Slow", "5 kg", 1, "B102"),
        ("Today", "", 1, "B102"),
        ("Today", "1 kg", 0, "B103"),
        ("Today", "1 kg", MOST_STOPS + 1, "B103"),
    ],
)
def test_what_is_not_offered_has_no_price(offer: str, weight: str, stops: int, code: str) -> None:
    with pytest.raises(ShipmentError) as refused:
        quote_price(read(), offer, weight, stops)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("offer", "ready", "due"),
    [
        ("Today", "2026-11-20 09:59", "2026-11-20 18:00"),
        ("Today", "2026-11-20 10:00", "2026-11-20 18:00"),
        ("Today", "2026-11-20 10:01", "2026-11-23 18:00"),  # Friday, then Monday
        ("Today", "2026-11-21 08:00", "2026-11-23 18:00"),
        ("Slow", "2026-11-20 11:00", "2026-11-24 09:30"),
        ("Slow", "2026-11-18 11:00", "2026-11-20 09:30"),
    ],
)
def test_a_parcel_is_due_on_a_working_day(offer: str, ready: str, due: str) -> None:
    shipping = read()
    found = shipping.find_offer(offer)
    assert found is not None
    moment = datetime.fromisoformat(ready).replace(tzinfo=UTC)
    assert plan_due(shipping, found, moment) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_the_state_s_words_are_those_of_the_file_or_plain_ones() -> None:
    assert read().say_state("booked") == "Taken down"
    assert read().say_state("at-depot") == "At depot"
    assert read().say_price(1190) == "€11.90"


OFFER = SMALL["offers"][0]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"offers": []}, "P203"),
        ({"offers": "Today"}, "P203"),
        ({"offers": [OFFER, OFFER]}, "P205"),
        ({"offers": [{**OFFER, "name": ""}]}, "P203"),
        ({"offers": [{**OFFER, "price": "1.00"}]}, "P202"),
        ({"offers": [{**OFFER, "prices": ["1.0"]}]}, "P204"),
        ({"offers": [{**OFFER, "prices": [11.9]}]}, "P204"),
        ({"offers": [{**OFFER, "prices": ["1.00", "2.00", "3.00"]}]}, "P204"),
        ({"offers": [{**OFFER, "pick-up-until": "25:00"}]}, "P204"),
        ({"offers": [{**OFFER, "days": -1}]}, "P204"),
        ({"offers": [{**OFFER, "days": True}]}, "P204"),
        ({"steps": []}, "P204"),
        ({"steps": ["1 kg", "1 kg"]}, "P204"),
        ({"steps": ["x" * 41]}, "P204"),
        ({"further-stop": "free"}, "P204"),
        ({"working-days": ["funday"]}, "P204"),
        ({"working-days": []}, "P204"),
        ({"states": {"lost": "Lost"}}, "P202"),
        ({"states": {"booked": 4}}, "P204"),
        ({"currency": "x" * 90}, "P204"),
        ({"offer": []}, "P202"),
    ],
)
def test_what_is_wrong_with_the_block_is_named(more: dict[str, Any], code: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read(**more)
    assert code in {finding.code for finding in refused.value.findings}
    assert all("site: shipping" in finding.text for finding in refused.value.findings)


@pytest.mark.parametrize("value", ["yes", 4, [], True])
def test_a_block_that_is_no_mapping_is_named(value: object) -> None:
    with pytest.raises(PolicyError):
        read_shipping(value)


def test_the_table_of_prices_is_made_from_what_can_be_booked() -> None:
    prices = {"title": "Costs", "note": "A stop is {further-stop}.", "columns": ["Up to"], "rows": "from shipping"}
    assert fill_prices(prices, read()) == {
        "title": "Costs",
        "note": "A stop is 3.20.",
        "columns": ["Up to", "Today", "Slow"],
        "rows": [["1 kg", "11.90", "4.00"], ["5 kg", "14.05", "–"]],
    }
