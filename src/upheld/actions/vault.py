"""The vault: takes in what the policy lets in, and opens an item only against a permit that the gate made."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from upheld.actions.facts import Facts, gather_facts, is_expired
from upheld.actions.ids import draw_id
from upheld.actions.keys import find_person_key, open_person_keys
from upheld.actions.ledger import write_line
from upheld.actions.rows import insert_rows, read_rows
from upheld.actions.surfaces import find_clock, name_way, note_surface, tell_origin
from upheld.core.errors import RefusedError, SealError, VaultError
from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.binding import Binding
from upheld.core.gate.permit import Permit, ask_permit
from upheld.core.rights.keeping import Keeping, group_by_class, list_keepings
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Item, Person
from upheld.records.walls import enter_site, read_site

logger = logging.getLogger(__name__)

Value = str | Mapping[str, str] | list[str]
Values = Mapping[str, Value]
ITEM = (
    "id",
    "site",
    "person_id",
    "touchpoint",
    "version",
    "categories",
    "purposes",
    "keep_class",
    "keep_until",
    "key",
    "sealed",
    "collected_at",
    "method",
    "shown",
)
BY_PERSON = "WHERE site = %s AND person_id = %s ORDER BY collected_at"
STAFF = "s_"  # how ids of staff begin
# Events of the platform that happen in the moment in which data comes in; their clocks start at once.
STARTS_AT_COLLECTION = frozenset({"order", "sending", "message arrives", "service is given", "answer", "visit", ""})


@dataclass(frozen=True, slots=True)
class HeldItem:
    """Where an item comes from: everything about it but its values."""

    id: str
    person: str
    touchpoint: str
    version: date
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    collected_at: datetime
    corrected_at: datetime | None
    keep_until: datetime | None
    keep_class: str
    method: str
    edition: int


@dataclass(frozen=True, slots=True)
class OpenedValue:
    """One category of one item, opened, and the sentences that permit it."""

    item: HeldItem
    data: str
    value: Value
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """One category of one item that stays closed, and why: the verdict holds the refusing sentences."""

    item: HeldItem
    data: str
    act: Act
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Opening:
    """What one opening gave: the values, what was withheld, and the line of the ledger (empty when nothing is held)."""

    values: tuple[OpenedValue, ...]
    withheld: tuple[Withheld, ...]
    entry: str = ""


def find_purposes(binding: Binding, leaf: str, touchpoint: str, facts: Facts) -> tuple[str, ...]:
    """The purposes for which the policy in force lets this category be collected at this touchpoint, in its order.

    The gate is asked once for each combination of facts: the same question to the same text has the same answer.
    """
    key = (*binding.tell_apart(), leaf, touchpoint, tuple(sorted(facts.items())))
    found = _purposes.get(key)
    if found is None:
        if len(_purposes) >= MOST_REMEMBERED:
            _purposes.clear()
        found = _purposes[key] = tuple(
            purpose
            for purpose in binding.policy.words.leaves("purpose")
            if binding.ask(Act("collect", (leaf,), purpose, touchpoint), facts).is_permitted
        )
    return found


def refuse_collecting(binding: Binding, act: Act, facts: Facts) -> RefusedError:
    """That this is let in for no purpose, with the sentences that say so for none, or for the first one of which they do."""
    purposes = ("", *binding.policy.words.leaves("purpose"))
    verdicts = (binding.ask(replace(act, purpose=purpose), facts) for purpose in purposes)
    return RefusedError(str(act), next((verdict.because for verdict in verdicts if verdict.because), ()))


_purposes: dict[tuple[object, ...], tuple[str, ...]] = {}
MOST_REMEMBERED = 4096


def put_items(
    binding: Binding,
    *,
    person: Person,
    touchpoint: str,
    values: Values,
    now: datetime,
    method: str = "form",
    shown: str = "",
    by: str = "",
    collected_at: datetime | None = None,
) -> tuple[Item, ...]:
    """The new items that hold these values by category, sealed; one for each rule that ends their keeping.

    Raises RefusedError when the policy lets one of the categories in at this touchpoint for no purpose; then nothing
    is stored, and the caller's transaction should end. Side effects: keys for the person, one line in the ledger.
    """
    moment = collected_at or now
    facts = gather_facts(binding, person)
    purposes = {leaf: find_purposes(binding, leaf, touchpoint, facts) for leaf in values}
    for leaf, found in purposes.items():
        if not found:
            raise refuse_collecting(binding, Act("collect", (leaf,), "", touchpoint), facts)
    table = binding.gate.table
    with enter_site(binding.site, is_part=True):
        made = [
            _make_item(
                binding,
                person,
                {leaf: values[leaf] for leaf in leaves},
                touchpoint=touchpoint,
                keeping=keeping,
                purposes=purposes,
                moment=moment,
                now=now,
            )
            for keeping, leaves in group_by_class(table, values).items()
        ]
        for item in made:
            item.method, item.shown = name_way(binding, method), shown
            item._state.adding = False  # noqa: SLF001 - Django's own mark of a row that is stored
        insert_rows(Item, ITEM, ([getattr(item, column) for column in ITEM] for item in made))
        note_surface(binding, person)
        write_line(
            binding.site,
            "item.collected",
            at=now,
            person=person.id,
            by=by,
            known=binding.names,
            items=[item.id for item in made],
            data=sorted(values),
            purposes=sorted({purpose for found in purposes.values() for purpose in found}),
            touchpoint=touchpoint,
            version=binding.current.isoformat(),
            method=method,
            evidence=shown or None,
        )
    return tuple(made)


def _make_item(
    binding: Binding,
    person: Person,
    values: Values,
    *,
    touchpoint: str,
    keeping: Keeping,
    purposes: Mapping[str, tuple[str, ...]],
    moment: datetime,
    now: datetime,
) -> Item:
    item = draw_id("i")
    key = find_person_key(binding.site, person.id, keeping.keep_class, now)
    label = Label(binding.site, person.id, item, touchpoint)
    return Item(
        id=item,
        site=binding.site,
        person=person,
        touchpoint=touchpoint,
        version=binding.current,
        categories=list(values),
        purposes=list(dict.fromkeys(purpose for leaf in values for purpose in purposes[leaf])),
        keep_class=keeping.keep_class,
        keep_until=find_end(binding, keeping, values, moment),
        key=key.name,
        sealed=seal_values(key.key, values, label),
        collected_at=moment,
    )


def find_end(binding: Binding, keeping: Keeping, leaves: Iterable[str], moment: datetime) -> datetime | None:
    """When the time of what comes in here is over, as far as that is known now: the first end that a policy gives it."""
    keepings = [keeping]
    for gate in binding.list_gates_here():
        others = list_keepings(gate.table)
        keepings += [others[leaf] for leaf in leaves if leaf in others]
    ends = (one.find_end(moment) for one in keepings if one.event in STARTS_AT_COLLECTION)
    return min((end for end in ends if end is not None), default=None)


def seal_values(key: bytes, values: Values, label: Label) -> bytes:
    """Values by category, sealed for this label."""
    plain = json.dumps(dict(values), ensure_ascii=False, separators=(",", ":")).encode()
    return seal(key, secrets.token_bytes(NONCE_BYTES), plain, label)


def open_values(key: bytes, sealed: bytes, label: Label) -> dict[str, Value]:
    """Values by category again. Raises SealError V801 when they were altered or belong elsewhere."""
    opened: dict[str, Value] = json.loads(open_sealed(key, sealed, label))
    return opened


def open_items(
    binding: Binding,
    *,
    person: Person,
    action: str,
    now: datetime,
    counterpart: str = "-",
    purpose: str = "",
    data: Iterable[str] | None = None,
    facts: Mapping[str, bool | None] | None = None,
    by: str = "",
    case: str = "",
    items: Iterable[Item] | None = None,
) -> Opening:
    """Every category held about a person that this act may open, and what is withheld with the sentences that say so.

    `action` and `counterpart` as the gate takes them: `show` to `self` or a role, `use`, `share` with a recipient.
    `data` narrows it to some categories, `items` to some items, `facts` adds what the caller knows of the act
    (granted, requested). Staff give their name in `by`, the purpose and the case. Side effect: one line in the ledger
    when anything is held. Raises SealError V801 when an item was altered or moved; the ledger then says so; VaultError
    V816 when staff name no purpose or no case.
    """
    if by.startswith(STAFF) and not (purpose and case):
        raise VaultError("V816", "staff open nothing without a purpose and a case", "name both")
    wanted = None if data is None else frozenset(binding.policy.words.expand("data", tuple(data)))
    with read_site(binding.site):
        rows = read_rows(Item, BY_PERSON, (binding.site, person.id)) if items is None else list(items)
    known = gather_facts(binding, person, now) | dict(facts or {})
    permits: list[tuple[Item, HeldItem, Permit]] = []
    withheld: list[Withheld] = []
    for row in rows:
        held = describe_item(row)
        for leaf in row.categories:
            if wanted is not None and leaf not in wanted:
                continue
            act = Act(action, (leaf,), purpose, counterpart)
            expired = is_expired(row, person, find_clock(binding, row.method, leaf), now)
            facts_here = known | tell_origin(binding, row.method) | {"expired": expired}
            verdict, permit = ask_permit(
                binding, person=person.id, act=act, facts=facts_here, versions=(find_limit(row, person), person.version)
            )
            if permit is None:
                withheld.append(Withheld(held, leaf, act, verdict))
            else:
                permits.append((row, held, permit))
    if not permits and not withheld:
        return Opening((), ())
    try:
        with enter_site(binding.site):
            fields = _tell_opening(binding, action, counterpart, [permit for _, _, permit in permits], withheld)
            kind = "item.opened" if permits else "item.withheld"
            told = {"purpose": purpose or None, "case": case or None}
            entry = write_line(
                binding.site, kind, at=now, person=person.id, by=by, known=binding.names, **fields, **told
            )
            values = open_permitted(binding.site, permits)
    except SealError:
        report_altered(binding.site, permits, now)
        raise
    return Opening(values, tuple(withheld), entry)


def find_limit(row: Item, person: Person) -> date:
    """The version that limits an item: the one it was taken under, or a later one that its person agreed to for it."""
    return find_limit_of(row.version, person)


def find_limit_of(version: date, person: Person) -> date:
    """The same for what came in under this version, such as a shipment with its items."""
    return max(version, person.agreed or version)


def open_permitted(site: str, permits: list[tuple[Item, HeldItem, Permit]]) -> tuple[OpenedValue, ...]:
    """The values that the permits name and nothing else. Raises VaultError V815 for a permit of another person."""
    for row, _, permit in permits:
        if (permit.site, permit.person) != (row.site, row.person_id):
            raise VaultError("V815", f"the permit is not for the item `{row.id}`", "ask the gate about this item")
    keys = open_person_keys(site, {row.key for row, _, _ in permits}) if permits else {}
    opened: dict[str, dict[str, Value]] = {}
    found = []
    for row, held, permit in permits:
        if row.id not in opened:
            label = Label(site, row.person_id, row.id, row.touchpoint)
            opened[row.id] = open_values(keys[row.key], bytes(row.sealed), label)
        leaf = permit.act.data[0]
        if leaf in opened[row.id]:
            found.append(OpenedValue(held, leaf, opened[row.id][leaf], permit.because))
    return tuple(found)


def report_altered(site: str, permits: Sequence[tuple[Item, HeldItem, Permit]], now: datetime) -> tuple[str, ...]:
    """The ids of the items that do not open, each told to the operator and to the ledger in a transaction of its own.

    A transaction around the caller may still take the lines back; the log keeps what it was told.
    """
    altered = []
    for permit in {row.id: (row, held, permit) for row, held, permit in permits}.values():
        try:
            open_permitted(site, [permit])
        except SealError:
            altered.append(permit[0])
    with enter_site(site):
        for row in altered:
            logger.error("item %s of site %s does not open: altered, or moved from elsewhere", row.id, site)
            write_line(site, "item.altered", at=now, person=row.person_id, item=row.id)
    return tuple(row.id for row in altered)


def _tell_opening(
    binding: Binding, action: str, counterpart: str, permits: list[Permit], withheld: list[Withheld]
) -> dict[str, object]:
    """What the ledger says of an opening: names and numbers only."""
    sides = {"show": "role", "share": "recipient", "collect": "touchpoint"}
    fields: dict[str, object] = {
        "action": action,
        "data": sorted({permit.act.data[0] for permit in permits}),
        "withheld": sorted({part.data for part in withheld}),
        "because": sorted({ref for permit in permits for ref in permit.because[:1]}),
        "version": binding.current.isoformat(),
    }
    if action in sides:
        fields[sides[action]] = counterpart
    return fields


def describe_item(row: Item) -> HeldItem:
    """An item without its values."""
    return HeldItem(
        id=row.id,
        person=row.person_id,
        touchpoint=row.touchpoint,
        version=row.version,
        categories=tuple(row.categories),
        purposes=tuple(row.purposes),
        collected_at=row.collected_at,
        corrected_at=row.corrected_at,
        keep_until=row.keep_until,
        keep_class=row.keep_class,
        method=row.method,
        edition=row.edition,
    )
