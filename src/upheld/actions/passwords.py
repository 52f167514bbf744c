"""Passwords: which are taken, how they are kept (Argon2id, sealed under the person's key), and how one is held against them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from itertools import pairwise

from django.contrib.auth.hashers import make_password, verify_password
from django.contrib.auth.password_validation import CommonPasswordValidator

from upheld.actions.keys import NamedKey, find_person_key, open_person_key
from upheld.core.errors import AccountError
from upheld.core.gate.binding import Binding
from upheld.core.rights.keeping import find_keeping
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Person, SignIn
from upheld.records.walls import enter_site, read_site

LEAST = 12
# The slow hash takes any length; the limit keeps one request from being expensive.
MOST = 1024
NOBODY = ""
DECOY = "decoy"


_decoys: dict[str, bytes] = {}


def check_new_password(password: str, others: Iterable[str] = ()) -> None:
    """Raises AccountError A101 for a password that is too short or too long, known to be common, or one of `others`,
    which are the things that stand beside it in the form. Nothing is asked of its composition (NIST SP 800-63B, 5.1.1.2).
    """
    plain = password.strip().casefold()
    if len(password) < LEAST:
        raise AccountError("A101", f"the password is shorter than {LEAST} characters", "a few words in a row are good")
    if len(password) > MOST:
        raise AccountError("A101", f"the password is longer than {MOST} characters", "shorten it")
    if is_guessed_soon(plain):
        raise AccountError("A101", "the password is one that many people use", "take one that nobody would think of")
    if plain in {other.strip().casefold() for other in others if other}:
        raise AccountError("A101", "the password is the same as something else you typed", "take another one")


def is_guessed_soon(plain: str) -> bool:
    """Whether it is a common password, a common or tiny one said several times, or a run such as 123456789012."""
    known = list_known_passwords()
    steps = {ord(after) - ord(before) for before, after in pairwise(plain) if (before, after) != ("9", "0")}
    unit = plain[: (plain + plain).find(plain, 1)]  # the shortest piece that makes it when repeated
    return (
        not plain or plain in known or len(steps) == 1 or (unit != plain and (len(unit) < LEAST // 2 or unit in known))
    )


@cache
def list_known_passwords() -> frozenset[str]:
    """The common passwords that Django brings, from breaches of other people's sites."""
    return frozenset(CommonPasswordValidator().passwords)


def hash_password(password: str) -> str:
    """The slow salted hash; takes a tenth of a second on purpose, so never inside a transaction."""
    return make_password(password)


def store_password(binding: Binding, *, person: Person, leaf: str, encoded: str, now: datetime) -> SignIn:
    """The person's sign-in with this hash, sealed; failures and locks of the old one are forgotten.

    `leaf` is the policy's category for passwords: its keeping rule says which key seals it. The caller writes the line.
    """
    key = find_person_key(binding.site, person.id, find_keeping(binding.gate.table, leaf).keep_class, now)
    values = {
        "site": binding.site,
        "key": key.name,
        "sealed": _seal_hash(binding.site, person.id, key, encoded),
        "failures": 0,
        "locked_until": None,
        "changed_at": now,
    }
    with enter_site(binding.site):
        return SignIn.objects.update_or_create(person=person, defaults=values)[0]


def find_sign_in(site: str, person: Person | None) -> SignIn | None:
    """What the person signs in with, or None for who has no password (and for nobody)."""
    with read_site(site):
        return SignIn.objects.filter(site=site, person_id=person.id if person else NOBODY).first()


def is_password(site: str, sign_in: SignIn | None, password: str, now: datetime) -> bool:
    """Whether the password is the one; takes the same steps and the same time for somebody who has none.

    Never inside a transaction: it is slow on purpose.
    """
    if sign_in is None:
        person, (key, sealed) = NOBODY, _find_decoy(site, now)
    else:
        person, key, sealed = sign_in.person_id, open_person_key(site, sign_in.key), bytes(sign_in.sealed)
    encoded = open_sealed(key, sealed, _label(site, person)).decode()
    is_right, _ = verify_password(password[: MOST + 1], encoded)
    return is_right and sign_in is not None


def is_kept_slowly(site: str, sign_in: SignIn) -> bool:
    """Whether what is kept of a password is a slow salted hash (Argon2id); nothing of it comes out."""
    encoded = open_sealed(open_person_key(site, sign_in.key), bytes(sign_in.sealed), _label(site, sign_in.person_id))
    return encoded.startswith(b"argon2$argon2id$")


def _find_decoy(site: str, now: datetime) -> tuple[bytes, bytes]:
    """A key of nobody's and the hash of a password nobody knows, sealed with it; the hash is made once for a process."""
    key = find_person_key(site, NOBODY, DECOY, now)  # as many queries as finding a person's key takes
    if key.name not in _decoys:
        encoded = hash_password(secrets.token_urlsafe())
        _decoys[key.name] = _seal_hash(site, NOBODY, key, encoded)
    return key.key, _decoys[key.name]


def _seal_hash(site: str, person: str, key: NamedKey, encoded: str) -> bytes:
    return seal(key.key, secrets.token_bytes(NONCE_BYTES), encoded.encode(), _label(site, person))


def _label(site: str, person: str) -> Label:
    return Label(site, person, "sign-in", "password")
