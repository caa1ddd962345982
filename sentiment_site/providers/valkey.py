"""Valkey as an optional companion: when it is absent or silent, work goes on with this process's own memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

import redis
import structlog

log = structlog.get_logger(__name__)
T = TypeVar("T")

# After a failure Valkey is left alone for a moment, so that a dead one does not add its timeout to every call.
PAUSE_S: Final = 5.0


class Alone(Exception):
    """Valkey is not there; the caller uses its own memory."""


class Companion:
    """Runs steps against Valkey and says once when it is gone and once when it is back. Safe for many threads."""

    def __init__(self, client: redis.Redis | None, vendor: str) -> None:
        self._client = client
        self._vendor = vendor
        self._not_before = 0.0
        self._alone = False
        self._lock = threading.Lock()
        if client is None:
            self._note_alone("no Valkey configured")

    def run(self, step: Callable[[redis.Redis], T]) -> T:
        """The result of `step`; raises Alone when there is no Valkey, it does not answer, or it failed a moment ago."""
        if self._client is None or time.monotonic() < self._not_before:
            raise Alone
        try:
            result = step(self._client)
        except (redis.RedisError, OSError) as error:
            self._not_before = time.monotonic() + PAUSE_S
            self._note_alone(type(error).__name__)
            raise Alone from error
        if self._alone:
            self._note_back()
        return result

    def _note_alone(self, reason: str) -> None:
        with self._lock:
            if not self._alone:
                self._alone = True
                log.warning("provider_limits_local", vendor=self._vendor, reason=reason)

    def _note_back(self) -> None:
        with self._lock:
            if self._alone:
                self._alone = False
                log.info("provider_limits_shared", vendor=self._vendor)
