"""The mail log that people see: to whom, what kind, when and with what result; many entries are written at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.facts import Facts
from upheld.actions.ids import draw_id
from upheld.actions.keys import NamedKey, find_person_keys, open_person_key
from upheld.actions.ledger import Line, write_line, write_lines
from upheld.actions.merging import know_of_merger
from upheld.actions.outgoing import BOUNCED, FAILED, IN_DOUBT, SENT, open_messages
from upheld.actions.rows import insert_rows, read_rows
from upheld.actions.standings import read_answers
from upheld.actions.vault import ITEM, STARTS_AT_COLLECTION, find_purposes, open_values, seal_values
from upheld.channels.base import Message
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import MailLog, find_mail_log
from upheld.core.notices.standing import tell_facts
from upheld.core.rights.keeping import Keeping, find_keeping
from upheld.core.seal.envelope import Label
from upheld.records.models import Item, Outgoing, Person

SAID = {SENT: "handed over", FAILED: "not sent", IN_DOUBT: "not known", BOUNCED: "came back"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where entries go for people with the same facts: category, touchpoint, the purposes and the end of the keeping."""

    log: MailLog
    purposes: tuple[str, ...]
    keeping: Keeping


def gather_people(binding: Binding, names: Iterable[str]) -> dict[str, tuple[Person, Facts]]:
    """These people by their ids, each with what the gate is told of them; who is not there any more is left out."""
    wanted = sorted({name for name in names if name})
    if not wanted:
        return {}
    marks = ", ".join(["%s"] * len(wanted))
    people = read_rows(Person, f"WHERE site = %s AND id IN ({marks})", (binding.site, *wanted))
    answers, modes = read_answers(binding.site, wanted), binding.gate.table.choices
    known = know_of_merger(binding.site, "")
    return {
        person.id: (person, tell_facts(modes, answers.get(person.id, {}), person.facts) | known) for person in people
    }


def note_deliveries(
    binding: Binding,
    rows: Sequence[Outgoing],
    people: Mapping[str, tuple[Person, Facts]],
    now: datetime,
    messages: Mapping[str, Message] | None = None,
) -> None:
    """Write what came of these messages into the logs of those they were sent for, as far as the policy has one.

    `people` are those that `gather_people` found, `messages` those that are open already. Sets `item` of each row; belongs
    inside a transaction that holds them. A message that was told of before has its entry rewritten.
    """
    places: dict[frozenset[tuple[str, bool | None]], _Place | None] = {}
    noted: list[tuple[Outgoing, _Place]] = []
    for row in rows:
        if row.person not in people:
            continue
        facts = people[row.person][1]
        place = find_place(binding, facts, places)
        if place is not None and not (row.item and rewrite_delivery(row, place.log.data, SAID[row.state], now)):
            noted.append((row, place))
    if noted:
        opened = dict(messages or {})
        opened |= open_messages(binding.site, [row for row, _ in noted if row.id not in opened])
        owners = [(row.person, place.keeping.keep_class) for row, place in noted]
        _insert_entries(binding, noted, opened, find_person_keys(binding.site, owners, now), now)


def find_place(
    binding: Binding, facts: Facts, places: dict[frozenset[tuple[str, bool | None]], _Place | None]
) -> _Place | None:
    """Where the policy has mails noted down for somebody with these facts; asked once for the same facts."""
    shared = frozenset(facts.items())
    if shared not in places:
        log, place = find_mail_log(binding, facts), None
        if log is not None:
            purposes = find_purposes(binding, log.data, log.touchpoint, facts)
            place = _Place(log, purposes, find_keeping(binding.gate.table, log.data))
        places[shared] = place
    return places[shared]


def _insert_entries(
    binding: Binding,
    noted: Sequence[tuple[Outgoing, _Place]],
    opened: Mapping[str, Message],
    keys: Mapping[tuple[str, str], NamedKey],
    now: datetime,
) -> None:
    site, items, lines = binding.site, [], []
    for row, place in noted:
        data, touchpoint, keeping = place.log.data, place.log.touchpoint, place.keeping
        row.item = item = draw_id("i")
        key = keys[row.person, keeping.keep_class]
        entry = {
            "to": opened[row.id].to if row.id in opened else "",
            "class": row.mail_class,
            "kind": row.kind,
            "at": now.isoformat(timespec="seconds"),
            "result": SAID[row.state],
        }
        values = {
            "id": item,
            "site": site,
            "person_id": row.person,
            "touchpoint": touchpoint,
            "version": binding.current,
            "categories": [data],
            "purposes": list(place.purposes),
            "keep_class": keeping.keep_class,
            "keep_until": keeping.find_end(now) if keeping.event in STARTS_AT_COLLECTION else None,
            "key": key.name,
            "sealed": seal_values(key.key, {data: entry}, Label(site, row.person, item, touchpoint)),
            "collected_at": now,
            "method": "automatic",
            "shown": "",
        }
        items.append([values[column] for column in ITEM])
        fields: dict[str, object] = {
            "items": [item],
            "data": [data],
            "purposes": sorted(place.purposes),
            "touchpoint": touchpoint,
            "version": binding.current.isoformat(),
            "method": "automatic",
        }
        lines.append(Line(draw_id("e"), "item.collected", row.person, now, fields))
    insert_rows(Item, ITEM, items)
    write_lines(site, lines, known=binding.names)


def rewrite_delivery(row: Outgoing, data: str, result: str, now: datetime) -> bool:
    """Whether the message's entry was there and now says what came of it later; to whom it went stays as it was."""
    item = Item.objects.select_for_update().filter(site=row.site, id=row.item).first()
    if item is None:
        return False
    key = open_person_key(row.site, item.key)
    label = Label(row.site, item.person_id, item.id, item.touchpoint)
    values = open_values(key, bytes(item.sealed), label)
    entry = values.get(data)
    if isinstance(entry, Mapping):
        values[data] = {**entry, "at": now.isoformat(timespec="seconds"), "result": result}
    item.sealed, item.corrected_at, item.edition = seal_values(key, values, label), now, item.edition + 1
    item.save(update_fields=["sealed", "corrected_at", "edition"])
    write_line(row.site, "item.corrected", at=now, person=item.person_id, item=item.id, data=[data])
    return True
