"""What people permitted somebody outside to get; a permission that ended stays, with its end."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from upheld.records.models.people import Person


class Permission(models.Model):
    """That a person permits one recipient to get some categories for one purpose, until they end it.

    `recipient` is the id of a company whose account they use, or of a line of the recipients register, or the permission's
    own id when they name somebody themselves: then `sealed` holds the name and the address under `key`. `data` and
    `purpose` are names of the policy. It ends at `until`, or when it `is_once` and was used. `touchpoint` is where it was
    given, `shown` the digest of the wording that the person saw, `entry` the line of the ledger, `case` the open case by
    which staff hand over what it permits.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    recipient = models.CharField(max_length=80)
    data = models.JSONField(default=list)
    purpose = models.CharField(max_length=80)
    key = models.CharField(max_length=24, blank=True)
    sealed = models.BinaryField(default=bytes)
    is_once = models.BooleanField(default=False)
    until = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    version = models.DateField()
    touchpoint = models.CharField(max_length=80)
    shown = models.CharField(max_length=64, blank=True)
    entry = models.CharField(max_length=24, blank=True)
    case = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["site", "person", "recipient", "purpose"],
                condition=models.Q(ended_at__isnull=True),
                name="one_live_permission",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["site", "recipient"], name="permission_by_recipient")]
