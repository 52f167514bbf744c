"""Campaigns: one text to many people, and what became of it for each of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Standing(models.Model):
    """One combination of what the gate may know of people: their answers to choices and their facts.

    Many people share one, so a question about a million of them is asked once for each combination. `answers` holds for
    each choice that was answered `yes` or `no`, `facts` what stands in a person's own row, `belongs` how they stand
    towards the house (core/notices/standing.py), `since` the version that limits what may be done with their address
    (none: none is held). `digest` finds the combination again, and `id` is a part of it: so a number says the same in
    every database, and whoever knows a combination knows its number.
    """

    id = models.BigIntegerField(primary_key=True)
    belongs = models.CharField(max_length=16)
    since = models.DateField(null=True)
    site = models.CharField(max_length=63)
    digest = models.BinaryField(max_length=16)
    answers = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "digest"], name="one_standing_a_combination")]


class Campaign(models.Model):
    """One text to many people: of which class, to whom, when, and how often anybody may get such.

    States: draft, scheduled, sending, paused, done, cancelled. `cap_count` messages of stoppable classes in `cap_days`
    days are the most that one person gets (0: no limit). `counts` is what the gate said when the sending began: how many,
    and how many not by reason; `cursor` the last person that was looked at. `digest` is the SHA-256 of subject and text
    as they were tested.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    name = models.CharField(max_length=120)
    mail_class = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    audience = models.CharField(max_length=40, default="account holders")
    state = models.CharField(max_length=16, default="draft")
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    tested_digest = models.CharField(max_length=64, blank=True)
    send_at = models.DateTimeField(null=True)
    sent_by = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cap_count = models.PositiveSmallIntegerField(default=0)
    cap_days = models.PositiveSmallIntegerField(default=0)
    counts = models.JSONField(default=dict)
    cursor = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "state", "send_at"], name="campaign_by_state")]


class CampaignMail(models.Model):
    """That a campaign came by one person: the message that was queued, or the reason why there is none."""

    site = models.CharField(max_length=63)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE)
    person = models.CharField(max_length=24)
    message = models.CharField(max_length=24, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["campaign", "person"], name="once_in_a_campaign")]
        indexes: ClassVar = [models.Index(fields=["site", "person", "at"], name="campaign_mail_by_person")]


class Suppression(models.Model):
    """An address that gets no more of a class of message, whoever it belongs to; found by its blind index.

    `mail_class` is empty for everything that can be stopped. `reason` is link, one-click, message, bounce, complaint or
    staff. `person` and `entry` are there when it was somebody we know.
    """

    site = models.CharField(max_length=63)
    digest = models.BinaryField(max_length=16)
    index_version = models.PositiveSmallIntegerField(default=1)
    mail_class = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=16)
    person = models.CharField(max_length=24, blank=True)
    entry = models.CharField(max_length=24, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "digest", "mail_class"], name="one_suppression_an_address")
        ]
