"""Proofs: each run of them, when a sentence changed its state, what people vouched for, and walks of the invented visitor."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ProofRun(models.Model):
    """One proof of a site's policy.

    States: running, done, broke-off. `digest` is of the policy's text, `code` of the program, `cause` why it was made
    (deploy, change, daily, asked). `done_rules` of `rules` are done while it runs. `counts` says how many sentences are in
    which state, `faults` what went wrong with the look itself; `text` is the whole proof as it was written, `text_digest` its
    SHA-256, which stands in the ledger's line `entry`. The text of older runs is emptied; the newest of a day keeps its
    counts.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    state = models.CharField(max_length=16, default="running")
    cause = models.CharField(max_length=16)
    version = models.DateField()
    digest = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    rules = models.PositiveIntegerField(default=0)
    done_rules = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    text = models.TextField(blank=True)
    text_digest = models.CharField(max_length=64, blank=True)
    entry = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "began_at"], name="proof_by_time")]


class SentenceChange(models.Model):
    """That a sentence's state became another with a run: what it was (empty the first time), what it is, and why.

    `digest` is of the sentence's words: under other words the same reference is another sentence.
    """

    site = models.CharField(max_length=63)
    run = models.ForeignKey(ProofRun, on_delete=models.CASCADE)
    sentence = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    was = models.CharField(max_length=24, blank=True)
    state = models.CharField(max_length=24)
    why = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "sentence", "at"], name="change_by_sentence")]


class Attestation(models.Model):
    """That somebody of a role vouched for a statement of the policy, from `signed_at` until `until`.

    `words` is the statement as the policy has it, `digest` its SHA-256: other words are another statement. `note` is what the
    signer looked at, sealed by nothing, so it names nobody.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    digest = models.CharField(max_length=64)
    words = models.TextField()
    role = models.CharField(max_length=80)
    signed_by = models.CharField(max_length=40)
    note = models.TextField(blank=True)
    version = models.DateField()
    signed_at = models.DateTimeField()
    until = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    entry = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "digest", "until"], name="attestation_by_words")]


class ProofMail(models.Model):
    """That somebody was mailed about a proof: a sentence that broke, an attestation that is due. Once for each `subject`."""

    site = models.CharField(max_length=63)
    kind = models.CharField(max_length=24)
    subject = models.CharField(max_length=200)
    message = models.CharField(max_length=24, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "kind", "subject"], name="once_about_a_proof")]


class VisitorWalk(models.Model):
    """One walk of the invented visitor from outside.

    `digest` is of the policy's text under which it went, `address` the invented person's, who belongs to nobody: a walk
    without an end has left them, and the next one closes their account. `steps` are what was tried, each with the number
    of its rule, `skipped` what was not walked and why, `faults` what went wrong with the walk itself.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    digest = models.CharField(max_length=64)
    address = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, blank=True)
    steps = models.JSONField(default=list)
    skipped = models.JSONField(default=list)
    faults = models.JSONField(default=list)
    entry = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "began_at"], name="walk_by_time")]
