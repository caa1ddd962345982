"""Manners towards a vendor, shared by all workers: rate, circuit breaker, health, and what the plan does not cover.

`Limits` is one vendor's; it keeps its state in Valkey and falls back to this process's memory when Valkey is absent or
stops answering (logged once, and once more when it is back).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

import redis

from sentiment_site.market import clock

from .budget import DailyBudget
from .entitlements import Entitlements, Refusal
from .errors import BadPayload, CircuitOpen, NotEntitled, NotFound, ProviderError, RateLimited
from .gates import BreakerRule, Effect, Gate, LocalGate, Memory, Pass, SharedGate
from .valkey import Alone, Companion

__all__ = ["BreakerRule", "Entitlements", "Limits", "Refusal", "VendorState", "vendor_state"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VendorState:
    """What a health page shows about a vendor, without asking it. Moments are aware UTC, None for never.

    `breaker` is "closed", "open" or "half-open"; `shared` is False when only this process's memory could be read.
    """

    vendor: str
    breaker: str
    consecutive_failures: int
    open_since: datetime | None
    open_until: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure_class: str
    last_failure: str
    shared: bool

    @property
    def healthy(self) -> bool | None:
        """True when the newest thing known is a good answer, None when the vendor was never asked."""
        if self.last_success_at is None and self.last_failure_at is None:
            return None
        if self.breaker != "closed" or self.last_success_at is None:
            return False
        return self.last_failure_at is None or self.last_success_at >= self.last_failure_at


class Limits:
    """One vendor's rate, breaker, health memory and refusals. Safe for use by many threads.

    `rate_per_s` calls per second, up to `burst` of them at once; a caller waits at most `longest_wait_s` for its turn.
    """

    def __init__(
        self,
        vendor: str,
        *,
        rate_per_s: float,
        burst: int,
        longest_wait_s: float,
        breaker: BreakerRule,
        client: redis.Redis | None,
        calls_per_day: int = 0,
    ) -> None:
        self.vendor = vendor
        self._rate, self._burst, self._longest_wait = rate_per_s, burst, longest_wait_s
        self._rule = breaker
        self._valkey = Companion(client, vendor)
        self._local = LocalGate()
        self._shared = SharedGate(vendor, client) if client is not None else None
        self._budget = DailyBudget(vendor, self._valkey, calls_per_day)
        self.entitlements = Entitlements(vendor, self._valkey)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around one HTTP exchange: passes the breaker, waits for a token, and tells the breaker how it ended.

        Raises CircuitOpen, RateLimited when the next free token is further away than the longest wait, or
        QuotaExhausted when the day's own budget is spent.
        """
        probe = self._enter()
        try:
            self._budget.spend()
            self._take_token()
        except BaseException:
            self._release(probe)
            raise
        try:
            yield
        except ProviderError as error:
            self._report(error, probe)
            raise
        except BaseException:
            # Not the vendor's doing (a worker told to stop, a bug of ours): the breaker learns nothing.
            self._release(probe)
            raise
        self._with_gate(lambda gate: gate.succeeded())

    def note(self, error: ProviderError) -> None:
        """Remember a failure found after the exchange, such as a payload that does not parse."""
        self._report(error, probe=False)

    def hold(self, seconds: float) -> None:
        """Let no worker call this vendor for `seconds`; at most the longest wait, so that no vendor can lock us out."""
        self._with_gate(lambda gate: gate.hold(self._rate, self._burst, min(seconds, self._longest_wait)))

    def state(self) -> VendorState:
        """What is known about the vendor; asks Valkey, never the vendor."""
        memory, shared = self._with_gate(lambda gate: (gate.read(), gate is self._shared))
        return _vendor_state(self.vendor, memory, shared)

    def _enter(self) -> bool:
        answer = self._with_gate(lambda gate: gate.enter(self._rule))
        if answer is Pass.OPEN:
            state, now = self.state(), clock.wall()
            last = f"{state.last_failure_class}: {state.last_failure}" if state.last_failure_class else ""
            # After the cool-down another worker's probe is under way: until then is now.
            raise CircuitOpen(self.vendor, last, since=state.open_since or now, until=max(state.open_until or now, now))
        return answer is Pass.PROBE

    def _take_token(self) -> None:
        granted, wait = self._with_gate(lambda gate: gate.take(self._rate, self._burst, self._longest_wait))
        if not granted:
            message = f"our own limit of {self._rate:g} calls per second has none free within {self._longest_wait:g} s"
            raise RateLimited(self.vendor, message, retry_after=wait)
        if wait > 0:
            time.sleep(wait)

    def _report(self, error: ProviderError, probe: bool) -> None:
        if isinstance(error, NotFound | NotEntitled):
            # A clear answer about one symbol or the plan: the vendor itself is well.
            self._with_gate(lambda gate: gate.succeeded())
            return
        effect = (
            Effect.NEUTRAL if isinstance(error, BadPayload) else Effect.COUNTS if error.temporary else Effect.ANSWERED
        )
        rule, wait = self._rule, min(error.retry_after or 0.0, self._rule.longest_pause_s)
        if wait > self._longest_wait:
            # "Not before ten minutes": one more call would only prolong it.
            rule, effect = replace(rule, threshold=1, cooldown_s=wait), Effect.COUNTS
        kind, text = type(error).__name__, str(error)
        self._with_gate(lambda gate: gate.failed(rule, probe, effect, kind, text))

    def _release(self, probe: bool) -> None:
        if probe:
            self._with_gate(lambda gate: gate.release())

    def _with_gate(self, step: Callable[[Gate], T]) -> T:
        """Run `step` on the gate that all workers share, on our own while Valkey does not answer."""
        shared = self._shared
        if shared is not None:
            try:
                return self._valkey.run(lambda _: step(shared))
            except Alone:
                pass
        return step(self._local)


def vendor_state(vendor: str, client: redis.Redis) -> VendorState:
    """What all workers know about `vendor`, from Valkey, without any call to the vendor. Raises redis.RedisError."""
    return _vendor_state(vendor, SharedGate(vendor, client).read(), shared=True)


def _vendor_state(vendor: str, memory: Memory, shared: bool) -> VendorState:
    breaker = "closed" if not memory.until else "open" if memory.now < memory.until else "half-open"
    return VendorState(
        vendor=vendor,
        breaker=breaker,
        consecutive_failures=memory.failures,
        open_since=_moment(memory.since),
        open_until=_moment(memory.until),
        last_success_at=_moment(memory.success_at),
        last_failure_at=_moment(memory.failure_at),
        last_failure_class=memory.failure_class,
        last_failure=memory.failure,
        shared=shared,
    )


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
