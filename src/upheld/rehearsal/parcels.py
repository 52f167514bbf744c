"""Parcels at any later time, and as rows: booked on the page with words that are nowhere else, moved by staff who have come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from upheld.actions.shipments import HeldShipment, find_shipment
from upheld.core.policy.model import write_plainly
from upheld.core.shipping.seeing import find_seeing
from upheld.core.shipping.states import DELIVERED, ON_ITS_WAY
from upheld.rehearsal.cast import Clerk, Customer, NotBuilt, Undone
from upheld.rehearsal.coming_in import come_back_to_work
from upheld.rehearsal.delivering import RECEIVED_BY, need_ordering, send_order

if TYPE_CHECKING:
    from upheld.rehearsal.page import Page
    from upheld.rehearsal.stage import Stage

# What is typed into an order; each piece stands in one category alone, so that it shows where it comes to light.
GOES_TO, LIVES_AT = "Orlaith Vandersteen", "31 Lanternfish Row, Port Ellery"
NOTE = "The blue gate behind the bakery"
_PICK_UP_AT = "9 Sailmaker Steps, Port Ellery"
_OFFER, _WEIGHT, _PICK_UP, _NOTE = "offer", "weight", "pick-up", "note"


def find_dispatcher(stage: Stage) -> Clerk:
    """Somebody of the cast whose role sees whom a parcel goes to. Raises NotBuilt where none does."""
    need_ordering(stage)
    for role in stage.policy.words.leaves("role"):
        if find_seeing(stage.binding, (role,)) is not None:
            found: Clerk = stage.cast.clerks[role]
            return found
    raise NotBuilt("no role of this policy sees whom a parcel goes to")


def book_parcel(stage: Stage, customer: Customer, named: Iterable[str] = ()) -> HeldShipment:
    """A parcel that this customer books on its page. Raises NotBuilt, Undone."""
    ordering = need_ordering(stage)
    values = {ordering.name: GOES_TO, ordering.address: LIVES_AT, _PICK_UP: _PICK_UP_AT, _NOTE: NOTE}
    if ordering.email:
        values[ordering.email] = "\n".join(named)
    browser = customer.browse(stage)
    page = browser.open("/" + ordering.path.lstrip("/"))
    form = page.find_form(_OFFER, _WEIGHT)
    if form is None:
        raise Undone(f"the page of orders was answered with {page.status}")
    picks = {name: form.picks[name][0] for name in (_OFFER, _WEIGHT)}
    return send_order(stage, browser, page, {**values, **picks})


def report_event(stage: Stage, shipment: HeldShipment, state: str) -> Page:
    """Somebody who sees parcels reports in the console that something happened to one, now. Raises NotBuilt, Undone."""
    browser = come_back_to_work(stage, find_dispatcher(stage)).browse(stage)
    path = f"{stage.seat}shipments/{shipment.id}/"
    form = browser.open(path).find_form("state", "received")
    if form is None:
        raise Undone(f"the page of the parcel lets nobody report `{write_plainly(state)}`")
    return browser.post(form.action, {"state": state, "received": RECEIVED_BY if state == DELIVERED else ""})


def deliver_parcel(stage: Stage, shipment: HeldShipment) -> HeldShipment:
    """It is on its way and arrives, both in this moment; no mail is handed over yet. Raises NotBuilt, Undone."""
    for state in (ON_ITS_WAY, DELIVERED):
        report_event(stage, shipment, state)
    found = _find(stage, shipment.id)
    if found.state != DELIVERED:
        raise Undone("the console did not take the report of a delivery")
    return found


def _find(stage: Stage, shipment: str) -> HeldShipment:
    found = find_shipment(stage.site, id=shipment)
    if found is None:
        raise Undone("the parcel is not on record")
    return found
