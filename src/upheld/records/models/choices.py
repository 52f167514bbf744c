"""What people said yes or no to; every answer stays, the latest counts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from upheld.records.models.people import Person


class Answer(models.Model):
    """One yes or no of a person to one choice, or a signal of their browser, with where and under which version."""

    site = models.CharField(max_length=63)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    choice = models.CharField(max_length=80)
    is_yes = models.BooleanField()
    is_signal = models.BooleanField(default=False)
    at = models.DateTimeField()
    version = models.DateField()
    touchpoint = models.CharField(max_length=80)
    entry = models.CharField(max_length=24, blank=True)  # the line of the ledger, for the receipt

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "person", "choice", "at"], name="answer_by_person")]
