"""Which bit stands for which fact of a policy, kept so that masks stay true whatever happens to a version's file."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class FactNumber(models.Model):
    """One fact of one policy and its number; numbers are only ever added."""

    site = models.CharField(max_length=63)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "number"], name="one_fact_a_number"),
            models.UniqueConstraint(fields=["site", "name"], name="one_number_a_fact"),
        ]
