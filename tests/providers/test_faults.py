"""Answers of the vendors -> classes of the error tree, row by row."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from sentiment_site.market import clock
from sentiment_site.providers import errors
from sentiment_site.providers.faults import classify, describe, network_words, parse_retry_after, unreadable

from .conftest import payload

TABLE = [
    ("polygon", 401, "polygon/401_no_key.json", errors.AuthError),
    ("polygon", 401, "polygon/401_bad_key.json", errors.AuthError),
    ("polygon", 403, "polygon/403_plan.json", errors.NotEntitled),
    ("polygon", 403, "polygon/403_timeframe.json", errors.ValueNotEntitled),
    ("polygon", 403, "polygon/500.html", errors.AuthError),
    ("polygon", 404, "polygon/404_ticker.json", errors.NotFound),
    ("polygon", 404, "polygon/404_float.json", errors.NotFound),
    ("polygon", 410, "polygon/404_ticker.json", errors.NotFound),
    ("polygon", 429, "polygon/429.json", errors.RateLimited),
    ("polygon", 400, "polygon/400.json", errors.BadRequest),
    ("polygon", 500, "polygon/500.html", errors.Upstream),
    ("polygon", 529, "polygon/500.html", errors.Upstream),
    ("polygon", 408, "polygon/500.html", errors.Upstream),
    ("polygon", 301, "polygon/500.html", errors.BadPayload),
    ("polygon", 200, "polygon/403_plan.json", errors.NotEntitled),
    ("polygon", 200, "polygon/401_bad_key.json", errors.AuthError),
    ("polygon", 200, "polygon/429.json", errors.RateLimited),
    ("polygon", 200, "polygon/404_ticker.json", errors.NotFound),
    ("polygon", 200, "polygon/404_float.json", errors.NotFound),
    ("polygon", 200, "polygon/400.json", errors.BadPayload),
    ("fmp", 401, "fmp/401.json", errors.AuthError),
    ("fmp", 402, "fmp/402.txt", errors.NotEntitled),
    ("fmp", 402, "fmp/402.json", errors.NotEntitled),
    ("fmp", 402, "fmp/402_symbol.txt", errors.ValueNotEntitled),
    ("fmp", 403, "fmp/403_legacy.json", errors.NotEntitled),
    ("fmp", 403, "fmp/401.json", errors.AuthError),
    ("fmp", 429, "fmp/429_daily.json", errors.QuotaExhausted),
    ("fmp", 429, "fmp/429_bandwidth.json", errors.QuotaExhausted),
    ("fmp", 429, "polygon/500.html", errors.RateLimited),
    ("fmp", 503, "polygon/500.html", errors.Upstream),
    ("fmp", 200, "fmp/200_error_message.json", errors.NotEntitled),
    ("fmp", 200, "fmp/200_error_unknown.json", errors.BadPayload),
    ("fmp", 200, "fmp/402.txt", errors.NotEntitled),
    ("fmp", 200, "fmp/429_daily.json", errors.QuotaExhausted),
    ("fmp", 200, "fmp/401.json", errors.AuthError),
    ("elsewhere", 402, "fmp/402.txt", errors.NotEntitled),
    ("elsewhere", 418, "fmp/401.json", errors.BadRequest),
]


@pytest.mark.parametrize(("vendor", "status", "name", "expected"), TABLE)
def test_each_row(vendor: str, status: int, name: str, expected: type[errors.ProviderError]) -> None:
    error = classify(vendor, status, CaseInsensitiveDict(), payload(name), "/here")
    assert type(error) is expected
    assert (error.vendor, error.status, error.endpoint) == (vendor, status, "/here")
    assert error.message


GOOD = [
    ("polygon", "polygon/tickers_page_1.json"),
    ("polygon", "polygon/grouped_holiday.json"),
    ("polygon", "polygon/aggregates_empty.json"),
    ("polygon", "polygon/snapshot_regular.json"),
    ("polygon", "polygon/snapshot_premarket.json"),
    ("polygon", "polygon/market_status.json"),
    ("polygon", "polygon/holidays.json"),
    ("fmp", "fmp/screener.json"),
    ("fmp", "fmp/screener_empty.json"),
]


@pytest.mark.parametrize(("vendor", "name"), GOOD)
def test_good_answers_are_no_errors(vendor: str, name: str) -> None:
    assert classify(vendor, 200, CaseInsensitiveDict(), payload(name)) is None
    assert unreadable(vendor, 200, payload(name)) is None


def test_a_long_200_is_data_and_not_searched() -> None:
    body = b'{"Error Message": "Limit Reach", "pad": "' + b"x" * 5000 + b'"}'
    assert classify("fmp", 200, CaseInsensitiveDict(), body) is None


def test_a_friendly_message_beside_a_good_status_is_no_error() -> None:
    assert classify("polygon", 200, CaseInsensitiveDict(), b'{"message": "see our new docs"}') is None
    assert classify("polygon", 204, CaseInsensitiveDict(), b"") is None


def test_the_vendors_own_words_are_kept() -> None:
    assert describe(payload("polygon/500.html")) == "HTML page: 502 Bad Gateway"
    assert describe(b"<p>no title") == "HTML page"
    assert describe(b"  ") == "empty body"
    assert describe(b"first\nsecond") == "first"
    assert describe(b'["a list"]') == '["a list"]'
    assert describe(payload("polygon/403_plan.json")).startswith("NOT_AUTHORIZED You are not entitled")


def test_retry_after_in_seconds_and_as_a_date() -> None:
    assert parse_retry_after("12") == 12
    assert parse_retry_after(" 0.5 ") == 0.5
    assert parse_retry_after("-3") == 0
    assert parse_retry_after("99999999") == 7 * 86_400
    for nonsense in ("", "soon", "nan", "inf", "Thu, 19 Nov 2026 15:04:05"):
        assert parse_retry_after(nonsense) is None
    later = format_datetime(clock.wall() + timedelta(seconds=40), usegmt=True)
    assert parse_retry_after(later) == pytest.approx(40, abs=3)
    assert parse_retry_after("Thu, 19 Nov 2015 15:04:05 GMT") == 0


def test_a_429_carries_what_the_vendor_asks_for() -> None:
    headers = CaseInsensitiveDict({"retry-after": "7"})
    assert classify("polygon", 429, headers, payload("polygon/429.json")).retry_after == 7
    assert classify("polygon", 429, CaseInsensitiveDict(), payload("polygon/429.json")).retry_after is None
    assert classify("polygon", 503, headers, b"").retry_after == 7


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty body"),
        (b" \n ", "empty body"),
        (b"<html><title>Just a moment</title>", "not JSON: HTML page: Just a moment"),
        (b"plain words", "not JSON: plain words"),
        (b'{"status":"OK","results":[{"a":1},{"b"', "JSON cut short after 38 bytes"),
        (b'[{"a":1}', "JSON cut short after 8 bytes"),
    ],
)
def test_good_statuses_with_bad_bodies(body: bytes, words: str) -> None:
    error = unreadable("polygon", 200, body, "/x")
    assert isinstance(error, errors.BadPayload)
    assert error.message == words


def test_words_for_the_line() -> None:
    assert network_words(requests.ConnectionError(ConnectionRefusedError(111, "x")), 1, 2) == "connection refused"
    assert network_words(requests.ConnectTimeout(urllib3.exceptions.ConnectTimeoutError()), 1.5, 2) == (
        "no connection within 1.5 s"
    )
    assert network_words(requests.exceptions.SSLError("bad"), 1, 2) == "TLS failed"
    assert network_words(OSError("apikey=whatever"), 1, 2) == "connection failed (OSError)"
    wrapped = requests.ConnectionError(urllib3.exceptions.NameResolutionError("host", None, OSError()))
    assert network_words(wrapped, 1, 2) == "host name not resolved"
