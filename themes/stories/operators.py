"""What operators may do to a theme: confirm, rename, merge, retire. Each with a reason, each a line of its history."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from sentiment_site.market import clock
from themes.models import Theme
from themes.models.stories import Standing
from themes.publish import announce_change

from .saving import note
from .tick import merge_into

ENDED = (Standing.MERGED, Standing.RETIRED)


def confirm(theme_id: uuid.UUID, *, author: Any, reason: str) -> Theme:
    """Say that a theme is real: it becomes ACTIVE whatever its confidence. ValidationError for an ended one."""
    with _locked(theme_id, reason) as theme:
        _refuse_ended(theme)
        before = {"standing": theme.standing, "is_confirmed": theme.is_confirmed}
        theme.is_confirmed, theme.standing = True, Standing.ACTIVE
        theme.save(update_fields=["is_confirmed", "standing"])
        note(theme, "confirmed", before=before, after={"standing": Standing.ACTIVE}, reason=reason, author=author)
    return theme


def rename(theme_id: uuid.UUID, title: str, *, author: Any, reason: str) -> Theme:
    """Give a theme a name for people; the detected one stays beside it."""
    title = title.strip()
    if not 0 < len(title) <= 120:
        raise ValidationError({"title": "A title of 1 to 120 characters."})
    with _locked(theme_id, reason) as theme:
        before = {"title": theme.title}
        theme.title = title
        theme.save(update_fields=["title"])
        note(theme, "renamed", before=before, after={"title": title}, reason=reason, author=author)
    return theme


def merge(theme_id: uuid.UUID, into_id: uuid.UUID, *, author: Any, reason: str) -> Theme:
    """End a theme in another one. ValidationError for itself and for ended ones."""
    if theme_id == into_id:
        raise ValidationError({"into": "A theme cannot be merged into itself."})
    with _locked(theme_id, reason) as theme:
        into = Theme.objects.select_for_update().filter(pk=into_id).first()
        if into is None or into.standing in ENDED:
            raise ValidationError({"into": "There is no such living theme."})
        _refuse_ended(theme)
        merge_into(theme, into, at=clock.now(), reason=reason, author=author)
    return theme


def retire(theme_id: uuid.UUID, *, author: Any, reason: str) -> Theme:
    """End a theme that is none. It is not opened again for 72 hours."""
    with _locked(theme_id, reason) as theme:
        _refuse_ended(theme)
        before = {"standing": theme.standing}
        now = clock.now()
        theme.standing, theme.updated_at = Standing.RETIRED, now
        theme.save(update_fields=["standing", "updated_at"])
        theme.memberships.filter(until__isnull=True).update(until=now)
        note(theme, "retired", before=before, after={"standing": Standing.RETIRED}, reason=reason, author=author)
    return theme


@contextmanager
def _locked(theme_id: uuid.UUID, reason: str) -> Iterator[Theme]:
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    with transaction.atomic():
        theme = Theme.objects.select_for_update().filter(pk=theme_id).first()
        if theme is None:
            raise ValidationError({"theme": "There is no such theme."})
        yield theme
        announce_change("stories")


def _refuse_ended(theme: Theme) -> None:
    if theme.standing in ENDED:
        raise ValidationError({"theme": f"It is {theme.get_standing_display().lower()} already."})
