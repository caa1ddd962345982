"""FMP: answers in our own files -> records, and fetching from a scripted FMP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
import redis

from sentiment_site.providers import errors, fmp
from sentiment_site.providers.fmp import Fmp
from sentiment_site.providers.http import Http
from sentiment_site.providers.records import CompanyRecord

from .conftest import KEY, Script, answer, payload

Make = Callable[..., Http]
Scripted = Callable[..., Script]
EMPTY = answer(b"[]")


@pytest.fixture
def source(http: Make) -> Fmp:
    return Fmp(http(name="fmp", auth="query:apikey"))


def test_screener_rows() -> None:
    page = fmp.parse_screener(payload("fmp/screener.json"))
    alpha, brook, amber = page.records
    assert alpha == CompanyRecord(
        symbol="ALPH",
        name="Alpha Harbor Corp",
        market_cap=412_500_000.0,
        sector="Technology",
        industry="Semiconductors",
        price=12.6,
        volume=184000.5,
        exchange="XNAS",
        country="US",
        is_etf=False,
        is_fund=False,
        is_active=True,
    )
    assert (brook.symbol, brook.exchange) == ("BRK.B", "XNYS")
    assert (amber.market_cap, amber.price, amber.sector, amber.volume, amber.country) == (None,) * 5
    assert (amber.exchange, amber.is_active) == ("XASE", False)
    assert page.skipped == 1  # VOD.L is a London listing, not a class share


def test_profile_and_float_rows() -> None:
    (record,) = fmp.parse_profile(payload("fmp/profile.json")).records
    assert (record.symbol, record.exchange, record.sector) == ("BRK.B", "XNYS", "Financial Services")
    page = fmp.parse_floats(payload("fmp/floats.json"))
    alpha, preferred = page.records
    assert (alpha.free_float, alpha.free_float_percent, alpha.effective_date) == (28_050_000, 85.0, date(2026, 11, 18))
    assert preferred.symbol == "KIMpL"
    assert page.skipped == 2


def test_an_exchange_without_a_mic_keeps_its_name() -> None:
    (record,) = fmp.parse_screener(b'[{"symbol":"A","exchange":"CBOE"}]').records
    assert record.exchange == "CBOE"
    (record,) = fmp.parse_screener(b'[{"symbol":"A"}]').records
    assert record.exchange is None


def test_objects_instead_of_arrays() -> None:
    with pytest.raises(errors.BadPayload, match=r"Exclusive Endpoint .* instead of a list"):
        fmp.parse_screener(payload("fmp/200_error_message.json"))
    with pytest.raises(errors.BadPayload, match="an object instead of a list"):
        fmp.parse_floats(b"{}")
    with pytest.raises(errors.BadPayload, match="answer is int"):
        fmp.parse_profile(b"3")


def test_the_screener_is_asked_page_by_page(source: Fmp, script: Scripted) -> None:
    asked = script(answer(payload("fmp/screener.json")), EMPTY)
    fetched = source.fetch_screener(10e6, 2e9, ["XNAS", "XNYS", "XASE"])
    assert [record.symbol for record in fetched.records] == ["ALPH", "BRK.B", "AMRX"]
    assert (fetched.vendor, fetched.skipped, fetched.delayed) == ("fmp", 1, False)
    first = dict(asked.requests[0].args)
    assert first.pop("apikey") == KEY
    assert first == {
        "marketCapMoreThan": "10000000",
        "marketCapLowerThan": "2000000000",
        "exchange": "NASDAQ,NYSE,AMEX",
        "isEtf": "false",
        "isFund": "false",
        "isActivelyTrading": "true",
        "includeAllShareClasses": "true",
        "page": "0",
        "limit": "5000",
    }
    assert [request.args["page"] for request in asked.requests] == ["0", "1"]


def test_an_endpoint_that_knows_no_pages_is_read_once(source: Fmp, script: Scripted) -> None:
    asked = script(answer(payload("fmp/screener.json")))
    assert len(source.fetch_screener(0, 1e9, ["NASDAQ"]).records) == 3
    assert len(asked.requests) == 2


def test_a_symbol_on_two_pages_counts_once(source: Fmp, script: Scripted) -> None:
    script(
        answer(payload("fmp/floats.json")), answer(b'[{"symbol":"ALPH","date":"2026-01-01","floatShares":1}]'), EMPTY
    )
    fetched = source.fetch_floats()
    assert {record.symbol: record.free_float for record in fetched.records} == {"ALPH": 28_050_000, "KIMpL": 9_000_000}


def test_pages_without_end_are_no_list(
    http: Make, script: Scripted, valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fmp, "MOST_PAGES", 3)
    script(*(answer(b'[{"symbol":"A%d"}]' % n) for n in range(5)))
    source = Fmp(http(valkey, name="fmp", auth="query:apikey"))
    with pytest.raises(errors.BadPayload, match="more than 3 pages"):
        source.fetch_screener(0, 1, [])
    assert source.http.state().last_failure_class == "BadPayload"


def test_profile(source: Fmp, script: Scripted) -> None:
    asked = script(answer(payload("fmp/profile.json")))
    assert source.fetch_profile("BRK.B").records.name == "Brook & Kettle Inc."
    assert asked.requests[0].args["symbol"] == "BRK-B"
    script(EMPTY)
    with pytest.raises(errors.NotFound, match="no profile of NOPE"):
        source.fetch_profile("NOPE")


SCENARIOS = [
    (401, "401.json", errors.AuthError),
    (402, "402.txt", errors.NotEntitled),
    (402, "402.json", errors.NotEntitled),
    (402, "402_symbol.txt", errors.ValueNotEntitled),
    (403, "403_legacy.json", errors.NotEntitled),
    (429, "429_daily.json", errors.QuotaExhausted),
    (429, "429_bandwidth.json", errors.QuotaExhausted),
    (200, "200_error_message.json", errors.NotEntitled),
    (200, "200_error_unknown.json", errors.BadPayload),
]


@pytest.mark.parametrize(("status", "name", "expected"), SCENARIOS)
def test_each_scenario(
    status: int, name: str, expected: type[errors.ProviderError], source: Fmp, script: Scripted
) -> None:
    asked = script(answer(payload(f"fmp/{name}"), status))
    with pytest.raises(errors.ProviderError) as caught:
        source.fetch_floats()
    assert type(caught.value) is expected
    assert len(asked.requests) == 1
    assert KEY not in str(caught.value)
