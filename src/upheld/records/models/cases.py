"""Cases: something a person wants from the business, or staff do for them; what they say is sealed in items."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Case(models.Model):
    """One case.

    `number` is what people are told (`2026-000123`), `item` the sealed message that opened it, `answered_at` when the last
    answer was queued.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    number = models.CharField(max_length=24)
    kind = models.CharField(max_length=40)
    person = models.CharField(max_length=24, blank=True)
    item = models.CharField(max_length=24, blank=True)
    purpose = models.CharField(max_length=80, blank=True)
    opened_by = models.CharField(max_length=40, blank=True)
    assigned_to = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "number"], name="one_case_a_number")]
        indexes: ClassVar = [models.Index(fields=["site", "closed_at", "opened_at"], name="case_by_state")]
