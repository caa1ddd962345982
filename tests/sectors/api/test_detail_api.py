"""The JSON of one sector in depth."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import pytest
from django.test import Client

from portfolios.models import User
from sectors import cache, runs
from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS, Market, symbols_of
from tests.sectors.conftest import HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

TECH = "/api/sectors/technology/"
USER = 1


def test_the_explanation_sums_to_the_score(trading: Client, published: SectorRun) -> None:
    data = trading.get(f"{TECH}explain/").json()
    assert data["seq"] == published.pk and data["formula"] == "v1" and data["simulated"] is False
    assert sum(Decimal(step["value"]) for step in data["steps"]) == Decimal(data["score"])
    assert set(data["challengers"]) == {"v2"}
    day = sum(Decimal(stock["value"]) for stock in data["timeframes"]["1day"])
    assert day == Decimal(next(step["value"] for step in data["steps"] if step["key"] == "1day"))
    assert {one["what"] for one in data["missing"]} == {"catalyst_density", "technical_context"} or data["missing"]


def test_stocks_are_filtered_sorted_and_paged(trading: Client, published: SectorRun) -> None:
    symbols = sorted(symbols_of("technology"))
    first = trading.get(f"{TECH}stocks/", {"sort": "symbol", "limit": 3}).json()
    assert [row["symbol"] for row in first["results"]] == symbols[:3]
    assert (first["count"], first["next_offset"]) == (len(symbols), 3)
    last = trading.get(f"{TECH}stocks/", {"sort": "symbol", "limit": 3, "offset": len(symbols) - 1}).json()
    assert [row["symbol"] for row in last["results"]] == symbols[-1:] and last["next_offset"] is None
    assert trading.get(f"{TECH}stocks/", {"show": "down"}).json()["results"] == []
    one = trading.get(f"{TECH}stocks/{symbols[0]}/").json()["results"][0]
    assert one["moves"] == {"30min": 1.0, "1day": 1.0, "3day": 1.0, "1week": 1.0}
    assert set(one["rank_parts"]) == {"gap", "volume", "alignment", "tradability"}


@pytest.mark.parametrize(
    ("query", "field"),
    [({"sort": "x"}, "sort"), ({"show": "x"}, "show"), ({"limit": "501"}, "limit"), ({"offset": "-1"}, "offset")],
)
def test_what_cannot_be_read_is_named(trading: Client, published: SectorRun, query: Any, field: str) -> None:
    answer = trading.get(f"{TECH}stocks/", query)
    assert answer.status_code == 400 and field in str(answer.json())


def test_unknown_things_are_404(trading: Client, published: SectorRun) -> None:
    for path in (f"{TECH}stocks/NONE/", "/api/sectors/nothing/explain/", "/api/sectors/nothing/stocks/"):
        assert trading.get(path).status_code == 404
    early = (TEN - timedelta(days=9)).isoformat()
    assert trading.get(f"{TECH}explain/", {"as_of": early}).status_code == 404


def test_movers_of_all_sectors(trading: Client, published: SectorRun) -> None:
    data = trading.get("/api/sectors/movers/").json()
    tech = next(one for one in data["sectors"] if one["sector"] == "technology")
    assert len(data["sectors"]) == 8 and len(tech["bullish"]["movers"]) == 3
    assert tech["bearish"] == {"hidden": "", "movers": []} or tech["bearish"]["movers"] == []
    assert tech["bullish"]["movers"][0]["move"] == 1.0


def test_freshness_counts_session_time(trading: Client, published: SectorRun) -> None:
    with clock.frozen(TEN + timedelta(minutes=40)):
        data = trading.get("/api/sectors/freshness/").json()
    assert (data["state"], data["age_s"], data["seq"], data["simulated"]) == ("LIVE", 600.0, published.pk, False)


def test_freshness_before_the_first_run(trading: Client) -> None:
    data = trading.get("/api/sectors/freshness/").json()
    assert (data["state"], data["as_of"], data["seq"]) == ("NO DATA", None, 0)


def test_a_run_can_be_cancelled_once_by_who_asked_for_it(trading: Client, trader: User, published: SectorRun) -> None:
    mine = {"name": runs.ANALYSE, "trigger": "manual", "queued_at": clock.wall()}
    others = JobRun.objects.create(**mine)
    assert trading.delete(f"/api/sectors/runs/{others.pk}/").status_code == 403
    others.delete()
    job = JobRun.objects.create(**mine, requested_by=trader)
    answer = trading.delete(f"/api/sectors/runs/{job.pk}/")
    assert (answer.status_code, answer.json()["status"]) == (202, "skipped")
    again = trading.delete(f"/api/sectors/runs/{job.pk}/")
    assert again.status_code == 409 and "ended" in str(again.json())


PATHS = ["", "explain/", "stocks/", "stocks/TEC1/", "../movers/"]


@pytest.mark.parametrize("path", PATHS)
def test_what_was_read_once_costs_no_statement_until_the_next_light(
    trading: Client,
    market: Market,
    published: SectorRun,
    path: str,
    django_assert_max_num_queries: Any,
    django_assert_num_queries: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    address = urljoin(TECH, path)
    with django_assert_max_num_queries(USER + 5):  # two of the grid, a reader's of its themes, stocks and their names
        built = trading.get(address)
    with django_assert_num_queries(USER):
        assert trading.get(address).content == built.content
    kind = {"": "sector_detail", "explain/": "sector_detail", "../movers/": "top_stocks"}.get(path, "universe_list")
    assert [(each.hits, each.misses) for each in cache.read_counts() if each.kind == kind] == [(1, 1)]
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    with clock.frozen(TEN + timedelta(minutes=61)), django_capture_on_commit_callbacks(execute=True):
        newer = analyse()
    assert trading.get(address).json()["seq"] == newer.pk
    assert trading.get(address, {"as_of": published.recorded_at.isoformat()}).json() == built.json()


@pytest.mark.parametrize("path", ["explain/", "stocks/", "stocks/TEC1/"])
def test_visitors_see_nothing(client: Client, path: str) -> None:
    assert client.get(f"{TECH}{path}").status_code in {401, 403}
