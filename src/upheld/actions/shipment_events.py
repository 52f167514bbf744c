"""What happens to shipments, as customers, staff, drivers and programs report it: once each, in whatever order it arrives.

An event that is older than what we know is kept and changes nothing. What cannot be is refused with a line in the
ledger. At its end a shipment leaves the record that the policy wants, and the clock of keeping begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from upheld.actions.facts import LAST_SIGN_IN
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.proofs import NOTHING, Proofs, queue_proofs, say_moment
from upheld.actions.rows import insert_rows, read_columns, read_rows, update_rows
from upheld.actions.shipments import NUMBER, OFFER
from upheld.actions.vault import STARTS_AT_COLLECTION, put_items
from upheld.core.errors import ShipmentError
from upheld.core.fields.submission import has_hidden, tidy_text
from upheld.core.gate.binding import Binding
from upheld.core.rights.keeping import NO_END, list_keepings
from upheld.core.shipping.ordering import SHIPMENT, find_ordering, find_recorded
from upheld.core.shipping.states import CANCELLED, DELIVERED, FOLLOWS, OVER, STATES, may_follow
from upheld.records.models import Item, Person, Program, Shipment, ShipmentEvent
from upheld.records.walls import enter_site

CUSTOMER, STAFF, DRIVER, PROGRAM = "customer", "staff", "driver", "program"
SOURCES = (CUSTOMER, STAFF, DRIVER, PROGRAM)
LONGEST_NAME = 120
LONGEST_SERIAL = 64
# The clocks of scanners run a little fast; more than that is a moment nobody can have seen.
FAST_CLOCK = timedelta(minutes=1)
MOST_EVENTS = 200
CHANGED = ("state", "changed_at", "delivered_at", "told")
KNOWN = ("id", "is_late", "state", "at", "source", "by", "serial")
OF_SHIPMENT = "WHERE site = %s AND shipment_id = %s"
BY_NUMBER, BY_ID = "WHERE site = %s AND number = %s", "WHERE site = %s AND id = %s"
EVENT = ("id", "site", "shipment_id", "state", "at", "noted_at", "source", "by", "serial", "is_late")


@dataclass(frozen=True, slots=True)
class NotedEvent:
    """What a report came to: the event, and the state of the shipment now.

    `is_new` is no when it was known already, `is_late` when something later was; neither changed anything.
    """

    id: str
    shipment: str
    number: str
    state: str
    is_new: bool
    is_late: bool
    proofs: Proofs


@dataclass(frozen=True, slots=True)
class _Report:
    """One report as it came in."""

    shipment: str
    state: str
    at: datetime
    source: str
    by: str
    serial: str
    received_by: str
    now: datetime
    home: str


class _NotTakenError(Exception):
    """A report that is not taken: what is said of it, and what the ledger is told."""

    def __init__(self, error: ShipmentError, reason: str, row: Shipment | None = None) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
        self.row = row


def note_event(
    binding: Binding,
    *,
    shipment: str,
    state: str,
    at: datetime,
    source: str,
    by: str,
    now: datetime,
    home: str,
    serial: str = "",
    received_by: str = "",
    carrier: str | None = None,
) -> NotedEvent:
    """Note that something happened to the shipment of this id or number, at the moment `at`.

    `source` is who says so, `by` the id of which of them; a program reports only on what was handed to its carrier, which
    is looked up unless the caller knows it. `serial` is the number that they give to the event. `received_by` is who took
    a delivered parcel: it is sealed, and stands in the proof that goes out. `home` is the address of the site's first page.

    Raises ShipmentError B106 for a shipment that is not there for them, B107 for a state that cannot follow, B108 for a
    moment that cannot be, B109 for a delivery to nobody; each leaves a line in the ledger, unless a transaction around
    the caller is taken back. Side effects at the end of a shipment: an item, the end of keeping, proofs of delivery.
    """
    report = _Report(shipment, state, at, source, by, serial[:LONGEST_SERIAL], tidy_text(received_by), now, home)
    try:
        with enter_site(binding.site):
            return _take(binding, report, carrier)
    except _NotTakenError as refused:
        with enter_site(binding.site):
            _write_refusal(binding, report, refused)
        raise refused.error from None


def _take(binding: Binding, report: _Report, carrier: str | None) -> NotedEvent:
    if report.state not in STATES:
        hint = "one of: " + ", ".join(STATES)
        raise _NotTakenError(ShipmentError("B107", "a shipment has no such state", hint), "unknown-state")
    row = _find_row(binding, report, carrier)
    _check_moment(row, report)
    known = _find_known(row, report)
    if known is not None:
        event, is_late = known
        return NotedEvent(event, row.id, row.number, row.state, is_new=False, is_late=is_late, proofs=NOTHING)
    is_late = _check_state(row, report)
    event = draw_id("ev")
    values = [event, row.site, row.id, report.state, report.at, report.now, report.source, report.by, report.serial]
    insert_rows(ShipmentEvent, EVENT, [[*values, is_late]])
    write_line(
        binding.site,
        "shipment.event",
        at=report.now,
        person=row.person_id,
        by=report.by,
        shipment=row.id,
        event=event,
        state=report.state,
        source=report.source,
        moment=report.at,
    )
    proofs = NOTHING
    if not is_late:
        row.state, row.changed_at = report.state, report.at
        row.delivered_at = report.at if report.state == DELIVERED else None
        if row.state in OVER:
            proofs = _end(binding, row, report)
        update_rows(Shipment, CHANGED, [[row.id, *(getattr(row, column) for column in CHANGED)]])
    return NotedEvent(event, row.id, row.number, row.state, is_new=True, is_late=is_late, proofs=proofs)


def _find_row(binding: Binding, report: _Report, carrier: str | None) -> Shipment:
    """The shipment, held until the transaction ends, when it is there for whoever reports."""
    found = BY_NUMBER if report.shipment[:1].isdigit() else BY_ID
    held = " FOR UPDATE" if connection.vendor == "postgresql" else ""  # SQLite's transactions take turns by themselves
    row = next(iter(read_rows(Shipment, found + held, (binding.site, report.shipment))), None)
    unknown = ShipmentError("B106", "there is no such shipment for you", "look at the number again")
    if row is None:
        raise _NotTakenError(unknown, "unknown-shipment")
    if report.source == PROGRAM:
        if carrier is None:
            program = Program.objects.filter(site=binding.site, id=report.by, ended_at__isnull=True).first()
            carrier = program.carrier if program else None
        if carrier != row.carrier:
            raise _NotTakenError(unknown, "other-carrier", row)
    if report.source == CUSTOMER and report.state != CANCELLED:
        refused = ShipmentError("B107", "a customer calls off and reports nothing else", "ask whoever carries")
        raise _NotTakenError(refused, "not-theirs-to-say", row)
    return row


def _find_known(row: Shipment, report: _Report) -> tuple[str, bool] | None:
    """The id of the same report as it came before, and whether it was late: by its number, or the same state at the same
    moment. Raises when so much is known that somebody only fills the table.
    """
    rows = read_columns(ShipmentEvent, KNOWN, OF_SHIPMENT, (row.site, row.id))
    for event, is_late, state, at, *origin in rows:
        if (state, at) == (report.state, report.at):
            return event, is_late
        if report.serial and origin == [report.source, report.by, report.serial]:
            return event, is_late
    if len(rows) >= MOST_EVENTS:
        refused = ShipmentError("B107", "too much was reported of this shipment", f"at most {MOST_EVENTS} events")
        raise _NotTakenError(refused, "too-many", row)
    return None


def _check_moment(row: Shipment, report: _Report) -> None:
    """Raise for a moment that cannot be; first of all, because the database cannot compare every moment there is."""
    if report.at > report.now + FAST_CLOCK:
        raise _NotTakenError(ShipmentError("B108", "that has not happened yet", "say when it happened"), "future", row)
    if report.at < row.booked_at:
        refused = ShipmentError("B108", "that was before the shipment was booked", "say when it happened")
        raise _NotTakenError(refused, "before-booking", row)


def _check_state(row: Shipment, report: _Report) -> bool:
    """Whether the report came too late to change anything; raises for a state that cannot be."""
    if report.at < row.changed_at and report.state != CANCELLED:
        return True
    if not may_follow(row.state, report.state):
        following = ", ".join(FOLLOWS[row.state]) or "nothing"
        refused = ShipmentError("B107", f"`{report.state}` does not follow `{row.state}`", f"what can: {following}")
        raise _NotTakenError(refused, "cannot-follow", row)
    name = report.received_by
    if report.state == DELIVERED and not (0 < len(name) <= LONGEST_NAME and not has_hidden(name) and "\n" not in name):
        refused = ShipmentError("B109", "a delivery needs who received it", f"a name of at most {LONGEST_NAME} letters")
        raise _NotTakenError(refused, "nobody-named", row)
    return False


def _end(binding: Binding, row: Shipment, report: _Report) -> Proofs:
    """Leave the record that the policy wants, let the clock of keeping begin, and tell those who are to hear."""
    owner = Person.objects.get(site=binding.site, id=row.person_id)
    row.told = _record_end(binding, row, owner, report)
    _begin_keeping(binding, row)
    if row.state != DELIVERED:
        return NOTHING
    return queue_proofs(
        binding, row, owner, received_by=report.received_by, at=report.at, home=report.home, now=report.now
    )


def _record_end(binding: Binding, row: Shipment, owner: Person, report: _Report) -> str:
    """The item that says how it ended, where the policy has shipments recorded; empty where not."""
    recorded = find_recorded(binding.gate.table, SHIPMENT)
    if recorded is None:
        return ""
    leaf, touchpoint = recorded
    said = {NUMBER: row.number, OFFER: row.offer, row.state.replace("-", " "): say_moment(report.at)}
    if row.state == DELIVERED:
        said["received by"] = report.received_by
    [item] = put_items(
        binding, person=owner, touchpoint=touchpoint, values={leaf: said}, now=report.now, method="automatic"
    )
    return item.id


def _begin_keeping(binding: Binding, row: Shipment) -> None:
    """Set the end of what is kept until some time after the delivery, by the version each item came in under.

    A shipment that is called off or taken back is never delivered. Its clock begins then: otherwise it would never end.
    """
    ordering, recorded = find_ordering(binding.gates[row.version].table), find_recorded(binding.gate.table, SHIPMENT)
    for item, version, leaf in (
        (row.addressee, row.version, ordering.name if ordering else ""),
        (row.told, binding.current, recorded[0] if recorded else ""),
    ):
        keeping = list_keepings(binding.gates[version].table).get(leaf, NO_END)
        if item and keeping.event not in STARTS_AT_COLLECTION and keeping.event != LAST_SIGN_IN:
            Item.objects.filter(site=row.site, id=item).update(keep_until=keeping.find_end(row.changed_at))


def _write_refusal(binding: Binding, report: _Report, refused: _NotTakenError) -> None:
    write_line(
        binding.site,
        "shipment.event-refused",
        at=report.now,
        person=refused.row.person_id if refused.row else "",
        by=report.by,
        shipment=refused.row.id if refused.row else None,
        state=report.state if report.state in STATES else None,
        source=report.source,
        outcome="refused",
        reason=refused.reason,
    )
