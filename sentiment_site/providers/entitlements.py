"""What the plan behind a key does not cover, learnt from the vendor's own refusals and kept for a day.

A day, because plans change: the next one asks again. Kept in Valkey for all workers, in this process when it is gone.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import redis

from sentiment_site.market import clock

from .valkey import Alone, Companion

KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A capability that the vendor refused, in its words, and until when (aware UTC) it is not asked for again."""

    vendor: str
    capability: str
    message: str
    until: datetime


class Entitlements:
    """One vendor's refusals by capability."""

    def __init__(self, vendor: str, valkey: Companion) -> None:
        self._vendor = vendor
        self._valkey = valkey
        self._prefix = f"providers:{vendor}:refused:"
        self._local: dict[str, Refusal] = {}

    def remember(self, capability: str, message: str) -> Refusal:
        """Keep in mind for 24 h that the plan does not cover `capability`."""
        refusal = Refusal(self._vendor, capability, message, clock.wall() + KEPT)
        self._local[capability] = refusal
        with contextlib.suppress(Alone):
            self._valkey.run(lambda client: client.set(self._prefix + capability, message, ex=KEPT))
        return refusal

    def get(self, capability: str) -> Refusal | None:
        """The remembered refusal, None when there is none or its day has passed."""
        try:
            return self._valkey.run(lambda client: self._read(client, capability))
        except Alone:
            kept = self._local.get(capability)
            return kept if kept is not None and kept.until > clock.wall() else None

    def refused(self) -> tuple[Refusal, ...]:
        """All that is refused at present, by name of the capability."""
        try:
            names = self._valkey.run(self._names)
        except Alone:
            names = list(self._local)
        return tuple(found for found in map(self.get, sorted(names)) if found is not None)

    def forget(self) -> None:
        """Ask again at the next call: after the plan or the key was changed."""
        self._local.clear()
        with contextlib.suppress(Alone):
            self._valkey.run(lambda client: [client.delete(self._prefix + name) for name in self._names(client)])

    def _names(self, client: redis.Redis) -> list[str]:
        return [_text(key).removeprefix(self._prefix) for key in client.scan_iter(match=self._prefix + "*")]

    def _read(self, client: redis.Redis, capability: str) -> Refusal | None:
        key = self._prefix + capability
        message, left = client.get(key), client.pttl(key)
        if message is None or not isinstance(left, int) or left <= 0:
            return None
        return Refusal(self._vendor, capability, _text(message), clock.wall() + timedelta(milliseconds=left))


def _text(value: object) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
