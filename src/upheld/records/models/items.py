"""What is held about people: sealed sets of values, each from one touchpoint under one policy version."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from upheld.records.models.people import Person


class Item(models.Model):
    """One sealed set of values about a person.

    `categories` and `purposes` are names of the policy, `keep_class` says which rule ends the keeping, `keep_until`
    when (none: a clock that starts or restarts later), `shown` the digest of the text that the person saw, `method`
    how it came in, `edition` counts corrections. `left_out` names the exclusion of the policy under which the item is out
    of scope, `left_out_source` the sealed words that say where that can be seen. The label that the seal is bound to is (site, person, id, touchpoint).
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    touchpoint = models.CharField(max_length=80)
    version = models.DateField()
    categories = models.JSONField()
    purposes = models.JSONField()
    keep_class = models.CharField(max_length=80)
    keep_until = models.DateTimeField(null=True)
    hold = models.CharField(max_length=80, blank=True)
    key = models.CharField(max_length=24)
    sealed = models.BinaryField()
    collected_at = models.DateTimeField()
    corrected_at = models.DateTimeField(null=True)
    edition = models.PositiveIntegerField(default=1)
    method = models.CharField(max_length=16)
    shown = models.CharField(max_length=64, blank=True)
    left_out = models.CharField(max_length=80, blank=True)
    left_out_source = models.BinaryField(default=bytes)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["site", "person", "collected_at"], name="item_by_person"),
            models.Index(fields=["key"], name="item_by_key"),
            models.Index(fields=["keep_until"], name="item_by_end"),
        ]
