"""Curated themes: regular expressions that operators edit in the admin, version by version."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Left

from themes.kernels.terms import compile_dictionaries
from themes.models import Document, ThemeDictionary

from .curated import CURATED
from .window import READ_CHARACTERS

# What a trial reads, newest first, and how many of its finds are shown.
TRIED_DOCUMENTS = 2_000
SHOWN_HITS = 25
# "(a+)+": a group that repeats without a bound and holds a repeat without a bound.
_REPEATED_REPEAT = re.compile(r"\((?:[^()\\]|\\.)*(?<!\\)[+*](?:[^()\\]|\\.)*\)(?:[+*]|\{\d+,\})")


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that a trial found, with what stood around the words."""

    event_at: dt.datetime
    kind: str
    before: str
    match: str
    after: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What patterns find: of `looked_at` documents since `since` `matched`; hits: documents by pattern."""

    looked_at: int
    matched: int
    since: dt.datetime | None
    hits: tuple[tuple[str, int], ...]
    found: tuple[Hit, ...]


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


def check_patterns(patterns: Sequence[Any]) -> None:
    """ValidationError naming each pattern that is no regular expression, or one that may run without end."""
    if not patterns or not all(isinstance(one, str) and one.strip() for one in patterns):
        raise ValidationError("At least one pattern, a line each.")
    wrong = []
    for one in patterns:
        try:
            re.compile(one)
        except re.error as error:
            wrong.append(f"{one!r} is no regular expression: {error}.")
        else:
            if _REPEATED_REPEAT.search(one):
                wrong.append(f"{one!r} repeats a repeat: it can take hours on a single text.")
    if wrong:
        raise ValidationError(wrong)


def try_patterns(patterns: Sequence[str], limit: int = TRIED_DOCUMENTS) -> Trial:
    """What checked patterns find in the newest documents, in what detection reads of them. One statement."""
    compiled = [re.compile(one, re.IGNORECASE) for one in patterns]
    rows = Document.objects.filter(removed_at__isnull=True).order_by("-event_at")
    fields = ("event_at", "kind", "title", Left("text", READ_CHARACTERS))
    hits = dict.fromkeys(patterns, 0)
    found: list[Hit] = []
    matched = looked_at = 0
    since = None
    for event_at, kind, title, text in rows.values_list(*fields)[:limit]:
        looked_at, since, words = looked_at + 1, event_at, f"{title}\n{text}"
        seen = [match for match in (one.search(words) for one in compiled) if match]
        for match in seen:
            hits[match.re.pattern] += 1
        matched += bool(seen)
        if seen and len(found) < SHOWN_HITS:
            begin, end = seen[0].span()
            before, after = words[max(begin - 60, 0) : begin], words[end : end + 60]
            found.append(Hit(event_at, kind, before, words[begin:end], after))
    return Trial(looked_at, matched, since, tuple(hits.items()), tuple(found))


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
    try:
        check_patterns(patterns)
    except ValidationError as error:
        raise ValidationError({"patterns": error.messages}) from error
    return ThemeDictionary.objects.create(
        key=key,
        version=last.version + 1 if last else 1,
        title=title,
        patterns=patterns,
        is_active=changes.get("is_active", last.is_active if last else True),
        author=author,
        reason=reason,
    )
