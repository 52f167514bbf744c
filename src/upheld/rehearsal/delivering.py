"""Shipments on the stage: booked on the customer's page, moved and delivered by staff in the console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from upheld.actions.shipments import HeldShipment, find_shipment
from upheld.core.shipping.offers import find_shipping
from upheld.core.shipping.ordering import Ordering, Proof, find_ordering, find_proof
from upheld.core.shipping.states import DELIVERED, ON_ITS_WAY
from upheld.pages.chrome import find_current
from upheld.pages.shipping_form import READY, plan_order
from upheld.rehearsal.browser import Browser
from upheld.rehearsal.campaigning import find_clerk, open_account, open_console
from upheld.rehearsal.cast import Customer, NotBuilt, Undone, find_address, invent_value
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage

RECEIVED_BY = "Somebody at the desk"
FIRST_NAMED = 40  # the numbers of invented people whom customers name


@dataclass(frozen=True, slots=True)
class Booked:
    """A shipment that was booked: its number and its id."""

    number: str
    id: str


def need_ordering(stage: Stage) -> Ordering:
    """Where orders come in. Raises NotBuilt where the policy takes none, or its file offers nothing."""
    found = find_ordering(stage.binding.gate.table)
    if found is None or find_shipping(stage.policy) is None:
        raise NotBuilt("nothing can be booked under this policy")
    return found


def find_event_mail(stage: Stage, mail_class: str) -> Proof | None:
    """What the house sends of this class when a shipment is delivered; None where it sends none of it."""
    found = find_proof(stage.binding.gate.table)
    return found if found is not None and found.mail_class == mail_class else None


def invent_named(count: int) -> tuple[str, ...]:
    """E-mail addresses of people whom a customer names."""
    return tuple(find_address(FIRST_NAMED + number) for number in range(count))


def book(stage: Stage, customer: Customer, named: Iterable[str] = ()) -> Booked:
    """A shipment that the customer books on its page, with these people to hear of it. Raises NotBuilt, Undone."""
    ordering, shipping = need_ordering(stage), find_shipping(stage.policy)
    assert shipping is not None  # noqa: S101 - need_ordering has looked
    plan, values = plan_order(find_current(stage.shelved), ordering, shipping), {}
    for one in plan.fields:
        if one.name == ordering.email:
            values[one.name] = "\n".join(named)
        elif one.name != READY and one.shape.input != "none":
            values[one.name] = invent_value(one, FIRST_NAMED - 1)
    browser, page = open_account(stage, customer, ordering.path)
    found = send_order(stage, browser, page, values)
    return Booked(found.number, found.id)


def send_order(stage: Stage, browser: Browser, page: Page, values: Mapping[str, str]) -> HeldShipment:
    """What the form on this page books with these values: asked for its price, and booked at that. Raises Undone."""
    priced = browser.send(page, {**values, "do": "price"})
    button = next((pair for form in priced.forms for pair in form.buttons if pair[1].startswith("book:")), None)
    if button is None:
        raise Undone(f"asking for the price of a shipment was answered with {priced.status}")
    done = browser.send(priced, {**values, "do": button[1]})
    found = find_shipment(stage.site, number=done.address.partition("?")[0].rpartition("/")[2])
    if not done.is_good or found is None:
        raise Undone(f"booking a shipment was answered with {done.status}")
    return found


def report(stage: Stage, booked: Booked, state: str) -> Page:
    """Staff say in the console that this happened to a shipment, some minutes after the last."""
    stage.wait(minutes=5)
    browser, page = open_console(stage, find_clerk(stage, "shipments/"), f"shipments/{booked.id}/")
    form = page.find_form("state", "received")
    if form is None:
        raise Undone("the console lets nothing be said of a shipment")
    received = RECEIVED_BY if state == DELIVERED else ""
    return browser.send(page, {"state": state, "received": received}, form=form)


def deliver(stage: Stage, booked: Booked) -> None:
    """It is on its way and arrives; the mails of it are handed over. Raises Undone when the house does not take it."""
    for state in (ON_ITS_WAY, DELIVERED):
        report(stage, booked, state)
    found = find_shipment(stage.site, id=booked.id)
    if found is None or found.state != DELIVERED:
        raise Undone("a shipment cannot be delivered")
    stage.carry_mails()
