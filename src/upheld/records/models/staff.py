"""People who work for the business: who they are here, and which roles they hold, why and until when."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class StaffMaker(BaseUserManager["Staff"]):
    """Makes staff; the only thing Django's own parts ask of it."""

    def create_user(self, username: str, password: str | None = None, *, is_owner: bool = False) -> Staff:
        """A new member of staff; without a password they cannot sign in until they have chosen one."""
        staff = self.model(username=username, is_owner=is_owner)
        if password is None:
            staff.set_unusable_password()
        else:
            staff.set_password(password)
        staff.save(using=self._db)
        return staff


class Staff(AbstractBaseUser):
    """A member of staff, known by a name for signing in; holds no address. `is_owner` may give grants."""

    username = models.CharField(max_length=40, unique=True)
    is_active = models.BooleanField(default=True)
    is_owner = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[StaffMaker] = StaffMaker()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []


class Grant(models.Model):
    """That a member of staff holds a role of a site's policy: the reason, who gave it, and when it is looked at again."""

    site = models.CharField(max_length=63)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE)
    role = models.CharField(max_length=80)
    reason = models.TextField()
    given_by = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    review_by = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["site", "staff"], name="grant_by_staff")]
