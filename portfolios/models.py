"""Accounts.

The user model stands here from the first migration, because AUTH_USER_MODEL cannot be changed later without rebuilding
every table that points at it.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Q


class UserManager(DjangoUserManager["User"]):
    """Creates accounts; only living ones can be found by name or address."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The living account of that name. Raises User.DoesNotExist for a deleted one."""
        return self.get(username=username, deleted_at__isnull=True)


class User(AbstractUser):
    """A person or a demo visitor. Deleting marks the row (`deleted_at`); name and address become free again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=150, validators=[AbstractUser.username_validator])
    email = models.EmailField(blank=True)
    is_demo = models.BooleanField(default=False, help_text="A demonstration account: its password is public.")
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["username"], condition=Q(deleted_at__isnull=True), name="user_username_unique_while_alive"
            ),
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(deleted_at__isnull=True) & ~Q(email=""),
                name="user_email_unique_while_alive",
            ),
        ]
