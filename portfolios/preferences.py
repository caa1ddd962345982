"""Choices of an account are written here; they are read as `user.preferences`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .models import Preference, User

FIELDS = (
    "palette",
    "theme",
    "zone",
    "flashes",
    "watched_runs",
    "refresh_after_min",
    "auto_refresh",
    "quiet_from",
    "quiet_until",
    "quiet_zone",
)


def save_preferences(user: User, changes: Mapping[str, Any]) -> Preference:
    """Change some of an account's choices, at once for all of its browsers. ValidationError by field, then nothing is.

    Only what is named in `changes` (of FIELDS) is written, so that two pages do not undo each other.
    """
    chosen = Preference(user=user)
    kept = {name: getattr(user.preferences, name) for name in FIELDS}
    for name, value in (kept | dict(changes)).items():
        setattr(chosen, name, value)
    chosen.full_clean(exclude=["user"], validate_unique=False)
    written = {name: getattr(chosen, name) for name in changes}
    row, _ = Preference.objects.update_or_create(user=user, defaults=written)
    user.preference_row = row
    return row


def copy_preferences(source: User, target: User) -> None:
    """Give `target`, which has none, the choices of `source`; nothing when it has none either."""
    row = Preference.objects.filter(user=source).first()
    if row is not None:
        Preference.objects.create(user=target, **{name: getattr(row, name) for name in FIELDS})
