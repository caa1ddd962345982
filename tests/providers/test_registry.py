"""From settings to vendors, and from one source to the next."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from sentiment_site.providers import errors, registry, setup
from sentiment_site.providers.fmp import Fmp
from sentiment_site.providers.http import Http
from sentiment_site.providers.polygon import Polygon
from sentiment_site.providers.registry import first_entitled

from .conftest import Script, answer, payload, valkey_url

Make = Callable[..., Http]
Scripted = Callable[..., Script]


@pytest.fixture
def pair(http: Make, valkey: redis.Redis) -> tuple[Polygon, Fmp]:
    return Polygon(http(valkey)), Fmp(http(valkey, name="fmp", auth="query:apikey"))


def sources(pair: tuple[Polygon, Fmp]) -> list[Any]:
    polygon, fmp = pair
    return [(polygon, polygon.fetch_floats), (fmp, fmp.fetch_floats)]


def test_the_first_source_that_answers(pair: tuple[Polygon, Fmp], script: Scripted) -> None:
    script(answer(payload("polygon/floats.json")))
    fetched, refusals = first_entitled("floats", sources(pair))
    assert (fetched.vendor, refusals) == ("polygon", ())


def test_not_in_the_plan_is_remembered_and_the_next_source_takes_over(
    pair: tuple[Polygon, Fmp], script: Scripted
) -> None:
    refused = answer(payload("polygon/403_plan.json"), 403)
    asked = script(refused, answer(payload("fmp/floats.json")), answer(b"[]"))
    fetched, refusals = first_entitled("floats", sources(pair))
    assert fetched.vendor == "fmp"
    assert [type(each) for each in refusals] == [errors.NotEntitled]
    assert asked.requests[0].path == "/polygon/stocks/vX/float"
    asked = script(answer(payload("fmp/floats.json")), answer(b"[]"))
    fetched, refusals = first_entitled("floats", sources(pair))
    assert fetched.vendor == "fmp"
    assert {request.path for request in asked.requests} == {"/polygon/shares-float-all"}  # Massive was not asked
    assert "floats, asked again after " in str(refusals[0])
    assert "You are not entitled to this data" in str(refusals[0])


def test_other_capabilities_of_the_vendor_stay(pair: tuple[Polygon, Fmp], script: Scripted) -> None:
    script(answer(payload("polygon/403_plan.json"), 403))
    with pytest.raises(errors.NotEntitled):
        first_entitled("snapshot", [(pair[0], pair[0].fetch_snapshot)])
    script(answer(payload("polygon/floats.json")))
    assert first_entitled("floats", sources(pair))[0].vendor == "polygon"


def test_a_refused_value_is_not_remembered(pair: tuple[Polygon, Fmp], script: Scripted) -> None:
    script(answer(payload("fmp/402_symbol.txt"), 402))
    fmp = pair[1]
    with pytest.raises(errors.ValueNotEntitled):
        first_entitled("profile", [(fmp, lambda: fmp.fetch_profile("A"))])
    assert fmp.http.limits.entitlements.refused() == ()


def test_a_sick_source_is_passed_over_but_not_remembered(pair: tuple[Polygon, Fmp], script: Scripted) -> None:
    sick = answer(payload("polygon/500.html"), 500)
    script(sick, sick, sick, answer(payload("fmp/floats.json")), answer(b"[]"))
    fetched, refusals = first_entitled("floats", sources(pair))
    assert fetched.vendor == "fmp"
    assert [type(each) for each in refusals] == [errors.Upstream]
    script(answer(payload("polygon/floats.json")))
    assert first_entitled("floats", sources(pair))[0].vendor == "polygon"


def test_when_nobody_answers_the_last_error_is_raised(
    pair: tuple[Polygon, Fmp], script: Scripted, events: list[dict[str, Any]]
) -> None:
    script(answer(payload("polygon/403_plan.json"), 403), answer(payload("fmp/429_daily.json"), 429))
    with pytest.raises(errors.QuotaExhausted):
        first_entitled("floats", sources(pair))
    failed = [event["vendor"] for event in events if event["event"] == "provider_source_failed"]
    assert failed == ["polygon", "fmp"]
    with pytest.raises(ValueError, match="no source for floats"):
        first_entitled("floats", [])


def test_a_bug_of_ours_is_not_swallowed(pair: tuple[Polygon, Fmp]) -> None:
    def broken() -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        first_entitled("floats", [(pair[0], broken)])


def test_vendors_from_plain_values(valkey: redis.Redis) -> None:
    settings = SimpleNamespace(
        POLYGON_BASE_URL="http://127.0.0.1:9/polygon/",
        POLYGON_API_KEY="polygon-key-1",
        POLYGON_RATE_PER_S=5 / 60,
        FMP_BASE_URL="http://127.0.0.1:9/fmp",
        FMP_API_KEY="fmp-key-2222",
        FMP_RATE_PER_S=5.0,
        EDGAR_BASE_URL="http://127.0.0.1:9/edgar",
        EDGAR_DATA_BASE_URL="",
        EDGAR_USER_AGENT="Sectorlight tests@example.com",
        EDGAR_RATE_PER_S=8.0,
        HALTS_URL="http://127.0.0.1:9/rss.aspx?feed=tradehalts",
        THRESHOLD_LIST_URL="http://127.0.0.1:9/nasdaqth{day}.txt",
        PROVIDER_READ_TIMEOUT_S=7.0,
    )
    vendors = registry.build(settings, valkey)
    polygon, fmp = vendors.polygon.http.config, vendors.fmp.http.config
    assert (polygon.name, polygon.base_url, polygon.auth) == ("polygon", "http://127.0.0.1:9/polygon", "bearer")
    assert (polygon.burst, polygon.read_timeout) == (1, 7.0)
    # Five calls a minute: ten callers may queue, and a probe outlives the longest wait and the slowest answer.
    assert polygon.longest_wait_s == pytest.approx(120)
    assert polygon.breaker.lease_s == pytest.approx(240)
    assert (fmp.longest_wait_s, fmp.breaker.threshold, fmp.breaker.cooldown_s) == (30, 5, 30)
    assert (fmp.name, fmp.auth, fmp.burst) == ("fmp", "query:apikey", 5)
    edgar = vendors.edgar.http.config
    # Evenly spaced over both hosts, and left alone for ten minutes after a block.
    assert (edgar.rate_per_s, edgar.burst, edgar.user_agent) == (8, 1, "Sectorlight tests@example.com")
    assert (edgar.breaker.longest_pause_s, vendors.edgar.data.config.base_url) == (900, "http://127.0.0.1:9/edgar")
    assert vendors.rss.http.config.base_url == "http://127.0.0.1:9"
    assert [state.vendor for state in vendors.states()] == ["polygon", "fmp", "edgar", "nasdaq"]
    settings.EDGAR_BASE_URL, settings.EDGAR_RATE_PER_S = "https://www.sec.gov", 11.0
    with pytest.raises(ValueError, match="edgar: 11 calls a second; EDGAR blocks above 10"):
        registry.build(settings, valkey)
    assert "key" not in repr(vendors).replace("api_key", "")


def test_vendors_from_django_settings(settings: Any, script: Scripted, httpserver: Any, valkey: redis.Redis) -> None:
    settings.REDIS_URL = valkey_url()
    settings.POLYGON_BASE_URL = httpserver.url_for("/massive")
    settings.POLYGON_API_KEY = "from-the-settings"
    setup.vendors.cache_clear()
    try:
        asked = script(answer(payload("polygon/market_status.json")))
        assert setup.vendors().polygon.fetch_market_status().records.market == "extended-hours"
        assert asked.requests[0].path == "/massive/v1/marketstatus/now"
        assert setup.vendors() is setup.vendors()
        state = setup.vendor_state("polygon")
        assert (state.vendor, state.shared, state.healthy) == ("polygon", True, True)
        with pytest.raises(KeyError):
            setup.vendor_state("nobody")
    finally:
        setup.vendors.cache_clear()


def test_a_forked_worker_builds_its_own_connections() -> None:
    setup.vendors.cache_clear()
    try:
        mine = setup.vendors()
        child = os.fork()
        if child == 0:
            os._exit(0 if setup.vendors() is not mine else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert setup.vendors() is mine
    finally:
        setup.vendors.cache_clear()


def test_only_setup_needs_django() -> None:
    program = (
        "import sys\n"
        "from sentiment_site.providers import registry, polygon, fmp, http, limits, symbols, setup\n"
        "assert not any(name.startswith('django') for name in sys.modules), 'django was imported'\n"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True, timeout=60)
