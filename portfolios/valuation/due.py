"""What of the books' day is due, in market time: once per session each, and nothing missed after a standstill.

Offsets count from the close, so that a half day has everything three hours earlier. S3 names 16:00, 17:00 and 17:30;
prices wait for the vendor's delay (16:15 with the usual quarter of an hour).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sentiment_site.market import calendar

from .batch import is_final, list_due, newest_changed, newest_session

CORPORATE, PRICES, RISK, SNAPSHOTS = (
    "portfolios.corporate",
    "portfolios.prices",
    "portfolios.risk",
    "portfolios.snapshots",
)
BEFORE_OPEN = dt.timedelta(minutes=15)  # after the beginning of pre-market trading
RISK_AFTER = dt.timedelta(hours=1)
# the screening has the evening's bars by then, whoever refused the close before
LATE_AFTER = dt.timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Due:
    """A job that is due, and the keys that it is done once under: the first that may be tried counts."""

    job: str
    keys: tuple[str, ...]


def find_due(now: dt.datetime) -> list[Due]:
    """Every job of the books that is due at that moment, in the order in which they are asked for.

    Splits before the open of each session. While the newest session's closes settle: provisional prices, then risk.
    From 90 minutes after the close on: its final rows, and whatever older row is missing or stale, as long as any
    book waits for one. A standstill of several sessions ends in one run that makes all their rows in order.
    """
    due = []
    session = calendar.last_session(now)
    if now >= session.pre_open + BEFORE_OPEN:
        due.append(Due(CORPORATE, (f"{session.date}:open",)))
    newest = newest_session(now)
    settled = newest if is_final(newest, now) else calendar.shift(newest.date, -1)
    waiting = list_due(settled.date)
    if waiting:
        keys = [f"{settled.date}:final"]
        if now >= settled.post_close + LATE_AFTER:
            keys.append(f"{settled.date}:late")
        keys.append(f"{settled.date}:{newest_changed(waiting):%Y%m%d%H%M%S%f}")
        due.append(Due(SNAPSHOTS, tuple(keys)))
    if settled is not newest:
        due.append(Due(PRICES, (f"{newest.date}:prices",)))
        if now >= newest.close + RISK_AFTER:
            due.append(Due(RISK, (f"{newest.date}:risk",)))
    return due
