"""Giving out: who outside may be given data, on what ground it was, what went, who agreed, and who still has to be told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Recipient(models.Model):
    """Somebody outside who may be given data: one line of the recipients register.

    `kind` is a recipient that the policy declares (`carriers`), `title` the name of the organisation. `sealed` holds its
    contact under a key of its own, `review_by` the day until which somebody looks at the line again.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    kind = models.CharField(max_length=80)
    title = models.CharField(max_length=120)
    key = models.CharField(max_length=24, blank=True)
    sealed = models.BinaryField(default=bytes)
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    review_by = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "kind"], name="recipient_by_kind")]


class Disclosure(models.Model):
    """That data of one person was given out: to whom, what, why, on which ground.

    `ground` is `service`, `permission`, `merger` or a ground that the policy declares. `subject` is the permission, demand,
    shipment or merger it belongs to. `digest` is the SHA-256 of what left; the values are not kept a second time.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    person = models.CharField(max_length=24)
    kind = models.CharField(max_length=80)
    recipient = models.CharField(max_length=24, blank=True)
    ground = models.CharField(max_length=40)
    subject = models.CharField(max_length=24, blank=True)
    data = models.JSONField(default=list)
    purpose = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, blank=True)
    by = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    entry = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["site", "person", "at"], name="disclosure_by_person"),
            models.Index(fields=["site", "subject"], name="disclosure_by_subject"),
        ]


class Demand(models.Model):
    """A legal demand, or a ground of our own to give something out; one case of the legal desk.

    `ground` is one of the policy's grounds, `kind` the declared recipient. `wanted` lists the categories that are asked
    for, `scope` those that the instrument names, `since` and `until` its days. `sealed` holds, under a key of its own, what
    the instrument is, the written belief and who signed it, the clause of the terms or the citation, and why the person
    may not be told. `asked` is the digest of all this as it was put to those who approve: a change afterwards takes the
    approvals back. `withheld` says of whom which categories stayed here and by which sentences. `digest` is the SHA-256
    of the package that was released, `fetched` how often it was taken.
    `case` is the case that it is worked on, `home` where the links of its notices begin. States: draft, asked, approved, refused, released, closed.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    number = models.CharField(max_length=24)
    ground = models.CharField(max_length=40)
    kind = models.CharField(max_length=80)
    recipient = models.CharField(max_length=24, blank=True)
    case = models.CharField(max_length=24, blank=True)
    home = models.CharField(max_length=300, blank=True)
    wanted = models.JSONField(default=list)
    scope = models.JSONField(default=list)
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    key = models.CharField(max_length=24, blank=True)
    sealed = models.BinaryField(default=bytes)
    has_belief = models.BooleanField(default=False)
    state = models.CharField(max_length=16, default="draft")
    asked = models.CharField(max_length=64, blank=True)
    is_barred = models.BooleanField(default=False)
    barred_until = models.DateField(null=True)
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    withheld = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)
    fetched = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "number"], name="one_demand_a_number")]
        indexes: ClassVar = [models.Index(fields=["site", "state"], name="demand_by_state")]


class DemandPackage(models.Model):
    """What was released on a demand, under a key of its own that goes with it: when the demand is closed, or a month later."""

    demand = models.OneToOneField(Demand, on_delete=models.CASCADE, primary_key=True)
    site = models.CharField(max_length=63)
    key = models.CharField(max_length=24)
    sealed = models.BinaryField()


class DemandBar(models.Model):
    """That telling the people of a demand is to stay barred for longer: from the day `since` that stood, until a later one.

    `sealed` holds the reason, under the demand's key; `asked` is the digest of it with both days, as it is put to those
    who agree. States: asked, stands, refused, replaced.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    demand = models.ForeignKey(Demand, on_delete=models.CASCADE)
    since = models.DateField()
    until = models.DateField()
    key = models.CharField(max_length=24)
    sealed = models.BinaryField()
    asked = models.CharField(max_length=64)
    state = models.CharField(max_length=16, default="asked")
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "demand"], name="bar_by_demand")]


class DemandPerson(models.Model):
    """That a demand is about this person; `told_at` when they were told of it, `outcome` why they could not be."""

    site = models.CharField(max_length=63)
    demand = models.ForeignKey(Demand, on_delete=models.CASCADE)
    person = models.CharField(max_length=24)
    disclosure = models.CharField(max_length=24, blank=True)
    message = models.CharField(max_length=24, blank=True)
    outcome = models.CharField(max_length=24, blank=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["demand", "person"], name="once_in_a_demand")]
        indexes: ClassVar = [models.Index(fields=["site", "person"], name="demand_by_person")]


class Approval(models.Model):
    """That somebody agreed, or did not, to one thing as it stood: `asked` is the digest of what was put to them.

    `by` is staff, or an outside approver's id. `method` is `staff`, `outside` or `waiting`.
    """

    site = models.CharField(max_length=63)
    subject = models.CharField(max_length=24)
    asked = models.CharField(max_length=64)
    role = models.CharField(max_length=80)
    by = models.CharField(max_length=40)
    method = models.CharField(max_length=16, default="staff")
    is_yes = models.BooleanField()
    at = models.DateTimeField()
    entry = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["subject", "asked", "by"], name="one_voice_each")]


class StandIn(models.Model):
    """A voice that stands in where fewer people hold a role than have to agree; only where the policy file declares it.

    `method` is `waiting` (counts from `counts_from` on, unless somebody objects) or `outside` (somebody whose name and
    address are in `sealed`, under `key`, who answers by a mailed link that works once until `ends_at`; `digest` is the
    hash of what the link holds).
    `asked` is the digest of what was put to them. `settled_at` is when it counted, was answered or was ended.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    subject = models.CharField(max_length=24)
    asked = models.CharField(max_length=64)
    role = models.CharField(max_length=80)
    method = models.CharField(max_length=16)
    key = models.CharField(max_length=24, blank=True)
    sealed = models.BinaryField(default=bytes)
    digest = models.BinaryField(max_length=32, default=bytes)
    begun_by = models.CharField(max_length=40)
    begun_at = models.DateTimeField()
    counts_from = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["site", "subject", "asked"], name="stand_in_by_subject"),
            models.Index(fields=["site", "digest"], name="stand_in_by_link"),
        ]


class Merger(models.Model):
    """That the business is taken over or merges: to whom everything goes, and from when it may.

    States: open, telling, told, transferring, done, cancelled. `home` is where the links of its notices begin. `told_at`
    is when the last notice was queued, `transfer_from` the first moment at which the policy lets anything go. `cursor` is
    the last person a notice was queued for, `case` the case that it is worked on.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    title = models.CharField(max_length=120)
    policy_address = models.CharField(max_length=300, blank=True)
    recipient = models.CharField(max_length=24, blank=True)
    case = models.CharField(max_length=24, blank=True)
    home = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=16, default="open")
    lead_days = models.PositiveSmallIntegerField()
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    transfer_from = models.DateTimeField(null=True)
    transferred_at = models.DateTimeField(null=True)
    cursor = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "state"], name="merger_by_state")]


class MergerNotice(models.Model):
    """That one person was to be told of a merger: the message, how it went, and whether their data went over.

    States: queued, told, failed; only `told` long enough ago lets anything go. `reason` says why it failed, or why
    nothing of a person who was told went: a word, or the sentence that refused it.
    """

    site = models.CharField(max_length=63)
    merger = models.ForeignKey(Merger, on_delete=models.CASCADE)
    person = models.CharField(max_length=24)
    message = models.CharField(max_length=24, blank=True)
    state = models.CharField(max_length=16, default="queued")
    reason = models.CharField(max_length=120, blank=True)
    told_at = models.DateTimeField(null=True)
    transferred_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["merger", "person"], name="once_in_a_merger")]
        indexes: ClassVar = [
            models.Index(fields=["site", "merger", "state"], name="merger_notice_by_state"),
            models.Index(fields=["site", "person"], name="merger_notice_by_person"),
        ]


class MergerBatch(models.Model):
    """One file of what went over: people a line each, sealed under a key of its own until it is fetched and the merger done."""

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    merger = models.ForeignKey(Merger, on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    items = models.PositiveIntegerField(default=0)
    key = models.CharField(max_length=24)
    sealed = models.BinaryField(default=bytes)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    fetched = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["merger", "number"], name="one_batch_a_number")]


class Telling(models.Model):
    """That a recipient who was given data has to be told of a no: pending until they were."""

    site = models.CharField(max_length=63)
    person = models.CharField(max_length=24)
    recipient = models.CharField(max_length=24)
    reason = models.CharField(max_length=80)
    state = models.CharField(max_length=16, default="pending")
    message = models.CharField(max_length=24, blank=True)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "state", "at"], name="telling_by_state")]
