"""The only reader of the wall clock.

`now()` is market time: what the product believes the time is, for as_of, recorded_at and ages. `wall()` is the
machine's time, for operational stamps such as heartbeats. They differ when the demo's session clock is configured
(a market that is always open, also on a Sunday) and inside `frozen(...)`.

One clock per process: the wiring calls `configure` once at start with the setting MARKET_CLOCK, and every process
given the same setting shows the same market time, because the session clock is a pure function of the wall clock.
"""

import datetime as dt
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sentiment_site.market import calendar

_FASTEST = 100_000.0
_MICROSECOND = dt.timedelta(microseconds=1)
_SESSIONS_SPEC = re.compile(r"sessions:(?P<market>[^@*]+)@(?P<wall>[^@*]+)\*(?P<speed>[^@*]+)")


class _Clock(Protocol):
    def now(self) -> dt.datetime: ...

    def describe(self) -> str: ...


class _WallClock:
    def now(self) -> dt.datetime:
        return wall()

    def describe(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class _SessionClock:
    """Market time starts at `market_start` when the wall shows `wall_start` and then runs `speed` times as fast,
    through open hours only. Before `wall_start` it stands at its beginning."""

    market_start: dt.datetime
    wall_start: dt.datetime
    speed: float

    def now(self) -> dt.datetime:
        elapsed = max(wall() - self.wall_start, dt.timedelta(0)) // _MICROSECOND
        return calendar.advance(self.market_start, math.floor(elapsed * self.speed) * _MICROSECOND)

    def describe(self) -> str:
        return f"session clock x{self.speed:g}"


class Frozen:
    """Market time that stands still until it is moved; what `frozen` yields."""

    def __init__(self, at: dt.datetime) -> None:
        self._at = _utc(at)

    def move_to(self, at: dt.datetime) -> None:
        """Set the market time, forwards or backwards. ValueError for a naive moment."""
        self._at = _utc(at)

    def now(self) -> dt.datetime:
        """The moment at which the clock stands, UTC."""
        return self._at

    def describe(self) -> str:
        """Words for the page header."""
        return f"clock frozen at {self._at.isoformat()}"


class _Process:
    """What this process's clock is: the configured one, under the frozen ones of the moment (innermost last).

    Held per process and not per thread or task, so that worker threads and event loops see a frozen time too.
    """

    configured: _Clock = _WallClock()
    frozen: tuple[Frozen, ...] = ()


def now() -> dt.datetime:
    """Market time, UTC. Monotonic as far as the wall clock is."""
    return _current().now()


def wall() -> dt.datetime:
    """The machine's time, UTC; never simulated, never frozen. For operational stamps only."""
    return dt.datetime.now(dt.UTC)


def configure(spec: str) -> None:
    """Set this process's clock: "wall", or "sessions:<market ISO>@<wall ISO>*<speed>", both moments with an offset.

    Example: "sessions:2026-08-21T09:30:00-04:00@2026-11-22T15:00:00+00:00*10". ValueError naming MARKET_CLOCK for
    anything else, for moments the calendar does not reach and for a speed outside (0, 100000].
    """
    _Process.configured = _WallClock() if spec == "wall" else _parse_session_clock(spec)


@contextmanager
def frozen(at: dt.datetime) -> Iterator[Frozen]:
    """Within the block `now()` is `at` (aware) until moved with `.move_to(...)`; blocks nest."""
    clock = Frozen(at)
    _Process.frozen = (*_Process.frozen, clock)
    try:
        yield clock
    finally:
        _Process.frozen = tuple(other for other in _Process.frozen if other is not clock)


def describe() -> str:
    """Words for the page header: "" for the wall clock, else for example "session clock x10"."""
    return _current().describe()


def is_simulated() -> bool:
    """Whether market time is anything other than the wall clock."""
    return not isinstance(_current(), _WallClock)


def _current() -> _Clock:
    # read once: another thread may leave its frozen block between a test of the tuple and its use
    frozen_clocks = _Process.frozen
    return frozen_clocks[-1] if frozen_clocks else _Process.configured


def _parse_session_clock(spec: str) -> _SessionClock:
    match = _SESSIONS_SPEC.fullmatch(spec)
    if match is None:
        raise _bad_spec(spec, 'expected "wall" or "sessions:<market ISO>@<wall ISO>*<speed>"')
    try:
        market_start = calendar.advance(_utc(dt.datetime.fromisoformat(match["market"])), dt.timedelta(0))
        wall_start = _utc(dt.datetime.fromisoformat(match["wall"]))
        speed = float(match["speed"])
    except ValueError as error:
        raise _bad_spec(spec, str(error)) from error
    if not 0 < speed <= _FASTEST:
        raise _bad_spec(spec, f"the speed must be above 0 and at most {_FASTEST:.0f}")
    return _SessionClock(market_start, wall_start, speed)


def _bad_spec(spec: str, reason: str) -> ValueError:
    return ValueError(f"MARKET_CLOCK={spec!r}: {reason}")


def _utc(at: dt.datetime) -> dt.datetime:
    if at.tzinfo is None:
        raise ValueError(f"a moment with its offset is needed, not {at.isoformat()}")
    return at.astimezone(dt.UTC)
