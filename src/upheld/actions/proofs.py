"""Proof of delivery: to the customer, and to exactly those whom they named for this shipment. Sends nothing itself.

A named address is opened here and nowhere else to be written to: for the class of message that the policy sends on
delivery, with the gate told that the customer asked for it, and never when whoever has the address said stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.naming import NAMED, OWN, QUEUED, REFUSED, STOPPED
from upheld.actions.notices import POLICY_PAGE, SUPPRESSED, find_trade_name, make_message, queue_notice
from upheld.actions.outbox import store_message
from upheld.actions.people import digest_identifier
from upheld.actions.rows import read_columns, update_rows
from upheld.actions.sessions import digest_token
from upheld.actions.stopping import make_named_token, make_stop_link
from upheld.actions.suppression import find_suppressed
from upheld.actions.vault import OpenedValue, open_items
from upheld.core.gate.binding import Binding
from upheld.core.notices.compose import write_notice
from upheld.core.shipping.ordering import Proof, find_ordering, find_proof
from upheld.records.models import Item, Membership, NamedAddress, Outgoing, Person, Shipment

OWN_KIND, NAMED_KIND = "proof-of-delivery", "proof-of-delivery-named"
OWN_CORRECTION, NAMED_CORRECTION = "delivery-taken-back", "delivery-taken-back-named"
STOP_PATH = "stop/"  # the server's addresses have the same
REQUESTED = {"requested": True}  # what a customer who names an address asks for


@dataclass(frozen=True, slots=True)
class Proofs:
    """How many proofs of one delivery were queued, could not be (the gate said no, or there is no address), or were stopped."""

    queued: int
    refused: int
    stopped: int


NOTHING = Proofs(0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One delivery that is told of: the class of message, and what stands in it."""

    binding: Binding
    shipment: Shipment
    owner: Person
    proof: Proof
    values: dict[str, str]
    home: str
    now: datetime
    own_kind: str = OWN_KIND
    named_kind: str = NAMED_KIND


def queue_proofs(
    binding: Binding, shipment: Shipment, owner: Person, *, received_by: str, at: datetime, home: str, now: datetime
) -> Proofs:
    """Queue the proofs of one delivery; belongs inside the transaction of the delivery.

    None where the policy sends nothing then. Side effects: a line for each message, one that counts them.
    """
    proof = find_proof(binding.gate.table)
    if proof is None:
        return NOTHING
    values = {"number": shipment.number, "at": say_moment(at), "received": received_by}
    delivery = _Delivery(binding, shipment, owner, proof, values, home, now)
    own, digest = _queue_own(delivery)
    others = _queue_named(delivery, digest)
    whole = Proofs(own.queued + others.queued, own.refused + others.refused, own.stopped + others.stopped)
    write_line(
        binding.site,
        "shipment.proof-sent",
        at=now,
        person=owner.id,
        shipment=shipment.id,
        mails=whole.queued,
        refused=whole.refused,
        stopped=whole.stopped,
    )
    return whole


def queue_corrections(
    binding: Binding, shipment: Shipment, owner: Person, *, at: datetime, home: str, now: datetime
) -> Proofs:
    """Queue for each who was told of a delivery that it was none; belongs inside the transaction that takes it back.

    It goes as the same class, asked of the gate anew, and not to whoever said stop. Who was named is to hear of the next
    delivery again. Side effects: a line for each message.
    """
    proof = find_proof(binding.gate.table)
    if proof is None:
        return NOTHING
    rows = NamedAddress.objects.filter(site=binding.site, shipment=shipment)
    values = {"number": shipment.number, "at": say_moment(at)}
    delivery = _Delivery(
        binding, shipment, owner, proof, values, home, now, own_kind=OWN_CORRECTION, named_kind=NAMED_CORRECTION
    )
    own, digest = NOTHING, b""
    if Outgoing.objects.filter(site=binding.site, subject=shipment.id, kind=OWN_KIND).exists():
        own, digest = _queue_own(delivery)
    rows.filter(state=NAMED).update(state=REFUSED)  # nobody told them, so nobody corrects it
    rows.filter(state=QUEUED).update(state=NAMED)
    others = _queue_named(delivery, digest)
    rows.exclude(state=STOPPED).update(state=NAMED)  # for the next delivery
    return Proofs(own.queued + others.queued, own.refused + others.refused, own.stopped + others.stopped)


def _queue_own(delivery: _Delivery) -> tuple[Proofs, bytes]:
    """The customer's own, to the company's primary address or to the person; and the blind index of where it goes."""
    person = delivery.owner
    if delivery.shipment.company:
        place = Membership.objects.filter(
            site=delivery.binding.site, company=delivery.owner, is_primary=True
        ).select_related("person")
        found = place.first()
        if found is None:
            return NOTHING, b""
        person = found.person
    message, site = draw_id("m"), delivery.binding.site
    link = make_stop_link(
        site, person=person.id, mail_class=delivery.proof.mail_class, message=message, home=delivery.home
    )
    queueing = queue_notice(
        delivery.binding,
        now=delivery.now,
        person=person,
        kind=delivery.own_kind,
        home=delivery.home,
        message=message,
        values=delivery.values | {"stop-link": link},
        mail_class=delivery.proof.mail_class,
        facts=REQUESTED,
        subject=delivery.shipment.id,
    )
    if queueing.is_queued:
        [row] = read_columns(Outgoing, ("digest",), "WHERE id = %s", (message,))
        return Proofs(1, 0, 0), bytes(row[0])
    return (Proofs(0, 0, 1) if queueing.reason == SUPPRESSED else Proofs(0, 1, 0)), b""


def _queue_named(delivery: _Delivery, own: bytes) -> Proofs:
    """Those whom the customer named; nobody hears twice, so not the address that `own` stands for."""
    rows = list(
        NamedAddress.objects.filter(site=delivery.binding.site, shipment=delivery.shipment, state=NAMED).order_by(
            "place"
        )
    )
    if not rows:
        return NOTHING
    stopped = find_suppressed(delivery.binding.site, [bytes(row.digest) for row in rows], delivery.proof.mail_class)
    opened = _open_addresses(delivery) if len(stopped) < len(rows) else None
    addresses: dict[bytes, str] = {}
    if opened is not None and isinstance(opened.value, list):
        addresses = {
            digest_identifier(delivery.binding.site, "email", text, delivery.now): text for text in opened.value
        }
    for row in rows:
        if bytes(row.digest) == own:
            row.state = OWN
        elif bytes(row.digest) in stopped:
            row.state = STOPPED
        elif opened is None or bytes(row.digest) not in addresses:
            row.state = REFUSED
        else:
            address = addresses[bytes(row.digest)]
            _queue_one(delivery, row, opened, address)
            row.state = QUEUED
    update_rows(NamedAddress, ("state", "stop", "message"), ([r.pk, r.state, bytes(r.stop), r.message] for r in rows))
    states = [row.state for row in rows]
    return Proofs(states.count(QUEUED), states.count(REFUSED), states.count(STOPPED))


def _open_addresses(delivery: _Delivery) -> OpenedValue | None:
    """The addresses that the customer named for this shipment, opened for its proof; None where the gate says no."""
    ordering = find_ordering(delivery.binding.gate.table)
    if ordering is None or not ordering.email:
        return None
    items = Item.objects.filter(site=delivery.binding.site, person=delivery.owner, id=delivery.shipment.addressee)
    opening = open_items(
        delivery.binding,
        person=delivery.owner,
        action="use",
        purpose=delivery.proof.purpose,
        data=(ordering.email,),
        facts=REQUESTED,
        items=items,
        now=delivery.now,
    )
    return next(iter(opening.values), None)


def _queue_one(delivery: _Delivery, row: NamedAddress, opened: OpenedValue, address: str) -> None:
    """One message, with a link of its own that stops such messages to this address."""
    token = make_named_token(delivery.binding.site, row.pk)
    written = write_notice(
        delivery.binding.policy,
        service=find_trade_name(delivery.binding.policy),
        kind=delivery.named_kind,
        mail_class=delivery.proof.mail_class,
        because=delivery.proof.sentences or opened.because,  # why they get it, not how we came by the address
        policy_address=delivery.home + POLICY_PAGE,
        values=delivery.values | {"stop-link": f"{delivery.home}{STOP_PATH}{token}"},
    )
    message = make_message(delivery.binding.policy, written, address, delivery.now)
    row.stop, row.message = digest_token(token), message.id
    store_message(
        delivery.binding,
        message,
        person=delivery.owner.id,
        mail_class=delivery.proof.mail_class,
        kind=delivery.named_kind,
        now=delivery.now,
        facts=REQUESTED,
        address=opened.data,
        digest=bytes(row.digest),
        subject=delivery.shipment.id,
    )
    fields = {"mail": message.id, "class": delivery.proof.mail_class, "template": delivery.named_kind}
    write_line(
        delivery.binding.site,
        "mail.queued",
        at=delivery.now,
        person=delivery.owner.id,
        known=delivery.binding.names,
        because=opened.because[:1],
        version=delivery.binding.current.isoformat(),
        **fields,
    )


def say_moment(at: datetime) -> str:
    """A moment as people read it."""
    moment = at.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y}, {moment:%H:%M} UTC"
