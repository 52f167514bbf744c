"""Addresses that customers name for one shipment: checked, folded, found again by a blind index, stopped by whoever they reach.

The addresses themselves lie sealed in the shipment's item; no row here holds one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from email_validator import EmailNotValidError, validate_email

from upheld.actions.people import digest_identifier
from upheld.core.errors import ShipmentError
from upheld.core.seal.index import normalise_identifier
from upheld.core.shipping.ordering import Ordering
from upheld.records.models import NamedAddress, Shipment
from upheld.records.walls import read_site

MOST_NAMED = 8  # enough for a delivery, too few for a mailing
NAMED, QUEUED, STOPPED, REFUSED = "named", "queued", "stopped", "refused"
OWN = "own"  # the customer's own address, which hears as the customer's


@dataclass(frozen=True, slots=True)
class HeldName:
    """One named address as pages show it, by its place in the item's list: what became of it, and the message's id."""

    place: int
    state: str
    message: str


def read_addresses(ordering: Ordering, named: Iterable[str]) -> tuple[str, ...]:
    """The addresses as mail servers take them, each once. Raises ShipmentError B105; repeats none of them."""
    found: dict[str, str] = {}
    for number, text in enumerate((text for text in named if text.strip()), 1):
        try:
            made = validate_email(text.strip(), check_deliverability=False, test_environment=True)
        except EmailNotValidError:
            raise ShipmentError("B105", f"address {number} is no e-mail address", "such as name@example.org") from None
        found.setdefault(normalise_identifier("email", made.normalized), made.normalized)
    if found and not ordering.email:
        raise ShipmentError("B105", "nobody else can be told of a delivery here", "leave the addresses out")
    if len(found) > MOST_NAMED:
        raise ShipmentError("B105", "too many are to be told", f"at most {MOST_NAMED} addresses for one shipment")
    return tuple(found.values())


def name_addresses(shipment: Shipment, addresses: Iterable[str], now: datetime) -> None:
    """Note who is to hear of the delivery; belongs inside the transaction of the booking."""
    NamedAddress.objects.bulk_create(
        NamedAddress(
            site=shipment.site,
            shipment=shipment,
            place=place,
            digest=digest_identifier(shipment.site, "email", address, now),
        )
        for place, address in enumerate(addresses, 1)
    )


def list_named(site: str, shipment: str) -> tuple[HeldName, ...]:
    """Those whom the customer named for a shipment, in their order."""
    with read_site(site):
        rows = NamedAddress.objects.filter(site=site, shipment=shipment).order_by("place")
        return tuple(HeldName(row.place, row.state, row.message) for row in rows)
