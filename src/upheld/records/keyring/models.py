"""The keys: a person's, wrapped by the site's, wrapped by the top key, which lies outside; knows no data and no policy.

Beside them how long each site's ledger is: whoever cuts it back in the other database does not reach this one.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class TopKey(models.Model):
    """The top key that this keyring was made under: its name, and a sealed word that only it opens. One row is current."""

    name = models.CharField(max_length=16, primary_key=True)
    check_word = models.BinaryField()
    created_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)


class SiteKey(models.Model):
    """A key of one site, wrapped by the top key.

    `use` is `wrap` (wraps the persons' keys), `index` (blind index), `sign` (seed of the ledger's signing key) or `token`.
    A site has one current key of each use; earlier ones stay until nothing needs them.
    """

    name = models.CharField(max_length=16, primary_key=True)
    site = models.CharField(max_length=63)
    use = models.CharField(max_length=16)
    wrapped = models.BinaryField()
    top_key = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["site", "use"], condition=models.Q(is_current=True), name="one_current_site_key"
            ),
        ]


class PersonKey(models.Model):
    """A key of one person and keeping class, wrapped by the site's key; destroying the row destroys the data everywhere.

    An empty person stands for what belongs to nobody, such as the log of visits of one day.
    """

    name = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    person = models.CharField(max_length=24, blank=True)
    keep_class = models.CharField(max_length=80)
    wrapped = models.BinaryField()
    site_key = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["site", "person", "keep_class"],
                condition=models.Q(is_current=True),
                name="one_current_person_key",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["site_key"], name="person_key_by_site_key")]


class DestroyedKey(models.Model):
    """That a key is gone, and when: what says that a missing key is no fault."""

    name = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    person = models.CharField(max_length=24, blank=True)
    keep_class = models.CharField(max_length=80)
    destroyed_at = models.DateTimeField()


class LedgerHead(models.Model):
    """How many lines the tree of a site's ledger had when it was last signed, and its root; may lag, is never ahead."""

    site = models.CharField(max_length=63, primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    at = models.DateTimeField()
