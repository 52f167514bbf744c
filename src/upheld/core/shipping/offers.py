"""What a business carries, by when and at which price, as its policy file says under `site: shipping`; knows no record.

Prices are whole cents. Times are those of the business's own clock, for which the whole house uses UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType

from upheld.core.errors import PolicyError, ShipmentError
from upheld.core.policy.model import Policy
from upheld.core.shipping.reading import ShippingReader
from upheld.core.shipping.states import NOT_DELIVERED, STATES

MOST_STOPS = 40
MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be booked: until when it is picked up and delivered by, so many working days later.

    `prices` are cents by weight step; a step that is not there is not carried.
    """

    name: str
    pick_up_until: time
    delivered_by: time
    days: int
    prices: Mapping[str, int]
    text: str = ""

    @property
    def up_to(self) -> str:
        """The heaviest step that is carried."""
        return list(self.prices)[-1]


@dataclass(frozen=True, slots=True)
class Shipping:
    """All that a policy file says about shipments; `words` are the states as people read them."""

    offers: tuple[Offer, ...]
    steps: tuple[str, ...]
    further_stop: int
    currency: str
    working_days: tuple[int, ...]
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def find_offer(self, name: str) -> Offer | None:
        """The offer of this name, or None."""
        return next((offer for offer in self.offers if offer.name == name), None)

    def say_state(self, state: str) -> str:
        """A state as people read it."""
        return self.words.get(state, state.replace("-", " ").capitalize())

    def say_price(self, cents: int) -> str:
        """A price with its currency, such as `$11.90`."""
        return f"{self.currency}{say_cents(cents)}"


_kept: dict[str, Shipping | None] = {}


def find_shipping(policy: Policy) -> Shipping | None:
    """What the policy file says about shipments, read once for a text; None when it says nothing.

    Raises PolicyError with one finding for each thing that is wrong with it.
    """
    key = f"{policy.slug} {policy.digest}"
    if key not in _kept:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = read_shipping(policy.site.get("shipping"))
    return _kept[key]


def read_shipping(values: object) -> Shipping | None:
    """What stands under `site: shipping`; None for nothing. Raises PolicyError with everything that is wrong."""
    if values is None:
        return None
    reader = ShippingReader()
    top = reader.open_mapping("", values, ("offers", "steps", "further-stop", "currency", "working-days", "states"))
    steps = reader.read_steps(top.get("steps"))
    offers = tuple(_read_offer(reader, number, entry, steps) for number, entry in enumerate(reader.list_offers(top), 1))
    shipping = Shipping(
        offers=offers,
        steps=steps,
        further_stop=reader.read_cents("further-stop", top["further-stop"]) if "further-stop" in top else 0,
        currency=reader.read_text("currency", top.get("currency", "")),
        working_days=reader.read_days(top.get("working-days")),
        words=MappingProxyType(reader.read_states(top.get("states", {}), (*STATES, NOT_DELIVERED))),
    )
    reader.note_twice([offer.name for offer in offers])
    if reader.findings:
        raise PolicyError(tuple(reader.findings))
    return shipping


def _read_offer(reader: ShippingReader, number: int, value: object, steps: tuple[str, ...]) -> Offer:
    path = f"offers: {number}"
    entry = reader.open_mapping(path, value, ("name", "text", "pick-up-until", "delivered-by", "days", "prices"))
    return Offer(
        name=reader.read_name(f"{path}: name", entry.get("name", "")),
        pick_up_until=reader.read_time(f"{path}: pick-up-until", entry.get("pick-up-until")),
        delivered_by=reader.read_time(f"{path}: delivered-by", entry.get("delivered-by")),
        days=reader.read_number(f"{path}: days", entry.get("days", 0)),
        prices=MappingProxyType(reader.read_prices(f"{path}: prices", entry.get("prices"), steps)),
        text=reader.read_text(f"{path}: text", entry.get("text", "")),
    )


def quote_price(shipping: Shipping, offer: str, weight: str, stops: int = 1) -> int:
    """What it costs in cents. Raises ShipmentError B101 for an offer that is not there, B102 for a weight that it does not
    carry, B103 for a number of stops that cannot be.
    """
    found = shipping.find_offer(offer)
    if found is None:
        raise ShipmentError("B101", "there is no such offer", "one of: " + ", ".join(o.name for o in shipping.offers))
    if weight not in found.prices:
        hint = "one of: " + ", ".join(found.prices)
        raise ShipmentError("B102", f"`{found.name}` does not carry that weight", hint)
    if not 1 <= stops <= MOST_STOPS:
        raise ShipmentError("B103", "so many stops cannot be booked", f"between 1 and {MOST_STOPS}")
    return found.prices[weight] + (stops - 1) * shipping.further_stop


def plan_due(shipping: Shipping, offer: Offer, ready_at: datetime) -> datetime:
    """By when a parcel that is ready at this moment is delivered: picked up today if it is early enough, else on the next
    working day; then so many working days later.
    """
    day = ready_at.astimezone(UTC).date()
    if ready_at.astimezone(UTC).time() > offer.pick_up_until:
        day += timedelta(days=1)
    left = offer.days
    while day.weekday() not in shipping.working_days or left:
        if day.weekday() in shipping.working_days:
            left -= 1
        day += timedelta(days=1)
    return datetime.combine(day, offer.delivered_by, UTC)


def say_cents(cents: int) -> str:
    """Cents as people write them: `11.90`."""
    return f"{cents // 100}.{cents % 100:02d}"
