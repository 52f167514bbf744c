"""Giving out on a legal demand: only what it may have, person by person, once; then the people are told, or later.

Everything goes through `disclosures`, which asks the gate; the facts it is told are read from rows in that moment.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from upheld.actions.demand_answers import check_agreed
from upheld.actions.demands import (
    APPROVED,
    ASKED,
    CLOSED,
    NOBODY,
    RELEASED,
    HeldDemand,
    check_desk,
    describe_demand,
    hold_demand,
    need_ground,
    open_details,
    write_demand_line,
)
from upheld.actions.disclosures import Disclosed, disclose_each
from upheld.actions.erasing import PACKAGE, plan_key_destruction
from upheld.actions.grants import name_staff
from upheld.actions.keys import find_person_key, open_person_key
from upheld.actions.ledger import write_line
from upheld.actions.notices import queue_notice
from upheld.actions.primary import find_receiver
from upheld.actions.sealed_copies import KEEP_PACKAGE, label_package, take_out_erased
from upheld.core.errors import RefusedError, StaffError
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import join_words, say_name
from upheld.core.rights.demanding import IN_SCOPE, Ground, is_within, know_of_demand, list_desk_roles
from upheld.core.rights.telling import say_day
from upheld.core.seal.entries import write_canonical, write_moment
from upheld.core.seal.envelope import NONCE_BYTES, open_sealed, seal
from upheld.records.models import Demand, DemandPackage, DemandPerson, Disclosure, Item, Person, Staff
from upheld.records.walls import enter_site, read_site

FORMAT = "legal-release/1"
TOLD = "demand-told"
NOT_NAMED, OTHER_DAYS = "not named by its instrument", "outside the days that its instrument names"


@dataclass(frozen=True, slots=True)
class Package:
    """What was released, as one file: its bytes, their SHA-256, and the how manieth time it is taken."""

    document: bytes
    digest: str
    times: int


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What goes for all people of a demand, and what stays, each with its reason."""

    people: list[dict[str, Any]]
    withheld: list[dict[str, Any]]
    items: int


@dataclass(frozen=True, slots=True)
class _Release:
    """One release: the demand as it stands, what the gate is told, who does it and when."""

    binding: Binding
    row: Demand
    held: HeldDemand
    ground: Ground
    facts: Mapping[str, bool | None]
    by: str
    now: datetime


def release_demand(binding: Binding, demand: str, *, staff: Staff, home: str, now: datetime) -> HeldDemand:
    """The demand, released: what it may have was given out and lies ready as a package. Of two who release one does.

    Raises StaffError W113 for somebody who is not of the desk, W142 when it is not open for it or was changed after it was
    put to people, RefusedError with the sentence when the gate says no, as when too few agreed. Side effects: for each
    person a row and lines of what was given out, `demand.released`, and a message to each unless telling is barred.
    """
    check_desk(binding, staff, now)
    by = name_staff(staff.pk)
    try:
        with enter_site(binding.site):
            row = hold_demand(binding.site, demand, (ASKED, APPROVED))
            ground = need_ground(binding, row)
            facts = _know(binding, row, ground, now)
            release = _Release(binding, row, describe_demand(binding, row, now), ground, facts, by, now)
            because = _ask_gate(release)
            row.home = home
            _store_package(release, _gather(release), because)
            tell_people(binding, row, now)
    except RefusedError as refusal:
        _note_refusal(binding, demand, refusal, by, now)
        raise
    return describe_demand(binding, row, now)


def _know(binding: Binding, row: Demand, ground: Ground, now: datetime) -> dict[str, bool | None]:
    """What the gate is told, from the rows as they stand in this moment."""
    details = open_details(row)
    # whoever releases is of the desk, by a live grant wherever a role sits there; the owner needs none
    return {"granted": bool(list_desk_roles(binding.policy))} | know_of_demand(
        ground,
        is_in_scope=True,  # only what the instrument names is asked about; the rest was left out before
        has_statement=bool(row.has_belief and details.written.belief and details.signed_by),
        approvals=check_agreed(binding, row, now),
    )


def _ask_gate(release: _Release) -> tuple[str, ...]:
    """The sentence that permits the whole. Raises RefusedError with its own ground's sentence, where that is among those."""
    act = Act("share", release.held.narrowed.given, release.ground.purpose, release.row.kind)
    verdict = release.binding.ask(act, release.facts)
    if not verdict.is_permitted:
        own = release.ground.sentence
        raise RefusedError(str(act), (own,) if own in verdict.because else verdict.because)
    return verdict.because[:1]


def _gather(release: _Release) -> _Gathered:
    """What goes, person by person, through the gate; and what stays."""
    site, row, people = release.binding.site, release.row, []
    withheld, items = _list_left_out(release), 0
    for person in Person.objects.filter(site=site, id__in=release.held.people).order_by("id"):
        rows = list(Item.objects.filter(site=site, person=person).order_by("collected_at"))
        inside = [item for item in rows if is_of_days(item, row)]
        outside = {leaf for item in rows if item not in inside for leaf in item.categories}
        withheld += [
            {"person": person.id, "data": leaf, "because": [], "reason": OTHER_DAYS}
            for leaf in release.held.narrowed.given
            if leaf in outside
        ]
        disclosed = _disclose(release, person, inside)
        for part in {(part.data, part.verdict.because[:1]): part for part in disclosed.withheld}.values():
            because = list(part.verdict.because[:1])
            withheld.append({"person": person.id, "data": part.data, "because": because, "reason": ""})
        if disclosed.id:
            people.append({"person": person.id, "digest": disclosed.digest, "given": json.loads(disclosed.document)})
            items += len({value.item.id for value in disclosed.values})
            DemandPerson.objects.filter(demand=row, person=person.id).update(disclosure=disclosed.id)
    return _Gathered(people, withheld, items)


def is_of_days(item: Item, row: Demand) -> bool:
    """Whether an item came in within the days that the instrument names, and holds what it held then.

    One that was corrected on another day says something of that day, and nothing tells which part of it.
    """
    days = (item.collected_at, item.corrected_at or item.collected_at)
    return all(is_within(moment.date(), row.since, row.until) for moment in days)


def _disclose(release: _Release, person: Person, items: list[Item]) -> Disclosed:
    row = release.row
    return disclose_each(
        release.binding,
        person=person,
        data=release.held.narrowed.given,
        purpose=release.ground.purpose,
        kind=row.kind,
        ground=row.ground,
        facts=release.facts,
        recipient=row.recipient,
        subject=row.id,
        by=release.by,
        case=row.case,
        items=items,
        now=release.now,
    )


def _list_left_out(release: _Release) -> list[dict[str, Any]]:
    """The categories asked for that the instrument does not name, or the ground does not cover, with the sentence."""
    found = []
    for leaf in release.held.narrowed.left_out:
        is_covered = leaf in release.ground.data
        facts = {**release.facts, IN_SCOPE: not is_covered}
        verdict = release.binding.ask(Act("share", (leaf,), release.ground.purpose, release.row.kind), facts)
        because = list(verdict.because[:1]) if not verdict.is_permitted else []
        found.append({"person": "", "data": leaf, "because": because, "reason": NOT_NAMED if is_covered else ""})
    return found


def _store_package(release: _Release, gathered: _Gathered, because: tuple[str, ...]) -> None:
    binding, row, now = release.binding, release.row, release.now
    grounds = binding.policy.words.of_sort("ground")
    document = write_canonical(
        {
            "format": FORMAT,
            "site": binding.site,
            "number": row.number,
            "at": write_moment(now),
            "ground": {"name": row.ground, "meaning": grounds[row.ground].value},
            "recipient": {"kind": row.kind, "id": row.recipient},
            "days": {"from": _write_day(row.since), "to": _write_day(row.until)},
            "asked-for": list(row.wanted),
            "people": gathered.people,
            "withheld": [{"data": part["data"], "because": part["because"]} for part in gathered.withheld],
        }
    )
    key = find_person_key(binding.site, NOBODY, _name_class(row.id), now)
    sealed = seal(key.key, secrets.token_bytes(NONCE_BYTES), document, label_package(row.site, row.id))
    DemandPackage.objects.create(demand=row, site=row.site, key=key.name, sealed=sealed)
    row.digest = hashlib.sha256(document).hexdigest()
    row.withheld, row.state, row.released_at = gathered.withheld, RELEASED, now
    row.save()
    told = {"people": len(gathered.people), "items": gathered.items, "digest": row.digest, "because": list(because)}
    write_demand_line(binding, row, "demand.released", release.by, now, **told)


def _note_refusal(binding: Binding, demand: str, refusal: RefusedError, by: str, now: datetime) -> None:
    with enter_site(binding.site):
        row = Demand.objects.filter(site=binding.site, id=demand).first()
        if row is None:
            return
        write_line(
            binding.site, "data.disclosure-refused", at=now, by=by, known=binding.names, because=refusal.because,
            recipient=row.kind, outside=row.recipient or None, ground=row.ground, subject=row.id,
            outcome="refused" if refusal.because else "silent", version=binding.current.isoformat(),
        )  # fmt: skip


def fetch_package(binding: Binding, demand: str, *, staff: Staff, now: datetime) -> Package:
    """The package, counted and told in the ledger each time. Raises StaffError W113, W142, W147 when it is gone."""
    check_desk(binding, staff, now)
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, (RELEASED,))
        package = DemandPackage.objects.filter(site=binding.site, demand=row).first()
        if package is None:
            raise StaffError(
                "W147", "the package is not there any more", "what was handed over is with whom it was for"
            )
        document = open_sealed(
            open_person_key(binding.site, package.key), bytes(package.sealed), label_package(row.site, row.id)
        )
        row.fetched += 1
        row.save(update_fields=["fetched"])
        by = name_staff(staff.pk)
        write_demand_line(binding, row, "demand.fetched", by, now, digest=row.digest, times=row.fetched)
        digest = row.digest
        take_out_erased(binding, now, demand=row.id)  # they waited for this, and wait no longer
    return Package(document, digest, row.fetched)


def forget_packages(binding: Binding, now: datetime) -> int:
    """How many packages were destroyed with their keys: those of closed demands, and those released long ago."""
    with enter_site(binding.site):
        rows = DemandPackage.objects.select_for_update().filter(site=binding.site)
        over = list(rows.filter(Q(demand__state=CLOSED) | Q(demand__released_at__lte=now - KEEP_PACKAGE)))
        for package in over:
            plan_key_destruction(binding.site, package.key, now)
            package.delete()
    return len(over)


def tell_people(binding: Binding, row: Demand, now: datetime) -> int:
    """How many people were told that something about them was given out; nobody while telling is barred.

    Belongs inside the transaction that holds the demand. One whose notice cannot be sent is not asked about again; the
    register of what was given out, on their own page, shows it from then on.
    """
    if row.is_barred and row.barred_until is not None and row.barred_until >= now.date():
        write_demand_line(binding, row, "demand.told", "", now, outcome="no", until=row.barred_until.isoformat())
        return 0
    waiting = DemandPerson.objects.filter(site=binding.site, demand=row, told_at__isnull=True, outcome="")
    told = 0
    for one in waiting.exclude(disclosure=""):
        told += _tell_one(binding, row, one, now)
    waiting.filter(disclosure="").update(outcome="nothing went")
    return told


def _tell_one(binding: Binding, row: Demand, one: DemandPerson, now: datetime) -> bool:
    person = Person.objects.filter(site=binding.site, id=one.person).first()
    receiver = find_receiver(binding.site, person) if person else None
    message, reason = "", "no address"
    if receiver is not None:
        queued = queue_notice(
            binding, now=now, person=receiver, kind=TOLD, home=row.home, values=_say_values(binding, row, one)
        )
        message, reason = queued.message, queued.reason
    one.message, one.told_at, one.outcome = message, now if message else None, "" if message else reason
    one.save(update_fields=["message", "told_at", "outcome"])
    write_line(
        binding.site, "demand.told", at=now, person=one.person, known=binding.names, demand=row.id,
        mail=message or None, outcome="done" if message else "failed", version=binding.current.isoformat(),
    )  # fmt: skip
    return bool(message)


def _say_values(binding: Binding, row: Demand, one: DemandPerson) -> dict[str, str]:
    words = binding.policy.words
    given = Disclosure.objects.filter(site=binding.site, id=one.disclosure).values_list("data", flat=True).first()
    return {
        "at": say_day(row.released_at or row.made_at),
        "number": row.number,
        "whom": say_name(row.kind, "recipient", words),
        "ground": words.of_sort("ground")[row.ground].value if row.ground in words.of_sort("ground") else row.ground,
        "what": join_words([words.label(leaf, "data") for leaf in given or ()]),
        "link": f"{row.home}account/releases",
    }


def tell_after_bars(binding: Binding, now: datetime) -> int:
    """How many people were told now because the time is over in which nobody might tell them; late is better than never."""
    with read_site(binding.site):
        rows = Demand.objects.filter(
            site=binding.site, is_barred=True, barred_until__lt=now.date(), state__in=(RELEASED, CLOSED)
        )
        waiting = rows.filter(
            demandperson__told_at__isnull=True, demandperson__outcome="", released_at__isnull=False
        ).distinct()
        demands = list(waiting.values_list("id", flat=True))
    told = 0
    for demand in demands:
        with enter_site(binding.site):
            told += tell_people(binding, hold_demand(binding.site, demand, (RELEASED, CLOSED)), now)
    return told


def list_reasons(row: Demand) -> Iterable[dict[str, Any]]:
    """What stayed here, each category once with the sentences and how many people it is about."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for part in row.withheld:
        key = (part["data"], "".join(part["because"]), part["reason"])
        entry = found.setdefault(key, {**part, "people": 0})
        entry["people"] += bool(part["person"])
    return found.values()


def _write_day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _name_class(demand: str) -> str:
    return f"{PACKAGE} {demand}"
