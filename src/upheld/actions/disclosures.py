"""Giving out: the only way from the vault to somebody outside. Each time the gate is asked, and what went is written down.

What the person permitted is looked up here and not believed: no caller can say `permitted` for somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from upheld.actions.barring import list_barred
from upheld.actions.facts import gather_facts, is_expired
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.permissions import find_counting, use_permission
from upheld.actions.rows import read_rows
from upheld.actions.surfaces import find_clock
from upheld.actions.vault import BY_PERSON, OpenedValue, Opening, Withheld, find_limit, open_items
from upheld.core.errors import RefusedError, StaffError
from upheld.core.gate.act import Act
from upheld.core.gate.binding import NAMED_RECIPIENT, Binding
from upheld.core.rights.permitting import PERMITTED
from upheld.core.rights.releasing import GROUNDS, PERMISSION, Parcel, digest_parcel, pack, write_parcel
from upheld.records.models import Disclosure, Item, Permission, Person, Recipient
from upheld.records.walls import enter_site, read_site

MOST_LISTED = 200
MOST_GROUPED = 2_000


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What went out: the values, what was withheld, the bytes that are handed over and their SHA-256.

    Empty (`id` and `entry` as well) when nothing of the kind is held, or a feed was let have none of it.
    """

    id: str
    entry: str
    values: tuple[OpenedValue, ...]
    withheld: tuple[Withheld, ...]
    parcel: Parcel | None
    document: bytes
    digest: str

    def find(self, leaf: str) -> str:
        """The newest value of a category as a text; empty where none went out."""
        found = [value for value in self.values if value.data == leaf]
        newest = max(found, key=lambda value: value.item.corrected_at or value.item.collected_at, default=None)
        return newest.value if newest is not None and isinstance(newest.value, str) else ""


@dataclass(frozen=True, slots=True)
class Giving:
    """One wish to give something out: to a recipient of this kind, on this ground; `subject` is what it belongs to."""

    person: Person
    data: tuple[str, ...]
    purpose: str
    kind: str
    ground: str
    recipient: str = ""
    subject: str = ""
    by: str = ""
    case: str = ""
    to: Mapping[str, str] | None = None

    @property
    def act(self) -> Act:
        """What the gate is asked."""
        return Act("share", self.data, self.purpose, self.kind)


def disclose(
    binding: Binding,
    *,
    person: Person,
    data: Iterable[str],
    purpose: str,
    kind: str,
    ground: str,
    facts: Mapping[str, bool | None],
    now: datetime,
    recipient: str = "",
    subject: str = "",
    by: str = "",
    case: str = "",
    items: Iterable[Item] | None = None,
    to: Mapping[str, str] | None = None,
) -> Disclosed:
    """Give all of these categories of one person to somebody outside, or nothing of them.

    `kind` is the recipient that the policy declares (the gate's counterpart), `recipient` the line of the register, if
    there is one, `ground` `service`, `permission`, `merger` or a ground of the policy, `subject` the permission, demand,
    shipment or merger. `facts` adds what the caller knows of the act (requested, demanded, told); `permitted` holds for
    the ground `permission` alone, when the permission `subject` says exactly this, and is then used, and used up if it
    was for once. `items` narrows it to some items; `to`, the name and address of whoever gets it, stands in the document.
    Data past its time of keeping does not go.

    Raises RefusedError when a version that binds says no (a line in the ledger says so, and stays unless a transaction
    around the caller is taken back), StaffError W131 for a recipient that is not in the register or gets nothing more,
    VaultError V816 when staff name no case. Side effects: the row, lines `item.opened` and `data.disclosed`, for a
    permission `permission.used`.
    """
    giving = _read_giving(
        binding, person=person, data=data, purpose=purpose, kind=kind, ground=ground, recipient=recipient,
        subject=subject, by=by, case=case, to=to,
    )  # fmt: skip
    try:
        with enter_site(binding.site):
            return _give(binding, giving, dict(facts), now, items)
    except RefusedError as refusal:
        with enter_site(binding.site):
            note_refusal(binding, giving, refusal.because, now)
        raise


def disclose_each(
    binding: Binding,
    *,
    person: Person,
    data: Iterable[str],
    purpose: str,
    kind: str,
    ground: str,
    facts: Mapping[str, bool | None],
    now: datetime,
    recipient: str = "",
    subject: str = "",
    by: str = "",
    case: str = "",
    items: Iterable[Item] | None = None,
) -> Disclosed:
    """The same for a feed: each category by itself, so that one which is refused does not hold back the others.

    What is withheld is returned with the verdict and told in the ledger. Raises no RefusedError; the rest as `disclose`.
    """
    giving = _read_giving(
        binding, person=person, data=data, purpose=purpose, kind=kind, ground=ground, recipient=recipient,
        subject=subject, by=by, case=case,
    )  # fmt: skip
    with enter_site(binding.site):
        rows = _list_items(binding, giving, items, now)
        known, permission = _know(binding, giving, dict(facts), now)
        opening = _open(binding, giving, rows, known, now)
        if opening.withheld:
            refused = tuple(dict.fromkeys(part.data for part in opening.withheld))
            because = tuple(dict.fromkeys(ref for part in opening.withheld for ref in part.verdict.because[:1]))
            note_refusal(binding, giving, because, now, refused)
        return _hand_over(binding, giving, opening, permission, now)


def list_disclosures(
    site: str, *, person: str = "", subject: str = "", recipient: str = "", most: int = MOST_LISTED, skip: int = 0
) -> tuple[Disclosure, ...]:
    """What went out, the latest first: of one person, for one subject, to one recipient, or all of it."""
    chosen = {"person": person, "subject": subject, "recipient": recipient}
    with read_site(site):
        rows = Disclosure.objects.filter(site=site, **{name: value for name, value in chosen.items() if value})
        return tuple(rows.order_by("-at", "id")[skip : skip + most])


def group_disclosures(site: str, person: str) -> dict[str, tuple[Disclosure, ...]]:
    """What went out about one person by what it belongs to, the latest first. One query."""
    found: dict[str, list[Disclosure]] = {}
    for row in list_disclosures(site, person=person, most=MOST_GROUPED):
        found.setdefault(row.subject, []).append(row)
    return {subject: tuple(rows) for subject, rows in found.items()}


def list_told_disclosures(
    site: str, person: str, *, most: int | None = MOST_LISTED, skip: int = 0
) -> tuple[Disclosure, ...]:
    """What went out about one person, the latest first, as they may hear of it: without what a court forbids to tell.

    All of it when `most` is None.
    """
    barred = [demand for demand, _ in list_barred(site, [person])]
    with read_site(site):
        rows = Disclosure.objects.filter(site=site, person=person).exclude(subject__in=barred).order_by("-at", "id")
        return tuple(rows[skip:] if most is None else rows[skip : skip + most])


def _read_giving(binding: Binding, *, data: Iterable[str], purpose: str, **rest: Any) -> Giving:
    """The wish with its categories opened into leaves; what the policy does not name stays, so that the gate refuses it."""
    words, names = binding.policy.words, tuple(data)
    unknown = tuple(name for name in names if not words.has("data", name))
    return Giving(data=(*words.expand("data", names), *unknown), purpose=purpose, **rest)


def _give(
    binding: Binding, giving: Giving, facts: dict[str, bool | None], now: datetime, items: Iterable[Item] | None
) -> Disclosed:
    rows = _list_items(binding, giving, items, now)
    known, permission = _know(binding, giving, facts, now)
    versions = sorted({giving.person.version, *(find_limit(row, giving.person) for row in rows)})
    verdict = binding.ask(giving.act, known, *versions)
    if not verdict.is_permitted:
        raise RefusedError(str(giving.act), verdict.because)
    opening = _open(binding, giving, rows, known, now)
    if opening.withheld:  # all or nothing
        raise RefusedError(str(giving.act), opening.withheld[0].verdict.because)
    return _hand_over(binding, giving, opening, permission, now)


def _know(
    binding: Binding, giving: Giving, facts: dict[str, bool | None], now: datetime
) -> tuple[dict[str, bool | None], Permission | None]:
    """What the gate is told, and the permission that counts, held until the transaction ends."""
    _check_recipient(binding.site, giving)
    permission = None
    # Somebody whom the person named is nobody that the policy declares, whatever the caller calls them.
    is_named_rightly = giving.recipient != giving.subject or giving.kind == NAMED_RECIPIENT
    if giving.ground == PERMISSION and is_named_rightly:
        permission = find_counting(
            binding.site,
            permission=giving.subject,
            person=giving.person.id,
            recipient=giving.recipient,
            data=giving.data,
            purpose=giving.purpose,
            now=now,
        )
    facts |= {PERMITTED: permission is not None}
    return gather_facts(binding, giving.person) | facts, permission


def _check_recipient(site: str, giving: Giving) -> None:
    """Somebody whom a permission names stands in the permission, and `find_counting` looks there."""
    if not giving.recipient or (giving.ground == PERMISSION and giving.recipient == giving.subject):
        return
    if not Recipient.objects.filter(site=site, id=giving.recipient, kind=giving.kind, ended_at__isnull=True).exists():
        raise StaffError(
            "W131", "that recipient is not in the register, or gets nothing more", "look at the register of recipients"
        )


def _list_items(binding: Binding, giving: Giving, items: Iterable[Item] | None, now: datetime) -> list[Item]:
    """The items that hold any of the data and are not past their time; they are all of this person."""
    site, person = binding.site, giving.person
    found = read_rows(Item, BY_PERSON, (site, person.id)) if items is None else list(items)
    wanted = set(giving.data)
    rows = []
    for row in found:
        if (row.site, row.person_id) != (site, person.id):
            raise RefusedError(str(giving.act))
        leaves = wanted & set(row.categories)
        if leaves and not any(is_expired(row, person, find_clock(binding, row.method, leaf), now) for leaf in leaves):
            rows.append(row)
    return rows


def _open(binding: Binding, giving: Giving, rows: list[Item], known: dict[str, bool | None], now: datetime) -> Opening:
    return open_items(
        binding,
        person=giving.person,
        action="share",
        counterpart=giving.kind,
        purpose=giving.purpose,
        data=giving.data,
        facts=known,
        by=giving.by,
        case=giving.case,
        items=rows,
        now=now,
    )


def _hand_over(
    binding: Binding, giving: Giving, opening: Opening, permission: Permission | None, now: datetime
) -> Disclosed:
    if not opening.values:
        return Disclosed("", "", (), opening.withheld, None, b"", "")
    words = binding.policy.words
    serial = draw_id("x")
    values = [(value.data, value.value) for value in opening.values]
    parcel = pack(
        words,
        values,
        site=binding.site,
        disclosure=serial,
        purpose=giving.purpose,
        kind=giving.kind,
        at=now,
        to=giving.to,
    )
    document = write_parcel(parcel, words)
    digest = digest_parcel(document)
    because = tuple(dict.fromkeys(ref for value in opening.values for ref in value.because[:1]))
    entry = write_line(
        binding.site,
        "data.disclosed",
        at=now,
        person=giving.person.id,
        by=giving.by,
        known=binding.names | GROUNDS,
        disclosure=serial,
        items=len({value.item.id for value in opening.values}),
        digest=digest,
        case=giving.case or None,
        because=because,
        version=binding.current.isoformat(),
        **_tell(giving, parcel.categories),
    )
    Disclosure.objects.create(
        id=serial,
        site=binding.site,
        person=giving.person.id,
        kind=giving.kind,
        recipient=giving.recipient,
        ground=giving.ground,
        subject=giving.subject,
        data=list(parcel.categories),
        purpose=giving.purpose,
        digest=digest,
        by=giving.by,
        at=now,
        entry=entry,
    )
    if permission is not None:
        use_permission(binding, permission, disclosure=serial, by=giving.by, now=now)
    return Disclosed(serial, entry, opening.values, opening.withheld, parcel, document, digest)


def note_refusal_of(binding: Binding, *, because: tuple[str, ...], now: datetime, **wish: Any) -> None:
    """A line that something was asked for and not given, for whoever refuses it before `disclose` does; `wish` is
    what `disclose` takes (person, data, purpose, kind, ground, recipient, subject, by).
    """
    with enter_site(binding.site):
        note_refusal(binding, _read_giving(binding, **wish), because, now)


def note_refusal(
    binding: Binding, giving: Giving, because: tuple[str, ...], now: datetime, data: tuple[str, ...] | None = None
) -> None:
    """A line that it was asked for and not given; of what the policy does not name it says nothing."""
    named = tuple(leaf for leaf in (giving.data if data is None else data) if leaf in binding.names)
    told = _tell(giving, named)
    for name in ("purpose", "recipient", "ground"):
        if told[name] not in binding.names | GROUNDS:
            told[name] = None
    write_line(
        binding.site,
        "data.disclosure-refused",
        at=now,
        person=giving.person.id,
        by=giving.by,
        known=binding.names | GROUNDS,
        because=because,
        outcome="refused" if because else "silent",
        version=binding.current.isoformat(),
        **told,
    )


def _tell(giving: Giving, data: tuple[str, ...]) -> dict[str, object]:
    return {
        "data": list(data),
        "purpose": giving.purpose or None,
        "recipient": giving.kind,
        "outside": giving.recipient or None,
        "ground": giving.ground,
        "subject": giving.subject or None,
    }
