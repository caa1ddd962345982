"""How many calls a vendor may get on one day (UTC), counted for all workers in Valkey, in this process without it.

Plans are sold by the month or the day; the rate alone would spend a month's calls in a few hours.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Final

import redis

from sentiment_site.market import clock

from .errors import QuotaExhausted
from .valkey import Alone, Companion

KEEP: Final = timedelta(days=2)


class DailyBudget:
    """`calls_per_day` calls, 0 for as many as the rate allows. A retry is a call."""

    def __init__(self, vendor: str, valkey: Companion, calls_per_day: int) -> None:
        self._vendor, self._valkey, self._most = vendor, valkey, calls_per_day
        self._lock = threading.Lock()
        self._local: tuple[str, int] = ("", 0)

    def spend(self) -> None:
        """Count one call. QuotaExhausted, with the seconds until midnight, when the day's calls are spent."""
        if not self._most:
            return
        now = clock.wall()
        if self._count(f"{now:%Y-%m-%d}") > self._most:
            wait = _midnight_after(now) - now
            message = f"our own budget of {self._most} calls a day is spent"
            raise QuotaExhausted(self._vendor, message, retry_after=wait.total_seconds())

    def _count(self, day: str) -> int:
        key = calls_key(self._vendor, day)
        try:
            return self._valkey.run(lambda client: _increment(client, key))
        except Alone:
            with self._lock:
                known, count = self._local
                self._local = (day, count + 1 if known == day else 1)
                return self._local[1]


def calls_key(vendor: str, day: str) -> str:
    """Where the calls of a UTC day (YYYY-MM-DD) are counted, for those who show what is left."""
    return f"providers:{vendor}:calls:{day}"


def _increment(client: redis.Redis, key: str) -> int:
    pipeline = client.pipeline()
    pipeline.incr(key)
    pipeline.expire(key, int(KEEP.total_seconds()))
    return int(pipeline.execute()[0])


def _midnight_after(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
