"""The slow hash made fast, for tests alone: the same algorithm with the least memory and time it takes."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """Argon2id in a fraction of a millisecond; of no use against anybody."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
