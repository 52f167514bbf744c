"""Keys that take the place of others: the top key, a site's, a person's; every step can be cut short and done again.

The new key is stored before anything hangs on it, and the old one goes last: an hour after it was replaced, when
nothing refers to it, because a worker may still hold it in memory. Re-sealing goes by the site's key: whatever a
person's key that is older than the site's has sealed is sealed anew.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import models, transaction

from upheld.actions.approvals import KEEP_CLASS as STAND_IN
from upheld.actions.demand_bars import label_bar
from upheld.actions.demands import KIND as DEMAND
from upheld.actions.keys import (
    CHECK_CONTEXT,
    CHECK_WORD,
    TopKeyHolder,
    draw_person_key,
    find_top_key,
    forget_site_keys,
    open_person_keys,
    open_site_key,
    place_top_key,
    say_context,
    unwrap_person_key,
    wrap_person_key,
)
from upheld.actions.ledger import write_line
from upheld.actions.outbox import KEEP_CLASS as MESSAGE
from upheld.actions.permissions import LABEL as PERMISSION
from upheld.actions.recipients import LABEL as RECIPIENT
from upheld.actions.rows import update_rows
from upheld.actions.scope import KIND as LEFT_OUT
from upheld.actions.sealed_copies import label_batch, label_package
from upheld.core.errors import SealError, VaultError
from upheld.core.seal.envelope import KEY_BYTES, NONCE_BYTES, Label, name_key, open_sealed, seal
from upheld.records.journal import empty_journal
from upheld.records.keyring.models import DestroyedKey, PersonKey, SiteKey, TopKey
from upheld.records.models import (
    Demand,
    DemandBar,
    DemandPackage,
    Item,
    MergerBatch,
    Outgoing,
    Permission,
    Person,
    Recipient,
    SignIn,
    StandIn,
    Token,
)
from upheld.records.walls import enter_site

logger = logging.getLogger(__name__)

WRAP = "wrap"
GRACE = timedelta(hours=1)
IN_A_BATCH = 500
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column that is sealed under a person's key named in the row's `key`, and the label it is bound to."""

    model: type[models.Model]
    column: str
    label: Callable[[Any], Label]


SEALED: tuple[Sealed, ...] = (
    Sealed(Item, "sealed", lambda row: Label(row.site, row.person_id, row.id, row.touchpoint)),
    Sealed(Item, "left_out_source", lambda row: Label(row.site, row.person_id, row.id, LEFT_OUT)),
    Sealed(SignIn, "sealed", lambda row: Label(row.site, row.person_id, "sign-in", "password")),
    Sealed(Token, "sealed", lambda row: Label(row.site, row.person_id, "link", row.use)),
    Sealed(Permission, "sealed", lambda row: Label(row.site, row.person_id, row.id, PERMISSION)),
    Sealed(Recipient, "sealed", lambda row: Label(row.site, "", row.id, RECIPIENT)),
    Sealed(Demand, "sealed", lambda row: Label(row.site, "", row.id, DEMAND)),
    Sealed(DemandBar, "sealed", label_bar),
    Sealed(DemandPackage, "sealed", lambda row: label_package(row.site, row.demand_id)),
    Sealed(StandIn, "sealed", lambda row: Label(row.site, "", row.id, STAND_IN)),
    Sealed(MergerBatch, "sealed", label_batch),
    Sealed(Outgoing, "sealed", lambda row: Label(row.site, row.person, row.id, MESSAGE)),
)


@dataclass(frozen=True, slots=True)
class Rotated:
    """That keys are under another key now: the names of both, and how many keys. `left` could not be opened."""

    old: str
    new: str
    keys: int
    left: int = 0


def rotate_top_key(new: TopKeyHolder, *, old: TopKeyHolder, now: datetime) -> Rotated:
    """All sites' keys under the new top key, which this process has from now on; all of them or none.

    The same key twice wraps them anew, as after a rotation inside the key store. Nothing else in the keyring changes.
    Raises VaultError V812 when the old key is not the keyring's, SealError V801 for a key that was altered. A line in
    each site's ledger.
    """
    with transaction.atomic(using="keys"):
        current = TopKey.objects.select_for_update().filter(is_current=True).first()
        if current is None or current.name != old.name:
            held = current.name if current else "none"
            raise VaultError(
                "V812", f"the keyring was made under the top key `{held}`, and `{old.name}` was given", "give that one"
            )
        rows = list(SiteKey.objects.select_for_update())
        for row in rows:
            context = say_context(row.site, row.use)
            row.wrapped, row.top_key = new.wrap(old.unwrap(bytes(row.wrapped), context), context), new.name
        update_rows(SiteKey, ("wrapped", "top_key"), ((row.name, row.wrapped, row.top_key) for row in rows))
        TopKey.objects.filter(is_current=True).update(is_current=False)
        told = {"check_word": new.wrap(CHECK_WORD, CHECK_CONTEXT), "is_current": True}
        TopKey.objects.update_or_create(name=new.name, defaults=told, create_defaults={**told, "created_at": now})
    place_top_key(new)
    for site in sorted({row.site for row in rows if row.site}):
        with enter_site(site):
            count = sum(row.site == site for row in rows)
            write_line(site, "keys.rotated", at=now, keys=count, old=old.name, new=new.name)
    return Rotated(old.name, new.name, len(rows))


def rotate_site_key(site: str, *, now: datetime, tell: Tell | None = None) -> Rotated:
    """The site's persons' keys under a new site key; a rotation that was cut short is finished instead of a new one begun.

    `tell` is given how many are done. Keys that do not open are left as they are, logged and counted. One line in the
    ledger at the end.
    """
    if not _list_behind(site).exists():
        _draw_site_key(site, now)
    forget_site_keys()
    current = SiteKey.objects.get(site=site, use=WRAP, is_current=True)
    before = SiteKey.objects.filter(site=site, use=WRAP, is_current=False).order_by("-created_at").first()
    done, left, last = 0, 0, ""
    while rows := list(_list_behind(site).filter(name__gt=last).order_by("name")[:IN_A_BATCH]):
        last = rows[-1].name
        changed = _rewrap(rows, current.name)
        done, left = done + changed, left + len(rows) - changed
        if tell is not None:
            tell(done)
    with enter_site(site):
        write_line(site, "keys.rotated", at=now, keys=done, old=before.name if before else None, new=current.name)
    return Rotated(before.name if before else "", current.name, done, left)


def _list_behind(site: str) -> models.QuerySet[PersonKey]:
    """Keys of persons that are still wrapped by an earlier key of the site."""
    earlier = SiteKey.objects.filter(site=site, use=WRAP, is_current=False).values_list("name", flat=True)
    return PersonKey.objects.filter(site=site, site_key__in=list(earlier))


def _draw_site_key(site: str, now: datetime) -> None:
    key = secrets.token_bytes(KEY_BYTES)
    holder = find_top_key()
    with transaction.atomic(using="keys"):
        SiteKey.objects.select_for_update().filter(site=site, use=WRAP, is_current=True).update(is_current=False)
        SiteKey.objects.create(
            name=name_key(key),
            site=site,
            use=WRAP,
            wrapped=holder.wrap(key, say_context(site, WRAP)),
            top_key=holder.name,
            created_at=now,
        )


def _rewrap(rows: list[PersonKey], wrapping: str) -> int:
    """How many of these keys are under this site key now; one that was destroyed meanwhile stays destroyed."""
    new, changed = open_site_key(wrapping), []
    for row in rows:
        try:
            named = unwrap_person_key(row)
        except (SealError, VaultError):
            logger.exception("key %s of site %s does not open; it stays under its old site key", row.name, row.site)
            continue
        wrapped = wrap_person_key(row.site, (row.person, row.keep_class), named, new)[4]
        changed.append((row.name, wrapped, wrapping))
    with transaction.atomic(using="keys"):
        update_rows(PersonKey, ("wrapped", "site_key"), changed)
    return len(changed)


def reseal_site(site: str, *, now: datetime, tell: Tell | None = None) -> int:
    """How many people's data was sealed anew: of everybody with a key older than the site's own.

    Cut short, it goes on where it was when it is called again. A line in the ledger for each person.
    """
    before = SiteKey.objects.get(site=site, use=WRAP, is_current=True).created_at
    done, last = 0, ""
    while people := list(_list_due(site, before).filter(person__gt=last).values_list("person", flat=True)[:IN_A_BATCH]):
        for person in people:
            reseal_person(site, person, before=before, now=now)
            done += 1
        last = people[-1]
        if tell is not None:
            tell(done)
    return done


def _list_due(site: str, before: datetime) -> models.QuerySet[PersonKey]:
    rows = PersonKey.objects.filter(site=site).exclude(person="")
    due = rows.filter(models.Q(created_at__lt=before) | models.Q(is_current=False))
    return due.order_by("person").distinct()


def reseal_person(site: str, person: str, *, before: datetime, now: datetime) -> int:
    """How many of the person's keys were replaced: those drawn before this moment, and those replaced in part already.

    The new keys are stored first. Then everything that the old ones sealed is sealed anew in one transaction, with a
    line in the ledger. The old keys stay until `destroy_replaced_keys`. Raises SealError V801 for data that was altered;
    then nothing of it changes.
    """
    with transaction.atomic(using="keys"):
        rows = list(PersonKey.objects.select_for_update().filter(site=site, person=person))
        fresh = [row for row in rows if row.is_current and row.created_at < before]
        PersonKey.objects.filter(name__in=[row.name for row in fresh]).update(is_current=False)
        for row in fresh:
            draw_person_key(site, person, row.keep_class, now)
    rows = list(PersonKey.objects.filter(site=site, person=person))
    current = {row.keep_class: row.name for row in rows if row.is_current}
    successors = {row.name: current[row.keep_class] for row in rows if not row.is_current and row.keep_class in current}
    if not successors:
        return 0
    keys = open_person_keys(site, {*successors, *successors.values()})
    with enter_site(site):
        # Whoever adds something about the person waits, so that nothing comes in behind us under an old key.
        list(Person.objects.select_for_update().filter(site=site, id=person).values_list("id"))
        changed = [
            _reseal_rows(model, site, successors, keys) for model in dict.fromkeys(found.model for found in SEALED)
        ]
        if any(changed):
            write_line(site, "keys.rotated", at=now, person=person, keys=len(successors))
    return len(successors)


def _reseal_rows(model: type[models.Model], site: str, successors: dict[str, str], keys: dict[str, bytes]) -> int:
    columns = [found for found in SEALED if found.model is model]
    rows: list[Any] = list(model._default_manager.select_for_update().filter(site=site, key__in=list(successors)))  # noqa: SLF001 - Django's own documented name
    update_rows(
        model,
        ("key", *(found.column for found in columns)),
        [
            (
                row.pk,
                successors[row.key],
                *(
                    _seal_anew(getattr(row, found.column), found.label(row), row.key, successors, keys)
                    for found in columns
                ),
            )
            for row in rows
        ],
    )
    return len(rows)


def _seal_anew(sealed: Any, label: Label, old: str, successors: dict[str, str], keys: dict[str, bytes]) -> bytes | None:
    """The same under the key's successor; what is empty stays empty (a message that has left, a link about nothing)."""
    if not sealed:
        return None if sealed is None else b""
    plain = open_sealed(keys[old], bytes(sealed), label)
    return seal(keys[successors[old]], secrets.token_bytes(NONCE_BYTES), plain, label)


def destroy_replaced_keys(site: str, *, now: datetime) -> int:
    """How many replaced keys are gone for good: of persons and of the site itself, replaced an hour ago or longer.

    What something still refers to stays, for `reseal_person` to take up again. Done twice it does no harm.
    """
    gone = 0
    replaced = list(PersonKey.objects.filter(site=site, is_current=False))
    newest = {}
    for start in range(0, len(replaced), IN_A_BATCH):
        people = {row.person for row in replaced[start : start + IN_A_BATCH]}
        for row in PersonKey.objects.filter(site=site, person__in=people, is_current=True):
            newest[row.person, row.keep_class] = row.created_at
    for row in replaced:
        replaced_at = newest.get((row.person, row.keep_class))
        if replaced_at is None or replaced_at > now - GRACE or _is_referred_to(site, row.name):
            continue
        with transaction.atomic(using="keys"):
            DestroyedKey.objects.get_or_create(
                name=row.name,
                defaults={"site": site, "person": row.person, "keep_class": row.keep_class, "destroyed_at": now},
            )
            row.delete()
        gone += 1
    gone += _remove_site_keys(site, now)
    if gone:
        empty_journal("keys")
    return gone


def count_replaced(site: str) -> int:
    """How many replaced keys of this site are still there."""
    earlier = SiteKey.objects.filter(site=site, use=WRAP, is_current=False).count()
    return earlier + PersonKey.objects.filter(site=site, is_current=False).count()


def count_behind(site: str) -> int:
    """How many keys of persons a rotation has still to put under the site's new key."""
    return _list_behind(site).count()


def _is_referred_to(site: str, key: str) -> bool:
    """Whether any row of the records names this key, in whatever table."""
    with enter_site(site):
        return any(model._default_manager.filter(site=site, key=key).exists() for model in iter_keyed())  # noqa: SLF001 - the same


def iter_keyed() -> Iterator[type[models.Model]]:
    """The models of the records whose rows name a person's key."""
    for model in apps.get_app_config("records").get_models():
        if {"key", "site"} <= {field.name for field in model._meta.concrete_fields}:  # noqa: SLF001 - the same
            yield model


def _remove_site_keys(site: str, now: datetime) -> int:
    current = SiteKey.objects.filter(site=site, use=WRAP, is_current=True).first()
    if current is None or current.created_at > now - GRACE:
        return 0
    gone = 0
    for row in SiteKey.objects.filter(site=site, use=WRAP, is_current=False):
        if not PersonKey.objects.filter(site_key=row.name).exists():
            row.delete()
            gone += 1
    forget_site_keys()
    return gone
