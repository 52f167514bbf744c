"""What is to be sent: sealed until the channel takes it, and the state it is in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Outgoing(models.Model):
    """One message on its way.

    `sealed` holds recipient, subject and texts under the person's key. States: queued, sending, sent, waiting, failed,
    in-doubt, bounced. `sending` is written before the message is handed over: what is found in it after a crash may have
    arrived, becomes in-doubt and is never sent again by itself. `item` is the line of the mail log that the customer sees.
    `facts` is what the gate was told beside what is known of the person (that it was requested), and is told again when
    the message leaves; `address` the category of the address, `digest` its blind index, by which a stop is found.
    `subject` is the shipment, campaign, case or notice it belongs to.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    person = models.CharField(max_length=24)
    mail_class = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=24)
    sealed = models.BinaryField()
    item = models.CharField(max_length=24, blank=True)
    facts = models.JSONField(default=dict)
    address = models.CharField(max_length=80, blank=True)
    digest = models.BinaryField(max_length=16, default=bytes)
    subject = models.CharField(max_length=24, blank=True)
    state = models.CharField(max_length=16, default="queued")
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True)
    queued_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "next_at"], name="outgoing_by_state"),
            models.Index(fields=["site", "queued_at"], name="outgoing_by_site"),
            models.Index(fields=["site", "person", "state"], name="outgoing_by_person"),
            models.Index(fields=["site", "subject"], name="outgoing_by_subject"),
            models.Index(fields=["site", "digest", "state"], name="outgoing_by_digest"),
        ]
