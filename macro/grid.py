"""The grid of scans: every four hours of UTC, each slot named by its beginning."""

from __future__ import annotations

import datetime as dt

SCAN_EVERY = dt.timedelta(hours=4)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def slot_of(at: dt.datetime) -> dt.datetime:
    """The slot that `at` (aware) lies in: 00:00, 04:00, ... 20:00 UTC."""
    return at.astimezone(dt.UTC) - (at - _EPOCH) % SCAN_EVERY


def next_slot(at: dt.datetime) -> dt.datetime:
    """The beginning of the slot after the one `at` lies in: when the next scan is due."""
    return slot_of(at) + SCAN_EVERY


def slots_between(first: dt.datetime, last: dt.datetime) -> list[dt.datetime]:
    """The slots from `first` to `last`, both included, oldest first; empty when `last` is earlier."""
    begin = slot_of(first)
    begin += SCAN_EVERY if begin < first else dt.timedelta(0)
    steps = (last - begin) // SCAN_EVERY
    return [begin + step * SCAN_EVERY for step in range(steps + 1)]
