"""Accounts.

The user model stands here from the first migration, because AUTH_USER_MODEL cannot be changed later without rebuilding
every table that points at it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from sentiment_site.market import clock

if TYPE_CHECKING:
    from .preferences import Preference

COPY_MARK = "."
NAME_TAKEN = "This name is taken."
EMAIL_TAKEN = "An account with this address exists."
validate_name = RegexValidator(
    r"^[\w.+-]+\Z", "Letters, digits and . + - _ only: what holds an @ is taken for an e-mail address."
)


class UserManager(DjangoUserManager["User"]):
    """Creates accounts; only living ones can be found by name or address."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Addresses are kept in small letters: nobody tells two people apart by a capital."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> User:
        """The living account of that name or e-mail address, capitals aside. Raises User.DoesNotExist."""
        field = "email" if "@" in (username or "") else "username"
        living = self.filter(deleted_at__isnull=True).alias(sought=Lower(field))
        return living.get(sought=Lower(Value(username or "")))


class User(AbstractUser):
    """A person or a demo visitor. Deleting marks the row (`deleted_at`); name and address become free again.

    A visitor's copy of a demo account has `copied_from`, no usable password, and ends at `expires_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=150, validators=[validate_name])
    email = models.EmailField(blank=True)
    is_demo = models.BooleanField(
        default=False,
        help_text="For everybody to try: its password, address and existence are not its user's to change.",
    )
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.CASCADE, related_name="copies"
    )
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    sign_out_count = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Raised by signing out everywhere: sessions and tokens from before are void.",
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("username"),
                condition=Q(deleted_at__isnull=True),
                name="user_username_unique_while_alive",
                violation_error_message=NAME_TAKEN,
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(deleted_at__isnull=True) & ~Q(email=""),
                name="user_email_unique_while_alive",
                violation_error_message=EMAIL_TAKEN,
            ),
            models.CheckConstraint(condition=~Q(username__contains="@"), name="user_username_is_no_address"),
            models.CheckConstraint(
                condition=Q(copied_from__isnull=True, expires_at__isnull=True)
                | Q(
                    copied_from__isnull=False,
                    expires_at__isnull=False,
                    is_demo=True,
                    is_staff=False,
                    is_superuser=False,
                    email="",
                ),
                name="user_demo_copy_ends_and_rules_nothing",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="user_expires_at")
        ]

    @property
    def is_copy(self) -> bool:
        """Whether this is a visitor's copy of a demo account."""
        return self.copied_from_id is not None

    @property
    def shown_name(self) -> str:
        """The name on pages: a copy bears its demo's."""
        return self.username.partition(COPY_MARK)[0] if self.is_copy else self.username

    @property
    def may_sign_in(self) -> bool:
        """Alive, not switched off by an operator, and as a demo copy not at its end."""
        alive = self.is_active and self.deleted_at is None
        return alive and (self.expires_at is None or self.expires_at > clock.wall())

    @property
    def preferences(self) -> Preference:
        """The account's choices, or the defaults (unsaved) while it has made none.

        No statement on pages and API calls: whoever signs in is loaded together with them.
        """
        from .preferences import Preference

        try:
            return self.preference_row
        except Preference.DoesNotExist:
            return Preference(user=self)

    def get_session_auth_hash(self) -> str:
        """What a session and a token must match: changes with the password and with signing out everywhere."""
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same with each older SECRET_KEY."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes | None = None) -> str:
        value = f"{self.sign_out_count}:{self.password}"
        return salted_hmac("portfolios.User.session", value, secret=secret, algorithm="sha256").hexdigest()
