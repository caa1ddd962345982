"""Trading halts: from the exchanges' list to dated rows. A change is a new row; the newest known one holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from sentiment_site.market import clock
from sentiment_site.providers.event_records import HaltRecord
from sentiment_site.providers.registry import Vendors
from sentiment_site.providers.setup import vendors as configured_vendors
from universe.models import DataSource, Halt, Instrument

from .selectors import LONGEST_HALT
from .store import move_cursor, source_of

FEED = "halts"
VENDOR = "nasdaq"
_NEWEST = """
SELECT DISTINCT ON (instrument_id, begins_at) instrument_id, begins_at, code, quotes_at, resumes_at
FROM universe_halt WHERE begins_at > %(since)s ORDER BY instrument_id, begins_at, recorded_at DESC
"""
Key = tuple[int, dt.datetime]
Said = tuple[str, dt.datetime | None, dt.datetime | None]


@dataclass(frozen=True, slots=True)
class HaltsReport:
    """What a reading brought: halts listed, of stocks we know, new or changed, gone from the list, still open."""

    listed: int
    known: int
    changed: int
    left: int
    open: int


def refresh_halts(vendors: Vendors | None = None) -> HaltsReport:
    """Read the list and store what is new in it. ProviderError; then everything stays as it was."""
    fetched = (vendors or configured_vendors()).rss.fetch_halts()
    source = source_of(VENDOR, simulated=fetched.simulated)
    now = clock.now()
    ids = dict(Instrument.objects.filter(delisted_on__isnull=True).values_list("symbol", "pk"))
    # a list with unreadable rows does not prove that anything has left it
    return store_halts(fetched.records, ids, source, now, complete=not fetched.skipped)


def store_halts(
    records: Iterable[HaltRecord], ids: Mapping[str, int], source: DataSource, now: dt.datetime, *, complete: bool
) -> HaltsReport:
    """Rows for halts that are new or changed. With a complete list, open halts that are no longer on it have ended."""
    listed = list(records)
    said: dict[Key, Said] = {
        (ids[each.symbol], each.begins_at): (each.code[:10], each.quotes_at, each.resumes_at)
        for each in listed
        if each.symbol in ids
    }
    with transaction.atomic():
        newest = _load_newest(now)
        changed = [key for key, word in said.items() if newest.get(key) != word]
        left = [key for key, word in newest.items() if word[2] is None and key not in said] if complete else []
        rows = [_row(key, said[key], source, now) for key in changed]
        rows += [_row(key, (newest[key][0], None, now), source, now, left_list=True) for key in left]
        Halt.objects.bulk_create(rows, ignore_conflicts=True)
        move_cursor(FEED, now, now)
    still_open = sum(1 for _, _, resumes in said.values() if resumes is None or resumes > now)
    return HaltsReport(len(listed), len(said), len(changed), len(left), still_open)


def _load_newest(now: dt.datetime) -> dict[Key, Said]:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, {"since": now - LONGEST_HALT})
        return {(pk, begins): (code, quotes, resumes) for pk, begins, code, quotes, resumes in cursor.fetchall()}


def _row(key: Key, word: Said, source: DataSource, now: dt.datetime, *, left_list: bool = False) -> Halt:
    code, quotes, resumes = word
    return Halt(
        instrument_id=key[0],
        begins_at=key[1],
        code=code,
        quotes_at=quotes,
        resumes_at=resumes,
        left_list=left_list,
        source=source,
        recorded_at=now,
    )
