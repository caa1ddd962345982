"""The one seam to the network: every call to every vendor goes through `Http.get` or `Http.post`.

A timeout on each step and a deadline over all of it, a largest body, retries of temporary errors with backoff and
jitter, Retry-After honoured, the vendor's rate and circuit breaker shared by all workers, the key added at the last
moment and never shown. Redirects are not followed and an absolute `next_url` is reduced to path and query on our own
base, so the key cannot reach another host.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

import redis
import requests
import stamina
import structlog
import urllib3

from sentiment_site.market import clock

from .config import VendorConfig
from .errors import BadPayload, CircuitOpen, NetworkError, NotFound, ProviderError, QuotaExhausted, RateLimited
from .faults import classify, network_words, unreadable
from .limits import Limits, VendorState
from .redaction import redact
from .session import open_session

__all__ = ["Http", "Query", "Reply", "VendorConfig"]

log = structlog.get_logger(__name__)
T = TypeVar("T")
Query = Mapping[str, str | int | float | bool | None]

CHUNK: Final = 1 << 16
NOT_MODIFIED: Final = 304
_KEY_PARAMETERS: Final = frozenset({"apikey", "api_key", "api-key"})


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer. `received_at` is market time (aware UTC); `endpoint` the path without its query string."""

    body: bytes = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    received_at: datetime
    simulated: bool
    endpoint: str


@dataclass(frozen=True, slots=True)
class _Call:
    """What is asked in one exchange. `headers` of a GET: If-None-Match, or a token that ends within the day."""

    endpoint: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    max_bytes: int
    content: bytes | None = None  # of a POST

    @property
    def conditional(self) -> bool:
        """Whether 304 is a good answer: to a GET with conditions."""
        return bool(self.headers) and self.content is None


class Http:
    """The calls to one vendor: pooled connections, safe for many threads.

    `redis` shares rate, breaker and health between workers; its client should have short timeouts. Without it, or while
    it does not answer, this process keeps them alone.
    """

    def __init__(self, config: VendorConfig, redis: redis.Redis | None = None) -> None:
        self.config = config
        self.limits = Limits(
            config.name,
            rate_per_s=config.rate_per_s,
            burst=config.burst,
            longest_wait_s=config.longest_wait_s,
            breaker=config.breaker,
            client=redis,
            calls_per_day=config.calls_per_day,
        )
        self._prefix = urlsplit(config.base_url).path
        self._session = open_session(config)

    def __repr__(self) -> str:
        return f"Http({self.config.name!r}, {redact(self.config.base_url)!r})"

    def get(
        self,
        path: str,
        params: Query | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> Reply:
        """The answer to GET `path` under the base URL; `path` may be a vendor's absolute `next_url`.

        Parameters that are None are left out, booleans become "true" and "false". With conditional `headers`
        (If-None-Match, If-Modified-Since) the answer may be an empty one with status 304. `max_bytes`: below the
        configured largest body. Raises a ProviderError.
        """
        endpoint, query = self.locate(path)
        query += [(name, _spelled(value)) for name, value in (params or {}).items() if value is not None]
        call = _Call(endpoint, query, headers or {}, min(max_bytes or self.config.max_bytes, self.config.max_bytes))
        return self._call(call)

    def post(self, path: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """The answer to POST `path` with these bytes. Temporary errors are tried again as for GET, so a call must do no
        harm when it arrives twice. Raises a ProviderError."""
        endpoint, query = self.locate(path)
        return self._call(_Call(endpoint, query, headers, self.config.max_bytes, content))

    def _call(self, call: _Call) -> Reply:
        """The answer, after as many attempts as are worth it."""
        for attempt in stamina.retry_context(
            on=self._backoff,
            attempts=self.config.attempts,
            timeout=None,
            wait_initial=self.config.wait_initial_s,
            wait_max=self.config.wait_max_s,
            wait_jitter=self.config.wait_initial_s,
        ):
            with attempt, self.limits.call():
                return self._exchange(call)
        raise AssertionError("retry_context always returns or raises")  # pragma: no cover

    def parse(self, reply: Reply, parser: Callable[[bytes], T]) -> T:
        """`parser(reply.body)`; a BadPayload gets the endpoint and is remembered as the vendor's failure."""
        try:
            return parser(reply.body)
        except BadPayload as error:
            located = BadPayload(self.config.name, error.message, status=reply.status, endpoint=reply.endpoint)
        self.limits.note(located)
        raise located

    def state(self) -> VendorState:
        """What is known about the vendor's health; no call to it."""
        return self.limits.state()

    def locate(self, path: str) -> tuple[str, list[tuple[str, str]]]:
        """Path below the base and query of a path or of an absolute URL on whatever host, without any key in it."""
        parts = urlsplit(path)
        endpoint = parts.path if parts.path.startswith("/") else f"/{parts.path}"
        if self._prefix and parts.netloc and endpoint.startswith(f"{self._prefix}/"):
            endpoint = endpoint.removeprefix(self._prefix)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        return endpoint, [(name, value) for name, value in pairs if name.lower() not in _KEY_PARAMETERS]

    def _backoff(self, error: Exception) -> bool | float:
        """Whether and when stamina tries again: False, its own backoff (True), or these seconds."""
        if not isinstance(error, ProviderError) or not error.temporary or isinstance(error, CircuitOpen):
            return False
        wait = error.retry_after
        if wait is None and isinstance(error, RateLimited):
            # Nothing said: one call's worth of our own rate, 12 s on a plan of 5 per minute.
            wait = max(1 / self.config.rate_per_s, self.config.wait_initial_s)
        if wait is None:
            return True
        if wait > self.config.longest_wait_s:
            return False
        return wait + random.uniform(0, self.config.wait_initial_s)  # noqa: S311 - jitter, not a secret

    def _exchange(self, call: _Call) -> Reply:
        """One attempt: send, read, judge."""
        started, endpoint = time.monotonic(), call.endpoint
        outcome = self._receive(call)
        seconds = round(time.monotonic() - started, 3)
        known = {"vendor": self.config.name, "endpoint": endpoint, "seconds": seconds}
        if isinstance(outcome, ProviderError):
            # An unknown symbol is an answer; a night of details has hundreds of them.
            say = log.debug if isinstance(outcome, NotFound) else log.warning
            say("provider_call_failed", error=str(outcome), **known)
            if isinstance(outcome, RateLimited) and not isinstance(outcome, QuotaExhausted) and outcome.retry_after:
                self.limits.hold(outcome.retry_after)
            raise outcome
        log.debug("provider_call", bytes=len(outcome.body), **known)
        return outcome

    def _receive(self, call: _Call) -> Reply | ProviderError:
        """The answer, or what went wrong, to be raised elsewhere: the causes known here hold the URL with the key."""
        vendor, status, endpoint = self.config.name, None, call.endpoint
        try:
            with closing(self._send(call)) as response:
                status, headers = response.status_code, response.headers
                body = self._read(response, time.monotonic() + self.config.deadline_s, call)
        except ProviderError as error:
            return error
        except urllib3.exceptions.DecodeError:
            return BadPayload(vendor, "body does not decompress", status=status, endpoint=endpoint)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            words = network_words(error, self.config.connect_timeout, self.config.read_timeout)
            return NetworkError(vendor, words, status=status, endpoint=endpoint)
        if status == NOT_MODIFIED and call.conditional:
            return Reply(b"", status, headers, clock.now(), "X-Simulated" in headers, endpoint)
        failure = classify(vendor, status, headers, body, endpoint)
        if failure is None and self.config.expects == "json":
            failure = unreadable(vendor, status, body, endpoint)
        return failure or Reply(body, status, headers, clock.now(), "X-Simulated" in headers, endpoint)

    def _send(self, call: _Call) -> requests.Response:
        return self._session.request(
            "GET" if call.content is None else "POST",
            self.config.base_url + call.endpoint,
            params=list(call.query),
            headers=dict(call.headers),
            data=call.content,
            timeout=(self.config.connect_timeout, self.config.read_timeout),
            stream=True,
            allow_redirects=False,
        )

    def _read(self, response: requests.Response, deadline: float, call: _Call) -> bytes:
        """The decoded body. `read1` returns what has arrived, so that a dripping vendor meets the deadline."""
        parts: list[bytes] = []
        size, endpoint = 0, call.endpoint
        while part := response.raw.read1(CHUNK, decode_content=True):
            size += len(part)
            if size > call.max_bytes:
                message = f"answer larger than {call.max_bytes} bytes"
                raise BadPayload(self.config.name, message, status=response.status_code, endpoint=endpoint)
            if time.monotonic() > deadline:
                message = f"answer not complete within {self.config.deadline_s:g} s"
                raise NetworkError(self.config.name, message, status=response.status_code, endpoint=endpoint)
            parts.append(part)
        return b"".join(parts)


def _spelled(value: str | int | float | bool | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
