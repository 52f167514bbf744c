"""Publications: when a version of the policy was announced, how, and from when it binds; the text itself stays in its file."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Publication(models.Model):
    """That one version, with one text, was put before people.

    States: waiting (its file is there and nobody has announced it), founding (there when the server began to keep count),
    announced, active, withdrawn. `digest` is the SHA-256 of `text`: another text under the same date is another version.
    `effective_at` is the first moment at which it may bind, `notice` how people are told (`mail`, `site`, or nothing where
    nobody has to be told first), `lead_days` how long after everybody was told it begins, `grace_days` how long after
    their own notice it binds somebody, `moves` what else has to happen before (`told`, `use`, `acceptance`). `cursor` is
    the last account that has its notice, `seen` the digest of a text that was not let in, once the ledger says so.
    `is_drafted` says that it was written in the console, so that its text need not lie in any file.
    """

    site = models.CharField(max_length=63)
    version = models.DateField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=16)
    is_material = models.BooleanField(default=False)
    notice = models.CharField(max_length=16, blank=True)
    text = models.TextField(blank=True)
    is_drafted = models.BooleanField(default=False)
    lead_days = models.PositiveSmallIntegerField(default=0)
    grace_days = models.PositiveSmallIntegerField(default=0)
    moves = models.CharField(max_length=16, default="told")
    seen = models.CharField(max_length=64, blank=True)
    posted_at = models.DateTimeField()
    posted_by = models.CharField(max_length=40, blank=True)
    effective_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField(null=True)
    cursor = models.CharField(max_length=24, blank=True)
    entry = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "version"], name="one_publication_a_version")]


class PolicyNotice(models.Model):
    """That one account was to be told of a change: the message to its primary address, and how it went.

    States: queued, sent, site (no message reached them, so the notice on the site is what tells them), recalled (the
    change was called off, and they were told so). `at` is the moment
    of the state; for `site` the one at which that notice has stood for its time. `bound_at` is when the version began to
    bind the account.
    """

    site = models.CharField(max_length=63)
    publication = models.ForeignKey(Publication, on_delete=models.CASCADE)
    person = models.CharField(max_length=24)
    message = models.CharField(max_length=24, blank=True)
    state = models.CharField(max_length=16, default="queued")
    at = models.DateTimeField()
    bound_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["publication", "person"], name="once_in_a_change")]


class Agreement(models.Model):
    """That a person agreed, or did not, to a version also for what was taken from them before it."""

    site = models.CharField(max_length=63)
    person = models.CharField(max_length=24)
    version = models.DateField()
    is_yes = models.BooleanField()
    at = models.DateTimeField()
    entry = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "person", "version"], name="agreement_by_person")]
