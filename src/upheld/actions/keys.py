"""Keys: made before the data they seal, wrapped by the keys above them, destroyed for good; writes only the keyring."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import IntegrityError, models, transaction

from upheld.actions.ids import draw_id
from upheld.actions.rows import insert_rows, read_rows
from upheld.core.errors import SealError, VaultError
from upheld.core.seal.envelope import KEY_BYTES, NONCE_BYTES, name_key, unwrap_key, wrap_key
from upheld.records.journal import empty_journal
from upheld.records.keyring.models import DestroyedKey, PersonKey, SiteKey, TopKey

CHECK_WORD = b"upheld keyring"
CHECK_CONTEXT = "check"
MOST_IN_A_QUERY = 500
KEPT_SECONDS = 60.0
CURRENT_KEY = "WHERE site = %s AND person = %s AND keep_class = %s AND is_current"
PERSON_KEY = ("name", "site", "person", "keep_class", "wrapped", "site_key", "created_at")


class TopKeyHolder(Protocol):
    """Whatever holds the top key: the key itself, or a server that wraps and opens with it and never gives it out."""

    @property
    def name(self) -> str:
        """The key's name: 16 signs that say nothing about it."""

    def wrap(self, key: bytes, context: str) -> bytes:
        """The key sealed under the top key; opens only with the same context."""

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The key again. Raises SealError V802 when this top key did not wrap it, V801 when it was altered."""


@dataclass(frozen=True, slots=True)
class LocalTopKey:
    """The top key in this process, from a file or the environment: 32 bytes."""

    key: bytes

    @property
    def name(self) -> str:
        """The key's name."""
        return name_key(self.key)

    def wrap(self, key: bytes, context: str) -> bytes:
        """The key sealed under the top key."""
        return wrap_key(self.key, secrets.token_bytes(NONCE_BYTES), key, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The key again."""
        return unwrap_key(self.key, wrapped, context)


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A key ready for use and the name that rows hold of it."""

    name: str
    key: bytes


_top_key: TopKeyHolder | None = None
# Kept for a minute: after a rotation a worker seals with the old key no longer than that. By use, and by name.
_site_keys: dict[tuple[str, str], tuple[NamedKey, float]] = {}
_lock = threading.Lock()


def place_top_key(holder: TopKeyHolder | None) -> None:
    """Give this process the top key; what was opened with an earlier one is forgotten."""
    global _top_key  # noqa: PLW0603 - one process has one top key, and every action needs it
    with _lock:
        _top_key = holder
        _site_keys.clear()


def find_top_key() -> TopKeyHolder:
    """The top key of this process. Raises VaultError V811 before one was placed."""
    if _top_key is None:
        raise VaultError("V811", "the vault is locked: no top key was given", "set `UPHELD_TOP_KEY_FILE`")
    return _top_key


def check_top_key(now: datetime) -> bool:
    """Whether the keyring is new; a new one is bound to this top key from now on.

    Raises VaultError V812 when the keyring was made under another top key; the text names both.
    """
    holder = find_top_key()
    row = TopKey.objects.filter(is_current=True).first()
    if row is None:
        TopKey.objects.create(name=holder.name, check_word=holder.wrap(CHECK_WORD, CHECK_CONTEXT), created_at=now)
        return True
    try:
        opened = holder.unwrap(bytes(row.check_word), CHECK_CONTEXT)
    except SealError:
        opened = b""
    if opened != CHECK_WORD:
        text = f"the keyring was made under the top key `{row.name}`, and `{holder.name}` was given"
        raise VaultError("V812", text, "give the key of that name; without it nothing that is held can be read")
    return False


def find_site_key(site: str, use: str, now: datetime) -> NamedKey:
    """The site's current key of one use (`wrap`, `index`, `sign`, `token`), made now when there is none."""
    known = _recall((site, use))
    if known is not None:
        return known
    row = SiteKey.objects.filter(site=site, use=use, is_current=True).first()
    if row is None:
        key = secrets.token_bytes(KEY_BYTES)
        row = _store_site_key(site, use, key, now)
    return _remember(row)


def open_site_key(name: str) -> NamedKey:
    """A site's key by its name, current or not. Raises VaultError V813 when it is not there."""
    known = _recall(("", name))
    if known is not None:
        return known
    row = SiteKey.objects.filter(name=name).first()
    if row is None:
        raise VaultError("V813", f"the site key `{name}` is not in the keyring", "restore the keyring from its backup")
    return _keep(("", name), _unwrap_site_key(row))


def _unwrap_site_key(row: SiteKey) -> NamedKey:
    return NamedKey(row.name, find_top_key().unwrap(bytes(row.wrapped), say_context(row.site, row.use)))


def _recall(place: tuple[str, str]) -> NamedKey | None:
    found = _site_keys.get(place)
    return found[0] if found is not None and found[1] > time.monotonic() else None


def _keep(place: tuple[str, str], named: NamedKey) -> NamedKey:
    with _lock:
        _site_keys[place] = (named, time.monotonic() + KEPT_SECONDS)
    return named


def _store_site_key(site: str, use: str, key: bytes, now: datetime) -> SiteKey:
    holder = find_top_key()
    try:
        with transaction.atomic(using="keys"):
            return SiteKey.objects.create(
                name=name_key(key),
                site=site,
                use=use,
                wrapped=holder.wrap(key, say_context(site, use)),
                top_key=holder.name,
                created_at=now,
            )
    except IntegrityError:  # another worker was first; its key is the one
        return SiteKey.objects.get(site=site, use=use, is_current=True)


def _remember(row: SiteKey) -> NamedKey:
    return _keep(("", row.name), _keep((row.site, row.use), _unwrap_site_key(row)))


def forget_site_keys() -> None:
    """Read the sites' keys anew when they are next asked for, as after a rotation."""
    with _lock:
        _site_keys.clear()


def say_context(*parts: str) -> str:
    """What a wrapped key is bound to: whose it is and what for, so that it opens in no other's place."""
    return "\n".join(parts)


def find_person_key(site: str, person: str, keep_class: str, now: datetime) -> NamedKey:
    """The current key of a person and keeping class, made and kept for good before anything is sealed with it."""
    rows = read_rows(PersonKey, CURRENT_KEY, (site, person, keep_class))
    return unwrap_person_key(rows[0] if rows else draw_person_key(site, person, keep_class, now))


def find_person_keys(site: str, wanted: Iterable[tuple[str, str]], now: datetime) -> dict[tuple[str, str], NamedKey]:
    """The current keys of many people and keeping classes; what is missing is made, all of it in one transaction."""
    pairs = list(dict.fromkeys(wanted))
    people = sorted({person for person, _ in pairs})
    found: dict[tuple[str, str], NamedKey] = {}
    for start in range(0, len(people), MOST_IN_A_QUERY):
        some = people[start : start + MOST_IN_A_QUERY]
        for row in PersonKey.objects.filter(site=site, person__in=some, is_current=True):
            found[row.person, row.keep_class] = unwrap_person_key(row)
    wrapping = find_site_key(site, "wrap", now)
    drawn = [(pair, NamedKey(draw_id("k"), secrets.token_bytes(KEY_BYTES))) for pair in pairs if pair not in found]
    rows = [wrap_person_key(site, pair, named, wrapping) for pair, named in drawn]
    try:
        with transaction.atomic(using="keys"):
            insert_rows(PersonKey, PERSON_KEY, ((*row, now) for row in rows))
    except IntegrityError:  # another worker drew some of them meanwhile; its keys are the ones
        return find_person_keys(site, pairs, now)
    return found | dict(drawn)


def wrap_person_key(site: str, pair: tuple[str, str], named: NamedKey, wrapping: NamedKey) -> tuple[object, ...]:
    """The key of a person and class, wrapped: the first values of PERSON_KEY, in its order."""
    context = say_context(site, *pair, named.name)
    wrapped = wrap_key(wrapping.key, secrets.token_bytes(NONCE_BYTES), named.key, context)
    return (named.name, site, *pair, wrapped, wrapping.name)


def draw_person_key(site: str, person: str, keep_class: str, now: datetime) -> PersonKey:
    """A new current key of a person and class; of two workers that draw at once the first one's stays."""
    named = NamedKey(draw_id("k"), secrets.token_bytes(KEY_BYTES))
    values = (*wrap_person_key(site, (person, keep_class), named, find_site_key(site, "wrap", now)), now)
    try:
        with transaction.atomic(using="keys"):
            insert_rows(PersonKey, PERSON_KEY, [values])
        return PersonKey(**dict(zip(PERSON_KEY, values, strict=True)))
    except IntegrityError:
        return PersonKey.objects.get(site=site, person=person, keep_class=keep_class, is_current=True)


def open_person_key(site: str, name: str) -> bytes:
    """A person's key by its name.

    Raises VaultError V814 when it was destroyed (the data is erased, wherever copies of it lie), V813 when it is
    missing without having been destroyed.
    """
    return open_person_keys(site, {name})[name]


def open_person_keys(site: str, names: set[str]) -> dict[str, bytes]:
    """Several keys of one site by their names, in one query; raises as `open_person_key` does."""
    marks = ", ".join(["%s"] * len(names))
    rows = {row.name: row for row in read_rows(PersonKey, f"WHERE site = %s AND name IN ({marks})", (site, *names))}
    for name in sorted(names - set(rows)):
        if DestroyedKey.objects.filter(site=site, name=name).exists():
            raise VaultError("V814", f"the key `{name}` was destroyed: what it sealed is erased")
        raise VaultError("V813", f"the key `{name}` is not in the keyring", "restore the keyring from its backup")
    return {name: unwrap_person_key(row).key for name, row in rows.items()}


def unwrap_person_key(row: PersonKey) -> NamedKey:
    """The person's key of this row. Raises VaultError V813 when the site key above it is missing, SealError V801."""
    wrapping = open_site_key(row.site_key)
    context = say_context(row.site, row.person, row.keep_class, row.name)
    return NamedKey(row.name, unwrap_key(wrapping.key, bytes(row.wrapped), context))


def destroy_person_keys(site: str, person: str, now: datetime, keep_class: str | None = None) -> int:
    """How many keys were destroyed: all of a person's, or those of one keeping class. Done twice it does no harm."""
    with transaction.atomic(using="keys"):
        rows = PersonKey.objects.filter(site=site, person=person)
        if keep_class is not None:
            rows = rows.filter(keep_class=keep_class)
        gone = [
            DestroyedKey(name=row.name, site=site, person=person, keep_class=row.keep_class, destroyed_at=now)
            for row in rows
        ]
        DestroyedKey.objects.bulk_create(gone, ignore_conflicts=True)
        rows.delete()
    if gone:
        empty_journal("keys")
    return len(gone)


@dataclass(frozen=True, slots=True)
class HeldSiteKey:
    """A key of a site as an operator may see it, and how many persons' keys it wraps."""

    site: str
    use: str
    name: str
    is_current: bool
    created_at: datetime
    wraps: int


@dataclass(frozen=True, slots=True)
class Destroyed:
    """That a key is gone: what it is called in rows that were sealed with it, whose it was, of which keeping class."""

    key: str
    person: str
    keep_class: str
    at: datetime


def list_site_keys() -> tuple[HeldSiteKey, ...]:
    """All keys of all sites, the current ones first; those of the server itself have no site."""
    counts = dict(PersonKey.objects.values_list("site_key").annotate(models.Count("name")))
    rows = SiteKey.objects.order_by("site", "use", "-is_current", "-created_at")
    return tuple(
        HeldSiteKey(row.site, row.use, row.name, row.is_current, row.created_at, counts.get(row.name, 0))
        for row in rows
    )


def list_destroyed(site: str) -> Iterator[Destroyed]:
    """Every key of this site that was destroyed, the first one first: what a restored backup must not bring back."""
    for row in DestroyedKey.objects.filter(site=site).order_by("destroyed_at", "name").iterator():
        yield Destroyed(row.name, row.person, row.keep_class, row.destroyed_at)
