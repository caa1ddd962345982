"""What is kept in Valkey, under which keys and how long, and how often it was of use. The cache is never the truth.

Keys carry the run's number, so a publication makes every older value unreachable at once: nothing stale can be served,
and the time to live only cleans up behind. A cold or dead Valkey costs the statements that build the value anew.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import redis
import structlog

from sentiment_site.live.publish import client
from sentiment_site.market import clock

logger = structlog.get_logger(__name__)

GOAL = 0.95  # the stricter of the requirement's two hit rates (methods.md 11.20)
COUNTS_KEPT_S = 8 * 86_400


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of cached value: the requirement's key for it (S0), ours, seconds to live, what it holds."""

    name: str
    required_key: str
    key: str
    ttl_s: int
    holds: str


# The pointer to the newest grid is no value of its own: it lives for 300 s (sectors.publish), the stricter of S0's two.
KINDS = {
    kind.name: kind
    for kind in (
        Kind("sector_grid", "sector:grid:current", "fragment:sectors:grid:{run}", 1800, "the eight cards, rendered"),
        Kind("sector_detail", "sector:{sector}:detail", "sectors:detail:{run}:{key}", 900, "one sector in depth"),
        Kind("top_stocks", "sector:{sector}:top_stocks", "sectors:top:{run}:{key}", 600, "top movers"),
        Kind(
            "universe_list", "universe:stocks:current", "sectors:universe:{run}:{key}", 86_400, "members of a universe"
        ),
        Kind("performance_matrix", "perf:multi_timeframe", "sectors:matrix:{run}:{key}", 300, "sectors by timeframe"),
        Kind("background_status", "analysis:background:status", "sectors:status:{run}:{key}", 60, "state of the jobs"),
    )
}

# One round trip: the value, and a hit or a miss counted under today's date.
_READ = """
local held = redis.call('GET', KEYS[1])
local field = ARGV[1] .. (held and ':hits' or ':misses')
if redis.call('HINCRBY', KEYS[2], field, 1) == 1 then redis.call('EXPIRE', KEYS[2], ARGV[2]) end
return held
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a kind was asked for and was there."""

    kind: str
    hits: int
    misses: int

    @property
    def rate(self) -> float | None:
        """Share of hits, None before the first question."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


def cached_json(kind: str, run_id: int, key: str, build: Callable[[], Any]) -> Any:
    """The value kept under a kind, a run and a key of the caller's, else what `build` makes, which is then kept.

    Plain dict, list, str, int, float, bool and None only (TypeError or ValueError otherwise: a Decimal, a NaN); what
    comes back is the same whether it was kept or built. The run's number belongs to everything that could change it:
    the newest run's for the present, the known one's for `?as_of=`. KeyError for an unknown kind.
    """
    name = KINDS[kind].key.format(run=run_id, key=key)
    held = read_counted(kind, name)
    if held is not None:
        try:
            return json.loads(held)
        except ValueError:
            logger.info("cached value of another version ignored", key=name)
    text = json.dumps(build(), allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    try:
        client().set(name, text, ex=KINDS[kind].ttl_s)
    except redis.RedisError as error:
        logger.warning("not cached: Valkey does not answer", key=name, error=str(error))
    return json.loads(text)


def read_counted(kind: str, key: str) -> bytes | None:
    """The bytes kept under a key, counted as a hit or a miss of its kind; None also, uncounted, with Valkey down."""
    try:
        held = client().eval(_READ, 2, key, _counts_key(clock.wall().date()), kind, str(COUNTS_KEPT_S))
    except redis.RedisError as error:
        logger.warning("cache not read: Valkey does not answer", key=key, error=str(error))
        return None
    return held if isinstance(held, bytes) else None


def count_miss(kind: str) -> None:
    """A miss found in another way: the pointer to the value was gone."""
    try:
        client().hincrby(_counts_key(clock.wall().date()), f"{kind}:misses", 1)
    except redis.RedisError:
        return  # whoever reads next says that Valkey does not answer


def read_counts(day: dt.date | None = None) -> list[Counts]:
    """Hits and misses of every kind on a UTC day (default today) of the last eight. Raises redis.RedisError."""
    held = cast("dict[bytes, bytes]", client().hgetall(_counts_key(day or clock.wall().date())))
    counts = {name.decode(): int(count) for name, count in held.items()}
    return [Counts(name, counts.get(f"{name}:hits", 0), counts.get(f"{name}:misses", 0)) for name in KINDS]


def _counts_key(day: dt.date) -> str:
    return f"sectors:cache:counts:{day.isoformat()}"
