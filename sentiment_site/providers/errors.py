"""The one tree of what can go wrong between us and a vendor.

`str()` says whose fault it is in one redacted line: vendor, status, what it means, where, and the vendor's own words.
`temporary` says whether trying again later can help; only temporary errors are retried and counted by the circuit
breaker.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .redaction import redact

LONGEST_MESSAGE: Final = 300
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\s]+")


def _restore(cls: type[ProviderError], state: dict[str, Any]) -> ProviderError:
    error = cls.__new__(cls, state["vendor"], state["message"])
    error.__dict__.update(state)
    return error


class ProviderError(Exception):
    """Base of all provider errors.

    `vendor` is the name of its configuration, `status` the HTTP status if there was an answer, `retry_after` the
    seconds after which the vendor (or our own limit) allows another call, `endpoint` the path without its query string.
    """

    temporary: ClassVar[bool] = False
    meaning: ClassVar[str] = "failed"

    def __init__(
        self,
        vendor: str,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        endpoint: str = "",
    ) -> None:
        clean = _UNPRINTABLE.sub(" ", redact(message)).strip()
        self.vendor = vendor
        self.message = clean if len(clean) <= LONGEST_MESSAGE else clean[: LONGEST_MESSAGE - 1] + "…"
        self.status = status
        self.retry_after = retry_after
        self.endpoint = redact(endpoint)
        super().__init__(vendor, self.message)

    def __str__(self) -> str:
        status = f"{self.status} " if self.status is not None else ""
        wait = f" (retry after {self.retry_after:.0f} s)" if self.retry_after is not None else ""
        where = f" at {self.endpoint}" if self.endpoint else ""
        said = f": {self.message}" if self.message else ""
        return f"{self.vendor}: {status}{self.meaning}{wait}{where}{said}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.__dict__.copy())


class AuthError(ProviderError):
    """The key is missing, wrong or blocked; ours to fix."""

    meaning = "key refused"


class NotEntitled(ProviderError):
    """The plan behind the key does not include this capability; remembered for a day, another source takes over."""

    meaning = "not in your plan"


class ValueNotEntitled(NotEntitled):
    """The plan refuses this symbol or this range of dates, not the capability; never remembered."""

    meaning = "this value is not in your plan"


class RateLimited(ProviderError):
    """Too many calls: the vendor's answer 429, or our own bucket without a free token within the longest wait."""

    temporary = True
    meaning = "rate limited"


class QuotaExhausted(RateLimited):
    """The allowance of the day or the month is spent; trying again soon only spends more refusals."""

    temporary = False
    meaning = "daily or monthly allowance spent"


class NotFound(ProviderError):
    """The vendor does not know this symbol or endpoint."""

    meaning = "not found"


class BadRequest(ProviderError):
    """The vendor refused our parameters: our bug, not its fault."""

    meaning = "refused our request"


class Upstream(ProviderError):
    """The vendor failed (5xx)."""

    temporary = True
    meaning = "vendor failed"


class BadPayload(ProviderError):
    """An answer that is not what the endpoint promises: HTML, empty, cut JSON, another type."""

    meaning = "unreadable answer"


class NetworkError(ProviderError):
    """No answer or only a part of one: refused, reset, timed out, name not resolved, body cut short."""

    temporary = True
    meaning = "no complete answer"


class CircuitOpen(ProviderError):
    """Not tried: the vendor failed repeatedly `since` a moment and is left alone `until` another (both aware UTC)."""

    temporary = True
    meaning = "circuit open"

    def __init__(self, vendor: str, message: str, *, since: datetime, until: datetime, endpoint: str = "") -> None:
        super().__init__(vendor, message, endpoint=endpoint)
        self.since = since
        self.until = until

    def __str__(self) -> str:
        where = f" at {self.endpoint}" if self.endpoint else ""
        said = f": {self.message}" if self.message else ""
        return f"{self.vendor}: circuit open since {_moment(self.since)} until {_moment(self.until)}{where}{said}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
