"""Passwords of invented people in a house that is thrown away are hashed quickly; what is looked at is hashed as the house does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, get_hashers, get_hashers_by_algorithm

QUICK = "upheld.rehearsal.hashing.QuickArgon2"
_own: list[str] = []


class QuickArgon2(Argon2PasswordHasher):
    """The same algorithm with the least memory and time it takes; of no use against anybody."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1


def hash_quickly() -> None:
    """From now on this process hashes quickly: a slow hash is nearly half of all the time that rehearsals take."""
    if not _own:
        _own.extend(settings.PASSWORD_HASHERS)
    _take([QUICK])


@contextmanager
def hashing_as_the_house() -> Iterator[None]:
    """Inside, passwords are hashed as the settings of the house say: for those whose hashes are looked at."""
    before = list(settings.PASSWORD_HASHERS)
    _take(_own or before)
    try:
        yield
    finally:
        _take(before)


def _take(hashers: list[str]) -> None:
    settings.PASSWORD_HASHERS = list(hashers)
    get_hashers.cache_clear()
    get_hashers_by_algorithm.cache_clear()
