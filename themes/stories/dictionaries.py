"""Curated themes: regular expressions that operators edit in the admin, version by version."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from themes.kernels.terms import compile_dictionaries
from themes.models import ThemeDictionary

from .curated import CURATED


def ensure_dictionaries() -> int:
    """Enter the curated themes that no version of exists; how many."""
    known = set(ThemeDictionary.objects.values_list("key", flat=True))
    rows = [
        ThemeDictionary(key=key, version=1, title=title, patterns=list(patterns), reason="installed")
        for key, (title, patterns) in CURATED.items()
        if key not in known
    ]
    ThemeDictionary.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def load_dictionaries(at: dt.datetime) -> dict[str, re.Pattern[str]]:
    """The newest version of each theme at a moment, compiled; those that were switched off are left out."""
    newest = ThemeDictionary.objects.filter(created_at__lte=at).order_by("key", "-version").distinct("key")
    return compile_dictionaries({row.key: row.patterns for row in newest if row.is_active})


def titles_of(at: dt.datetime) -> dict[str, str]:
    """Title of each curated theme at a moment."""
    newest = ThemeDictionary.objects.filter(created_at__lte=at).order_by("key", "-version").distinct("key")
    return {row.key: row.title for row in newest}


@transaction.atomic
def edit_dictionary(key: str, *, author: Any, reason: str, **changes: Any) -> ThemeDictionary:
    """A new version of a curated theme (title, patterns, is_active). ValidationError names the field that is wrong."""
    last = ThemeDictionary.objects.select_for_update().filter(key=key).order_by("-version").first()
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    title = str(changes.get("title", last.title if last else key)).strip()
    patterns = list(changes.get("patterns", last.patterns if last else []))
    if not title:
        raise ValidationError({"title": "A theme needs a title."})
    if not patterns or not all(isinstance(one, str) and one.strip() for one in patterns):
        raise ValidationError({"patterns": "At least one pattern, a line each."})
    try:
        compile_dictionaries({key: patterns})
    except ValueError as error:
        raise ValidationError({"patterns": str(error)}) from error
    return ThemeDictionary.objects.create(
        key=key,
        version=last.version + 1 if last else 1,
        title=title,
        patterns=patterns,
        is_active=changes.get("is_active", last.is_active if last else True),
        author=author,
        reason=reason,
    )
