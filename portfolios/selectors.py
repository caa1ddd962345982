"""Reads of accounts."""

from __future__ import annotations

from .models import User


def find_account(login: str) -> User | None:
    """The living account of a name or an e-mail address, capitals aside."""
    try:
        return User.objects.get_by_natural_key(login.strip())
    except User.DoesNotExist:
        return None
