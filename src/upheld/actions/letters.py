"""One text to many people at once: gate, address, a no to it, words, outbox and ledger, with few queries for all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from upheld.actions.facts import Facts, is_expired
from upheld.actions.ids import draw_id
from upheld.actions.ledger import Line, write_lines
from upheld.actions.mail_log import gather_people
from upheld.actions.notices import (
    NO_ADDRESS,
    NO_CLASS,
    REFUSED,
    SUPPRESSED,
    Draft,
    Queueing,
    make_letter,
    make_line,
    make_parcel,
    open_address,
)
from upheld.actions.outgoing import CAMPAIGN, Parcel, digest_address, store_parcels
from upheld.actions.rows import read_rows
from upheld.actions.suppression import find_suppressed
from upheld.actions.surfaces import find_clock, tell_coming
from upheld.actions.vault import describe_item, find_limit, open_permitted
from upheld.core.errors import GateError, SealError, VaultError
from upheld.core.gate.act import Verdict
from upheld.core.gate.binding import Binding
from upheld.core.gate.permit import Permit, ask_permit
from upheld.core.notices.classes import Carrier, find_carrier
from upheld.core.notices.stops import list_stoppable
from upheld.records.models import Item, Person
from upheld.records.walls import enter_site

logger = logging.getLogger(__name__)

Carried = tuple[Carrier | None, Verdict | None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whom the gate lets the letter go to, with what it was told of them."""

    person: Person
    facts: Facts
    carrier: Carrier
    verdict: Verdict


def queue_letters(
    binding: Binding,
    *,
    now: datetime,
    people: Sequence[Person],
    mail_class: str,
    subject_line: str,
    text: str,
    home: str,
    values: Mapping[str, str] | None = None,
    subject: str = "",
    facts: Mapping[str, bool | None] | None = None,
    by: str = "",
    kind: str = CAMPAIGN,
) -> tuple[Queueing, ...]:
    """What came of sending this text to each of these people, in their order; the same as `queue_letter` for each.

    Belongs inside the transaction of what it tells of; some hundreds at once are a good number. Side effects: for each
    message a line in the ledger, and one for the address that was opened. Raises NoticeError for a text without words.
    """
    letter = make_letter(
        binding, mail_class=mail_class, subject_line=subject_line, text=text, home=home, values=values or {}, kind=kind
    )
    return queue_drafts(binding, replace(letter, subject=subject, facts=facts), people, now, by)


def queue_drafts(
    binding: Binding, draft: Draft, people: Sequence[Person], now: datetime, by: str = ""
) -> tuple[Queueing, ...]:
    """What came of sending one draft to each of these people, in their order; the rest is as in `queue_letters`."""
    with enter_site(binding.site):
        found: dict[str, Queueing] = {}
        readers = list(find_readers(binding, draft, people, found))
        addresses = open_addresses(binding, readers, now)
        digests = {
            person: digest_address(binding.site, address, now) for person, address in addresses.items() if address
        }
        stoppable = list_stoppable(binding.policy)
        stopped = {
            name: find_suppressed(binding.site, digests.values(), name)
            for name in {reader.carrier.mail_class for reader in readers} & set(stoppable)
        }
        parcels: list[Parcel] = []
        lines: list[Line] = []
        for reader in readers:
            person, carrier, verdict = reader.person, reader.carrier, reader.verdict
            digest = digests.get(person.id)
            if digest is None:
                found[person.id] = Queueing("", NO_ADDRESS, verdict)
            elif digest in stopped.get(carrier.mail_class, ()):
                found[person.id] = Queueing("", SUPPRESSED, verdict)
            else:
                address = addresses[person.id]
                parcel = make_parcel(
                    binding, draft, person, carrier=carrier, verdict=verdict, address=address, digest=digest, now=now
                )
                parcels.append(parcel)
                lines.append(make_line(binding, parcel, person, verdict, now))
                found[person.id] = Queueing(parcel.message.id, "", verdict)
        if parcels:
            store_parcels(binding, parcels, now)
            write_lines(binding.site, lines, by=by, known=binding.names)
    return tuple(found[person.id] for person in people)


def queue_for_accounts(
    binding: Binding, draft: Draft, receivers: Mapping[str, Person], now: datetime, by: str = ""
) -> dict[str, Queueing]:
    """What came of sending one draft for each of these accounts to whoever it is told through, by the account's id.

    Each account has a message of its own, also where one person stands for several. The rest is as in `queue_letters`.
    """
    found: dict[str, Queueing] = {}
    left = dict(receivers)
    while left:
        once = {person.id: account for account, person in reversed(left.items())}  # nobody twice in one go
        queued = queue_drafts(binding, draft, [left[account] for account in once.values()], now, by)
        found |= dict(zip(once.values(), queued, strict=True))
        left = {account: person for account, person in left.items() if account not in found}
    return found


def find_readers(
    binding: Binding, draft: Draft, people: Sequence[Person], found: dict[str, Queueing]
) -> Iterable[Reader]:
    """Those whom the gate lets it go to, asked once for the same facts; for the others `found` says why not."""
    known = gather_people(binding, (person.id for person in people))
    kept: dict[frozenset[tuple[str, bool | None]], Carried] = {}
    for person in people:
        if person.id not in known:
            found[person.id] = Queueing("", NO_ADDRESS)
            continue
        facts = known[person.id][1] | dict(draft.facts or {})
        shared = frozenset(facts.items())
        if shared not in kept:
            kept[shared] = find_carrier(binding, facts, draft.mail_class)
        carrier, verdict = kept[shared]
        if carrier is None or verdict is None:
            found[person.id] = Queueing("", REFUSED if verdict else NO_CLASS, verdict)
        else:
            yield Reader(known[person.id][0], facts, carrier, verdict)


def open_addresses(binding: Binding, readers: Sequence[Reader], now: datetime) -> dict[str, str]:
    """The newest address of each, empty where there is none that may be opened; each with its line in the ledger.

    One that does not open is looked at alone, so that only its own person goes without.
    """
    held: dict[str, list[Item]] = {}
    for row in _read_items(binding.site, [reader.person.id for reader in readers]):
        held.setdefault(row.person_id, []).append(row)
    chosen = {}
    for reader in readers:
        permit = _choose_item(binding, reader, held.get(reader.person.id, []), now)
        if permit is not None:
            chosen[reader.person.id] = permit
    try:
        opened = open_permitted(binding.site, [(row, describe_item(row), permit) for row, permit in chosen.values()])
    except (SealError, VaultError) as problem:
        logger.error("site %s: an address of many does not open: %s", binding.site, problem.code)  # noqa: TRY400 - the code says it
        return {
            reader.person.id: open_address(binding, reader.person, reader.carrier, reader.facts, now)
            for reader in readers
        }
    write_lines(
        binding.site,
        [_tell_opening(binding, row, permit, now) for row, permit in chosen.values()],
        known=binding.names,
    )
    return {value.item.person: value.value for value in opened if isinstance(value.value, str)}


def _read_items(site: str, people: Sequence[str]) -> list[Item]:
    if not people:
        return []
    marks = ", ".join(["%s"] * len(people))
    return read_rows(Item, f"WHERE site = %s AND person_id IN ({marks})", (site, *people))


def _choose_item(binding: Binding, reader: Reader, items: Iterable[Item], now: datetime) -> tuple[Item, Permit] | None:
    """The newest item with an address of the carrier that the gate lets be opened for it, and the permit."""
    leaf, person = reader.carrier.address, reader.person
    newest = sorted(
        (row for row in items if leaf in row.categories),
        key=lambda row: row.corrected_at or row.collected_at,
        reverse=True,
    )
    for row in newest:
        expired = is_expired(row, person, find_clock(binding, row.method, leaf), now)
        told = reader.facts | tell_coming(binding, row.method) | {"expired": expired}
        try:
            _, permit = ask_permit(
                binding,
                person=person.id,
                act=reader.carrier.act,
                facts=told,
                versions=(find_limit(row, person), person.version),
            )
        except GateError as problem:  # a version under which it was taken is not there any more
            logger.error("site %s: an address is not opened: %s", binding.site, problem.code)  # noqa: TRY400 - the code says it
            continue
        if permit is not None:
            return row, permit
    return None


def _tell_opening(binding: Binding, row: Item, permit: Permit, now: datetime) -> Line:
    """The ledger's line for one address that was opened."""
    fields: dict[str, object] = {
        "action": permit.act.action,
        "data": list(permit.act.data),
        "purpose": permit.act.purpose,
        "because": list(permit.because[:1]),
        "version": binding.current.isoformat(),
    }
    return Line(draw_id("e"), "item.opened", row.person_id, now, fields)
