"""The ledger: lines that are only ever added, and the tree over them; no foreign key leads from here to a person."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Entry(models.Model):
    """One line: canonical JSON in `text`. `place` is its leaf in the tree, none until the sequencer has come by.

    `kind`, `person` and `by` (staff) repeat what the text says, to find lines by; the text alone is what is proved.
    """

    serial = models.BigAutoField(primary_key=True)
    id = models.CharField(max_length=24, unique=True)
    site = models.CharField(max_length=63)
    kind = models.CharField(max_length=40)
    person = models.CharField(max_length=24, blank=True)
    by = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    text = models.TextField()
    place = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "place"], name="one_entry_a_place")]
        indexes: ClassVar = [
            models.Index(fields=["site", "serial"], condition=models.Q(place__isnull=True), name="entry_waiting"),
            models.Index(fields=["site", "person", "serial"], name="entry_by_person"),
            models.Index(fields=["site", "kind", "serial"], name="entry_by_kind"),
            models.Index(fields=["site", "by", "serial"], name="entry_by_staff"),
        ]


class Tile(models.Model):
    """Up to 256 hashes of one level of the tree, in one row (C2SP tlog-tiles); a full tile never changes."""

    site = models.CharField(max_length=63)
    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "level", "number"], name="one_tile_a_place")]


class Checkpoint(models.Model):
    """A signed note over the tree at one size."""

    site = models.CharField(max_length=63)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "size"], name="one_checkpoint_a_size")]
