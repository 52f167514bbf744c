"""Which role of a policy sees whom a parcel goes to, and for which purpose; told by the gate, never by a role's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.shipping.ordering import find_ordering, list_fulfilling_purposes


@dataclass(frozen=True, slots=True)
class Seeing:
    """A role with a live grant that may see orders and whom they go to, the purpose, and the sentences that let it."""

    role: str
    purpose: str
    because: tuple[str, ...]


def find_seeing(binding: Binding, roles: Iterable[str]) -> Seeing | None:
    """The first of these roles that the gate lets see an order and whom it goes to, once granted; None for none of them."""
    ordering = find_ordering(binding.gate.table)
    if ordering is None:
        return None
    data = (ordering.order, ordering.name, ordering.address)
    for role in roles:
        for purpose in list_fulfilling_purposes(binding.policy.words):
            asked = [binding.ask(Act("show", (leaf,), purpose, role), {"granted": True}) for leaf in data]
            if all(verdict.is_permitted for verdict in asked):
                because = tuple(dict.fromkeys(ref for verdict in asked for ref in verdict.because[:1]))
                return Seeing(role, purpose, because)
    return None


def refuse_seeing(binding: Binding, roles: Iterable[str]) -> tuple[str, ...]:
    """The sentences that keep these roles from seeing whom an order goes to."""
    ordering = find_ordering(binding.gate.table)
    purposes = list_fulfilling_purposes(binding.policy.words)
    if ordering is None or not purposes:
        return ()
    acts = (Act("show", (ordering.name,), purposes[0], role) for role in roles)
    return tuple(dict.fromkeys(ref for act in acts for ref in binding.ask(act, {"granted": True}).because[:1]))
