"""The error tree: whose fault in one line, and never a key."""

from __future__ import annotations

import logging
import pickle
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.providers import errors
from sentiment_site.providers.redaction import MASK, RedactingFilter, redact, register_secret, silence_client_libraries

AT = datetime(2026, 11, 19, 15, 4, 5, tzinfo=UTC)
TEMPORARY = {errors.RateLimited, errors.Upstream, errors.NetworkError, errors.CircuitOpen}
ALL = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, errors.ProviderError) and each is not errors.CircuitOpen
]


def test_one_line_says_whose_fault_what_and_where() -> None:
    error = errors.RateLimited("polygon", "slow down", status=429, retry_after=12.4, endpoint="/v3/reference/tickers")
    assert str(error) == "polygon: 429 rate limited (retry after 12 s) at /v3/reference/tickers: slow down"
    assert repr(error) == f"RateLimited({str(error)!r})"
    assert str(errors.NetworkError("fmp", "")) == "fmp: no complete answer"


def test_an_open_circuit_names_vendor_since_and_until() -> None:
    until = AT.replace(minute=34)
    error = errors.CircuitOpen("polygon", "Upstream: 503", since=AT, until=until, endpoint="/x")
    text = "polygon: circuit open since 2026-11-19 15:04:05 UTC until 2026-11-19 15:34:05 UTC at /x: Upstream: 503"
    assert str(error) == text
    assert str(errors.CircuitOpen("fmp", "", since=AT, until=AT)).endswith("15:04:05 UTC")
    assert (error.since, error.until) == (AT, until)


def test_what_is_temporary() -> None:
    assert len(ALL) == 11
    assert {each for each in ALL if each.temporary} == TEMPORARY - {errors.CircuitOpen}
    assert errors.CircuitOpen.temporary
    assert issubclass(errors.QuotaExhausted, errors.RateLimited)
    assert not errors.QuotaExhausted.temporary


@pytest.mark.parametrize("cls", ALL)
def test_errors_survive_a_process_border(cls: type[errors.ProviderError]) -> None:
    error = cls("fmp", "words", status=500, retry_after=1.5, endpoint="/profile")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert (str(again), again.status, again.retry_after, again.args) == (str(error), 500, 1.5, ("fmp", "words"))


def test_an_open_circuit_survives_a_process_border() -> None:
    again = pickle.loads(pickle.dumps(errors.CircuitOpen("fmp", "x", since=AT, until=AT)))
    assert again.since == AT
    assert "circuit open since" in str(again)


def test_messages_are_one_line_and_bounded() -> None:
    error = errors.Upstream("polygon", "a\n\tb\x00c" + "z" * 500)
    assert error.message.startswith("a b c")
    assert len(error.message) == errors.LONGEST_MESSAGE
    assert error.message.endswith("…")


LEAKS = [
    "GET /stable/profile?symbol=A&apikey=TOPSECRET123 HTTP/1.1",
    "https://x.test/a?apiKey=TOPSECRET123&b=1",
    "Authorization: Bearer TOPSECRET123",
    "{'x-cg-demo-api-key': 'TOPSECRET123'}",
    '{"api_key": "TOPSECRET123"}',
    "redis://:TOPSECRET123@127.0.0.1:6379/0",
    "token=TOPSECRET123",
]


@pytest.mark.parametrize("text", LEAKS)
def test_what_looks_like_a_credential_is_masked(text: str) -> None:
    assert "TOPSECRET123" not in redact(text)
    assert MASK in redact(text)
    assert redact(redact(text)) == redact(text)


def test_ordinary_words_stay() -> None:
    for text in ("polygon: 429 rate limited at /v3/reference/tickers", "Unknown API Key", "API Key was not provided"):
        assert redact(text) == text


def test_a_registered_key_is_masked_wherever_and_however_it_is_written() -> None:
    key = "aB/c+d=e f1"
    register_secret(key)
    for spelled in (key, quote(key, safe=""), key.replace("/", "%2F").replace("+", "%2B").replace("=", "%3D")):
        assert key not in redact(f"said {spelled} twice")
    assert redact(f"[{quote(key, safe='')}]") == f"[{MASK}]"
    assert key not in str(errors.AuthError("fmp", f"Unknown key {key}", endpoint=f"/x/{key}"))


def test_very_short_keys_do_not_blank_out_ordinary_words() -> None:
    register_secret("a")
    register_secret("")
    assert redact("a plain sentence") == "a plain sentence"


@given(st.text(max_size=200))
def test_redaction_is_stable(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_the_client_library_cannot_log_a_query_string(caplog: pytest.LogCaptureFixture) -> None:
    silence_client_libraries()
    silence_client_libraries()
    logger = logging.getLogger("urllib3.connectionpool")
    assert sum(isinstance(each, RedactingFilter) for each in logger.filters) == 1
    with caplog.at_level(logging.DEBUG):
        logger.debug('%s "%s %s"', "https://x.test:443", "GET", "/profile?apikey=TOPSECRET123&symbol=A")
    assert "TOPSECRET123" not in caplog.text
    assert "symbol=A" in caplog.text
