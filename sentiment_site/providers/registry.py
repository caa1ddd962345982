"""The vendors put together from plain values, and the way from one source to the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

import redis
import structlog

from .edgar import Edgar
from .errors import NotEntitled, ProviderError, ValueNotEntitled
from .fmp import Fmp
from .http import Http, VendorConfig
from .limits import BreakerRule, VendorState
from .polygon import Polygon
from .records import Fetched
from .rss import Rss
from .session import is_loopback

log = structlog.get_logger(__name__)
T = TypeVar("T")

WAITING_CALLERS: Final = 10
EDGAR_LIMIT_PER_S: Final = 10


class VendorSettings(Protocol):
    """The settings that `build` reads; Django's settings object has them."""

    POLYGON_BASE_URL: str
    POLYGON_API_KEY: str
    POLYGON_RATE_PER_S: float
    FMP_BASE_URL: str
    FMP_API_KEY: str
    FMP_RATE_PER_S: float
    EDGAR_BASE_URL: str
    EDGAR_DATA_BASE_URL: str
    EDGAR_USER_AGENT: str
    EDGAR_RATE_PER_S: float
    HALTS_URL: str
    THRESHOLD_LIST_URL: str
    PROVIDER_READ_TIMEOUT_S: float


class Source(Protocol):
    """Anything with an `Http` of its own: Polygon, Fmp, Edgar, Rss."""

    @property
    def http(self) -> Http:
        """The vendor's seam."""


@dataclass(frozen=True, slots=True)
class Vendors:
    """All vendors of this process."""

    polygon: Polygon
    fmp: Fmp
    edgar: Edgar
    rss: Rss

    def states(self) -> tuple[VendorState, ...]:
        """What is known about each vendor's health; no call to any of them."""
        return tuple(each.http.state() for each in (self.polygon, self.fmp, self.edgar, self.rss))


def polygon_config(settings: VendorSettings) -> VendorConfig:
    """Massive takes its key in a header."""
    rate, url, key = settings.POLYGON_RATE_PER_S, settings.POLYGON_BASE_URL, settings.POLYGON_API_KEY
    return _config(VendorConfig("polygon", url, key, "bearer", rate, read_timeout=settings.PROVIDER_READ_TIMEOUT_S))


def fmp_config(settings: VendorSettings) -> VendorConfig:
    """FMP takes its key in the query string only."""
    rate, url, key = settings.FMP_RATE_PER_S, settings.FMP_BASE_URL, settings.FMP_API_KEY
    return _config(VendorConfig("fmp", url, key, "query:apikey", rate, read_timeout=settings.PROVIDER_READ_TIMEOUT_S))


def edgar_config(settings: VendorSettings, base_url: str) -> VendorConfig:
    """EDGAR takes no key and wants to know who asks. Calls are spaced evenly: a burst would already be too fast.

    ValueError above ten calls a second, for which it blocks.
    """
    rate = settings.EDGAR_RATE_PER_S
    config = VendorConfig(
        "edgar",
        base_url,
        "",
        "",
        rate,
        burst=1,
        read_timeout=settings.PROVIDER_READ_TIMEOUT_S,
        attempts=3,
        expects="any",
        user_agent=settings.EDGAR_USER_AGENT,
        breaker=BreakerRule(lease_s=240.0, longest_pause_s=900.0),
    )
    if rate > EDGAR_LIMIT_PER_S and not is_loopback(base_url):
        raise ValueError(f"edgar: {rate:g} calls a second; EDGAR blocks above {EDGAR_LIMIT_PER_S}")
    return config


def feed_config(settings: VendorSettings, vendor: str, base_url: str) -> VendorConfig:
    """A host with feeds: one call a second is polite."""
    return VendorConfig(
        vendor, base_url, "", "", 1.0, burst=2, read_timeout=settings.PROVIDER_READ_TIMEOUT_S, attempts=2, expects="any"
    )


def _config(config: VendorConfig) -> VendorConfig:
    """What follows from the rate: one second's calls at once, and on a slow plan (5 per minute) a wait that lets ten
    callers have their turn."""
    longest_wait = max(config.longest_wait_s, WAITING_CALLERS / config.rate_per_s)
    return replace(
        config,
        burst=max(1, math.floor(config.rate_per_s)),
        longest_wait_s=longest_wait,
        breaker=BreakerRule(lease_s=config.deadline_s + longest_wait),
    )


def build(settings: VendorSettings, redis: redis.Redis | None) -> Vendors:
    """The vendors for these settings. ValueError for a value that cannot work."""
    return Vendors(
        polygon=Polygon(Http(polygon_config(settings), redis)),
        fmp=Fmp(Http(fmp_config(settings), redis)),
        edgar=Edgar(
            Http(edgar_config(settings, settings.EDGAR_BASE_URL), redis),
            Http(edgar_config(settings, settings.EDGAR_DATA_BASE_URL or settings.EDGAR_BASE_URL), redis),
        ),
        rss=Rss(
            lambda vendor, base_url: Http(feed_config(settings, vendor, base_url), redis),
            settings.HALTS_URL,
            settings.THRESHOLD_LIST_URL,
        ),
    )


def first_entitled(
    capability: str, sources: Sequence[tuple[Source, Callable[[], Fetched[T]]]]
) -> tuple[Fetched[T], tuple[ProviderError, ...]]:
    """The first source that answers, and the errors of those before it, in order.

    A vendor that answers "not in your plan" is not asked for `capability` again for 24 h; any other failure also leads
    to the next source, without being remembered. Raises the last error when no source answers, ValueError without
    sources.
    """
    refusals: list[ProviderError] = []
    for source, fetch in sources:
        http = source.http
        known = http.limits.entitlements.get(capability)
        if known is not None:
            until = known.until.strftime("%Y-%m-%d %H:%M UTC")
            refusals.append(NotEntitled(http.config.name, f"{capability}, asked again after {until}: {known.message}"))
            continue
        try:
            return fetch(), tuple(refusals)
        except ProviderError as error:
            if isinstance(error, NotEntitled) and not isinstance(error, ValueNotEntitled):
                http.limits.entitlements.remember(capability, error.message)
            log.warning("provider_source_failed", capability=capability, vendor=http.config.name, error=str(error))
            refusals.append(error)
    if not refusals:
        raise ValueError(f"no source for {capability}")
    raise refusals[-1]
