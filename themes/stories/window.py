"""Documents of a window as terms and stocks, and the hours before it as the baseline of every term."""

from __future__ import annotations

import datetime as dt
import json
import re
import zlib
from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection

from themes.kernels.bursts import BASELINE_H, WINDOW_H
from themes.kernels.terms import list_terms, match_dictionaries
from themes.models import TermHour

from .texts import HOUR, NEVER, SPELLS, Baseline, Pair, Spell, Text, count_hour

# The story of a filing or article is told at its beginning; what follows is the law's.
READ_CHARACTERS = 1_500
_DOCUMENTS = """
SELECT d.id, d.cluster_id, d.kind, d.author, d.event_at, d.title, left(d.text, %(characters)s),
       coalesce(array_agg(m.instrument_id) FILTER (WHERE m.instrument_id = ANY(%(ids)s)), '{}'),
       count(m.instrument_id) > 0
FROM themes_document d LEFT JOIN themes_mention m ON m.document_id = d.id
WHERE d.event_at > %(since)s AND d.event_at <= %(until)s AND d.recorded_at <= %(known)s AND d.removed_at IS NULL
GROUP BY d.id ORDER BY d.event_at, d.id
"""


def load_texts(
    since: dt.datetime,
    until: dt.datetime,
    *,
    known_at: dt.datetime,
    members: Collection[int],
    dictionaries: Mapping[str, re.Pattern[str]],
) -> list[Text]:
    """Texts of (since, until] known at a moment, oldest first, copies joined; stocks: members only. One statement."""
    values: dict[str, Any] = {"since": since, "until": until, "known": known_at, "ids": list(members)}
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS, values | {"characters": READ_CHARACTERS})
        rows = cursor.fetchall()
    texts: dict[int, Text] = {}
    for id, cluster, kind, author, at, title, body, issuers, names_stock in rows:
        known = texts.get(cluster)
        if known is None:
            words = f"{title}\n{body}"
            keys = match_dictionaries(words, dictionaries)
            texts[cluster] = Text(id, at, list_terms(words), keys, set(issuers), {kind}, {author}, [id], names_stock)
        else:
            known.issuers.update(issuers)
            known.kinds.add(kind)
            known.authors.add(author)
            known.documents.append(id)
            known.names_stock |= names_stock
    return list(texts.values())


def save_hours(
    until: dt.datetime, members: Collection[int], dictionaries: Mapping[str, re.Pattern[str]], known_at: dt.datetime
) -> int:
    """Count the hours up to `until` that the baseline lacks, at most 14.5 days back; how many. Empty ones count too."""
    end = until.replace(minute=0, second=0, microsecond=0)
    first = end - (BASELINE_H + WINDOW_H) * HOUR
    stored = set(TermHour.objects.filter(hour__gte=first, hour__lt=end).values_list("hour", flat=True))
    missing = [hour for n in range(BASELINE_H + WINDOW_H) if (hour := first + n * HOUR) not in stored]
    if not missing:
        return 0
    texts = load_texts(missing[0], missing[-1] + HOUR, known_at=known_at, members=members, dictionaries=dictionaries)
    if not texts and not stored:
        return 0
    begun = min(texts[0].event_at if texts else end, min(stored, default=end)).replace(
        minute=0, second=0, microsecond=0
    )
    by_hour: dict[dt.datetime, list[Text]] = {hour: [] for hour in missing if hour >= begun}
    for text in texts:
        hour = text.event_at.replace(minute=0, second=0, microsecond=0)
        if hour in by_hour:
            by_hour[hour].append(text)
    TermHour.objects.bulk_create([_row(hour, some) for hour, some in by_hour.items()], ignore_conflicts=True)
    return len(by_hour)


def _row(hour: dt.datetime, texts: list[Text]) -> TermHour:
    found = count_hour(texts)
    return TermHour(
        hour=hour,
        counts=zlib.compress(json.dumps(found.terms, separators=(",", ":")).encode(), 6),
        press_mentions=found.mentions[0],
        post_mentions=found.mentions[1],
        documents=found.documents,
    )


def load_baseline(window_begins: dt.datetime) -> Baseline:
    """The 14 days of counted hours before a window."""
    begins = window_begins.replace(minute=0, second=0, microsecond=0)
    rows = TermHour.objects.filter(hour__gte=begins - BASELINE_H * HOUR, hour__lt=begins).order_by("hour")
    mentions: dict[str, Pair] = {}
    in_spells: dict[str, dict[int, list[int]]] = {}
    spells = [[0, 0, 0] for _ in range(SPELLS)]
    hours = 0
    for row in rows.iterator(chunk_size=48):
        hours += 1
        at = int((begins - row.hour - HOUR) // (WINDOW_H * HOUR))
        for place, value in enumerate((row.press_mentions, row.post_mentions, row.documents)):
            spells[at][place] += value
        for term, (press, posts, count) in json.loads(zlib.decompress(row.counts)).items():
            before = mentions.get(term, NEVER)
            mentions[term] = before[0] + press, before[1] + posts
            spell = in_spells.setdefault(term, {}).setdefault(at, [0, 0])
            spell[0] += press + posts
            spell[1] += count
    return Baseline(
        mentions,
        (sum(one[0] for one in spells), sum(one[1] for one in spells)),
        hours,
        [Spell((press, posts), texts) for press, posts, texts in spells],
        {term: [(at, stocks, texts) for at, (stocks, texts) in some.items()] for term, some in in_spells.items()},
    )
