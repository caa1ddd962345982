"""Bars from the vendor over a real socket: the simulator's market, and a scripted vendor for what goes wrong."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from pytest_httpserver import HTTPServer
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sentiment_site.market import calendar, clock
from sentiment_site.providers.errors import AuthError, NotFound
from sentiment_site.providers.setup import vendors
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.wsgi import Application
from universe import bars
from universe.bars import ingest
from universe.models import DataSource, Instrument, Quarantine, Split

from .conftest import LONG_AGO, midnight

pytestmark = pytest.mark.django_db

ANCHOR = dt.date(2025, 12, 1)
EVENING = dt.datetime(2025, 12, 2, 23, 0, tzinfo=dt.UTC)  # Tuesday 18:00 in New York
SESSION = dt.date(2025, 12, 2)


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    """The simulated vendors behind a real socket, on this process's clock."""
    with clock.frozen(EVENING):
        application = Application(Parameters(ANCHOR, seed=11, names=60, sessions=30))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/polygon"
    server.shutdown()
    thread.join()


@pytest.fixture
def point_at(settings: object) -> Iterator[Callable[[str], None]]:
    """Let the product's vendor be at an address; nothing is remembered of earlier vendors."""

    def point(url: str) -> None:
        settings.POLYGON_BASE_URL = url  # type: ignore[attr-defined]
        settings.POLYGON_API_KEY = "test-key"  # type: ignore[attr-defined]
        settings.POLYGON_RATE_PER_S = 5000.0  # type: ignore[attr-defined]
        redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
        vendors.cache_clear()

    yield point
    vendors.cache_clear()


@pytest.fixture
def market(simulator: str, point_at: Callable[[str], None]) -> Iterator[clock.Frozen]:
    """The simulated market in the evening of 2 December 2025, its stocks known here."""
    point_at(simulator)
    with clock.frozen(EVENING) as frozen:
        source = bars.get_source("list", DataSource.Kind.SIMULATED)
        listed = (
            vendors().polygon.fetch_tickers("XNAS", "CS").records
            + vendors().polygon.fetch_tickers("XNYS", "CS").records
        )
        rows = [Instrument(symbol=each.symbol, kind="CS", source=source, recorded_at=LONG_AGO) for each in listed]
        created = Instrument.objects.bulk_create(rows)
        by_symbol = {row.symbol: row.pk for row in created}
        Split.objects.bulk_create(
            Split(
                instrument_id=by_symbol[each.symbol],
                execution_date=each.execution_date,
                split_from=each.split_from,
                split_to=each.split_to,
                source=source,
                recorded_at=LONG_AGO,
            )
            for each in vendors().polygon.fetch_splits(dt.date(2025, 9, 1)).records
            if each.symbol in by_symbol
        )
        yield frozen


def stored(table: str) -> tuple[int, int]:
    """Rows and instruments of a bar table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), count(DISTINCT instrument_id) FROM {table}")
        return cursor.fetchone()


def test_missing_sessions_are_fetched_and_marked_simulated(market: clock.Frozen) -> None:
    sessions = calendar.recent_sessions(EVENING, 5)
    told: list[tuple[float, str]] = []
    report = bars.refresh_daily(sessions, lambda percent, phase: told.append((percent, phase)))
    assert (report.requested, report.fetched, report.failures) == (5, 5, [])
    assert report.source == "polygon (simulated)"
    assert report.newest_end == sessions[-1].close
    assert bars.holds_simulated_bars() is True
    assert told[-1] == (100.0, "daily bars 5 of 5 sessions")
    ids = list(Instrument.objects.values_list("pk", flat=True))
    assert report.inserted == stored("bar_1d")[0] > 4 * len(ids)
    answer = vendors().polygon.fetch_grouped_daily(sessions[-1].date, adjusted=False).records
    panel = bars.load_daily(ids, [session.date for session in sessions])
    expected = dict(zip(answer.symbol, answer.close, strict=True))
    symbols = dict(Instrument.objects.values_list("pk", "symbol"))
    doubted = set(Quarantine.objects.values_list("instrument_id", flat=True))  # a jump of the simulated market, hidden
    for place, instrument_id in enumerate(ids):
        if instrument_id in doubted:
            continue
        assert panel.close[place, -1] == pytest.approx(expected.get(symbols[instrument_id], np.nan), nan_ok=True)


def test_sessions_already_here_are_not_asked_for_again(market: clock.Frozen) -> None:
    sessions = [session.date for session in calendar.recent_sessions(EVENING, 3)]
    assert bars.refresh_daily(sessions).requested == 3
    again = bars.refresh_daily(sessions)
    assert (again.requested, again.inserted, again.source, again.newest_end) == (0, 0, "", None)


def test_a_session_is_asked_for_when_its_close_is_visible_and_again_when_it_is_final(market: clock.Frozen) -> None:
    today = calendar.session_on(SESSION)
    assert today is not None
    market.move_to(today.close + dt.timedelta(minutes=10))  # the vendor is 15 minutes late
    assert bars.refresh_daily([today]).requested == 0
    market.move_to(today.close + dt.timedelta(minutes=20))
    assert bars.refresh_daily([today]).fetched == 1
    market.move_to(today.close + dt.timedelta(minutes=60))
    assert bars.refresh_daily([today]).requested == 0
    market.move_to(today.close + dt.timedelta(minutes=95))
    assert bars.refresh_daily([today]).requested == 1


def test_half_hours_that_are_over_are_fetched_for_those_who_traded(market: clock.Frozen) -> None:
    told: list[float] = []
    market.move_to(dt.datetime(2025, 12, 2, 17, 5, tzinfo=dt.UTC))  # 12:05 in New York
    first = bars.refresh_intraday(progress=lambda percent, phase: told.append(percent))
    assert first.failures == []
    assert first.requested == first.fetched == Instrument.objects.count()
    assert first.inserted == stored("bar_30m")[0]
    assert told[-1] == 100.0
    # the 11:30 bar ends at 12:00 and is visible at 12:15 only
    assert first.newest_end == dt.datetime(2025, 12, 2, 16, 30, tzinfo=dt.UTC)
    assert first.quarantined == 0
    # only who is trading in the half-hour that is not over yet might have a bar in between
    again = bars.refresh_intraday()
    assert (again.requested < first.requested / 4, again.inserted) == (True, 0)
    market.move_to(dt.datetime(2025, 12, 2, 17, 20, tzinfo=dt.UTC))
    second = bars.refresh_intraday()
    assert 0 < second.requested <= first.requested
    assert second.newest_end == dt.datetime(2025, 12, 2, 17, 0, tzinfo=dt.UTC)
    assert (second.revised, second.inserted > 0) == (0, True)


def test_only_the_instruments_asked_for(market: clock.Frozen) -> None:
    some = list(Instrument.objects.values_list("pk", flat=True)[:3])
    assert bars.refresh_intraday(some).requested == 3
    assert stored("bar_30m")[1] <= 3
    assert bars.refresh_intraday([]).requested == 0


def test_stored_half_hours_equal_the_vendors(market: clock.Frozen) -> None:
    instrument = Instrument.objects.order_by("symbol")[0]
    bars.refresh_intraday([instrument.pk])
    answer = vendors().polygon.fetch_aggregates(instrument.symbol, 30, start=SESSION, end=SESSION).records
    session = calendar.session_on(SESSION)
    assert session is not None
    starts = calendar.bar_starts(session)
    panel = bars.load_intraday([instrument.pk], starts)
    expected = dict(zip(answer.start.tolist(), answer.close, strict=True))
    visible_until = EVENING - dt.timedelta(minutes=45)
    for place, start in enumerate(starts):
        value = expected.get(int(start.timestamp() * 1000), np.nan) if start <= visible_until else np.nan
        assert panel.close[0, place] == pytest.approx(value, nan_ok=True)


# --- a vendor that does what it is told


@pytest.fixture
def vendor(httpserver: HTTPServer, point_at: Callable[[str], None]) -> Iterator[HTTPServer]:
    """A scripted vendor; two stocks are known, the clock stands in the evening of 2 December 2025."""
    point_at(httpserver.url_for("/polygon"))
    source = bars.get_source("list", DataSource.Kind.VENDOR)
    for symbol in ("AAA", "BBB"):
        Instrument.objects.create(symbol=symbol, kind="CS", source=source, recorded_at=LONG_AGO)
    with clock.frozen(EVENING):
        yield httpserver


def answer(results: list[dict[str, object]]) -> Response:
    body = {"status": "OK", "resultsCount": len(results), "queryCount": len(results), "results": results}
    return Response(json.dumps(body), content_type="application/json")


def grouped(symbol: str, close: float, volume: float = 100.0) -> dict[str, object]:
    start = midnight(SESSION) + 21 * 3_600_000
    return {"T": symbol, "o": close, "h": close, "l": close, "c": close, "v": volume, "vw": close, "n": 3, "t": start}


def test_a_real_vendor_is_recorded_as_real(vendor: HTTPServer) -> None:
    vendor.expect_request(re.compile(".*/grouped/.*")).respond_with_handler(
        lambda request: answer([grouped("AAA", 5.0), grouped("ZZZ", 9.0)])
    )
    report = bars.refresh_daily([SESSION])
    assert (report.inserted, report.source) == (1, "polygon")
    assert DataSource.objects.get(name="polygon").delay_s == django_settings.POLYGON_DELAY_S
    assert bars.holds_simulated_bars() is False


def test_sessions_that_fail_are_listed_and_the_others_stored(vendor: HTTPServer) -> None:
    def handler(request: Request) -> Response:
        return answer([grouped("AAA", 5.0)]) if request.path.endswith("2025-12-02") else Response("{}", status=404)

    vendor.expect_request(re.compile(".*/grouped/.*")).respond_with_handler(handler)
    report = bars.refresh_daily([dt.date(2025, 12, 1), SESSION])
    assert (report.requested, report.fetched, report.inserted) == (2, 1, 1)
    assert len(report.failures) == 1
    assert report.failures[0].startswith("2025-12-01: polygon: 404 not found")


def test_all_sessions_failing_is_the_vendors_error(vendor: HTTPServer) -> None:
    vendor.expect_request(re.compile(".*")).respond_with_data("{}", status=404)
    with pytest.raises(NotFound):
        bars.refresh_daily([dt.date(2025, 12, 1), SESSION])
    assert stored("bar_1d") == (0, 0)


def test_a_refused_key_ends_the_refresh_at_once(vendor: HTTPServer) -> None:
    vendor.expect_request(re.compile(".*")).respond_with_data("{}", status=401)
    with pytest.raises(AuthError):
        bars.refresh_daily(calendar.recent_sessions(EVENING, 20))


@pytest.mark.parametrize("results", [[], [{"T": "ZZZ", "c": 1.0, "t": 0, "v": 1}]])
def test_a_session_without_any_known_symbol_is_a_failure_line(vendor: HTTPServer, results: list) -> None:
    vendor.expect_request(re.compile(".*")).respond_with_handler(lambda request: answer(results))
    report = bars.refresh_daily([SESSION])
    assert report.inserted == 0
    assert report.failures == ["2025-12-02: polygon has no bar of any listed symbol"]


def half_hour(start: dt.datetime, close: float) -> dict[str, object]:
    return {
        "o": close,
        "h": close,
        "l": close,
        "c": close,
        "v": 5000,
        "vw": close,
        "n": 3,
        "t": int(start.timestamp() * 1000),
    }


def snapshot(**updated: dt.datetime) -> Response:
    tickers = [
        {
            "ticker": symbol,
            "updated": int(moment.timestamp() * 1e9),
            "day": {"c": 5.0, "v": 100},
            "min": {"c": 5.0, "av": 100, "t": int(moment.timestamp() * 1000)},
            "prevDay": {"c": 5.0},
            "lastTrade": {"p": 5.0, "t": int(moment.timestamp() * 1e9)},
        }
        for symbol, moment in updated.items()
    ]
    return Response(
        json.dumps({"status": "OK", "count": len(tickers), "tickers": tickers}), content_type="application/json"
    )


def test_who_has_not_traded_is_not_asked_for(vendor: HTTPServer) -> None:
    noon = dt.datetime(2025, 12, 2, 17, 0, tzinfo=dt.UTC)
    asked: list[str] = []

    def aggregates(request: Request) -> Response:
        asked.append(request.path.split("/ticker/")[1].split("/")[0])
        return answer([half_hour(noon, 5.0), half_hour(noon - dt.timedelta(hours=9), 5.0)])

    vendor.expect_request(re.compile(".*/snapshot/.*")).respond_with_handler(
        lambda request: snapshot(AAA=noon + dt.timedelta(minutes=10), BBB=noon + dt.timedelta(hours=3))
    )
    vendor.expect_request(re.compile(".*/range/.*")).respond_with_handler(aggregates)
    first = bars.refresh_intraday()
    assert sorted(asked) == ["AAA", "BBB"]
    assert first.inserted == 2  # the bar at 03:00 in New York belongs to no session
    asked.clear()
    bars.refresh_intraday()
    assert asked == ["BBB"]


def test_symbols_that_fail_are_listed_and_a_failing_snapshot_asks_for_all(vendor: HTTPServer) -> None:
    noon = dt.datetime(2025, 12, 2, 17, 0, tzinfo=dt.UTC)

    def handler(request: Request) -> Response:
        return answer([half_hour(noon, 5.0)]) if "/AAA/" in request.path else Response("{}", status=404)

    vendor.expect_request(re.compile(".*")).respond_with_handler(handler)
    report = bars.refresh_intraday()
    assert (report.requested, report.fetched, report.inserted) == (2, 1, 1)
    assert [line.split(":")[0] for line in report.failures] == ["snapshot", "BBB"]


def test_chunks_are_stored_as_they_fill(vendor: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "CHUNK", 1)
    noon = dt.datetime(2025, 12, 2, 17, 0, tzinfo=dt.UTC)
    vendor.expect_request(re.compile(".*/snapshot/.*")).respond_with_handler(lambda request: snapshot())
    vendor.expect_request(re.compile(".*/range/.*")).respond_with_handler(
        lambda request: answer([half_hour(noon, 5.0)] if "/AAA/" in request.path else [])
    )
    report = bars.refresh_intraday()
    assert (report.fetched, report.inserted, stored("bar_30m")) == (2, 1, (1, 1))


def test_leaving_early_cancels_what_was_not_begun(vendor: HTTPServer) -> None:
    def handler(request: Request) -> Response:
        time.sleep(0.02)
        return answer([grouped("AAA", 5.0)])

    def cancel(percent: float, phase: str) -> None:
        raise KeyboardInterrupt

    vendor.expect_request(re.compile(".*")).respond_with_handler(handler)
    with pytest.raises(KeyboardInterrupt):
        bars.refresh_daily(calendar.recent_sessions(EVENING, 100), cancel)
    assert len(vendor.log) < 50


def test_a_symbol_means_what_was_listed_on_the_date(db: None, source: DataSource) -> None:
    def listing(symbol: str, since: str | None, until: str | None) -> int:
        row = Instrument(symbol=symbol, source=source, recorded_at=LONG_AGO, listed_on=since, delisted_on=until)
        row.save()
        return row.pk

    old, new = listing("RE", None, "2023-05-01"), listing("RE", "2024-02-01", None)
    undated = listing("UND", None, None)
    assert bars.ids_on(dt.date(2023, 1, 3)) == {"RE": old, "UND": undated}
    assert bars.ids_on(dt.date(2023, 6, 1)) == {"UND": undated}
    assert bars.ids_on(dt.date(2024, 5, 14)) == {"RE": new, "UND": undated}
