"""What a copy says beside the values: shipments, what was given out, the versions that bound and the answers to them.

The API tells the same. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from upheld.actions.agreements import list_agreements
from upheld.actions.disclosures import list_told_disclosures
from upheld.actions.facts import gather_facts
from upheld.actions.held import COMPANY, YOU
from upheld.actions.permissions import tell_permissions
from upheld.actions.publications import Bound, list_bound
from upheld.actions.recipients import name_recipients
from upheld.actions.shipments import find_business
from upheld.actions.vault import find_limit_of
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import SELF
from upheld.core.policy.saying.names import capitalise, say_name
from upheld.core.rights.copies import AgreementGiven, DisclosureTold, EventTold, ShipmentTold, VersionBound
from upheld.core.rights.releasing import PERMISSION, say_ground
from upheld.core.shipping.offers import Shipping
from upheld.records.models import Disclosure, Person, Shipment, ShipmentEvent
from upheld.records.walls import read_site

SOMEBODY = "somebody you named"


def tell_shipments(binding: Binding, persons: Iterable[Person]) -> tuple[ShipmentTold, ...]:
    """Every shipment of these persons with its events, the latest first; none where the policy in force has none.

    What was booked and its price are told where the gate lets the order be shown to the person. Two queries each.
    """
    business = find_business(binding)
    if business is None:
        return ()
    shipping, ordering = business
    found: list[ShipmentTold] = []
    for person in persons:
        with read_site(binding.site):
            rows = list(Shipment.objects.filter(site=binding.site, person=person).order_by("-booked_at", "-number"))
            events = ShipmentEvent.objects.filter(site=binding.site, shipment__person=person)
            known: dict[str, list[EventTold]] = {}
            for event in events.order_by("at", "noted_at", "id"):
                known.setdefault(event.shipment_id, []).append(_tell_event(shipping, event))
        facts = gather_facts(binding, person)
        act = Act("show", (ordering.order,), "", SELF)
        asked = {
            day: binding.ask(act, facts, day, person.version).is_permitted
            for day in {find_limit_of(row.version, person) for row in rows}
        }
        for row in rows:
            is_open = asked[find_limit_of(row.version, person)]
            found.append(_tell_shipment(shipping, person, row, known.get(row.id, []), is_open=is_open))
    return tuple(found)


def _tell_shipment(
    shipping: Shipping, person: Person, row: Shipment, events: Sequence[EventTold], *, is_open: bool
) -> ShipmentTold:
    what = f"{row.offer}, up to {row.weight}" if row.weight else row.offer
    return ShipmentTold(
        number=row.number,
        about=_say_about(person),
        state=row.state,
        words=shipping.say_state(row.state),
        what=what if is_open else "",
        price=shipping.say_price(row.price) if is_open else "",
        booked_at=row.booked_at,
        due_at=row.due_at,
        delivered_at=row.delivered_at,
        version=row.version,
        items=tuple(item for item in (row.order, row.addressee, row.told) if item),
        events=tuple(events),
    )


def _tell_event(shipping: Shipping, event: ShipmentEvent) -> EventTold:
    return EventTold(
        event.state, shipping.say_state(event.state), event.at, event.noted_at, event.source, event.is_late
    )


def tell_disclosures(
    binding: Binding, persons: Iterable[Person], *, most: int | None = None, skip: int = 0
) -> tuple[DisclosureTold, ...]:
    """What went out about these persons, the latest first of each, as they may hear of it.

    What a court or a law forbids to tell yet is left out (actions/barring). Raises SealError, VaultError where the name of
    somebody whom the person named does not open.
    """
    told: list[DisclosureTold] = []
    for person in persons:
        rows = list_told_disclosures(binding.site, person.id, most=most, skip=skip)
        if not rows:
            continue
        titles = name_recipients(binding.site)
        named: Mapping[str, str] = {}
        if any(row.ground == PERMISSION and row.recipient not in titles for row in rows):
            named = {given.permission: given.recipient for given in tell_permissions(binding, person)}
        told += [_tell_disclosure(binding, person, row, titles, named) for row in rows]
    return tuple(told)


def _tell_disclosure(
    binding: Binding, person: Person, row: Disclosure, titles: Mapping[str, str], named: Mapping[str, str]
) -> DisclosureTold:
    words = binding.policy.words
    kind = capitalise(say_name(row.kind, "recipient", words))
    unlisted = named.get(row.subject, SOMEBODY) if row.ground == PERMISSION else kind
    return DisclosureTold(
        reference=row.id,
        about=_say_about(person),
        recipient=titles.get(row.recipient, unlisted),
        kind=row.kind,
        data=tuple(row.data),
        labels=tuple(words.label(leaf, "data") for leaf in row.data),
        purpose=row.purpose,
        purpose_words=say_name(row.purpose, "purpose", words),
        ground=row.ground,
        ground_words=say_ground(words, row.ground),
        at=row.at,
        digest=row.digest,
        entry=row.entry,
    )


def tell_versions(site: str, persons: Iterable[Person]) -> tuple[VersionBound, ...]:
    """Which versions bound these persons from when until when, the first one first."""
    return tuple(bound for person in persons for bound in _tell_bound(person, list_bound(site, person)))


def _tell_bound(person: Person, bounds: Sequence[Bound]) -> list[VersionBound]:
    ends: list[datetime | None] = [bound.since for bound in bounds[1:]]
    return [
        VersionBound(_say_about(person), bound.version, bound.since, end)
        for bound, end in zip(bounds, [*ends, None], strict=True)
    ]


def tell_agreements(site: str, persons: Iterable[Person]) -> tuple[AgreementGiven, ...]:
    """What these persons answered when they were asked whether a version holds for what was taken before, the latest first."""
    return tuple(
        AgreementGiven(_say_about(person), row.version, "yes" if row.is_yes else "no", row.at, row.entry)
        for person in persons
        for row in list_agreements(site, person)
    )


def _say_about(person: Person) -> str:
    return COMPANY if person.kind == "company" else YOU
