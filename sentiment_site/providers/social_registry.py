"""X and Reddit put together from plain values. Without a key or an application they are not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import redis

from .http import Http, VendorConfig
from .reddit import Reddit
from .x import X

# Reddit counts 100 calls a minute over ten minutes, X 450 in fifteen.
REDDIT_RATE_PER_S: Final = 1.5
X_RATE_PER_S: Final = 0.5


class SocialSettings(Protocol):
    """The settings that `build_social` reads; Django's settings object has them."""

    X_BASE_URL: str
    X_BEARER_TOKEN: str
    REDDIT_LOGIN_URL: str
    REDDIT_BASE_URL: str
    REDDIT_CLIENT_ID: str
    REDDIT_CLIENT_SECRET: str
    REDDIT_USER_AGENT: str
    PROVIDER_READ_TIMEOUT_S: float


@dataclass(frozen=True, slots=True)
class SocialVendors:
    """The places where people talk; None: no key."""

    x: X | None
    reddit: Reddit | None


def build_social(settings: SocialSettings, client: redis.Redis | None) -> SocialVendors:
    """The vendors for these settings. ValueError for a value that cannot work."""
    return SocialVendors(_x(settings, client), _reddit(settings, client))


def _x(settings: SocialSettings, client: redis.Redis | None) -> X | None:
    if not settings.X_BEARER_TOKEN:
        return None
    timeout = settings.PROVIDER_READ_TIMEOUT_S
    config = VendorConfig(
        "x", settings.X_BASE_URL, settings.X_BEARER_TOKEN, "bearer", X_RATE_PER_S, burst=10, read_timeout=timeout
    )
    return X(Http(config, client))


def _reddit(settings: SocialSettings, client: redis.Redis | None) -> Reddit | None:
    if not (settings.REDDIT_CLIENT_ID and settings.REDDIT_CLIENT_SECRET):
        return None

    def open_http(url: str) -> Http:
        config = VendorConfig(
            "reddit",
            url,
            "",
            "",
            REDDIT_RATE_PER_S,
            burst=10,
            read_timeout=settings.PROVIDER_READ_TIMEOUT_S,
            user_agent=settings.REDDIT_USER_AGENT,
        )
        return Http(config, client)

    login, listings = open_http(settings.REDDIT_LOGIN_URL), open_http(settings.REDDIT_BASE_URL)
    return Reddit(login, listings, settings.REDDIT_CLIENT_ID, settings.REDDIT_CLIENT_SECRET)
