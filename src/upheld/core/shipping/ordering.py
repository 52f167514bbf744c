"""What a policy's rules say about orders and deliveries: where they come in, what is noted, who hears, who carries.

Everything is found by standard keys (fideslang 3.1, `x.*` where it has none) and by the shape of the rules; no name of a
policy stands here. Asks the gate, opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from upheld.core.fields.form import FormPlan
from upheld.core.fields.plan import list_forms
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import find_addresses, list_carriers
from upheld.core.policy.compile import Table
from upheld.core.policy.model import Words
from upheld.core.rights.keeping import list_keepings

ORDER = "user.behavior.purchase_history"
SHIPMENT = "x.delivery.shipment"
USE = "user.behavior"
NAME, ADDRESS, EMAIL = "user.name", "user.contact.address", "user.contact.email"
SERVICE = "essential.service"
CUSTOMISE = "personalize"
PROCESSOR = "processor"
MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Ordering:
    """The touchpoint at which orders come in, and the categories it takes; one that it does not take is empty.

    `email` is the address of people whom the customer names to hear of the delivery.
    """

    touchpoint: str
    path: str
    order: str
    name: str
    address: str
    email: str
    plan: FormPlan


@dataclass(frozen=True, slots=True)
class Proof:
    """The class of message that the policy sends on delivery, the purpose for which a named address is used, and the
    sentences that say it is sent.
    """

    mail_class: str
    event: str
    purpose: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Carrying:
    """A declared recipient who may carry: what the gate lets go to it for a service that was asked for, and the sentences."""

    recipient: str
    purpose: str
    data: tuple[str, ...]
    because: tuple[str, ...]


# By the table's identity: the table itself stands beside it, so no other can have that number meanwhile.
_kept: dict[int, tuple[Table, Ordering | None]] = {}


def find_ordering(table: Table) -> Ordering | None:
    """Where orders come in, read once for a table; None where the policy takes none, or not whom a parcel goes to."""
    known = _kept.get(id(table))
    if known is not None and known[0] is table:
        return known[1]
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    found = _read_ordering(table)
    _kept[id(table)] = (table, found)
    return found


def _read_ordering(table: Table) -> Ordering | None:
    declared = table.words.of_sort("data")
    for plan in list_forms(table):
        leaves: dict[str, str] = {}
        for leaf in plan.data:
            leaves.setdefault(declared[leaf].value, leaf)
        if ORDER in leaves and NAME in leaves and ADDRESS in leaves:
            return Ordering(
                plan.touchpoint,
                plan.path,
                leaves[ORDER],
                leaves[NAME],
                leaves[ADDRESS],
                leaves.get(EMAIL, ""),
                plan,
            )
    return None


def find_recorded(table: Table, key: str) -> tuple[str, str] | None:
    """The category of this standard key that the policy has recorded automatically, and at which touchpoint; or None."""
    declared = table.words.of_sort("data")
    for rule in table.rules:
        if rule.form != "record":
            continue
        for leaf in table.words.expand("data", rule.data):
            if declared[leaf].value == key and rule.part("at"):
                return leaf, rule.part("at")[0]
    return None


def find_proof(table: Table) -> Proof | None:
    """What is sent when a shipment is delivered: a class that waits for an event, and goes to people named in an order or
    waits for the event that starts the clock of shipments. None where the policy sends nothing then.
    """
    ordering, policy = find_ordering(table), table.policy
    if ordering is None:
        return None
    shipment = find_recorded(table, SHIPMENT)
    clock = list_keepings(table)[shipment[0]].event if shipment and shipment[0] in list_keepings(table) else ""
    for rule in table.rules:
        if rule.form != "send" or not rule.part("events"):
            continue
        events, addresses = rule.part("events"), find_addresses(policy, rule)
        if clock not in events and (not ordering.email or ordering.email not in addresses):
            continue
        mail_class = rule.part("mails")[0]
        purposes = dict.fromkeys(carrier.purpose for carrier in list_carriers(policy, mail_class))
        return Proof(mail_class, events[0], next(iter(purposes), ""), rule.sentences)
    return None


def list_carrying(
    binding: Binding, facts: Mapping[str, bool | None], versions: Iterable[date] = ()
) -> tuple[Carrying, ...]:
    """Every declared processor to whom the gate lets go whom an order goes to, once the service was requested."""
    ordering = find_ordering(binding.gate.table)
    words = binding.policy.words
    if ordering is None:
        return ()
    found = []
    for recipient in words.leaves("recipient"):
        if words.of_sort("recipient")[recipient].value == PROCESSOR:
            carrying = find_carrying(binding, recipient, facts, versions)
            if carrying is not None and ordering.name in carrying.data:
                found.append(carrying)
    return tuple(found)


def find_carrying(
    binding: Binding, recipient: str, facts: Mapping[str, bool | None], versions: Iterable[date] = ()
) -> Carrying | None:
    """What may go to this recipient for a service that was asked for, category by category; None where nothing may."""
    words, bound = binding.policy.words, tuple(versions)
    known = {**facts, "requested": True}
    for purpose in list_fulfilling_purposes(words):
        data: list[str] = []
        because: list[str] = []
        for leaf in words.leaves("data"):
            verdict = binding.ask(Act("share", (leaf,), purpose, recipient), known, *bound)
            if verdict.is_permitted:
                data.append(leaf)
                because.extend(verdict.because)
        if data:
            return Carrying(recipient, purpose, tuple(data), tuple(dict.fromkeys(because)))
    return None


def list_fulfilling_purposes(words: Words) -> tuple[str, ...]:
    """The purposes that are the service itself, for which a parcel is carried."""
    return tuple(leaf for leaf in words.leaves("purpose") if words.of_sort("purpose")[leaf].value == SERVICE)


def list_customising_purposes(words: Words) -> tuple[str, ...]:
    """The purposes for which a page may be fitted to whoever looks at it."""
    declared = words.of_sort("purpose")
    return tuple(leaf for leaf in words.leaves("purpose") if declared[leaf].value.split(".")[0] == CUSTOMISE)
