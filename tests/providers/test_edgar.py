"""Asking EDGAR: who we are, pages and their end, blocks, size caps."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import redis

from sentiment_site.providers import errors
from sentiment_site.providers.edgar import Edgar
from sentiment_site.providers.gates import BreakerRule
from sentiment_site.providers.http import Http

from .conftest import Script, answer
from .test_edgar_payloads import SUBMISSION, entry, feed, submissions

Make = Callable[..., Http]
Scripted = Callable[..., Script]
AGENT = "Sectorlight tests@example.com"
THRESHOLD = b"<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head></html>"
UNDECLARED = b"<html><title>SEC.gov | Your Request Originates from an Undeclared Automated Tool</title></html>"
UNAVAILABLE = b"<html><title>SEC.gov | File Unavailable</title></html>"


def make(http: Make, client: redis.Redis | None = None, **fields: object) -> Edgar:
    rule = BreakerRule(longest_pause_s=900.0)
    both = [
        http(client, name="edgar", auth="", api_key="", expects="any", user_agent=AGENT, breaker=rule, **fields)
        for _ in range(2)
    ]
    return Edgar(*both)


def page_of(first: int, count: int, form: str = "8-K") -> bytes:
    return feed(*(entry(form, "ACME", "42", "Filer", number) for number in range(first, first + count)))


def test_pages_until_a_short_one_with_our_name_and_address(http: Make, script: Scripted) -> None:
    asked = script(answer(page_of(0, 100)), answer(page_of(99, 40)))  # one filing moved to the second page meanwhile
    fetched = make(http).fetch_current_filings(owner="exclude")
    assert len(fetched.records) == 139
    first, second = asked.requests
    assert dict(first.args) == {
        "action": "getcurrent", "type": "", "owner": "exclude", "count": "100", "start": "0", "output": "atom",
    }  # fmt: skip
    assert second.args["start"] == "100"
    assert {request.headers["User-Agent"] for request in asked.requests} == {AGENT}
    assert {request.headers["Accept-Encoding"] for request in asked.requests} == {"gzip, deflate"}


def test_forms_are_filtered_exactly_because_edgar_matches_beginnings(http: Make, script: Scripted) -> None:
    body = feed(*(entry(form, "A", "42", "Filer", n) for n, form in enumerate(("4", "424B2", "4/A", "425", "497"))))
    script(answer(body))
    assert [each.form for each in make(http).fetch_current_filings("4").records] == ["4"]
    assert len(make(http).fetch_current_filings("4", exact=False).records) == 5


def test_reading_ends_with_the_page_that_reaches_back_far_enough(http: Make, script: Scripted) -> None:
    asked = script(answer(page_of(0, 100)))
    make(http).fetch_current_filings(since=datetime(2026, 11, 20, 21, 31, 3, tzinfo=UTC))
    assert len(asked.requests) == 1


def test_the_end_of_the_feed_is_a_503_behind_a_page_that_still_answers(http: Make, script: Scripted) -> None:
    end = answer(UNAVAILABLE, 503)
    asked = script(answer(page_of(0, 100)), end, end, end, answer(page_of(0, 100)))
    assert len(make(http).fetch_current_filings().records) == 100
    assert [request.args["start"] for request in asked.requests] == ["0", "100", "100", "100", "0"]


def test_trouble_is_not_taken_for_the_end(http: Make, script: Scripted) -> None:
    script(answer(page_of(0, 100)), answer(UNAVAILABLE, 503))
    with pytest.raises(errors.Upstream, match="edgar: 503 vendor failed"):
        make(http).fetch_current_filings()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(403, THRESHOLD, errors.RateLimited), (503, THRESHOLD, errors.RateLimited), (403, UNDECLARED, errors.AuthError)],
)
def test_a_block_is_left_alone_for_ten_minutes(
    http: Make, script: Scripted, valkey: redis.Redis, status: int, body: bytes, error: type[errors.ProviderError]
) -> None:
    asked = script(answer(body, status))
    edgar = make(http, valkey)
    with pytest.raises(error, match=r"retry after 600 s\) at /cgi-bin/browse-edgar: HTML page: SEC.gov"):
        edgar.fetch_current_filings()
    with pytest.raises(errors.CircuitOpen) as open_circuit:
        edgar.fetch_submissions("42")  # the other host shares the name
    assert len(asked.requests) == 1
    state = edgar.http.state()
    assert state.open_until and (state.open_until - open_circuit.value.since).total_seconds() == pytest.approx(
        600, abs=2
    )


def test_a_longer_retry_after_is_believed_up_to_a_quarter_of_an_hour(http: Make, script: Scripted) -> None:
    script(answer(THRESHOLD, 403, Retry_After="86400"))
    edgar = make(http)
    with pytest.raises(errors.RateLimited):
        edgar.fetch_company_tickers()
    state = edgar.http.state()
    assert state.open_until and state.open_since
    assert (state.open_until - state.open_since).total_seconds() == pytest.approx(900, abs=1)


def test_without_an_address_nothing_is_asked(http: Make, script: Scripted) -> None:
    asked = script(answer(page_of(0, 1)))
    nameless = http(name="edgar", auth="", api_key="", expects="any", user_agent="")
    with pytest.raises(errors.AuthError, match="EDGAR_USER_AGENT is not set"):
        Edgar(nameless, nameless).fetch_current_filings()
    assert asked.requests == []


def test_documents_are_files_of_the_archives_and_not_too_large(http: Make, script: Scripted) -> None:
    asked = script(answer(b"x" * 2000))
    edgar = make(http)
    link = "https://www.sec.gov/Archives/edgar/data/42/1/a.htm"
    assert len(edgar.fetch_document(link).records) == 2000
    assert asked.requests[0].path == "/polygon/Archives/edgar/data/42/1/a.htm"
    with pytest.raises(errors.BadPayload, match="answer larger than 1999 bytes"):
        edgar.fetch_document(link, max_bytes=1999)
    with pytest.raises(errors.BadRequest, match="not a file of the archives"):
        edgar.fetch_document("/cgi-bin/browse-edgar?action=getcompany")


def test_a_submission_its_company_and_a_company_nobody_knows(http: Make, script: Scripted) -> None:
    script(answer(feed(entry("8-K", "ACME", "42", "Filer", 2))), answer(SUBMISSION.encode()), answer(submissions()),
           answer(json.dumps({"0": {"cik_str": 42, "ticker": "ACME"}}).encode()), answer(b"<html/>", 404))  # fmt: skip
    edgar = make(http)
    (filing,) = edgar.fetch_current_filings().records
    assert edgar.fetch_submission_text(filing).records.form == "8-K"
    assert edgar.fetch_submissions("0000000042").records.name == "ACME CORP"
    assert edgar.fetch_company_tickers().records[0].symbol == "ACME"
    with pytest.raises(errors.NotFound):
        edgar.fetch_submissions("43")
