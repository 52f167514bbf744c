"""Messages that reached the mailbox: which ones were seen and what became of each; what they say is sealed in items."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Inbound(models.Model):
    """One message that arrived, known by a keyed hash of its Message-ID so that it is taken in once.

    `sort` is choice, case, bounce, automatic, loop, too-large, broken or refused (the policy lets no message in); `person` whoever the sender's address belongs to,
    `is_proved` whether the sender was shown to be real; `message` the message of ours that it answers or returns.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    digest = models.BinaryField(max_length=16)
    at = models.DateTimeField()
    sort = models.CharField(max_length=16)
    person = models.CharField(max_length=24, blank=True)
    is_proved = models.BooleanField(default=False)
    case = models.CharField(max_length=24, blank=True)
    message = models.CharField(max_length=24, blank=True)
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "digest"], name="one_message_once")]
        indexes: ClassVar = [
            models.Index(fields=["site", "at"], name="inbound_by_site"),
            models.Index(fields=["site", "case"], name="inbound_by_case"),
        ]
