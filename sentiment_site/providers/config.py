"""How to reach one vendor: plain values, checked once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .gates import BreakerRule
from .redaction import redact, register_secret


@dataclass(frozen=True, slots=True)
class VendorConfig:
    """How to reach one vendor. Seconds, calls per second, bytes.

    `auth` says where the key goes: "bearer", "query:<parameter>", "header:<name>" or "" for none. `attempts` counts the
    first try. `longest_wait_s` caps both the wait for a token and an honoured Retry-After: a longer one ends the call
    at once with RateLimited. `deadline_s` bounds one exchange however slowly it drips. `expects` is "json" or "any".
    `calls_per_day` is our own budget, 0 for none. `user_agent` is who we say we are;
    some vendors refuse who leaves no address.
    ValueError on a value that cannot work; the key is never part of its message.
    """

    name: str
    base_url: str
    api_key: str = field(repr=False)
    auth: str = "bearer"
    rate_per_s: float = 5.0
    burst: int = 5
    calls_per_day: int = 0
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    attempts: int = 4
    max_bytes: int = 64 << 20
    deadline_s: float = 120.0
    wait_initial_s: float = 0.5
    wait_max_s: float = 10.0
    longest_wait_s: float = 30.0
    breaker: BreakerRule = field(default_factory=BreakerRule)
    expects: str = "json"
    user_agent: str = "sectorlight/0.1"

    def __post_init__(self) -> None:
        object.__setattr__(self, "api_key", self.api_key.strip())
        object.__setattr__(self, "base_url", self.base_url.strip().rstrip("/"))
        register_secret(self.api_key)
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{self.name}: base URL {redact(self.base_url)!r} is not http(s)://host")
        if not re.fullmatch(r"[\x21-\x7e]*", self.api_key):
            raise ValueError(f"{self.name}: the API key holds blanks or characters outside ASCII")
        if not re.fullmatch(r"|bearer|(query|header):[A-Za-z0-9_-]+", self.auth):
            raise ValueError(f"{self.name}: auth {self.auth!r} is not bearer, query:<name>, header:<name> or empty")
        if (
            min(self.rate_per_s, self.burst, self.connect_timeout, self.read_timeout, self.attempts, self.max_bytes)
            <= 0
        ):
            raise ValueError(f"{self.name}: rate, burst, timeouts, attempts and the largest body must be above 0")
