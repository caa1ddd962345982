"""Writes catalysts and how far their feeds were read. What is stored already is left as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from django.conf import settings
from django.db import connection, transaction

from universe.bars.sources import refuse_mixing, vendor_source
from universe.models import Catalyst, DataSource, FeedCursor

BATCH = 1_000


def source_of(vendor: str, *, simulated: bool) -> DataSource:
    """The source behind a vendor's answer. MixedSources where the database holds data of the other sort."""
    delay = settings.POLYGON_DELAY_S if vendor == "polygon" else 0
    source = vendor_source(vendor, simulated=simulated, delay_s=delay)
    with connection.cursor() as cursor:
        refuse_mixing(cursor, source)
    return source


def get_cursor(feed: str) -> FeedCursor | None:
    """How far a feed was read; None before the first time."""
    return FeedCursor.objects.filter(feed=feed).first()


def move_cursor(feed: str, read_until: dt.datetime, now: dt.datetime) -> None:
    """Note that a feed is read until a moment; never backwards."""
    cursor, made = FeedCursor.objects.get_or_create(feed=feed, defaults={"began_at": now, "read_until": read_until})
    if not made and cursor.read_until < read_until:
        cursor.read_until = read_until
        cursor.save(update_fields=["read_until"])


def list_stored(source: DataSource, document_ids: Collection[str]) -> set[str]:
    """Which of these documents the source has rows for."""
    rows = Catalyst.objects.filter(source=source, document_id__in=document_ids)
    return set(rows.values_list("document_id", flat=True).distinct())


def store_catalysts(rows: Sequence[Catalyst]) -> int:
    """Insert rows not stored yet; how many. Rows of one call come from one source."""
    if not rows:
        return 0
    with transaction.atomic():
        held = _held(rows)
        new = list({key: row for row in rows if (key := _key(row)) not in held}.values())
        Catalyst.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    return len(new)


def _held(rows: Iterable[Catalyst]) -> set[tuple[str, int, str]]:
    rows = list(rows)
    stored = Catalyst.objects.filter(source=rows[0].source_id, document_id__in={row.document_id for row in rows})
    return set(stored.values_list("document_id", "instrument_id", "kind"))


def _key(row: Catalyst) -> tuple[str, int, str]:
    return row.document_id, row.instrument_id, row.kind
