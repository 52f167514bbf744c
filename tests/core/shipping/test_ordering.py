"""Where orders come in, what is sent on delivery and who may carry is found by the shape of the rules, not by a policy's names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.fields.courier import compile_courier
from upheld.core.gate import Gate
from upheld.core.gate.binding import Binding
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import load_policy
from upheld.core.shipping.ordering import (
    SHIPMENT,
    USE,
    find_carrying,
    find_ordering,
    find_proof,
    find_recorded,
    list_carrying,
    list_customising_purposes,
)
from upheld.core.shipping.states import FOLLOWS, OPEN, OVER, REPORTED, may_follow

COURIER = max((Path(__file__).resolve().parents[3] / "policies" / "lasership").glob("*.policy.md"))


@pytest.fixture(scope="module")
def binding() -> Binding:
    """The courier's newest version as a gate."""
    table = compile_courier()
    return Binding(table.policy.slug, {table.policy.version: Gate(table)}, table.policy.version)


def test_orders_come_in_where_the_policy_collects_them(binding: Binding) -> None:
    found = find_ordering(binding.gate.table)
    assert found is not None
    assert (found.touchpoint, found.path, found.order) == ("order", "/ship", "service.order")
    assert (found.name, found.address, found.email) == ("addressee.name", "addressee.address", "addressee.email")


def test_what_is_recorded_and_what_is_sent_on_delivery_is_found(binding: Binding) -> None:
    table = binding.gate.table
    assert find_recorded(table, SHIPMENT) == ("service.shipment", "service")
    assert find_recorded(table, USE) == ("service.use", "service")
    proof = find_proof(table)
    assert proof is not None
    assert (proof.mail_class, proof.event) == ("proof of delivery", "shipment is delivered")
    assert proof.purpose == "fulfil.proof-of-delivery"
    assert list_customising_purposes(table.words) == ("customise",)


def test_a_carrier_may_have_what_a_delivery_needs_and_a_shop_the_name(binding: Binding) -> None:
    found = {carrying.recipient: carrying.data for carrying in list_carrying(binding, {})}
    assert found == {
        "carriers": ("person.phone", "addressee.name", "addressee.address"),
        "parcel shops": ("addressee.name",),
    }
    assert find_carrying(binding, "affiliates", {}) is None
    assert find_carrying(binding, "nobody the policy names", {}) is None


def test_the_words_of_a_policy_may_be_others(tmp_path: Path) -> None:
    text = COURIER.read_text(encoding="utf-8")
    for old, new in (
        ("addressee", "receiver"),
        ("proof of delivery", "word of arrival"),
        ("shipment is delivered", "parcel is there"),
        ("carriers", "cyclists"),
    ):
        text = text.replace(old, new)
    path = tmp_path / COURIER.name
    path.write_text(text, encoding="utf-8")
    table = compile_policy(load_policy(path))
    found, proof = find_ordering(table), find_proof(table)
    assert found is not None
    assert found.email == "receiver.email"
    assert proof is not None
    assert (proof.mail_class, proof.event) == ("word of arrival", "parcel is there")


def test_a_policy_that_takes_no_order_has_nothing_of_it(tmp_path: Path) -> None:
    text = COURIER.read_text(encoding="utf-8").replace("user.behavior.purchase_history", "user.content.private")
    path = tmp_path / COURIER.name
    path.write_text(text, encoding="utf-8")
    table = compile_policy(load_policy(path))
    binding = Binding("lasership", {table.policy.version: Gate(table)}, table.policy.version)
    assert find_ordering(table) is None
    assert find_proof(table) is None
    assert list_carrying(binding, {}) == ()


def test_states_lead_from_booking_to_an_end() -> None:
    assert {"delivered", "returned", "cancelled"} == OVER
    assert not set(OPEN) & OVER
    assert not {"booked", "cancelled"} & set(REPORTED)
    reached = {"booked"}
    while new := {after for state in reached for after in FOLLOWS[state]} - reached:
        reached |= new
    assert reached == set(FOLLOWS)
    assert not may_follow("booked", "delivered")
    assert not any(may_follow("delivered", state) for state in FOLLOWS)
    assert not may_follow("nothing", "booked")
