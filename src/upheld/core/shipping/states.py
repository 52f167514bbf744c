"""The states of a shipment and which may follow which; how they are called in words stands in the policy file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BOOKED, PICKED_UP, AT_DEPOT, ON_ITS_WAY = "booked", "picked-up", "at-depot", "on-its-way"
DELIVERED, ATTEMPTED, RETURNED, CANCELLED = "delivered", "attempted", "returned", "cancelled"
_MOVING = (PICKED_UP, AT_DEPOT, ON_ITS_WAY)
_ENDS = (DELIVERED, ATTEMPTED, RETURNED)

# What may come next. A scan that nobody made leaves a state out, so on its way may follow booked; but nothing arrives
# that was never seen, and what has ended stays as it ended.
FOLLOWS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        BOOKED: (*_MOVING, CANCELLED),
        PICKED_UP: (AT_DEPOT, ON_ITS_WAY, *_ENDS),
        AT_DEPOT: (AT_DEPOT, ON_ITS_WAY, *_ENDS),
        ON_ITS_WAY: (AT_DEPOT, ON_ITS_WAY, *_ENDS),
        ATTEMPTED: (AT_DEPOT, ON_ITS_WAY, *_ENDS),
        DELIVERED: (),
        RETURNED: (),
        CANCELLED: (),
    }
)
# No state but an event: staff take back a delivery that was reported by mistake, and the shipment is on its way again.
NOT_DELIVERED = "not-delivered-after-all"
STATES = tuple(FOLLOWS)
OVER = frozenset(state for state, following in FOLLOWS.items() if not following)
OPEN = tuple(state for state in STATES if state not in OVER)
# What can be reported by those who carry; booking and calling off are the customer's and the staff's.
REPORTED = (*_MOVING, *_ENDS)


def may_follow(state: str, following: str) -> bool:
    """Whether a shipment in the first state may come into the second."""
    return following in FOLLOWS.get(state, ())
