"""What an answer of a vendor, or the lack of one, means: tables from status and words to a class of the error tree.

The first row that matches wins; rows of the vendor come before the common ones. Status 200 is looked at too, because
FMP answers 200 with an object holding "Error Message" in place of its array.
Source: the vendors' documentation and observed answers, see docs/providers.md.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import IncompleteRead, RemoteDisconnected
from typing import Final

import requests
import urllib3

from sentiment_site.market import clock

from .errors import (
    AuthError,
    BadPayload,
    BadRequest,
    NotEntitled,
    NotFound,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Upstream,
    ValueNotEntitled,
)

OK: Final = 200
# An error object is short; a long 200 is data and is not searched for words.
LONGEST_ERROR_BODY: Final = 4096
LONGEST_RETRY_AFTER_S: Final = 7 * 86_400.0
EDGAR_BLOCK_S: Final = 600.0
WALL_S: Final = 60.0
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_JSON_ENDS: Final = {b"{": b"}", b"[": b"]"}
_NETWORK_WORDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (IncompleteRead, "answer cut short"),  # urllib3's own is one of these
    (RemoteDisconnected, "closed without an answer"),
    (urllib3.exceptions.NameResolutionError, "host name not resolved"),
    (urllib3.exceptions.SSLError, "TLS failed"),
    (requests.exceptions.SSLError, "TLS failed"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "connection reset"),
    (urllib3.exceptions.ConnectTimeoutError, "no connection within {connect:g} s"),
    (urllib3.exceptions.ReadTimeoutError, "nothing received for {read:g} s"),
    (requests.exceptions.ReadTimeout, "nothing received for {read:g} s"),
)
_ERROR_FIELDS = ("status", "error", "message", "Error Message", "errors", "detail")
# CoinGecko wraps its words: {"status": {...}} or {"error": {"status": {...}}}; Anthropic: {"error": {...}}.
_NESTED_FIELDS = ("status", "error_code", "error_message", "type", "message")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: any of `statuses`, and `words` (a case-blind pattern, empty for any) found in the body's text.

    `wait_s`: how long such a refusal is known to last, in seconds, when the vendor does not say.
    """

    statuses: Iterable[int]
    words: str
    error: type[ProviderError]
    wait_s: float | None = None

    def matches(self, status: int, text: str) -> bool:
        """Whether this row speaks about the answer."""
        return status in self.statuses and (not self.words or re.search(self.words, text, re.IGNORECASE) is not None)


COMMON: Final = (
    Rule((401,), "", AuthError),
    Rule((402,), "", NotEntitled),
    Rule((403,), "", AuthError),
    Rule((404, 410), "", NotFound),
    Rule((429,), "", RateLimited),
    Rule((408, 499), "", Upstream),
    Rule(range(500, 600), "", Upstream),
    Rule(range(400, 500), "", BadRequest),
    # Redirects are not followed: the key would go to whatever host the answer names.
    Rule(range(300, 400), "", BadPayload),
)
RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "polygon": (
        Rule((200, 403), r"data timeframe", ValueNotEntitled),
        Rule((200, 403), r"NOT_AUTHORIZED|not entitled|upgrade your plan", NotEntitled),
        Rule((200,), r"exceeded the maximum requests", RateLimited),
        Rule((200,), r"unknown api key|api key was not provided", AuthError),
        Rule((200,), r"^NOT_?FOUND\b", NotFound),
        Rule((200,), r"^ERROR\b", BadPayload),
    ),
    "fmp": (
        Rule((200, 429), r"limit reach", QuotaExhausted),
        Rule((200, 402, 403), r"this value set for", ValueNotEntitled),
        Rule((200, 403), r"legacy endpoint|restricted endpoint|exclusive endpoint|special endpoint", NotEntitled),
        Rule((200, 403), r"premium|subscription|upgrade your plan", NotEntitled),
        Rule((200,), r"invalid api key", AuthError),
        Rule((200,), r".", BadPayload),
    ),
    # Codes: 10002 no key, 10005 a paid endpoint, 10010 and 10011 a key at the wrong address, 10012 too far back.
    "coingecko": (
        Rule((200, 400, 401, 403, 422), r"10012|allowed time range", ValueNotEntitled),
        Rule((200, 400, 401, 403), r"10005|paid plan|exclusive for", NotEntitled),
        Rule((200, 400, 401, 403), r"1000[2-9]|1001[01]|change your root URL|api key", AuthError),
        # The wall before the vendor, which refuses an address for a while and answers in HTML.
        Rule((403, 503), r"HTML page|1020|cloudflare", RateLimited, WALL_S),
        Rule((200,), r"rate limit", RateLimited),
        Rule((200,), r".", BadPayload),
    ),
    "coinpaprika": (
        Rule((403,), r"HTML page", RateLimited, WALL_S),
        Rule((200,), r"not found", NotFound),
        Rule((200,), r".", BadPayload),
    ),
    # 529 is overloaded, which the common row for 5xx covers; a spent credit is a 400.
    "anthropic": (
        Rule((400, 402, 403), r"credit balance|billing", QuotaExhausted),
        Rule((200,), r".", BadPayload),
    ),
    # Credits, the monthly cap and the enrolment of the application are ours to buy; the rest of a 429 passes by itself.
    "x": (
        Rule((402, 403, 429), r"credits|usage cap|UsageCapExceeded", QuotaExhausted),
        Rule((403,), r"attached to a Project|client forbidden|enroll", NotEntitled),
        Rule((200,), r"^\s*$", BadPayload),
    ),
    "reddit": (
        Rule((403,), r"HTML page", AuthError),
        Rule((403,), r"private|quarantined|Forbidden", ValueNotEntitled),
    ),
    # HTML whatever was asked for; the block lasts about ten minutes and longer for who goes on asking.
    "edgar": (
        Rule((403, 429, 503), r"rate threshold|traffic limit", RateLimited, EDGAR_BLOCK_S),
        Rule((403,), "", AuthError, EDGAR_BLOCK_S),
    ),
}


def classify(
    vendor: str, status: int, headers: Mapping[str, str], body: bytes, endpoint: str = ""
) -> ProviderError | None:
    """The error an answer stands for, None for a good one. Pure but for a Retry-After date, which is held against now.

    `headers` must be case-blind, as those of requests are.
    """
    text = describe(body) if status != OK else _error_object(body)
    if status == OK and not text:
        return None
    for rule in (*RULES.get(vendor, ()), *COMMON):
        if rule.matches(status, text):
            said = parse_retry_after(headers.get("Retry-After", ""))
            wait = rule.wait_s if said is None else said
            return rule.error(vendor, text, status=status, retry_after=wait, endpoint=endpoint)
    return None


def describe(body: bytes) -> str:
    """The vendor's own words in a failed answer: error fields of JSON, the title of HTML, or the first line."""
    text = body[:LONGEST_ERROR_BODY].decode("utf-8", errors="replace").strip()
    if not text:
        return "empty body"
    if text.startswith("<"):
        title = _TITLE.search(text)
        return f"HTML page: {' '.join(title[1].split())}" if title else "HTML page"
    return _error_object(body) or text.splitlines()[0]


def _error_object(body: bytes) -> str:
    """Error fields of a short JSON object or the first line of plain words; empty when the body looks like data."""
    if len(body) > LONGEST_ERROR_BODY or not body.strip():
        return ""
    try:
        content = json.loads(body)
    except ValueError:
        words = body.strip()
        return words.decode("utf-8", errors="replace").splitlines()[0] if words[:1].isalpha() else ""
    if not isinstance(content, dict):
        return ""
    said = [str(content[name]) for name in _ERROR_FIELDS if isinstance(content.get(name), str)]
    said = said or _nested_words(content)
    # "status" alone is the envelope of a good answer ("OK", "DELAYED"); with results it is data whatever it says.
    if not said or (said[0].upper() in ("OK", "DELAYED", "SUCCESS") and len(said) == 1):
        return ""
    return "" if any(name in content for name in ("results", "tickers")) else " ".join(said)


def _nested_words(content: Mapping[str, object]) -> list[str]:
    """Code and message of an error object inside `status` or `error`, however deep up to two."""
    wrapped = content.get("error", content.get("status"))
    for _ in range(2):
        if isinstance(wrapped, dict):
            said = [str(wrapped[name]) for name in _NESTED_FIELDS if isinstance(wrapped.get(name), str | int)]
            if said:
                return said
            wrapped = wrapped.get("status")
    return []


def parse_retry_after(value: str) -> float | None:
    """Seconds from a Retry-After header: a number or an HTTP date. None when absent or unreadable; never below 0."""
    text = value.strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        seconds = (moment - clock.wall()).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S) if math.isfinite(seconds) else None


def unreadable(vendor: str, status: int, body: bytes, endpoint: str = "") -> BadPayload | None:
    """Whether a good status carries what cannot be JSON: nothing, HTML, or a part. Cheap; parsers look closer."""
    head, tail = body[:LONGEST_ERROR_BODY].lstrip()[:1], body[-LONGEST_ERROR_BODY:].rstrip()[-1:]
    if not head:
        message = "empty body"
    elif head not in _JSON_ENDS:
        message = f"not JSON: {describe(body)}"
    elif tail != _JSON_ENDS[head]:
        message = f"JSON cut short after {len(body)} bytes"
    else:
        return None
    return BadPayload(vendor, message, status=status, endpoint=endpoint)


def network_words(error: BaseException, connect_timeout: float, read_timeout: float) -> str:
    """What happened on the line, from the kinds of the exceptions alone: their texts hold whole URLs."""
    kinds = _kinds(error)
    for kind, words in _NETWORK_WORDS:
        if any(issubclass(each, kind) for each in kinds):
            return words.format(connect=connect_timeout, read=read_timeout)
    return f"connection failed ({kinds[-1].__name__})"


def _kinds(error: BaseException) -> list[type[BaseException]]:
    """The classes of an exception and of everything it wraps, outermost first."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [getattr(each, "reason", None), each.__cause__, each.__context__, *each.args]
    return [type(each) for each in found]
