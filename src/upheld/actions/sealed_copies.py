"""Sealed copies for somebody outside, packages of demands and files of mergers: erased people are taken out of them.

A copy is sealed anew without the person, under another key, and the key of the old one is destroyed; so no copy of the
tables from before opens, either. Where an instrument asks for it and nobody has fetched it yet, a package waits.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from upheld.actions.erasing import BATCH, NOBODY, PACKAGE, plan_key_destruction
from upheld.actions.ids import draw_id
from upheld.actions.keys import NamedKey, find_person_key, open_person_key
from upheld.actions.ledger import write_line
from upheld.core.errors import SealError, VaultError
from upheld.core.gate.binding import Binding
from upheld.core.rights.demanding import find_ground
from upheld.core.seal.entries import write_canonical
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Demand, DemandPackage, DemandPerson, Merger, MergerBatch, MergerNotice, Person
from upheld.records.walls import enter_site

RELEASED = "released"
# What was handed over is with whom it was for; a second copy of it lies here no longer than it may be asked for again.
KEEP_PACKAGE = timedelta(days=30)


def label_package(site: str, demand: str) -> Label:
    """What a package is bound to."""
    return Label(site, NOBODY, demand, PACKAGE)


def label_batch(batch: MergerBatch) -> Label:
    """What a file of a merger is bound to."""
    return Label(batch.site, NOBODY, batch.id, BATCH)


def hold_copies(binding: Binding, person: str) -> None:
    """Hold every demand about this person, and every merger, until the transaction ends.

    Whoever releases or hands over in this moment is done before, and their copy is found; or comes after, and finds
    nobody.
    """
    site = binding.site
    about = DemandPerson.objects.filter(site=site, person=person).values("demand")
    list(Demand.objects.select_for_update().filter(site=site, id__in=about).order_by("id").values_list("id"))
    list(Merger.objects.select_for_update().filter(site=site).order_by("id").values_list("id"))


def take_out(binding: Binding, *, person: str, now: datetime) -> int:
    """How many sealed copies the person was taken out of; one with nobody left in it is destroyed.

    Belongs inside the transaction that erases them, after `hold_copies`. Side effects: `copy.erased` for each, and
    `copy.held` for each package that has to wait; neither line names the person.
    """
    site, count = binding.site, 0
    packages = DemandPackage.objects.filter(site=site, demand__demandperson__person=person)
    for package in packages.select_related("demand").order_by("demand"):
        until = find_held_until(binding, package.demand)
        if until is None:
            count += _empty_package(binding, package, {person}, now)
        else:
            write_line(site, "copy.held", at=now, subject=package.demand_id, until=until)
    went = MergerNotice.objects.filter(site=site, person=person).values_list("merger", "transferred_at")
    for merger, at in went:
        if at is None:
            continue
        made = MergerBatch.objects.filter(site=site, merger=merger, made_at=at)
        for batch in made.exclude(sealed=b"").order_by("number"):
            count += _empty_batch(binding, batch, person, now)
    return count


def find_held_until(binding: Binding, demand: Demand) -> datetime | None:
    """Until when the package of a demand waits with everybody who is in it; None when it does not.

    It does where the policy's ground asks for an instrument, such as a court's order, and nobody has fetched it yet.
    """
    ground = find_ground(binding.policy, demand.ground, demand.kind)
    is_waiting = demand.state == RELEASED and not demand.fetched and demand.released_at is not None
    if not is_waiting or ground is None or not ground.is_scoped or demand.released_at is None:
        return None
    return demand.released_at + KEEP_PACKAGE


def take_out_erased(binding: Binding, now: datetime, *, demand: str = "") -> int:
    """How many packages, or this one alone, lost somebody who was erased while it waited, and wait no longer."""
    site, count = binding.site, 0
    with enter_site(site):
        gone = DemandPerson.objects.filter(site=site, demand__demandpackage__isnull=False).exclude(
            person__in=Person.objects.filter(site=site).values("id")
        )
        about = gone.filter(demand=demand) if demand else gone
        for row in Demand.objects.select_for_update().filter(site=site, id__in=about.values("demand")).order_by("id"):
            if find_held_until(binding, row) is None:
                people = set(gone.filter(demand=row).values_list("person", flat=True))
                count += _empty_package(binding, DemandPackage.objects.get(site=site, demand=row), people, now)
    return count


def list_gone(site: str, people: Collection[str]) -> frozenset[str]:
    """Those of these people who are not on record any more; belongs inside the site."""
    there = Person.objects.filter(site=site, id__in=list(people)).values_list("id", flat=True)
    return frozenset(people) - frozenset(there)


def _empty_package(binding: Binding, package: DemandPackage, people: Collection[str], now: datetime) -> bool:
    """Whether any of these people was in the package, and is no more; `demand.digest` is that of what is left."""
    demand = Demand.objects.get(site=binding.site, pk=package.demand_id)
    label = label_package(package.site, package.demand_id)
    content = json.loads(_open(package.site, package.key, bytes(package.sealed), label) or "{}")
    left = [one for one in content.get("people", ()) if one["person"] not in people]
    if content and len(left) == len(content["people"]):
        return False
    plan_key_destruction(binding.site, package.key, now)
    digest = ""
    if left:
        document = write_canonical({**content, "people": left})
        package.key, package.sealed, digest = _seal_anew(binding, label, document, now)
        package.save(update_fields=["key", "sealed"])
        demand.digest = digest
        demand.save(update_fields=["digest"])
    else:
        package.delete()
    _tell_erased(binding, demand.id, len(left), digest, now)
    return True


def _empty_batch(binding: Binding, batch: MergerBatch, person: str, now: datetime) -> bool:
    """Whether the person was in the file, and is no more."""
    label = label_batch(batch)
    document = _open(batch.site, batch.key, bytes(batch.sealed), label)
    head, *lines = document.splitlines() if document else [b""]
    left = [line for line in lines if json.loads(line)["person"] != person]
    if document and len(left) == len(lines):
        return False
    plan_key_destruction(binding.site, batch.key, now)
    batch.people = len(left)
    if left:
        batch.key, batch.sealed, batch.digest = _seal_anew(binding, label, b"\n".join([head, *left]) + b"\n", now)
    else:
        batch.sealed = b""
    batch.save(update_fields=["key", "sealed", "digest", "people"])
    _tell_erased(binding, batch.merger_id, len(left), batch.digest if left else "", now, batch=batch.number)
    return True


def _open(site: str, key: str, sealed: bytes, label: Label) -> bytes:
    """The document; empty for one that was altered: then the whole copy goes, since nobody can say who is in it."""
    try:
        return open_sealed(open_person_key(site, key), sealed, label)
    except (SealError, VaultError):
        return b""


def _seal_anew(binding: Binding, label: Label, document: bytes, now: datetime) -> tuple[str, bytes, str]:
    """The name of a key that seals this alone, the document under it, and the document's SHA-256."""
    key: NamedKey = find_person_key(binding.site, NOBODY, f"{label.kind} {draw_id('k')}", now)
    sealed = seal(key.key, secrets.token_bytes(NONCE_BYTES), document, label)
    return key.name, sealed, hashlib.sha256(document).hexdigest()


def _tell_erased(
    binding: Binding, subject: str, people: int, digest: str, now: datetime, *, batch: int | None = None
) -> None:
    """About nobody: while telling is barred nobody may learn of the demand by their own lines."""
    fields: dict[str, Any] = {"subject": subject, "batch": batch, "people": people, "digest": digest or None}
    write_line(binding.site, "copy.erased", at=now, **fields)
