"""Tokens that are refused before their time."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class RevokedToken(models.Model):
    """A token's id (`jti`), or that of all tokens from one sign-in (`fam`), refused until `expires_at`.

    Holds ids only, never a token: whoever reads this table cannot sign in with it.
    """

    class Reason(models.TextChoices):
        """Why."""

        LOGOUT = "logout", "logged out"
        ROTATED = "rotated", "exchanged for a newer one"
        REUSED = "reused", "an exchanged one came again: all of the sign-in are refused"

    id = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    revoked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("revoked_at")), name="revoked_token_expires_later"),
            models.CheckConstraint(
                condition=Q(reason__in=["logout", "rotated", "reused"]), name="revoked_token_reason_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id[:8]}… {self.get_reason_display()}"
