"""What is known about one vendor right now, in Valkey for all workers or in this process when there is no Valkey.

Two implementations of one small interface: `SharedGate` does each step in one Lua script on Valkey's own clock, so that
hosts whose clocks differ agree; `LocalGate` does the same under a lock. Both hold

* the token bucket, in its virtual-scheduling form (GCRA): `due` is the moment at which the next call would be due if
  calls were spaced evenly; up to `burst` calls may run ahead of it. A caller reserves its place and sleeps until it, so
  that no worker polls and none starves;
* the circuit breaker: consecutive failures, since when it is open, until when, who holds the one probe;
* the health memory: last success, last failure.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

import redis

from sentiment_site.market import clock


class Pass(StrEnum):
    """What the breaker says to a caller."""

    CLOSED = "closed"
    PROBE = "probe"
    OPEN = "open"


class Effect(StrEnum):
    """What a failure does to the breaker: COUNTS towards opening, ANSWERED proves the vendor alive, NEUTRAL neither."""

    COUNTS = "counts"
    ANSWERED = "answered"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """When the breaker opens and for how long: `threshold` consecutive failures, `cooldown_s`; a probe that never
    reports back is given up after `lease_s`. A vendor that blocks who goes on asking is left alone for as long as it
    says, up to `longest_pause_s`, after the first refusal (0: never for that reason)."""

    threshold: int = 5
    cooldown_s: float = 30.0
    lease_s: float = 120.0
    longest_pause_s: float = 0.0


@dataclass(slots=True)
class Memory:
    """Raw state; moments are epoch seconds of the gate's own clock, 0 for never."""

    failures: int = 0
    since: float = 0.0
    until: float = 0.0
    probe: float = 0.0
    success_at: float = 0.0
    failure_at: float = 0.0
    failure_class: str = ""
    failure: str = ""
    now: float = 0.0


class Gate(Protocol):
    """One vendor's gate. Methods of `SharedGate` raise redis.RedisError when Valkey does not answer."""

    def take(self, rate: float, burst: int, longest_wait: float) -> tuple[bool, float]:
        """Reserve a place: (True, seconds to sleep), or (False, seconds it would take) beyond `longest_wait`."""

    def hold(self, rate: float, burst: int, seconds: float) -> None:
        """Let no worker call for `seconds`: what a Retry-After asks for."""

    def enter(self, rule: BreakerRule) -> Pass:
        """Ask the breaker; of many callers after the cool-down one gets PROBE, the rest OPEN."""

    def succeeded(self) -> None:
        """A good answer: closes the breaker and remembers when."""

    def failed(self, rule: BreakerRule, probe: bool, effect: Effect, kind: str, message: str) -> None:
        """A bad answer of class name `kind`."""

    def release(self) -> None:
        """The probe ended without any verdict about the vendor; the next caller may probe."""

    def read(self) -> Memory:
        """Everything, for showing."""


class LocalGate:
    """A gate in this process's memory: each process then has the whole rate for itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._memory = Memory()
        self._due = 0.0

    def take(self, rate: float, burst: int, longest_wait: float) -> tuple[bool, float]:
        """See Gate."""
        interval = 1 / rate
        with self._lock:
            now = time.monotonic()
            due = max(self._due, now)
            wait = max(0.0, due - (burst - 1) * interval - now)
            if wait > longest_wait:
                return False, wait
            self._due = due + interval
            return True, wait

    def hold(self, rate: float, burst: int, seconds: float) -> None:
        """See Gate."""
        with self._lock:
            self._due = max(self._due, time.monotonic() + seconds + (burst - 1) / rate)

    def enter(self, rule: BreakerRule) -> Pass:
        """See Gate."""
        with self._lock:
            now = clock.wall().timestamp()
            if not self._memory.until:
                return Pass.CLOSED
            if now < self._memory.until or now < self._memory.probe:
                return Pass.OPEN
            self._memory.probe = now + rule.lease_s
            return Pass.PROBE

    def succeeded(self) -> None:
        """See Gate."""
        with self._lock:
            self._close()
            self._memory.success_at = clock.wall().timestamp()

    def failed(self, rule: BreakerRule, probe: bool, effect: Effect, kind: str, message: str) -> None:
        """See Gate."""
        with self._lock:
            memory, now = self._memory, clock.wall().timestamp()
            memory.failure_at, memory.failure_class, memory.failure = now, kind, message
            if effect is Effect.ANSWERED:
                self._close()
                return
            memory.failures += effect is Effect.COUNTS
            if memory.until:
                if probe:
                    memory.until, memory.probe = now + rule.cooldown_s, 0.0
            elif memory.failures >= rule.threshold:
                memory.since, memory.until = now, now + rule.cooldown_s

    def release(self) -> None:
        """See Gate."""
        with self._lock:
            self._memory.probe = 0.0

    def read(self) -> Memory:
        """See Gate."""
        with self._lock:
            fields = {name: getattr(self._memory, name) for name in Memory.__slots__}
        return Memory(**fields | {"now": clock.wall().timestamp()})

    def _close(self) -> None:
        self._memory.failures = 0
        self._memory.since = self._memory.until = self._memory.probe = 0.0


# KEYS[1]; ARGV: rate, burst, longest wait, seconds to hold (0: reserve a place).
_BUCKET: Final = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local interval = 1 / tonumber(ARGV[1])
local ahead = (tonumber(ARGV[2]) - 1) * interval
local hold = tonumber(ARGV[4])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = 0
if hold > 0 then
  due = math.max(due, now + hold + ahead)
else
  wait = math.max(0, due - ahead - now)
  if wait > tonumber(ARGV[3]) then return {0, string.format('%.6f', wait)} end
  due = due + interval
end
redis.call('SET', KEYS[1], string.format('%.6f', due), 'PX', math.ceil((due - now + 1) * 1000))
return {1, string.format('%.6f', wait)}
"""

# KEYS[1]; ARGV: verb, threshold, cool-down, lease, probe, effect, class, message.
_BREAKER: Final = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local key, verb = KEYS[1], ARGV[1]
local function get(field) return tonumber(redis.call('HGET', key, field) or '0') end
local function put(field, value) redis.call('HSET', key, field, string.format('%.6f', value)) end
local function close() redis.call('HDEL', key, 'failures', 'since', 'until', 'probe') end
if verb == 'enter' then
  local ends = get('until')
  if ends == 0 then return 'closed' end
  if now < ends or now < get('probe') then return 'open' end
  put('probe', now + tonumber(ARGV[4]))
  return 'probe'
elseif verb == 'succeeded' then
  close()
  put('success_at', now)
elseif verb == 'release' then
  redis.call('HDEL', key, 'probe')
else
  put('failure_at', now)
  redis.call('HSET', key, 'failure_class', ARGV[7], 'failure', ARGV[8])
  if ARGV[6] == 'answered' then close() return 'ok' end
  local failures = get('failures')
  if ARGV[6] == 'counts' then failures = redis.call('HINCRBY', key, 'failures', 1) end
  if get('until') > 0 then
    if ARGV[5] == '1' then
      put('until', now + tonumber(ARGV[3]))
      redis.call('HDEL', key, 'probe')
    end
  elseif failures >= tonumber(ARGV[2]) then
    put('since', now)
    put('until', now + tonumber(ARGV[3]))
  end
end
return 'ok'
"""


class SharedGate:
    """A gate in Valkey, under `providers:<vendor>:bucket` and `providers:<vendor>:state`."""

    def __init__(self, vendor: str, client: redis.Redis) -> None:
        self._client = client
        self._bucket_key = f"providers:{vendor}:bucket"
        self._state_key = f"providers:{vendor}:state"
        self._bucket = client.register_script(_BUCKET)
        self._breaker = client.register_script(_BREAKER)

    def take(self, rate: float, burst: int, longest_wait: float) -> tuple[bool, float]:
        """See Gate."""
        granted, wait = self._bucket([self._bucket_key], [rate, burst, longest_wait, 0])
        return bool(granted), float(wait)

    def hold(self, rate: float, burst: int, seconds: float) -> None:
        """See Gate."""
        self._bucket([self._bucket_key], [rate, burst, 0, seconds])

    def enter(self, rule: BreakerRule) -> Pass:
        """See Gate."""
        return Pass(_text(self._run("enter", rule)))

    def succeeded(self) -> None:
        """See Gate."""
        self._run("succeeded", BreakerRule())

    def failed(self, rule: BreakerRule, probe: bool, effect: Effect, kind: str, message: str) -> None:
        """See Gate."""
        self._run("failed", rule, int(probe), effect.value, kind, message)

    def release(self) -> None:
        """See Gate."""
        self._run("release", BreakerRule())

    def read(self) -> Memory:
        """See Gate."""
        pipeline = self._client.pipeline(transaction=False)
        pipeline.hgetall(self._state_key)
        pipeline.time()
        raw, (seconds, micros) = pipeline.execute()
        known = {_text(name): _text(value) for name, value in raw.items()}
        memory = Memory(now=int(seconds) + int(micros) / 1e6)
        memory.failures = int(known.get("failures", 0))
        memory.since, memory.until = float(known.get("since", 0)), float(known.get("until", 0))
        memory.probe, memory.success_at = float(known.get("probe", 0)), float(known.get("success_at", 0))
        memory.failure_at = float(known.get("failure_at", 0))
        memory.failure_class, memory.failure = known.get("failure_class", ""), known.get("failure", "")
        return memory

    def _run(self, verb: str, rule: BreakerRule, *rest: str | int) -> Any:
        return self._breaker([self._state_key], [verb, rule.threshold, rule.cooldown_s, rule.lease_s, *rest])


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
