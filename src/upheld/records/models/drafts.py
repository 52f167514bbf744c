"""Drafts: texts of a policy that somebody is writing in the console; they bind nobody and hold nothing about a person."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class PolicyDraft(models.Model):
    """One text that is being written, from its beginning until it is announced, removed or too old.

    `edition` counts how often it was saved: whoever saves says which one they have read, so that nobody writes over what
    another wrote meanwhile. `digest` is the SHA-256 of `text`, `base` the version it was begun from. `noted_at` is the moment
    of the last line in the ledger about it: the text is saved every few seconds, and said to be changed once an hour.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    base = models.DateField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    edition = models.PositiveIntegerField(default=1)
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=40)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=40)
    noted_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "saved_at"], name="draft_by_time")]
