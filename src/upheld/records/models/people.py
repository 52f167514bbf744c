"""Whom data is about and how they are found again and let in; every value that tells who they are is sealed elsewhere."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Person(models.Model):
    """A person or a company, known by a random id.

    `facts` holds what the gate may know of them beyond their choices, by the fact's name (true or false; absent is
    unknown). `version` is the policy version they are under, `agreed` the latest that they agreed to for what was taken
    before it as well. `is_visitor` until they give an identity. `standing` is the combination of answers and facts that
    they share with others; 0 until it has been looked up.
    """

    id = models.CharField(max_length=24, primary_key=True)
    site = models.CharField(max_length=63)
    kind = models.CharField(max_length=16, default="person")
    is_visitor = models.BooleanField(default=False)
    facts = models.JSONField(default=dict)
    version = models.DateField()
    agreed = models.DateField(null=True)
    standing = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    signed_in_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["site", "created_at"], name="person_by_site"),
            models.Index(fields=["site", "version", "standing"], name="person_by_standing"),
        ]


class Identifier(models.Model):
    """A blind index of something that finds a person exactly: `kind` is the data category, `digest` a keyed hash.

    Two people may claim one address; only one can have verified it.
    """

    site = models.CharField(max_length=63)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    kind = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=16)
    index_version = models.PositiveSmallIntegerField(default=1)
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["site", "kind", "digest"],
                condition=models.Q(verified_at__isnull=False),
                name="one_holder_of_an_identifier",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["site", "kind", "digest"], name="identifier_by_digest")]


class SignIn(models.Model):
    """What lets a person in: the slow salted hash of their password, itself sealed, and the count of failures."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True)
    site = models.CharField(max_length=63)
    key = models.CharField(max_length=24)
    sealed = models.BinaryField()
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()


class Membership(models.Model):
    """That a person uses the account of a company; `is_holder` may invite others, change the company and close it."""

    site = models.CharField(max_length=63)
    company = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    is_holder = models.BooleanField(default=False)
    is_primary = models.BooleanField(default=False)  # whose address is the account's primary one
    joined_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "person"], name="once_in_a_company"),
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(is_primary=True), name="one_primary_address"
            ),
        ]


class Session(models.Model):
    """A customer who is signed in. Only the hash of the token is kept, so nobody can sign in from a copy of the table."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    site = models.CharField(max_length=63)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    method = models.CharField(max_length=16, default="page")  # `page` or `api`
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class Token(models.Model):
    """A link that works once: to verify an address, choose a new password, join a company, confirm a closing.

    `sealed` holds what the link is about when that is personal, such as a new address, under `key`.
    """

    digest = models.BinaryField(max_length=32, primary_key=True)
    site = models.CharField(max_length=63)
    use = models.CharField(max_length=24)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    company = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=24, blank=True)
    sealed = models.BinaryField(default=bytes)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
