"""What forms leave beside the data: the text that was shown, and what keeps robots off."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Shown(models.Model):
    """The text of a form as a person saw it, once for each wording; items point to it by its SHA-256 in hex."""

    site = models.CharField(max_length=63)
    digest = models.CharField(max_length=64)
    touchpoint = models.CharField(max_length=80)
    version = models.DateField()
    text = models.TextField()
    first_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "digest"], name="one_wording_once")]


class UsedToken(models.Model):
    """A form token that has been sent; a second time it is a replay. Swept when it has expired."""

    digest = models.BinaryField(max_length=16, primary_key=True)
    expires_at = models.DateTimeField()


class Throttle(models.Model):
    """How often something was tried in one window of time; `digest` is a keyed hash of what and from where."""

    digest = models.BinaryField(max_length=16, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField()
